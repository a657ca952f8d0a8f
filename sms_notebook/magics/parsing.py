"""From words to a command and its values; what does not fit is told in one line."""

import argparse
import math
import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from functools import cache, partial
from typing import Any, NoReturn

from sms_notebook.magics.expanding import VALUE
from sms_notebook.magics.table import Argument, Command, Commands, Often, Value
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.transport import without_key

_NUMBER = re.compile(r"-[\d.]")
_JOINED = re.compile(r"(-\w)(\d+)")
_API_KEY = re.compile(r"(?<![^\W_])(?=[a-zA-Z]*\d)[0-9a-zA-Z]{30,}(?![^\W_])", re.ASCII)
_SHOWN = 60  # characters of a wrong word
_LONGEST = 90  # characters of a usage
_LIKE = 0.7


class _Parser(argparse.ArgumentParser):
    """argparse that raises one line."""

    command: Command

    def error(self, message: str) -> NoReturn:
        missing = message.removeprefix("the following arguments are required: ")
        if missing != message:
            _refuse(self.command, f"{missing} is missing.")
        _refuse(self.command, message.partition(": ")[2])  # each type says whose it is


def find(commands: Commands, words: Sequence[str]) -> tuple[Command, list[str]]:
    """Return the command that words begin with, and the rest of them.

    Raises
    ------
    UsageProblem
        If there is none; the line names the nearest.
    """
    for length in (2, 1):
        if (command := commands.get(tuple(words[:length]))) is not None:
            return command, list(words[length:])
    first, second = [*words, ""][:2]
    family = {known[1]: None for known in commands if len(known) > 1 and known[0] == first}
    if family:
        what = f"there is no {_shown(second)}.{_meant(second, family)}" if second else "what of it?"
        raise UsageProblem(f"%sms {first}: {what} It takes {', '.join(family)}.")
    names = [" ".join(known) for known in commands]
    hint = _meant(" ".join(words[:2]), names, "%sms ") or _meant(first, names, "%sms ")
    raise UsageProblem(
        f"%sms: there is no command {_shown(first)}.{hint} %sms help lists the commands."
    )


def parse(command: Command, rest: Sequence[str]) -> argparse.Namespace:
    """Read the words of a command.

    Raises
    ------
    UsageProblem
        If they do not fit; the line says how it is used.
    """
    options, plain = _apart(command, rest)
    most = len(command.positional)
    if not any(argument.often is Often.ANY for argument in command.positional):
        named = any(option.startswith("--country=") for option in options)
        most += command.has_second_country and not named
        if len(plain) > most:
            _refuse(
                command,
                f"{_shown(plain[most])} is one word too many. Put several words that belong "
                "together in quotes.",
            )
        if len(plain) > len(command.positional):
            options.append(f"--country={plain.pop()}")
    return _parser(command).parse_args([*options, *plain])


def _apart(command: Command, rest: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part options, each with its value, from the other words."""
    known = {name: one for one in command.options for name in (one.name, one.short) if name}
    options: list[str] = []
    plain: list[str] = []
    left = list(rest)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        option = known.get(name)
        if option is None and (joined := _JOINED.fullmatch(word)) and joined[1] in known:
            option, equals, value = known[joined[1]], "=", joined[2]
        if option is None:
            if word.startswith("-") and not _NUMBER.match(word):
                _refuse(command, f"there is no option {_shown(name)}.{_meant(name, known)}")
            plain.append(VALUE + word if word.startswith("-") else word)
        elif option.value is None:
            if equals:
                _refuse(command, f"{option.name} takes no value.")
            options.append(option.name)
        else:
            if not equals:
                if not left or left[0].partition("=")[0] in known:
                    _refuse(command, f"{option.name} takes a value: {option.written}.")
                value = left.pop(0)
            options.append(f"{option.name}={value}")
    return options, plain


def _refuse(command: Command, what: str) -> NoReturn:
    usage = f"Usage: %sms {command.usage}"
    if len(usage) > _LONGEST:
        words = [command.name, *(argument.usage for argument in command.positional)]
        usage = f"Usage: %sms {' '.join(words)} …; see %sms help {command.name}."
    raise UsageProblem(f"%sms {command.name}: {what} {usage}")


def _shown(word: str) -> str:
    """Show a wrong word, but no key: people paste it in wrong places."""
    return repr(without_key(word.removeprefix(VALUE))[:_SHOWN])


def _meant(word: str, known: Iterable[str], prefix: str = "") -> str:
    near = get_close_matches(word, list(known), 3, _LIKE)
    near.sort(key=lambda one: sorted(one) != sorted(word))  # letters out of order come first
    return f" Did you mean {prefix}{near[0]}?" if near else ""


@cache
def _parser(command: Command) -> _Parser:
    parser = _Parser(prog=command.name, add_help=False, allow_abbrev=False)
    parser.command = command
    for argument in (*command.positional, *command.options):
        if argument.value is None:
            parser.add_argument(argument.name, dest=argument.dest, action="store_true")
        elif argument.is_option:
            parser.add_argument(argument.name, dest=argument.dest, type=_type_of(argument))
        else:
            parser.add_argument(
                argument.dest,
                nargs={Often.ONCE: None, Often.AT_MOST_ONCE: "?", Often.ANY: "*"}[argument.often],
                default=() if argument.often is Often.ANY else None,
                type=_type_of(argument),
                metavar=argument.metavar,
            )
    return parser


def _type_of(argument: Argument) -> Callable[[str], Any]:
    """Return how the word of an argument is read."""
    name = argument.name if argument.is_option else argument.metavar
    if argument.choices:
        return partial(_choice, argument.name if argument.is_option else "it", argument.choices)
    match argument.value:
        case Value.WHOLE:
            return partial(_whole, name)
        case Value.REAL:
            return partial(_real, name)
        case Value.OWN_NAME:
            return partial(_own_name, name)
        case _:
            return lambda word: word.removeprefix(VALUE)


def _choice(name: str, choices: tuple[str, ...], word: str) -> str:
    if word in choices:
        return word
    raise argparse.ArgumentTypeError(
        f"{name} takes {' or '.join(choices)}, not {_shown(word)}.{_meant(word, choices)}"
    )


def _whole(name: str, word: str) -> int:
    try:
        number = int(word.removeprefix(VALUE))
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{name} takes a whole number from 0, not {_shown(word)}.")
    return number


def _real(name: str, word: str) -> float:
    try:
        number = float(word.removeprefix(VALUE))
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"{name} takes a number from 0, not {_shown(word)}.")
    return number


def _own_name(name: str, word: str) -> str:
    """Read a person's own name for an order; the ledger keeps it, so it is no API key."""
    word = word.removeprefix(VALUE)
    if _API_KEY.search(word):
        raise argparse.ArgumentTypeError(
            f"{name} is your own name for the order, and this looks like an API key, which the "
            "ledger would keep. Take a name such as 'my order'."
        )
    return word
