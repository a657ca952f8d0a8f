"""Everything around: partner software, webhooks, the sandbox, the ledger, raw calls, help."""

from argparse import Namespace
from collections.abc import Callable
from typing import Any

import pandas as pd

import sms_notebook
from sms_notebook.magics.saying import Said
from sms_notebook.magics.session import Session
from sms_notebook.magics.spending import ask_first
from sms_notebook.magics.table import YES, Argument, Command, Often, Value
from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.calls import Call, Effect, raw_call
from sms_notebook.protocol.errors import UsageProblem

_CALLS = Calls()


def partner_buy(session: Session, options: Namespace) -> pd.DataFrame:
    """Buy partner software."""
    call: Call = _CALLS.buy_partner_product(options.product)
    ask_first(session, f"partner software {options.product}", call, yes=options.yes)
    return session.client.buy_partner_product(options.product)


def webhooks(session: Session, options: Namespace) -> Said:
    """Start, stop or show the webhook receiver."""
    hooks = session.client.webhooks
    if options.what == "start":
        more = {"port": options.port} if options.port is not None else {}
        sources = options.source.split(",") if options.source else ()
        proxies = options.proxy.split(",") if options.proxy else ()
        return Said(hooks.start(sources=sources, proxies=proxies, **more))
    if options.what == "stop":
        hooks.stop()
    counted = ", ".join(f"{name} {number}" for name, number in hooks.counts.items() if number)
    return Said(f"{hooks!r} {counted}".rstrip())


def sandbox_start(session: Session, options: Namespace) -> Said:
    """Begin with a new sandbox."""
    from sms_notebook.sandbox import Sandbox  # noqa: PLC0415 - when first used

    wanted = {
        "seed": options.seed,
        "speed": options.speed,
        "balance": options.balance,
        "success": options.success,
    }
    fresh = Sandbox(**{name: value for name, value in wanted.items() if value is not None})
    session.choose(sandbox=fresh, provider=None, base_url=None, api_key=None)
    return Said(f"Now {session.client!r} {fresh!r}")


def sandbox_step(session: Session, options: Namespace) -> Said:
    """Move the sandbox's clock."""
    sandbox = session.desk.sandbox
    _told(lambda: sandbox.step(options.seconds))
    return Said(repr(sandbox.clock))


def sandbox_speed(session: Session, options: Namespace) -> Said:
    """Change how fast the sandbox's clock runs."""
    clock = session.desk.sandbox.clock
    _told(lambda: setattr(clock, "speed", options.speed))
    return Said(repr(clock))


def sandbox_faults(session: Session, options: Namespace) -> Said:
    """Let things go wrong."""
    faults = session.desk.faults
    wanted = [] if options.faults == ["none"] else options.faults
    if options.faults:
        _told(lambda: faults.set(wanted))
    return Said(repr(faults))


def sandbox_sms(session: Session, options: Namespace) -> Said:
    """Let a message arrive."""
    try:
        session.desk.sandbox.send_sms(options.number, options.text)
    except LookupError as problem:
        raise UsageProblem(f"%sms sandbox sms: {problem.args[0]}.") from None
    except ValueError as problem:
        raise UsageProblem(f"%sms sandbox sms: {problem}.") from None
    return Said(f"An SMS has arrived at {options.number}.")


def _told(change: Callable[[], Any]) -> None:
    """Change something of the sandbox; what is wrong is told in one line."""
    try:
        change()
    except (TypeError, ValueError) as problem:
        raise UsageProblem(f"%sms sandbox: {problem}.") from None


def ledger(session: Session, options: Namespace) -> pd.DataFrame:
    """Show what was ordered."""
    return session.client.ledger(everywhere=options.everywhere)


def reconcile(session: Session, options: Namespace) -> pd.DataFrame:
    """Settle what is open."""
    return session.client.reconcile(wait=not options.no_wait, dismiss=options.dismiss)


def nested(_session: Session, options: Namespace) -> Said:
    """Let asyncio.run work in cells."""
    del options
    sms_notebook.allow_nested_loops()
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
        ask_first(session, f"what {options.action} brings", raw, yes=options.yes)
    return session.client.call(options.action, **params)


COMMANDS = (
    Command(
        ("partner", "buy"),
        "buys partner software; with a real provider it asks first",
        partner_buy,
        (Argument("product", "id of the product", shown="ID"), YES),
        ("buyPartnerProduct",),
    ),
    Command(
        ("webhooks",),
        "codes by webhook: start listens and shows the URL, stop ends it",
        webhooks,
        (
            Argument("what", "start or stop", often=Often.AT_MOST_ONCE, choices=("start", "stop")),
            Argument("--port", "8765 if not given; 0 takes a free one", Value.NUMBER),
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
            Argument("--seed", "the same seed, the same market", Value.NUMBER),
            Argument(
                "--speed",
                "its seconds in a real second; 0: it only steps",
                Value.SECONDS,
                shown="X",
            ),
            Argument("--balance", "money at the start", Value.MONEY),
            Argument(
                "--success",
                "share of numbers that get a code, 0 to 1",
                Value.SECONDS,
                shown="SHARE",
            ),
        ),
        examples=("sandbox start --seed 7 --speed 60",),
    ),
    Command(
        ("sandbox", "step"),
        "moves the sandbox's clock",
        sandbox_step,
        (Argument("seconds", "how far", Value.SECONDS, shown="SECONDS"),),
        examples=("sandbox step 120",),
    ),
    Command(
        ("sandbox", "speed"),
        "lets the sandbox's clock run faster",
        sandbox_speed,
        (Argument("speed", "its seconds in a real second; 0 stops it", Value.SECONDS, shown="X"),),
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
            Argument("number", "id of an activation or rent", Value.ACTIVATION, shown="ID"),
            Argument("text", "the message, in quotes", shown="TEXT"),
        ),
        examples=("sandbox sms {order.activation_id[0]} 'Your code is 12345'",),
    ),
    Command(
        ("ledger",),
        "what was ordered, for how much, and which code came after how many seconds",
        ledger,
        (Argument("--everywhere", "of all providers and accounts", None),),
    ),
    Command(
        ("reconcile",),
        "finds out what became of purchases whose answer was lost; never buys",
        reconcile,
        (
            Argument("--no-wait", "look once, and leave open what is not listed", None),
            Argument("--dismiss", "order ids that brought nothing, as you know", shown="IDS"),
        ),
    ),
    Command(
        ("nested",),
        "nested on: asyncio.run(…) works inside cells",
        nested,
        (Argument("on", "there is no way back", choices=("on",)),),
        examples=("nested on",),
    ),
    Command(
        ("call",),
        "sends any action of the API as it is",
        call,
        (
            Argument("action", "the API's name", Value.ACTION, shown="ACTION"),
            Argument(
                "params", "parameters as on the wire", Value.PARAMETER, Often.ANY, shown="KEY=VALUE"
            ),
            YES,
        ),
        examples=("call getPrices service=tg country=2",),
    ),
)
