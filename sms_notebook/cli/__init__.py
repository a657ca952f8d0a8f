"""The command line: ``sms-notebook COMMAND [options]``."""

import argparse
import difflib
import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from sms_notebook.protocol.errors import SmsError

COMMANDS: Final = {
    "sandbox": "serve a provider that needs no account",
    "webhooks": "receive codes by webhook",
    "check": "ask a provider what only reads, and tell how well it is understood",
    "check-notebook": "tell whether notebooks can be shared",
}
"""What each command does. Its module has its name, and is loaded when the command is given."""

_HIGHEST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class TerminalCommand:
    """A command: a module of this room has one as ``COMMAND``.

    Attributes
    ----------
    description, explanations
        What ``--help`` says before and after the options.
    add_options
        Adds the options to a parser.
    run
        Does what the options say, until the process is asked to end. An `SmsError` ends the process
        with its line.
    operands
        What it takes beside options, as ``--help`` names it.
    """

    description: str
    explanations: str
    add_options: Callable[["Parser"], None]
    run: Callable[[argparse.Namespace], None]
    operands: str = ""


class Parser(argparse.ArgumentParser):
    """Options of a command; whatever is wrong with them is one line, and exit code 2."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line."""
        line = " ".join(message.removeprefix("argument ").split())
        self.exit(2, f"{self.prog}: {line}\n")

    def add_address(self, default_port: int) -> None:
        """Add the options that say where to listen."""
        self.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)"
        )
        self.add_argument(
            "--port",
            type=_port,
            default=default_port,
            help=f"port, 0 for a free one (default: {default_port})",
        )

    def refuse(self, argument: str) -> NoReturn:
        """Name an unknown argument, but never its value: it may be a key or a secret."""
        if not argument.startswith("-"):
            self.error("only options are taken, no other arguments; see --help")
        name = argument.partition("=")[0]
        close = difflib.get_close_matches(name, self._option_string_actions, n=1)
        hint = f", did you mean {close[0]}?" if close else "; see --help"
        self.error(f"unknown option {name}{hint}")


def run(arguments: Sequence[str], version: str, program: str) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str
        The command and its options.
    version : str
        Of this package.
    program : str
        What was typed before the command.

    Returns
    -------
    int
        The exit code; a wrong option or value ends the process with 2 and one line instead.
    """
    match arguments:
        case [] | ["-h" | "--help"]:
            sys.stdout.write(_help(program))
            return 0
        case ["--version"]:
            sys.stdout.write(f"sms_notebook {version}\n")
            return 0
        case [name, *rest] if name in COMMANDS:
            _run_command(name, rest, program)
            return 0
        case _:
            known = ", ".join(COMMANDS)
            sys.stderr.write(f"sms_notebook: the commands are {known}, --help and --version\n")
            return 2


def _run_command(name: str, arguments: Sequence[str], program: str) -> None:
    command: TerminalCommand = importlib.import_module(
        f"sms_notebook.cli.{name.replace('-', '_')}"
    ).COMMAND
    parser = Parser(
        prog=f"sms_notebook {name}",
        usage=f"{program} {name} [options] {command.operands}".rstrip(),
        description=command.description,
        epilog=command.explanations,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_options(parser)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        parser.refuse(unknown[0])
    try:
        command.run(options)
    except SmsError as problem:
        parser.error(str(problem))


def _help(program: str) -> str:
    lines = [f"  {name:<16}{purpose}" for name, purpose in COMMANDS.items()]
    return "\n".join(
        [
            f"usage: {program} COMMAND [options]",
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


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _HIGHEST_PORT):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_HIGHEST_PORT}: {text!r}")
    return int(text)
