"""``python -m sms_notebook webhooks``: the webhook receiver, from a terminal."""

import argparse
import os
import signal
import threading
from collections.abc import Sequence
from typing import Final, NoReturn

from sms_notebook.client.providers import SANDBOX, Provider
from sms_notebook.client.settings import home, place
from sms_notebook.protocol.errors import SmsError, UsageProblem

_PROG: Final = "sms_notebook webhooks"
_HIGHEST_PORT: Final = 65535
_PAUSE: Final = 0.5  # seconds; on Windows only a pause sees an interrupt
_EXPLANATIONS: Final = """\
Every message is stored in the ledger before the provider gets its answer, so that all kernels
which share the ledger see it. Nothing more is printed, except problems.

how the provider gets to know the URL:
  Providers post to an address on the internet, this listens on your own machine. Put a reverse
  proxy or a tunnel with https in front, name it with --proxy, and enter the address in the
  settings of your account at the provider, under webhooks: https://your.host/SECRET, where SECRET
  is the path of the URL that is printed here. It stays the same, also after a restart. Whoever
  knows it may post, from the right addresses: treat it like a password.
  The sandbox takes the URL as it is: python -m sms_notebook sandbox --webhook-url URL

who may post:
  The addresses that are known of the provider, and each --source; this machine alone where none
  is known. Behind a proxy that does not say whom it speaks for (X-Forwarded-For), such as
  ssh -R, all requests come from 127.0.0.1: name that as --source, not as --proxy.

variables:
  SMS_PROVIDER, SMS_BASE_URL  the provider, where --provider is not given
  SMS_LEDGER                  the ledger, where --ledger is not given
  SMS_WEBHOOK_SECRET          the secret, where --secret is not given: others on this machine can
                              see options, but not this
  SMS_NOTEBOOK_HOME           the folder of ledger and secret, where neither is given
"""


def main(arguments: Sequence[str]) -> int:
    """Receive webhooks until the process is asked to end.

    Returns
    -------
    int
        The exit code; a wrong option or value ends the process with 2 and one line instead.
    """
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest:
        parser.error(_what_is_unknown(rest[0]))
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    try:
        _receive(options, over)
    except SmsError as problem:
        parser.error(str(problem))
    return 0


def _receive(options: argparse.Namespace, over: threading.Event) -> None:
    # Only here, so that a wrong option and --help do not wait for SQLAlchemy to load.
    from sms_notebook.orders.database import url_of  # noqa: PLC0415 - loads SQLAlchemy
    from sms_notebook.orders.shelf import ledger_at  # noqa: PLC0415 - likewise
    from sms_notebook.watching.webhooks.rules import secret_in  # noqa: PLC0415 - only needed here
    from sms_notebook.watching.webhooks.server import Receiver  # noqa: PLC0415 - loads SQLAlchemy
    from sms_notebook.watching.webhooks.storing import provider_by_numbers  # noqa: PLC0415 - likewise

    provider = _provider(options.provider)
    where = options.ledger or os.environ.get("SMS_LEDGER") or home() / "ledger.sqlite"
    secret = options.secret or os.environ.get("SMS_WEBHOOK_SECRET") or secret_in(home())
    ledger = ledger_at(url_of(where))
    ledger.messages.last_id()  # a ledger that is no good shows now, not with the first message
    receiver = Receiver(
        ledger.messages,
        provider=provider.name,
        zone=provider.zone,
        sources=(*provider.webhook_sources, *options.source),
        proxies=options.proxy,
        secret=secret,
        provider_of=provider_by_numbers(ledger.database, provider.name),
    )
    with receiver:
        print(receiver.start(host=options.host, port=options.port), flush=True)  # noqa: T201 - what a terminal is for
        while not over.wait(_PAUSE):
            pass


def _provider(name: str | None) -> Provider:
    environment = os.environ.get("SMS_PROVIDER") or None, os.environ.get("SMS_BASE_URL") or None
    found = place(name, None, None) if name else place(*environment, None)
    if found.problem:
        raise UsageProblem(found.problem)
    return found.provider or SANDBOX


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line."""
        line = " ".join(message.removeprefix("argument ").split())
        self.exit(2, f"{self.prog}: {line}\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog=_PROG,
        usage=f"python -m {_PROG} [options]",
        description="Receive codes by webhook: the provider posts each message as it comes.\n"
        "The first line printed is the full URL.",
        epilog=_EXPLANATIONS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    add("--port", type=_port, default=8765, help="port, 0 for a free one (default: 8765)")
    add("--provider", metavar="NAME", help="whose webhooks these are (default: sandbox)")
    add(
        "--ledger",
        metavar="PLACE",
        help="file or SQLAlchemy URL of the ledger (default: the one that clients use)",
    )
    add(
        "--source",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="an address or network the provider posts from; repeatable",
    )
    add(
        "--proxy",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="an address or network of a proxy in front, believed when it says who asked it; "
        "repeatable",
    )
    add("--secret", help="path of the URL (default: made once, then kept)")
    return parser


def _what_is_unknown(argument: str) -> str:
    """Name the argument, but never its value: it may be a secret."""
    if not argument.startswith("-"):
        return "only options are taken, no other arguments; see --help"
    return f"unknown option {argument.partition('=')[0]}; see --help"


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _HIGHEST_PORT):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_HIGHEST_PORT}: {text!r}")
    return int(text)
