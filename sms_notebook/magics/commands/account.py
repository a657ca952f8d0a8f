"""Account: where you are, money, provider and key."""

from argparse import Namespace
from decimal import Decimal
from typing import Any

import pandas as pd

from sms_notebook.client.providers import PROVIDERS, find_provider
from sms_notebook.magics.saying import Said
from sms_notebook.magics.session import Session
from sms_notebook.magics.table import Argument, Command, Often, Value
from sms_notebook.protocol.arguments import price
from sms_notebook.protocol.errors import SmsError, UsageProblem

_SERVICE = "sms_notebook"
_UNSETTLED = ("intent", "uncertain")


def status(session: Session, _options: Namespace) -> pd.DataFrame:
    """Show where you are."""
    sms = session.client
    ledger = sms.ledger()
    states = ledger["state"]
    row: dict[str, Any] = {
        "provider": repr(sms)[len("<Client ") : -1],
        "balance": _balance(session),
        "active": int((states == "active").sum()),
        "to_settle": int(states.isin(_UNSETTLED).sum()),
        "spent_today": float(session.spent_today()),
        "budget": float(session.budget) if session.budget is not None else pd.NA,
    }
    frame = pd.DataFrame([row])
    return frame.astype({"balance": "Float64", "spent_today": "Float64", "budget": "Float64"})


def _balance(session: Session) -> Any:
    """Ask for the balance; where the provider does not answer the rest is shown all the same."""
    try:
        return session.client.get_balance().loc[0, "balance"]
    except SmsError:
        return pd.NA


def balance(session: Session, options: Namespace) -> pd.DataFrame:
    """Show the money in the account."""
    sms = session.client
    return sms.get_balance_and_cash_back() if options.cashback else sms.get_balance()


def provider(session: Session, options: Namespace) -> Any:
    """Show the providers, or go to another one."""
    if options.name is None and options.base_url is None:
        rows = [(one.name, one.title, one.remark) for one in PROVIDERS.values()]
        return pd.DataFrame(rows, columns=["provider", "title", "what_to_know"])
    session.choose(provider=options.name, base_url=options.base_url, api_key=None, sandbox=None)
    return Said(f"Now {session.client!r}")


def login(session: Session, options: Namespace) -> Said:
    """Ask for a key, and use it."""
    found = find_provider(options.name) if options.name else session.client._settings.provider  # noqa: SLF001 - a face of the client
    if not found.needs_key:
        raise UsageProblem(f"%sms login: {found.title} needs no key. Name another provider.")
    address = None if found.name in PROVIDERS else found.base_url
    name = found.name if found.name in PROVIDERS else None
    session.choose_with_key(session.asking.for_key(found.title), provider=name, base_url=address)
    kept = ""
    if name is not None and session.asking.whether(
        "Keep the key in the operating system's key store?"
    ):
        kept = " " + session.keep_key(_SERVICE, name)
    return Said(f"Now {session.client!r}.{kept}")


def logout(session: Session, options: Namespace) -> Said:
    """Forget the key, also in the operating system's key store."""
    name = options.name or session.client.provider
    removed = session.forget_key(_SERVICE, find_provider(name).name)
    session.choose(api_key=None, provider="sandbox", base_url=None)
    return Said(f"{removed} Now {session.client!r}")


def budget(session: Session, options: Namespace) -> Any:
    """Show the day's budget, or set it."""
    if options.amount is not None:
        amount = None if options.amount == "none" else price("budget", options.amount)
        session.choose(budget=amount)
    spent = session.spent_today()
    limit = session.budget
    row = {
        "budget": pd.NA if limit is None else float(limit),
        "spent_today": float(spent),
        "left": pd.NA if limit is None else float(max(limit - spent, Decimal(0))),
    }
    return pd.DataFrame([row]).astype("Float64")


COMMANDS = (
    Command(
        ("status",),
        "where you are: provider, balance, active numbers, what waits to be settled",
        status,
        actions=("getBalance",),
        examples=("", "status"),
    ),
    Command(
        ("balance",),
        "money in the account",
        balance,
        (Argument("--cashback", "together with the cashback", None),),
        ("getBalance", "getBalanceAndCashBack"),
    ),
    Command(
        ("provider",),
        "the known providers; with a name: go there",
        provider,
        (
            Argument("name", "of the provider", Value.PROVIDER, Often.AT_MOST_ONCE),
            Argument("--base-url", "address of another provider or of a sandbox", shown="URL"),
        ),
        examples=("provider herosms", "provider sandbox"),
    ),
    Command(
        ("login",),
        "asks for an API key, hidden; it is in no history and no notebook",
        login,
        (Argument("name", "of the provider", Value.PROVIDER, Often.AT_MOST_ONCE),),
        examples=("login herosms",),
    ),
    Command(
        ("logout",),
        "forgets the key, also in the operating system's key store; back to the sandbox",
        logout,
        (Argument("name", "of the provider", Value.PROVIDER, Often.AT_MOST_ONCE),),
    ),
    Command(
        ("budget",),
        "what may be spent today (UTC); with an amount: sets it, none takes it away",
        budget,
        (Argument("amount", "a day's limit, or none", Value.MONEY, Often.AT_MOST_ONCE),),
        examples=("budget 5.00", "budget none"),
    ),
)
