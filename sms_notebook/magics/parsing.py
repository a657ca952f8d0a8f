"""From words to a command and its values; what does not fit is told in one line."""

import argparse
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import NoReturn

from sms_notebook.magics.commands import COMMANDS
from sms_notebook.magics.table import Argument, Command, Often, Value
from sms_notebook.protocol.errors import UsageProblem

RESULT_OPTIONS = (
    Argument("-o", "keep the result in a variable, and show nothing", shown="NAME"),
    Argument("--show", "show it as well", None),
    Argument("--limit", "rows at most; also -n", Value.NUMBER),
    Argument("--sort", "sort by a column; -COLUMN the other way round", shown="COLUMN"),
)
"""What every command takes that returns a frame."""

_TYPES = {Value.NUMBER: int, Value.SECONDS: float}


class _Parser(argparse.ArgumentParser):
    """argparse that raises one line, with what was meant."""

    command: Command

    def error(self, message: str) -> NoReturn:
        line = " ".join(message.removeprefix("argument ").split())
        line = line.replace("the following arguments are required:", "missing:")
        raise UsageProblem(f"%sms {self.prog}: {line}. Usage: %sms {self.command.usage}")


def find(words: Sequence[str]) -> tuple[Command, list[str]]:
    """Return the command that words begin with, and the rest of them.

    Raises
    ------
    UsageProblem
        If there is none; the line names the nearest.
    """
    for length in (2, 1):
        if (command := COMMANDS.get(tuple(words[:length]))) is not None:
            return command, list(words[length:])
    first = words[0] if words else ""
    family = [known for known in COMMANDS if known[0] == first and len(known) > 1]
    if family:
        offered = ", ".join(known[1] for known in family)
        given = f" not {words[1]!r}" if len(words) > 1 else " nothing yet"
        raise UsageProblem(f"%sms {first}: it takes {offered},{given}.")
    names = {" ".join(known): known for known in COMMANDS}
    near = get_close_matches(" ".join(words[:2]), names, 1) or get_close_matches(first, names, 1)
    hint = f" Did you mean %sms {near[0]}?" if near else ""
    raise UsageProblem(f"%sms: there is no command {first!r}.{hint} %sms help lists them.")


def parse(command: Command, rest: Sequence[str]) -> argparse.Namespace:
    """Read the words of a command.

    Raises
    ------
    UsageProblem
        If they do not fit; the line says how it is used.
    """
    parser = _parser(command)
    options, left = parser.parse_known_args(list(rest))
    if left and command.has_second_country and options.country is None:
        if not left[0].startswith("-"):
            options.country = left.pop(0)
    if left:
        _refuse(command, left[0])
    return options


def _refuse(command: Command, word: str) -> NoReturn:
    known = {argument.name for argument in (*command.options, *RESULT_OPTIONS)}
    if word.startswith("-") and not word.lstrip("-").replace(".", "").isdigit():
        name = word.partition("=")[0]
        near = get_close_matches(name, known, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UsageProblem(
            f"%sms {command.name}: it has no option {name}.{hint} Usage: %sms {command.usage}"
        )
    raise UsageProblem(
        f"%sms {command.name}: {word!r} is one word too many. Usage: %sms {command.usage}"
    )


@cache
def _parsers() -> Mapping[tuple[str, ...], _Parser]:
    return {words: _built(command) for words, command in COMMANDS.items()}


def _parser(command: Command) -> _Parser:
    return _parsers()[command.words]


def _built(command: Command) -> _Parser:
    parser = _Parser(prog=command.name, add_help=False, allow_abbrev=False)
    parser.command = command
    for argument in (*command.arguments, *RESULT_OPTIONS):
        names = ["-n", argument.name] if argument.name == "--limit" else [argument.name]
        if argument.value is None:
            parser.add_argument(*names, action="store_true")
        elif argument.is_option:
            parser.add_argument(
                *names, type=_TYPES.get(argument.value, str), choices=argument.choices or None
            )
        else:
            parser.add_argument(
                argument.dest,
                nargs={Often.ONCE: None, Often.AT_MOST_ONCE: "?", Often.ANY: "*"}[argument.often],
                type=_TYPES.get(argument.value, str),
                choices=argument.choices or None,
                metavar=argument.shown or argument.dest.upper(),
            )
    return parser
