"""Account: where you are, money, provider and key."""

import logging
from argparse import Namespace
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pandas as pd

from sms_notebook.client.check import CHECK
from sms_notebook.magics.confirmation import ask_for_key, is_agreed
from sms_notebook.magics.session import MagicSession
from sms_notebook.magics.table import Argument, Command, ListCommand, PlainText, Repetition, Value
from sms_notebook.protocol.errors import SmsError, UsageProblem
from sms_notebook.protocol.errors.missing_extra import command_for
from sms_notebook.protocol.frames import Schema
from sms_notebook.protocol.frames.kinds import COUNT, MONEY, TEXT
from sms_notebook.protocol.frames.schema import Column
from sms_notebook.protocol.replies import Context
from sms_notebook.providers.providers import PROVIDERS, SANDBOX

LOG = logging.getLogger("sms_notebook")
_PROVIDER = ("provider", "title", "what_to_know")
_TO_SETTLE = ("intent", "uncertain")
_WHERE = Schema(
    Column("provider", TEXT, "who is asked"),
    Column("balance", MONEY, "money in the account; NA where the provider does not say"),
    Column("active", COUNT, "activations that are alive; NA likewise"),
    Column("to_settle", COUNT, "purchases of which nobody knows what became"),
    Column("spent_today", MONEY, "what today's orders cost or may cost"),
    Column("budget", MONEY, "the day's limit; NA where there is none"),
)
"""Where you are, one row."""
_BASE_URL = Argument("--base-url URL", "another address, or that of a sandbox server")


def status(session: MagicSession, _options: Namespace) -> pd.DataFrame:
    """Show where you are; where the provider does not answer, what is known without it."""
    sms = session.client
    to_settle = len(sms.ledger(state=_TO_SETTLE))
    money = sms.budget()
    return _WHERE.frame(
        {
            "provider": [session.label],
            "balance": [_ask(session, _money_of)],
            "active": [_ask(session, _count_active)],
            "to_settle": [to_settle],
            "spent_today": money["spent_today"].tolist(),
            "budget": [None if pd.isna(limit) else limit for limit in money["budget"]],
        },
        Context("status", {}, sms.provider),
    )


def _money_of(session: MagicSession) -> Any:
    return float(session.client.get_balance()["balance"].iloc[0])


def _count_active(session: MagicSession) -> int:
    frame = session.client.get_active_activations()
    session.cache.learn(frame)
    return len(frame)


def _ask(session: MagicSession, ask: Callable[[MagicSession], Any]) -> Any:
    """Ask the provider; a failure is said, and leaves a gap."""
    try:
        return ask(session)
    except SmsError as problem:
        LOG.warning("%s", problem.written(session.speaker))
        return None


