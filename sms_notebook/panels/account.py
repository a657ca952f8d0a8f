"""The account line: the money there is, and what is left of the day's budget."""

from typing import Any

from sms_notebook.client import Client
from sms_notebook.panels.markup import missing, text
from sms_notebook.panels.offers import money


def ask(sms: Client) -> str:
    """Ask for the balance; return the line as HTML."""
    balance: Any = sms.get_balance().loc[0, "balance"]
    left: Any = sms.budget().loc[0, "left"]
    words = f"{sms.provider}: balance {'not known' if missing(balance) else money(float(balance))}"
    if not missing(left):
        words += f" · {money(float(left))} left of today's budget"
    return f'<span class="smsn-account">{text(words)}</span>'
