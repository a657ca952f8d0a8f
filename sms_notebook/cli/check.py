"""``sms-notebook check``: how well a provider is understood, from a terminal."""

import argparse
import sys
from collections.abc import Hashable
from typing import Any, Final

from sms_notebook.cli import Parser, TerminalCommand

_EXPLANATIONS: Final = """\
It only reads: nothing is bought, nothing is changed. One line for each action of the API that was
asked, and what is peculiar. The exit code is 1 where an answer was not as expected.

the key and the provider come from where a client has them, the first found wins:
  SMS_API_KEY, SMS_PROVIDER, SMS_BASE_URL; the operating system's key store; config.toml.
  The key is no option: others on this machine can see options. Without any of them the embedded
  sandbox is checked.
"""


def _run(options: argparse.Namespace) -> None:
    # Only here, so that a wrong option and --help do not wait for pandas to load.
    from sms_notebook.client import Client  # noqa: PLC0415 - loads pandas

    with Client(provider=options.provider, base_url=options.base_url, quiet=True) as sms:
        frame = sms.check(save=options.save)
        print(f"{sms!r}\n{_table(frame.to_dict('records'))}")  # noqa: T201 - what a terminal is for
    if not frame["as_expected"].all():
        sys.exit(1)


def _table(rows: list[dict[Hashable, Any]]) -> str:
    width = max(len(str(row["action"])) for row in rows)
    return "\n".join(
        f"{'ok ' if row['as_expected'] is True else 'ODD'} {row['action']!s:{width}}  "
        f"{_words(row['what_to_know'])}".rstrip()
        for row in rows
    )


def _words(text: object) -> str:
    """Return what a provider is behind as one line of signs that a terminal only shows."""
    line = " ".join(text.split()) if isinstance(text, str) else ""
    return "".join(sign if sign.isprintable() else "�" for sign in line)


def _add_options(parser: Parser) -> None:
    add = parser.add_argument
    add("--provider", metavar="NAME", help="who is checked (default: as a client has it)")
    add("--base-url", metavar="URL", help="its address, where it is none of the known ones")
    add("--save", metavar="FILE", help="a report in JSON: shapes and words, no key and no number")


COMMAND: Final = TerminalCommand(
    description="Check how well a provider is understood.",
    explanations=_EXPLANATIONS,
    add_options=_add_options,
    run=_run,
)
