"""The account line: the money there is, and what is left of the day's budget."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sms_notebook.client import Client
from sms_notebook.panels.markup import missing, text
from sms_notebook.panels.offers import money


def ask(sms: Client) -> str:
    """Ask for the balance; return the line as HTML."""
    balance: Any = sms.get_balance().loc[0, "balance"]
    told = "not known" if missing(balance) else money(float(balance))
    words = f"{sms.provider}: balance {told}"
    left = _left_of_budget(sms)
    if left is not None:
        words += f" · {money(left)} left of today's budget"
    return f'<span class="smsn-account">{text(words)}</span>'


def _left_of_budget(sms: Client) -> Decimal | None:
    """Return what may still be spent today; None without a limit."""
    from sms_notebook.orders.budget import spent  # noqa: PLC0415 - loads SQLAlchemy

    books = sms._session.keeper.books  # noqa: SLF001 - a face of the client
    if books.budget is None:
        return None
    provider, day = books.account.provider, f"{datetime.now(UTC):%Y-%m-%d}"
    already: Decimal = books.ledger.database.read(
        lambda connection: spent(connection, provider, day)
    )
    return max(books.budget - already, Decimal(0))
