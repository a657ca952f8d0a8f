"""Everything around: partner software, webhooks, the sandbox, the ledger, raw calls, help."""

import re
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import pandas as pd

from sms_notebook.magics.commands.numbers import moment
from sms_notebook.magics.confirmation import confirm
from sms_notebook.magics.session import MagicSession
from sms_notebook.magics.table import (
    COUNTRY,
    YES,
    Argument,
    Command,
    ListCommand,
    PlainText,
    Repetition,
    Value,
)
from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.calls import Effect
from sms_notebook.protocol.errors import SmsError, UsageProblem
from sms_notebook.protocol.frames import Schema
from sms_notebook.protocol.raw import raw_call
from sms_notebook.watching.loop import allow_nested_loops

_CALLS = Calls()


def partner_buy(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Buy partner software."""
    confirm(session, _CALLS.buy_partner_product(options.product), yes=options.yes)
    return session.client.buy_partner_product(options.product)


_NOTHING_TO_CLICK = (
    "Panels are for JupyterLab; here nothing can be clicked. "
    "%sms order, %sms watch and %sms rent do the same."
)


def panel(session: MagicSession, options: Namespace) -> object:
    """Open a panel."""
    if not session.in_notebook():
        sys.stderr.write(f"{_NOTHING_TO_CLICK}\n")
    return session.panel(options.what, session.client)


_AGO = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def ledger(session: MagicSession, options: Namespace) -> pd.DataFrame:
    """Show the ledger, or a part of it; the latest rows, unless they are to be sorted."""
    limit = options.limit if options.sort is None else None
    return session.client.ledger(
        since=_since(options.since),
        limit=limit or None,
        everywhere=options.everywhere,
        **_given(options, "service", "country", "state", "kind", "key"),
    )


def _since(text: str | None) -> timedelta | float | str | None:
    """Read how long ago, as ``7d``; other times are read as everywhere."""
    if text is not None and (ago := _AGO.fullmatch(text)) is not None:
        return timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    return moment(text)


def _given(options: Namespace, *names: str) -> dict[str, Any]:
    """Return those of some options that were given."""
    return {name: value for name in names if (value := vars(options)[name]) is not None}


def webhooks(session: MagicSession, options: Namespace) -> PlainText:
    """Start, stop or show the webhook receiver; its address is a secret."""
    hooks = session.client.webhooks
    if options.what == "start":
        hooks.start(
            sources=options.source.split(",") if options.source is not None else (),
            proxies=options.proxy.split(",") if options.proxy is not None else (),
            **_given(options, "port", "host"),
        )
    if options.what in ("start", "address"):
        if hooks.url is None:
            raise UsageProblem("no webhooks are received: %sms webhooks start begins.")
        return PlainText(hooks.url.reveal() if options.reveal else hooks.url.masked)
    if options.what == "stop":
        hooks.stop()
    counted = ", ".join(f"{name} {number}" for name, number in hooks.counts.items() if number)
    return PlainText(f"{hooks!r} {counted}".rstrip())


def sandbox_start(session: MagicSession, options: Namespace) -> PlainText:
    """Begin with a new sandbox."""
    from sms_notebook.sandbox import Gateway, Sandbox  # noqa: PLC0415 - when first used

    with _usage_problems("sandbox start"):
        settings = _given(options, "seed", "speed", "balance", "success", "dialect")
        sandbox = Sandbox(**(settings | {"success": None} if options.market else settings))
    session.begin(Gateway(sandbox))
    return PlainText(
        f"Now at {session.label}. {sandbox.clock!r}, balance {sandbox.account.balance} USD"
    )


def sandbox_step(session: MagicSession, options: Namespace) -> PlainText:
    """Move the sandbox's clock."""
    sandbox = session.gateway.sandbox
    with _usage_problems("sandbox step"):
        sandbox.step(options.seconds)
    return PlainText(repr(sandbox.clock))


def sandbox_speed(session: MagicSession, options: Namespace) -> PlainText:
    """Change how fast the sandbox's clock runs."""
    clock = session.gateway.sandbox.clock
    with _usage_problems("sandbox speed"):
        clock.speed = options.speed
    return PlainText(repr(clock))


def sandbox_faults(session: MagicSession, options: Namespace) -> PlainText:
    """Let things go wrong."""
    faults = session.gateway.faults
    with _usage_problems("sandbox faults"):
        if options.faults:
            faults.set([] if options.faults == ["none"] else options.faults)
    return PlainText(", ".join(map(str, faults.current())) or "No faults.")


def sandbox_sms(session: MagicSession, options: Namespace) -> PlainText:
    """Let a message arrive."""
    with _usage_problems("sandbox sms"):
        session.gateway.sandbox.send_sms(options.number, options.text)
    return PlainText(f"An SMS has arrived at {options.number}.")


@contextmanager
def _usage_problems(command: str) -> Iterator[None]:
    """Tell what the sandbox does not take as every problem is told."""
    try:
        yield
    except (TypeError, ValueError, LookupError, ArithmeticError) as problem:
        if isinstance(problem, SmsError):
            raise
        reason = problem.args[0] if problem.args else type(problem).__name__
        raise UsageProblem(
            f"%sms {command}: {str(reason).rstrip('.')}.".replace("?.", "?")
        ) from None


def nested(_session: MagicSession, options: Namespace) -> PlainText:
    """Let asyncio.run work in cells."""
    del options
    allow_nested_loops()
    return PlainText(
        "asyncio.run(…) works in the cells that follow, for good: the event loop is patched."
    )


def call(session: MagicSession, options: Namespace) -> Any:
    """Send any action raw."""
    params: dict[str, str] = {}
    for pair in options.params:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageProblem(f"%sms call: {pair!r} is no parameter. Write it as name=value.")
        if params.setdefault(name, value) != value:
            raise UsageProblem(f"%sms call: {name} stands there twice. Leave one out.")
    raw = raw_call(options.action, params, ACTIONS)
    if raw.action.effect is Effect.PURCHASE:
        for name, value in session.client.about.resolve(raw).params.items():
            if value != params[name]:  # it would be asked about one thing, and buy another
                raise UsageProblem(
                    f"%sms call: it sends parameters as they are. Write {name}={value}."
                )
        confirm(session, raw, yes=options.yes)
    return session.client.call(options.action, **params)


def _claim(pair: str | None) -> dict[str, list[str]] | None:
    """Read what is claimed, written as ORDER=ID, or ORDER=ID,ID for several services."""
    if pair is None:
        return None
    order, equals, ids = pair.rpartition("=")
    if not equals:
        raise UsageProblem(f"%sms reconcile: {pair!r} is no claim. Write it as ORDER=ID.")
    return {order: ids.split(",")}


def _columns_of(name: str, _switches: frozenset[str]) -> Iterable[str]:
    """Return the columns of a frame of the ledger."""
    from sms_notebook.ledger import frame_schemas  # noqa: PLC0415 - loads SQLAlchemy

    schema: Schema = getattr(frame_schemas, name)
    return schema.names


COMMANDS = (
    Command(
        "partner buy",
        "buys partner software; with a real provider it asks first",
        partner_buy,
        (Argument("product ID", "id of the product"), YES),
        ("buyPartnerProduct",),
        ("partner buy 1",),
    ),
    Command(
        "panel",
        "for clicking: order, watch or rent; all as tabs if not said",
        panel,
        (Argument("what order|watch|rent", "which one", often=Repetition.AT_MOST_ONCE),),
        examples=("panel", "panel watch"),
    ),
    Command(
        "webhooks",
        "codes by webhook: start listens, address shows the URL, stop ends it",
        webhooks,
        (
            Argument(
                "what start|stop|address",
                "start, stop or show the address",
                often=Repetition.AT_MOST_ONCE,
            ),
            Argument("--reveal", "show the URL with its secret, for the provider's settings"),
            Argument("--port N", "8765 if not given; 0 takes a free one", Value.WHOLE),
            Argument("--host HOST", "where to listen, this machine alone if not given"),
            Argument(
                "--source ADDRESSES",
                "further addresses that may post, with commas",
                parameter="sources",
            ),
            Argument("--proxy ADDRESSES", "proxies in front, with commas", parameter="proxies"),
        ),
        examples=("webhooks start --port 0", "webhooks stop"),
    ),
    Command(
        "sandbox start",
        "begins with a new sandbox: no account, no real money",
        sandbox_start,
        (
            Argument("--seed N", "the same seed, the same market", Value.WHOLE),
            Argument("--speed X", "its seconds in a real second; 0: it only steps", Value.REAL),
            Argument("--balance P", "money at the start"),
            Argument("--success SHARE", "share of numbers that get a code, 0 to 1", Value.REAL),
            Argument("--market", "as on a real market: some numbers get no code"),
            Argument("--dialect NAME", "whose way of speaking the protocol", Value.DIALECT),
        ),
        examples=("sandbox start --seed 7 --speed 60", "sandbox start --dialect herosms"),
    ),
    Command(
        "sandbox step",
        "moves the sandbox's clock",
        sandbox_step,
        (Argument("seconds", "how far it goes", Value.REAL),),
        examples=("sandbox step 120",),
    ),
    Command(
        "sandbox speed",
        "lets the sandbox's clock run faster",
        sandbox_speed,
        (Argument("speed", "its seconds in a real second; 0 stops it", Value.REAL),),
        examples=("sandbox speed 60",),
    ),
    Command(
        "sandbox faults",
        "lets things go wrong; none takes them back",
        sandbox_faults,
        (Argument("faults FAULT", "NAME[@ACTION]:PROBABILITY", Value.FAULT, Repetition.ANY),),
        examples=("sandbox faults ERROR_SQL:0.1 drop-after@getNumberV2:1", "sandbox faults none"),
    ),
    Command(
        "sandbox sms",
        "lets a message arrive at a number",
        sandbox_sms,
        (
            Argument("number ID", "id of an activation or rent", Value.NUMBER),
            Argument("text", "the message", Value.WORDS),
        ),
        examples=("sandbox sms {order} 'Your code is 12345'",),
    ),
    ListCommand(
        "ledger",
        "what was ordered, for how much, and which code came after how many seconds",
        ledger,
        (
            Argument("--since TIME", "ordered since: a time with a zone, or how long ago, as 7d"),
            Argument("--service S", "of this service", Value.SERVICE),
            COUNTRY,
            Argument("--state WORDS", "in these states, with commas"),
            Argument("--kind WORDS", "activation, rent, extension or product"),
            Argument("--key K", "your own name for the order", Value.OWN_NAME),
            Argument("--everywhere", "of all providers and accounts"),
        ),
        examples=("ledger", "ledger --since 7d --state active -n 20", "ledger --sort -cost -n 10"),
        methods=("ledger",),
        columns=partial(_columns_of, "LEDGER"),
        latest_last=True,
    ),
    ListCommand(
        "ledger reopen",
        "goes on with the ledger after its file was moved, deleted or replaced",
        lambda session, options: session.client.reopen_ledger(new=options.new),
        (Argument("--new", "begin a new one where there is none: it knows no order and no key"),),
        examples=("ledger reopen",),
        methods=("reopen_ledger", "reopen_ledger(new) --new"),
        columns=partial(_columns_of, "REOPENED"),
    ),
    ListCommand(
        "reconcile",
        "finds out what became of purchases whose answer was lost; never buys",
        lambda session, options: session.client.reconcile(
            wait=not options.no_wait, dismiss=options.dismiss, claim=_claim(options.claim)
        ),
        (
            Argument("--no-wait", "look once, and leave open what is not listed"),
            Argument("--dismiss IDS", "order ids that brought nothing, as you know"),
            Argument("--claim ORDER=ID", "which activation is that of an order, as you know"),
        ),
        examples=("reconcile",),
        methods=(
            "reconcile",
            "reconcile(dismiss) --dismiss ID",
            "reconcile(claim) --claim ORDER=ID",
        ),
        columns=partial(_columns_of, "SETTLED"),
    ),
    Command(
        "nested",
        "lets asyncio.run(…) work inside cells",
        nested,
        (Argument("on on", "for as long as this kernel lives"),),
        examples=("nested on",),
    ),
    Command(
        "call",
        "sends any action of the API as it is",
        call,
        (
            Argument("action", "the API's name", Value.ACTION),
            Argument("params KEY=VALUE", "parameters as on the wire", often=Repetition.ANY),
            YES,
        ),
        examples=("call getPrices service=tg country=2",),
    ),
)
