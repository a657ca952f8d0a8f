"""``sms-notebook webhooks``: the webhook receiver, from a terminal."""

import argparse
import os
import signal
import threading
from copy import copy
from typing import Final

from sms_notebook.cli import Parser, TerminalCommand
from sms_notebook.providers.providers import SANDBOX
from sms_notebook.providers.row import Provider
from sms_notebook.providers.settings import home, place
from sms_notebook.webhooks.rules import PORT

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
  The sandbox takes the URL as it is: sms-notebook sandbox --webhook-url URL

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


def _run(options: argparse.Namespace) -> None:
    # Only here, so that a wrong option and --help do not wait for SQLAlchemy to load.
    from sms_notebook.ledger.database import url_of  # noqa: PLC0415 - loads SQLAlchemy
    from sms_notebook.ledger.ledger import ledger_at  # noqa: PLC0415 - likewise
    from sms_notebook.webhooks.receiver import receiver_of  # noqa: PLC0415 - likewise

    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    provider = _provider(options.provider)
    ledger = ledger_at(
        url_of(options.ledger or os.environ.get("SMS_LEDGER") or home() / "ledger.sqlite")
    )
    ledger.messages.last_id()  # a ledger that is no good shows now, not with the first message
    receiver = receiver_of(
        provider, ledger, sources=options.source, proxies=options.proxy, secret=options.secret
    )
    with receiver:
        print(receiver.start(host=options.host, port=options.port), flush=True)  # noqa: T201 - what a terminal is for
        while not over.wait(_PAUSE):
            pass


def _provider(name: str | None) -> Provider:
    environment = os.environ.get("SMS_PROVIDER") or None, os.environ.get("SMS_BASE_URL") or None
    chosen_place = place(name, None, None) if name else place(*environment, None)
    if chosen_place.problem:
        raise copy(chosen_place.problem)
    return chosen_place.provider or SANDBOX


def _add_options(parser: Parser) -> None:
    parser.add_address(PORT)
    add = parser.add_argument
    add("--provider", metavar="NAME", help="whose webhooks these are (default: sandbox)")
    add(
        "--ledger",
        metavar="PLACE",
        help="file or SQLAlchemy URL of the ledger (default: the one that clients use)",
    )
    for option, who in (
        ("--source", "the provider posts from"),
        ("--proxy", "of a proxy in front, believed when it says who asked it"),
    ):
        what = f"an address or network {who}; repeatable"
        add(option, action="append", default=[], metavar="ADDRESS", help=what)
    add("--secret", help="path of the URL (default: made once, then kept)")


COMMAND: Final = TerminalCommand(
    description="Receive codes by webhook: the provider posts each message as it comes.\n"
    "The first line printed is the full URL.",
    explanations=_EXPLANATIONS,
    add_options=_add_options,
    run=_run,
)
