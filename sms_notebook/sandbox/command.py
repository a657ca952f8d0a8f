"""``python -m sms_notebook sandbox``: the sandbox over HTTP, from a terminal."""

import argparse
import difflib
import errno
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NoReturn, TypeVar
from urllib.parse import urlsplit

from sms_notebook.sandbox.account import MOST_MONEY, STATES, money
from sms_notebook.sandbox.clock import FASTEST
from sms_notebook.sandbox.desk import Desk
from sms_notebook.sandbox.fault_names import CONNECTION_FAULTS, ERROR_CODES
from sms_notebook.sandbox.faults import Fault, Faults
from sms_notebook.sandbox.provider import Sandbox

_PROG: Final = "sms_notebook sandbox"
_HIGHEST_PORT: Final = 65535
_T = TypeVar("_T")


def main(arguments: Sequence[str]) -> int:
    """Run the sandbox until the process is asked to end.

    Returns
    -------
    int
        The exit code; a wrong option or value ends the process with 2 and one line instead.
    """
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest:
        parser.error(_what_is_unknown(rest[0], parser))
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
        )
    except ValueError as problem:
        parser.error(str(problem))
    desk = Desk(sandbox, Faults(options.fault, options.seed))
    # Only here, so that a wrong option and --help do not wait for the server to load.
    from sms_notebook.sandbox.server import api_url, listen, run  # noqa: PLC0415 - loads uvicorn

    try:
        listener = listen(options.host, options.port)
    except OSError as problem:
        parser.error(_why_not(problem, options.host, options.port))
    url = api_url(options.host, listener)
    run(desk, listener, lambda: print(url, flush=True))  # noqa: T201 - what a terminal is for
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line."""
        line = " ".join(message.removeprefix("argument ").split())
        self.exit(2, f"{self.prog}: {line}\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog=_PROG,
        usage=f"python -m {_PROG} [options]",
        description="Serve a provider of virtual numbers where no real money is spent.\n"
        "The first line printed is the full URL of the API.",
        epilog=_explanations(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    add("--port", type=_port, default=8700, help="port, 0 for a free one (default: 8700)")
    add("--api-key", metavar="KEY", help="the key to ask for (default: any will do)")
    add(
        "--speed",
        type=_speed,
        default=1.0,
        help="sandbox seconds in a real second; 0: only steps (default: 1)",
    )
    add("--seed", type=_seed, default=7, help="the same seed, the same market (default: 7)")
    add("--balance", type=_balance, default="50.00", help="money at the start (default: 50.00)")
    add(
        "--account",
        type=_account,
        default="active",
        metavar="STATE",
        help="state of the account, explained below (default: active)",
    )
    add(
        "--success",
        type=_success,
        help="share of numbers that get a code, 0 to 1 (default: as the market is)",
    )
    add(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="NAME[@ACTION]:P[:VALUE]",
        help="what goes wrong, with probability P; repeatable, the names are below",
    )
    add("--webhook-url", type=_webhook_url, metavar="URL", help="where to post incoming messages")
    add(
        "--start",
        type=_moment,
        metavar="ISO",
        help="the sandbox's time at the start (default: now)",
    )
    return parser


def _explanations() -> str:
    sections = [
        ("states of the account", STATES),
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


def _what_is_unknown(argument: str, parser: _Parser) -> str:
    """Name the argument, but never its value: it may be a key."""
    if not argument.startswith("-"):
        return "only options are taken, no other arguments; see --help"
    name = argument.partition("=")[0]
    close = difflib.get_close_matches(name, parser._option_string_actions, n=1)  # noqa: SLF001 - argparse has no public list
    return f"unknown option {name}" + (f", did you mean {close[0]}?" if close else "; see --help")


def _why_not(problem: OSError, host: str, port: int) -> str:
    if problem.errno == errno.EADDRINUSE:
        return f"port {port} is in use; --port 0 takes a free one"
    if isinstance(problem, socket.gaierror):
        return f"--host: there is no address {host!r} here"
    return f"cannot listen on {host} port {port}: {problem.strerror}"


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _HIGHEST_PORT):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_HIGHEST_PORT}: {text!r}")
    return int(text)


def _seed(text: str) -> int:
    return _read(int, text, "a seed is a whole number")


def _speed(text: str) -> float:
    return _between(0, FASTEST, text, f"a speed is a number from 0 to {FASTEST}")


def _success(text: str) -> float:
    return _between(0, 1, text, "a share is a number from 0 to 1")


def _balance(text: str) -> Decimal:
    return _read(money, text, f"a balance is an amount from 0 to {MOST_MONEY}")


def _between(low: float, high: float, text: str, rule: str) -> float:
    amount = _read(float, text, rule)
    if not low <= amount <= high:
        raise argparse.ArgumentTypeError(f"{rule}: {text!r}")
    return amount


def _account(text: str) -> str:
    if text not in STATES:
        raise argparse.ArgumentTypeError(f"an account is {', '.join(STATES)}: {text!r}")
    return text


def _fault(text: str) -> Fault:
    try:
        return Fault.parse(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from problem


def _webhook_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise argparse.ArgumentTypeError(
            f"a webhook's URL starts with http:// or https://: {text!r}"
        )
    return text


def _moment(text: str) -> datetime:
    moment = _read(
        datetime.fromisoformat, text, "a start is an ISO time such as 2025-01-31T12:00:00"
    )
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read(reader: Callable[[str], _T], text: str, rule: str) -> _T:
    try:
        return reader(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{rule}: {text!r}") from None
