"""Everything around: partner software, webhooks, the sandbox, the ledger, raw calls, help."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from sms_notebook.client.nesting import allow_nested_loops
from sms_notebook.magics.saying import Said
from sms_notebook.magics.session import Session
from sms_notebook.magics.spending import ask_first
from sms_notebook.magics.table import YES, Argument, Command, Often, Value
from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.calls import Effect, raw_call
from sms_notebook.protocol.errors import SmsError, UsageProblem

_CALLS = Calls()


def partner_buy(session: Session, options: Namespace) -> pd.DataFrame:
    """Buy partner software."""
    ask_first(session, _CALLS.buy_partner_product(options.product), yes=options.yes)
    return session.client.buy_partner_product(options.product)


_NOTHING_TO_CLICK = (
    "Panels are for JupyterLab; here nothing can be clicked. "
    "%sms order, %sms watch and %sms rent do the same."
)


def panel(session: Session, options: Namespace) -> object:
    """Open a panel."""
    if not session.in_notebook():
        sys.stderr.write(f"{_NOTHING_TO_CLICK}\n")
    return session.panel(options.what, session.client)


def webhooks(session: Session, options: Namespace) -> Said:
    """Start, stop or show the webhook receiver."""
    hooks = session.client.webhooks
    if options.what == "start":
        where = {"port": options.port, "host": options.host}
        url = hooks.start(
            sources=options.source.split(",") if options.source is not None else (),
            proxies=options.proxy.split(",") if options.proxy is not None else (),
            **{name: value for name, value in where.items() if value is not None},
        )
        return Said(url)
    if options.what == "stop":
        hooks.stop()
    counted = ", ".join(f"{name} {number}" for name, number in hooks.counts.items() if number)
    return Said(f"{hooks!r} {counted}".rstrip())


def sandbox_start(session: Session, options: Namespace) -> Said:
    """Begin with a new sandbox."""
    from sms_notebook.sandbox import Desk, Sandbox  # noqa: PLC0415 - when first used

    wanted = {
        "seed": options.seed,
        "speed": options.speed,
        "balance": options.balance,
        "success": options.success,
    }
    given = {name: value for name, value in wanted.items() if value is not None}
    with _in_one_line("sandbox start"):
        sandbox = Sandbox(**given)
    session.begin(Desk(sandbox))
    return Said(f"Now at {session.label}. {sandbox.clock!r}, balance {sandbox.account.balance} USD")


def sandbox_step(session: Session, options: Namespace) -> Said:
    """Move the sandbox's clock."""
    sandbox = session.desk.sandbox
    with _in_one_line("sandbox step"):
        sandbox.step(options.seconds)
    return Said(repr(sandbox.clock))


def sandbox_speed(session: Session, options: Namespace) -> Said:
    """Change how fast the sandbox's clock runs."""
    clock = session.desk.sandbox.clock
    with _in_one_line("sandbox speed"):
        clock.speed = options.speed
    return Said(repr(clock))


def sandbox_faults(session: Session, options: Namespace) -> Said:
    """Let things go wrong."""
    faults = session.desk.faults
    with _in_one_line("sandbox faults"):
        if options.faults:
            faults.set([] if options.faults == ["none"] else options.faults)
    return Said(", ".join(map(str, faults.current())) or "No faults.")


def sandbox_sms(session: Session, options: Namespace) -> Said:
    """Let a message arrive."""
    with _in_one_line("sandbox sms"):
        session.desk.sandbox.send_sms(options.number, options.text)
    return Said(f"An SMS has arrived at {options.number}.")


@contextmanager
def _in_one_line(command: str) -> Iterator[None]:
    """Tell what the sandbox does not take as every problem is told."""
    try:
        yield
    except (TypeError, ValueError, LookupError, ArithmeticError) as problem:
        if isinstance(problem, SmsError):
            raise
        said = problem.args[0] if problem.args else type(problem).__name__
        raise UsageProblem(f"%sms {command}: {str(said).rstrip('.')}.".replace("?.", "?")) from None


def ledger(session: Session, options: Namespace) -> pd.DataFrame:
    """Show what was ordered."""
    return session.client.ledger(everywhere=options.everywhere)


def reconcile(session: Session, options: Namespace) -> pd.DataFrame:
    """Settle what is open."""
    return session.client.reconcile(wait=not options.no_wait, dismiss=options.dismiss)


def nested(_session: Session, options: Namespace) -> Said:
    """Let asyncio.run work in cells."""
    del options
    allow_nested_loops()
    return Said(
        "asyncio.run(…) works in the cells that follow, for good: the event loop is patched."
    )


