"""Account: where you are, money, provider and key."""

import logging
from argparse import Namespace
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandas as pd

from sms_notebook.client.providers import PROVIDERS, SANDBOX
from sms_notebook.magics.phrasing import in_words_of_the_magic
from sms_notebook.magics.saying import Said
from sms_notebook.magics.session import Session
from sms_notebook.magics.table import Argument, Command, Often, Value
from sms_notebook.protocol.arguments import price
from sms_notebook.protocol.errors import SmsError, UsageProblem

LOG = logging.getLogger("sms_notebook")
_TO_SETTLE = ("intent", "uncertain")
_BASE_URL = Argument("--base-url", "another address, or that of a sandbox server", shown="URL")


def status(session: Session, _options: Namespace) -> pd.DataFrame:
    """Show where you are; where the provider does not answer, what is known without it."""
    sms = session.client
    states = sms.ledger()["state"]
    money = sms.budget()
    row: dict[str, Any] = {
        "provider": session.label,
        "balance": _asked(lambda: _money_of(session)),
        "active": _asked(lambda: _count_active(session)),
        "to_settle": int(states.isin(_TO_SETTLE).sum()),
        "spent_today": money["spent_today"].iloc[0],
        "budget": money["budget"].iloc[0],
    }
    return pd.DataFrame([row]).astype(
        {
            "provider": "string",
            "balance": "Float64",
            "active": "Int64",
            "to_settle": "Int64",
            "spent_today": "Float64",
            "budget": "Float64",
        }
    )


def _money_of(session: Session) -> Any:
    frame: pd.DataFrame = session.client.get_balance()
    return float(frame["balance"].iloc[0])


def _count_active(session: Session) -> int:
    frame: pd.DataFrame = session.client.get_active_activations()
    session.alive.hear(frame)
    return len(frame)


def _asked(ask: Callable[[], Any]) -> Any:
    """Ask the provider; a failure is said, and leaves a gap."""
    try:
        return ask()
    except SmsError as problem:
        LOG.warning("%s", in_words_of_the_magic(str(problem)))
        return pd.NA


def balance(session: Session, options: Namespace) -> pd.DataFrame:
    """Show the money in the account."""
    sms = session.client
    return sms.get_balance_and_cash_back() if options.cashback else sms.get_balance()


def provider(session: Session, options: Namespace) -> Any:
    """List the providers, or go to another one."""
    if options.name is None and options.base_url is None:
        rows = [(one.name, one.title, one.remark) for one in PROVIDERS.values()]
        return pd.DataFrame(rows, columns=["provider", "title", "what_to_know"], dtype="string")
    session.go(session.where(options.name, options.base_url))
    return Said(f"Now at {session.label}.")


def login(session: Session, options: Namespace) -> Said:
    """Ask for a key, and use it once the provider knows it."""
    where = session.where(options.name, options.base_url)
    try:
        found = session.provider_at(where)
    except UsageProblem:
        if options.base_url is not None:
            raise
        raise UsageProblem(
            "%sms login: at which provider? Add its name; %sms provider lists them."
        ) from None
    if found is SANDBOX:
        raise UsageProblem(f"%sms login: {found.title} needs no key. Add another provider's name.")
    session.go_with_key(where, lambda: session.asking.for_key(found.title))
    said = f"Now at {session.label}."
    known = PROVIDERS.get(found.name)
    if known is not None and known.base_url == found.base_url:
        kept = session.asking.whether("Keep the key in the operating system's key store?")
        said += f" {session.keep_key()}" if kept else ""
    return Said(said)


def logout(session: Session, options: Namespace) -> Said:
    """Forget the key, also in the operating system's key store."""
    forgotten = session.forget_key(session.provider_at(session.where(options.name)))
    session.go(session.where("sandbox"))
    return Said(f"{forgotten} Now at {session.label}.")


def budget(session: Session, options: Namespace) -> pd.DataFrame:
    """Show the day's budget, or set it."""
    if options.amount is not None:
        text = None if options.amount == "none" else price("budget", options.amount)
        session.spend(None if text is None else Decimal(text))
    frame: pd.DataFrame = session.client.budget()
    limit = frame["budget"].iloc[0]
    if options.amount == "none" and not pd.isna(limit):
        amount = f"{limit:.2f}".removesuffix(".00")
        raise UsageProblem(f"%sms budget: SMS_BUDGET sets it to {amount}. Take that away first.")
    return frame


def mask(session: Session, options: Namespace) -> Said:
    """Mask numbers and codes, or show them."""
    if options.switch is not None:
        session.mask(options.switch == "on")
    shown = "masked" if session.client.is_masked else "shown as they are"
    return Said(f"Numbers and codes are {shown}.")


COMMANDS = (
    Command(
        ("status",),
        "where you are: provider, balance, active numbers, what waits to be settled",
        status,
        actions=("getBalance", "getActiveActivations"),
        examples=("", "status"),
    ),
    Command(
        ("balance",),
        "money in the account",
        balance,
        (Argument("--cashback", "together with the cashback", None),),
        ("getBalance", "getBalanceAndCashBack"),
        ("balance",),
    ),
    Command(
        ("provider",),
        "the known providers; with a name: go there",
        provider,
        (Argument("name", "of the provider", Value.PROVIDER, Often.AT_MOST_ONCE), _BASE_URL),
        examples=("provider herosms", "provider sandbox"),
        is_list=True,
    ),
    Command(
        ("login",),
        "asks for an API key, hidden; it is in no history and no notebook",
        login,
        (Argument("name", "of the provider", Value.PROVIDER, Often.AT_MOST_ONCE), _BASE_URL),
        ("getBalance",),
        ("login herosms",),
    ),
    Command(
        ("logout",),
        "forgets the key, also in the operating system's key store; back to the sandbox",
        logout,
        (Argument("name", "of the provider", Value.PROVIDER, Often.AT_MOST_ONCE),),
        examples=("logout",),
    ),
    Command(
        ("budget",),
        "what may be spent today (UTC); with an amount: sets it, none takes it away",
        budget,
        (
            Argument(
                "amount", "a day's limit, or none", Value.MONEY, Often.AT_MOST_ONCE, shown="AMOUNT"
            ),
        ),
        examples=("budget 5.00", "budget none"),
    ),
    Command(
        ("mask",),
        "shows numbers and codes as 7999•••1234, so that others may look on",
        mask,
        (
            Argument(
                "switch",
                "whether to; said if not given",
                Value.TEXT,
                Often.AT_MOST_ONCE,
                choices=("on", "off"),
            ),
        ),
        examples=("mask on", "mask off"),
    ),
)
