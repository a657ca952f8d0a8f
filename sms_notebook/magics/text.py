"""Texts of ``%sms``: results, frames, and errors in its own words; safe to print."""

import os
import shutil
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import pandas as pd

from sms_notebook.magics.line_parser import VALUE
from sms_notebook.magics.table import Argument, Command
from sms_notebook.protocol.errors.sms_error import MethodCall, Parameter, Speaker
from sms_notebook.providers.key import without_key
from sms_notebook.typesetting import all_rows, for_people, more_room, rows_to_show

_HARMLESS = "\u00a0\u200c\u200d"  # a wide blank; joiners inside of emoji and Persian words


_WORD = 60  # characters of a wrong word
_LIKE = 0.7
_MEANT = 3  # so many are suggested
_SHORTEST = 2  # characters of the beginning of a name


class PlainText(str):
    """A text as the result of a command, shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def printable(text: str, keep: str = "") -> str:
    r"""Write out what would control a terminal, or turn the direction of writing.

    Parameters
    ----------
    text : str
        Anybody's.
    keep : str
        Characters that are harmless where it is printed.

    Examples
    --------
    >>> printable("code\x1b[2J\n123")
    'code\\x1b[2J\\n123'
    """
    return "".join(
        character
        if character.isprintable() or character in _HARMLESS or character in keep
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def red(line: str, colors: str = "") -> str:
    """Set off the line of an error, for whoever wants colours."""
    if "NO_COLOR" in os.environ or colors.lower() == "nocolor":
        return line
    return f"\x1b[31m{line}\x1b[0m"


def show_frame(frame: pd.DataFrame, printer: Any, _cycle: bool) -> None:
    """Show a frame as text; what strangers wrote controls no terminal."""
    printer.text(printable(_frame_text(frame), keep="\n"))


def _frame_text(frame: pd.DataFrame) -> str:
    """Write a frame, as much of it as was asked for, and below it how to see more."""
    rows = rows_to_show(frame)
    if rows is None:
        return _table(for_people(frame))
    with all_rows():
        text = _table(for_people(rows.of(frame)))
    return f"{text}\n\n{rows.note}" if rows.note else text


def _table(frame: pd.DataFrame) -> str:
    """Write a table: in a terminal an answer has all its columns, however narrow the window."""
    leaves_out_columns = pd.get_option("display.max_columns") == 0  # as pandas does in a terminal
    if "fetched_at" not in frame.attrs:
        return repr(frame)
    if not leaves_out_columns:
        with more_room():
            return repr(frame)
    width = shutil.get_terminal_size().columns
    if len(frame) == 1:
        whole = frame.to_string()
        is_narrow = all(len(line) <= width for line in whole.splitlines())
        return whole if is_narrow else frame.T.to_string(header=False)
    with more_room(), pd.option_context("display.max_columns", None, "display.width", width):
        return repr(frame)


def shown(word: str) -> str:
    """Show a wrong word, but no key: people paste it in wrong places."""
    return repr(without_key(word.removeprefix(VALUE))[:_WORD])


def meant(word: str, known: Mapping[str, str]) -> str:
    """Ask whether something was meant: in other case, by its beginning, or with a letter wrong.

    Parameters
    ----------
    word : str
        What was written.
    known : mapping
        What there is, and how each is written.
    """
    folded: dict[str, str] = {}
    for name, written in known.items():
        folded.setdefault(name.casefold(), written)
    wanted = word.casefold()
    if wanted in folded:
        found = [folded[wanted]]
    else:
        begun = [
            written
            for name, written in folded.items()
            if name.startswith(wanted) and len(wanted) >= _SHORTEST
        ]
        near = get_close_matches(wanted, folded, _MEANT, _LIKE)
        near.sort(key=lambda name: sorted(name) != sorted(wanted))  # letters out of order first
        found = begun or [folded[name] for name in near[:1]]
    wholes = [written for written in found if not written.startswith(tuple(f"{w} " for w in found))]
    *others, last = dict.fromkeys(wholes[:_MEANT]) or [""]
    return f" Did you mean {', '.join(others)}{' or ' * bool(others)}{last}?" if last else ""


class MagicSpeaker(Speaker):
    """Writes calls as commands of ``%sms``, and parameters as their options.

    Parameters
    ----------
    commands : iterable of Command
        Each says which methods it stands for.
    """

    def __init__(self, commands: Iterable[Command]) -> None:
        self._commands: dict[str, tuple[Command, str]] = {}
        self._options: dict[str, Argument] = {}
        for command in commands:
            for written in command.methods:
                method, _, end = written.partition(" ")
                self._commands[method] = (command, end)
            for argument in command.arguments:
                if argument.is_option and not argument.is_switch:
                    self._options.setdefault(argument.parameter or argument.dest, argument)

    def call(self, call: MethodCall) -> str | None:
        """Write a call as a command."""
        fixed = [*(str(arg) for arg in call.args if isinstance(arg, int)), *call.options]
        found = self._commands.get(f"{call.method}({','.join(fixed)})" if fixed else call.method)
        if found is None:
            return super().call(call)
        command, end = found
        values = [arg for arg in (*call.args, *call.options.values()) if not isinstance(arg, int)]
        given = [
            "none" if value is None else str(value)
            for value in values
            if not isinstance(value, Parameter)
        ]
        missing = [argument.metavar for argument in command.required[len(given) :]]
        return " ".join(filter(None, ("%sms", *command.words, *given, *missing, end)))

    def parameter(self, name: str) -> str:
        """Write a parameter as an option, where there is one."""
        option = self._options.get(name)
        return name if option is None else option.name
