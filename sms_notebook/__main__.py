"""``python -m sms_notebook``: the commands for a terminal."""

import importlib
import sys
from collections.abc import Sequence
from typing import Final

from sms_notebook import __version__

COMMANDS: Final = {
    "sandbox": ("sms_notebook.sandbox.command", "serve a provider that needs no account"),
    "webhooks": ("sms_notebook.client.webhooks_command", "receive codes by webhook"),
}
"""The module of each command, loaded when the command is given, and what it does."""


def main(arguments: Sequence[str]) -> int:
    """Run a command and return the exit code."""
    match arguments:
        case [] | ["-h" | "--help"]:
            sys.stdout.write(_help())
            return 0
        case ["--version"]:
            sys.stdout.write(f"sms_notebook {__version__}\n")
            return 0
        case [name, *rest] if name in COMMANDS:
            module = importlib.import_module(COMMANDS[name][0])
            code: int = module.main(rest)
            return code
        case _:
            known = ", ".join(COMMANDS)
            sys.stderr.write(f"sms_notebook: the commands are {known}, --help and --version\n")
            return 2


def _help() -> str:
    lines = [f"  {name:<10}{what}" for name, (_, what) in COMMANDS.items()]
    return "\n".join(
        [
            "usage: python -m sms_notebook COMMAND [options]",
            "",
            "commands:",
            *lines,
            "",
            "options:",
            "  --help    this text; COMMAND --help explains a command",
            "  --version the version",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