def call(session: Session, options: Namespace) -> Any:
    """Send any action raw."""
    params: dict[str, str] = {}
    for pair in options.params:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageProblem(f"%sms call: {pair!r} is no parameter. Write it as name=value.")
        params[name] = value
    raw = raw_call(options.action, params, ACTIONS)
    if raw.action.effect is Effect.PURCHASE:
        for name, value in session.resolved(raw).params.items():
            if value != params[name]:  # it would be asked about one thing, and buy another
                raise UsageProblem(
                    f"%sms call: it sends parameters as they are. Write {name}={value}."
                )
        ask_first(session, raw, yes=options.yes)
    return session.client.call(options.action, **params)


COMMANDS = (
    Command(
        ("partner", "buy"),
        "buys partner software; with a real provider it asks first",
        partner_buy,
        (Argument("product", "id of the product", shown="ID"), YES),
        ("buyPartnerProduct",),
        ("partner buy 1",),
    ),
    Command(
        ("panel",),
        "for clicking: order, watch or rent; all as tabs if not said",
        panel,
        (
            Argument(
                "what",
                "which one",
                often=Often.AT_MOST_ONCE,
                choices=("order", "watch", "rent"),
            ),
        ),
        examples=("panel", "panel watch"),
    ),
    Command(
        ("webhooks",),
        "codes by webhook: start listens and shows the URL, stop ends it",
        webhooks,
        (
            Argument("what", "start or stop", often=Often.AT_MOST_ONCE, choices=("start", "stop")),
            Argument("--port", "8765 if not given; 0 takes a free one", Value.WHOLE),
            Argument("--host", "where to listen, this machine alone if not given", shown="HOST"),
            Argument("--source", "further addresses that may post, with commas", shown="ADDRESSES"),
            Argument("--proxy", "proxies in front, with commas", shown="ADDRESSES"),
        ),
        examples=("webhooks start --port 0", "webhooks stop"),
    ),
    Command(
        ("sandbox", "start"),
        "begins with a new sandbox: no account, no real money",
        sandbox_start,
        (
            Argument("--seed", "the same seed, the same market", Value.WHOLE),
            Argument(
                "--speed",
                "its seconds in a real second; 0: it only steps",
                Value.REAL,
                shown="X",
            ),
            Argument("--balance", "money at the start", Value.MONEY),
            Argument(
                "--success",
                "share of numbers that get a code, 0 to 1",
                Value.REAL,
                shown="SHARE",
            ),
        ),
        examples=("sandbox start --seed 7 --speed 60",),
    ),
    Command(
        ("sandbox", "step"),
        "moves the sandbox's clock",
        sandbox_step,
        (Argument("seconds", "how far", Value.REAL, shown="SECONDS"),),
        examples=("sandbox step 120",),
    ),
    Command(
        ("sandbox", "speed"),
        "lets the sandbox's clock run faster",
        sandbox_speed,
        (Argument("speed", "its seconds in a real second; 0 stops it", Value.REAL, shown="X"),),
        examples=("sandbox speed 60",),
    ),
    Command(
        ("sandbox", "faults"),
        "lets things go wrong; none takes them back",
        sandbox_faults,
        (Argument("faults", "NAME[@ACTION]:PROBABILITY", Value.FAULT, Often.ANY, shown="FAULT"),),
        examples=("sandbox faults ERROR_SQL:0.1 drop-after@getNumberV2:1", "sandbox faults none"),
    ),
    Command(
        ("sandbox", "sms"),
        "lets a message arrive at a number",
        sandbox_sms,
        (
            Argument("number", "id of an activation or rent", Value.NUMBER, shown="ID"),
            Argument("text", "the message, in quotes", shown="TEXT"),
        ),
        examples=("sandbox sms {order.activation_id[0]} 'Your code is 12345'",),
    ),
    Command(
        ("ledger",),
        "what was ordered, for how much, and which code came after how many seconds",
        ledger,
        (Argument("--everywhere", "of all providers and accounts", None),),
        examples=("ledger", "ledger --sort -cost -n 10"),
        is_list=True,
    ),
    Command(
        ("reconcile",),
        "finds out what became of purchases whose answer was lost; never buys",
        reconcile,
        (
            Argument("--no-wait", "look once, and leave open what is not listed", None),
            Argument("--dismiss", "order ids that brought nothing, as you know", shown="IDS"),
        ),
        examples=("reconcile",),
        is_list=True,
    ),
    Command(
        ("nested",),
        "lets asyncio.run(…) work inside cells",
        nested,
        (Argument("on", "for as long as this kernel lives", choices=("on",)),),
        examples=("nested on",),
    ),
    Command(
        ("call",),
        "sends any action of the API as it is",
        call,
        (
            Argument("action", "the API's name", Value.ACTION, shown="ACTION"),
            Argument("params", "parameters as on the wire", often=Often.ANY, shown="KEY=VALUE"),
            YES,
        ),
        examples=("call getPrices service=tg country=2",),
    ),
)
