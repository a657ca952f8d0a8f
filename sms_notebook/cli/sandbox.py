"""``sms-notebook sandbox``: the sandbox over HTTP, from a terminal."""

import argparse
import errno
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import urlsplit

from sms_notebook.cli import Parser, TerminalCommand
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.missing_extra import extra
from sms_notebook.sandbox.account import MOST_MONEY, STATES, money
from sms_notebook.sandbox.country_markets import OPERATORS
from sms_notebook.sandbox.dialects import TITLES, dialect_named
from sms_notebook.sandbox.faults import CONNECTION_FAULTS, ERROR_CODES, Fault, Faults
from sms_notebook.sandbox.gateway import Gateway
from sms_notebook.sandbox.provider import Sandbox
from sms_notebook.sandbox.simulation import FASTEST

_PORT: Final = 8700
_T = TypeVar("_T")


def _run(options: argparse.Namespace) -> None:
    try:
        sandbox = Sandbox(
            seed=options.seed,
            api_key=options.api_key,
            balance=options.balance,
            speed=options.speed,
            start=options.start,
            account=options.account,
            webhook_url=options.webhook_url,
            success=options.success,
            dialect=options.dialect,
        )
    except ValueError as problem:
        raise UsageProblem(str(problem)) from None
    gateway = Gateway(sandbox, Faults(options.fault, options.seed), options.allow_webhook)
    # Only here, so that a wrong option and --help do not wait for the server to load.
    with extra("server"):
        from sms_notebook.sandbox.server import api_url, run  # noqa: PLC0415 - loads uvicorn
        from sms_notebook.serving import listen  # noqa: PLC0415 - likewise

    try:
        listener = listen(options.host, options.port)
    except (OSError, UnicodeError) as problem:
        raise UsageProblem(_why_not(problem, options.host, options.port)) from None
    url = api_url(options.host, listener, sandbox.dialect.path)

    def announce() -> None:
        print(url, flush=True)  # noqa: T201 - what a terminal is for

    run(gateway, listener, announce, options.host, options.allow_host)


def _add_options(parser: Parser) -> None:
    parser.add_address(_PORT)
    add = parser.add_argument
    add("--api-key", metavar="KEY", help="the key to ask for (default: any will do)")
    add(
        "--speed",
        type=_checked(_up_to(FASTEST), f"a speed is a number from 0 to {FASTEST}"),
        default=1.0,
        help="sandbox seconds in a real second; 0: only steps (default: 1)",
    )
    add(
        "--seed",
        type=_checked(int, "a seed is a whole number"),
        default=7,
        help="the same seed, the same market (default: 7)",
    )
    add(
        "--balance",
        type=_checked(money, f"a balance is an amount from 0 to {MOST_MONEY}"),
        default="50.00",
        help="money at the start (default: 50.00)",
    )
    add(
        "--account",
        type=_checked(_state, f"an account is {', '.join(STATES)}"),
        default="active",
        metavar="STATE",
        help="state of the account, explained below (default: active)",
    )
    add(
        "--success",
        type=_checked(_up_to(1), "a share is a number from 0 to 1"),
        default=1.0,
        help="share of numbers that get a code, 0 to 1 (default: 1)",
    )
    add(
        "--market",
        action="store_const",
        const=None,
        dest="success",
        help="as on a real market: some numbers get no code, some offers are out of stock",
    )
    add(
        "--dialect",
        type=_checked(_dialect),
        default="reference",
        metavar="NAME",
        help="whose way of speaking the protocol, explained below (default: reference)",
    )
    add(
        "--fault",
        type=_checked(Fault.parse),
        action="append",
        default=[],
        metavar="NAME[@ACTION]:P[:VALUE]",
        help="what goes wrong, with probability P; repeatable, the names are below",
    )
    add(
        "--webhook-url",
        type=_checked(_url, "a webhook's URL starts with http:// or https://"),
        metavar="URL",
        help="where to post incoming messages",
    )
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name it is asked by too, as behind a proxy, also by web pages; repeatable",
    )
    add(
        "--allow-webhook",
        action="append",
        default=[],
        metavar="HOST",
        help="a host that a rent's own webhooks may go to, beside this machine; repeatable",
    )
    add(
        "--start",
        type=_checked(datetime.fromisoformat, "a start is an ISO time such as 2025-01-31T12:00:00"),
        metavar="ISO",
        help="the sandbox's time at the start (default: now)",
    )


def _explanations() -> str:
    sections = [
        ("states of the account", STATES),
        ("dialects", TITLES),
        ("operators of no country, for tests", OPERATORS),
        ("faults of the connection", CONNECTION_FAULTS),
        ("faults in the provider's own words (nothing took effect)", ERROR_CODES),
    ]
    blocks = [
        "\n".join([f"{title}:", *(f"  {name:<31}{line}" for name, line in names.items())])
        for title, names in sections
    ]
    examples = (
        "examples:\n  --fault ERROR_SQL:0.05 --fault drop-after@getNumberV2:1 --fault latency:0.2:3"
    )
    return "\n\n".join([*blocks, examples])


def _why_not(problem: OSError | UnicodeError, host: str, port: int) -> str:
    if isinstance(problem, socket.gaierror | UnicodeError):
        return f"--host: there is no address {host!r} here"
    if problem.errno == errno.EADDRINUSE:
        return f"port {port} is in use; --port 0 takes a free one"
    return f"cannot listen on {host} port {port}: {problem.strerror}"


def _checked(read: Callable[[str], _T], rule: str = "") -> Callable[[str], _T]:
    """Return the type of an option whose text is read so, and the rule that it is refused by."""

    def checked(text: str) -> _T:
        try:
            return read(text)
        except ValueError as problem:
            line = f"{rule}: {text!r}" if rule else str(problem)
            raise argparse.ArgumentTypeError(line) from None

    return checked


def _up_to(most: float) -> Callable[[str], float]:
    def amount(text: str) -> float:
        if not 0 <= float(text) <= most:
            raise ValueError(text)
        return float(text)

    return amount


def _state(text: str) -> str:
    if text not in STATES:
        raise ValueError(text)
    return text


def _dialect(text: str) -> str:
    return dialect_named(text).name


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError(text)
    return text


COMMAND: Final = TerminalCommand(
    description="Serve a provider of virtual numbers where no real money is spent.\n"
    "The first line printed is the full URL of the API.",
    explanations=_explanations(),
    add_options=_add_options,
    run=_run,
)