def balance(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Show the money in the account."""
    sms = session.client
    return sms.get_balance_and_cash_back() if options.cashback else sms.get_balance()


def provider(session: MagicSession, options: Namespace) -> Any:
    """List the providers, or go to another one."""
    if options.name is None and options.base_url is None:
        rows = [(known.name, known.title, known.remark) for known in PROVIDERS.values()]
        return pd.DataFrame(rows, columns=list(_PROVIDER), dtype="string")
    session.go(session.where(options.name, options.base_url))
    return PlainText(f"Now at {session.label}.")


def login(session: MagicSession, options: Namespace) -> PlainText:
    """Ask for a key, and use it once the provider knows it."""
    where = session.where(options.name, options.base_url)
    try:
        login_provider = session.provider_at(where)
    except UsageProblem:
        if options.base_url is not None:
            raise
        raise UsageProblem(
            "%sms login: at which provider? Add its name; %sms provider lists them."
        ) from None
    if login_provider is SANDBOX:
        raise UsageProblem(
            f"%sms login: {login_provider.title} needs no key. Add another provider's name."
        )
    session.go_with_key(where, lambda: ask_for_key(login_provider.title))
    answer = f"Now at {session.label}."
    known = PROVIDERS.get(login_provider.name)
    if known is not None and known.base_url == login_provider.base_url:
        answer += f" {_keep_key(session)}".rstrip()
    return PlainText(answer)


def _keep_key(session: MagicSession) -> str:
    """Keep the key where somebody wants that; say whether it went."""
    if find_spec("keyring") is None:
        return f"It is not kept: {command_for('keyring')} lets a key store have it."
    agreed = is_agreed("Keep the key in the operating system's key store?")
    return session.keep_key() if agreed else ""


def logout(session: MagicSession, options: Namespace) -> PlainText:
    """Forget the key, also in the operating system's key store."""
    forgotten = session.forget_key(session.provider_at(session.where(options.name)))
    session.go(session.where("sandbox"))
    return PlainText(f"{forgotten} Now at {session.label}.")


def budget(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Show the day's budget, or set it."""
    if options.amount is None:
        return session.client.budget()
    if options.amount != "none":
        return session.set_budget(options.amount)
    frame = session.set_budget(None)
    limit = frame["budget"].iloc[0]
    if not pd.isna(limit):
        amount = f"{limit:.2f}".removesuffix(".00")
        raise UsageProblem(f"%sms budget: SMS_BUDGET sets it to {amount}. Take that away first.")
    return frame


def mask(session: MagicSession, options: Namespace) -> PlainText:
    """Mask numbers and codes, or show them."""
    if options.switch is not None:
        session.mask(options.switch == "on")
    if session.client.is_masked:
        others = "A client of your own masks by itself: sms.mask()."
        return PlainText(f"Numbers and codes are masked in %sms and its panels. {others}")
    return PlainText("Numbers and codes are shown as they are.")


COMMANDS = (
    Command(
        "status",
        "where you are: provider, balance, active numbers, what waits to be settled",
        status,
        actions=("getBalance", "getActiveActivations"),
        examples=("", "status"),
    ),
    Command(
        "balance",
        "money in the account",
        balance,
        (Argument("--cashback", "together with the cashback"),),
        ("getBalance", "getBalanceAndCashBack"),
        ("balance",),
        methods=("get_balance",),
    ),
    ListCommand(
        "provider",
        "the known providers; with a name: go there",
        provider,
        (Argument("name", "of the provider", Value.PROVIDER, Repetition.AT_MOST_ONCE), _BASE_URL),
        examples=("provider herosms", "provider sandbox"),
        methods=("Client(provider)",),
        columns=lambda _: _PROVIDER,
    ),
    ListCommand(
        "check",
        "how well the provider in use is understood; only reads, and spends nothing",
        lambda session, options: session.client.check(save=options.save),
        (
            Argument(
                "--save FILE",
                "also writes a report for an issue: no key, number, code or text is in it",
            ),
        ),
        examples=("check",),
        methods=("check",),
        columns=lambda _: CHECK.names,
    ),
    Command(
        "login",
        "asks for an API key, hidden; it is in no history and no notebook",
        login,
        (Argument("name", "of the provider", Value.PROVIDER, Repetition.AT_MOST_ONCE), _BASE_URL),
        ("getBalance",),
        ("login herosms",),
        methods=(
            "Client(api_key)",
            "Client(api_key,provider)",
            "Client(api_key,base_url) --base-url URL",
            "Client(api_key,provider,base_url) --base-url URL",
        ),
    ),
    Command(
        "logout",
        "forgets the key, also in the operating system's key store; back to the sandbox",
        logout,
        (Argument("name", "of the provider", Value.PROVIDER, Repetition.AT_MOST_ONCE),),
        examples=("logout",),
    ),
    Command(
        "budget",
        "what may be spent today (UTC); with an amount: sets it, none takes it away",
        budget,
        (Argument("amount", "a day's limit, or none", often=Repetition.AT_MOST_ONCE),),
        examples=("budget 5.00", "budget none"),
        methods=("set_budget", "Client(budget)"),
    ),
    Command(
        "mask",
        "shows numbers and codes as 7999•••1234, so that others may look on",
        mask,
        (
            Argument(
                "switch on|off", "whether to; said if not given", often=Repetition.AT_MOST_ONCE
            ),
        ),
        examples=("mask on", "mask off"),
    ),
)
