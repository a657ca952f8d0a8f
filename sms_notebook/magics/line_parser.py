"""From a line to a command and its options: quotes as in a shell, ``{expressions}``, ``$names``."""

import math
import re
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, NoReturn

import pandas as pd

from sms_notebook.magics.table import COUNTRY, Argument, Command, Commands, Often, Value
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.providers.key import without_key

_NAME = re.compile(r"\$((?:[^\W\d]\w*)(?:\.[^\W\d]\w*)*)")
_NUMBER = re.compile(r"-[\d.]")
_JOINED = re.compile(r"(-\w)(\d+)")
_API_KEY = re.compile(r"(?<![^\W_])(?=[a-zA-Z]*\d)[0-9a-zA-Z]{30,}(?![^\W_])", re.ASCII)
_SHOWN = 120  # characters of an expression, or of what it raises
_WORD = 60  # characters of a wrong word
_LONGEST = 90  # characters of a usage
_LIKE = 0.7

VALUE = "\x00"
"""Begins a word that came out of a variable and looks like an option, but is none."""


def words(line: str, names: Mapping[str, Any]) -> list[str]:
    """Split a line, and put values in place of expressions.

    A value is one word, whatever it holds. ``{…}`` is an expression also within quotes; ``$name``
    is not within single ones, as in a shell. ``{{``, ``}}`` and ``$$`` are the characters.

    Parameters
    ----------
    line : str
        As it was written.
    names : mapping
        The person's variables.

    Raises
    ------
    UsageProblem
        If a quote or brace is not closed, or an expression fails; the line names the variable.

    Examples
    --------
    >>> words("order 'my line' {n + 1} $n # the second", {"n": 1})
    ['order', 'my line', '2', '1']
    """
    parser = _LineParser(line.replace(VALUE, ""), names)
    while parser.place < len(parser.line):
        parser.read()
    return parser.end()


class _LineParser:
    """Reads a line from left to right."""

    def __init__(self, line: str, names: Mapping[str, Any]) -> None:
        self.line = line
        self.place = 0
        self._names = names
        self._quote = ""
        self._done: list[str] = []
        self._word: str | None = None

    def read(self) -> None:
        """Read the next character, or expression."""
        character = self.line[self.place]
        if self.line.startswith(("{{", "}}"), self.place):
            self._add(character, 2)
        elif character == "{":
            self._expression()
        elif self._quote == "'":
            self._in_quotes(character)
        elif character == "\\":
            self._backslash()
        elif self.line.startswith("$$", self.place):
            self._add("$", 2)
        elif found := _NAME.match(self.line, self.place):
            value = _value_of(found[1], self._names, found[0], "$$ for a dollar sign")
            self._put(value, found.end() - self.place)
        elif self._quote:
            self._in_quotes(character)
        else:
            self._bare(character)

    def end(self) -> list[str]:
        """Return the words."""
        if self._quote:
            raise UsageProblem(f"%sms: {self._quote} is not closed. Close it, or put \\ before it.")
        self._end_word()
        return self._done

    def _in_quotes(self, character: str) -> None:
        if character == self._quote:
            self._quote = ""
            self.place += 1
        else:
            self._add(character)

    def _bare(self, character: str) -> None:
        if character.isspace():
            self._end_word()
            self.place += 1
        elif character in "'\"":
            self._quote = character
            self._add("")
            self.place += 1
        elif character == "#" and self._word is None:
            self.place = len(self.line)  # a remark, as in Python and in a shell
        else:
            self._add(character)

    def _backslash(self) -> None:
        following = self.line[self.place + 1 : self.place + 2]
        if self._quote and following not in ("\\", '"', "$", "{", "}"):
            self._add("\\")
        else:
            self._add(following, 2)

    def _expression(self) -> None:
        expression, end = _expression_at(self.line, self.place)
        value = _value_of(expression.strip(), self._names, f"{{{expression}}}", "{{ for a brace")
        self._put(value, end - self.place)

    def _put(self, value: str, width: int) -> None:
        """Add a value; as a whole word it is never an option."""
        if self._word is None and value.startswith("-") and not self._quote:
            value = VALUE + value
        self._add(value, width)

    def _add(self, text: str, width: int | None = None) -> None:
        self._word = (self._word or "") + text
        self.place += len(text) if width is None else width

    def _end_word(self) -> None:
        if self._word is not None:
            self._done.append(self._word)
        self._word = None


def _expression_at(line: str, start: int) -> tuple[str, int]:
    """Return the expression that begins with a brace, and where it ends.

    Braces and quotes inside of it are Python's own: it ends where it makes sense.
    """
    ends = [found.start() for found in re.finditer("}", line) if found.start() > start]
    for end in ends:
        expression = line[start + 1 : end]
        try:
            compile(expression.strip(), "<%sms>", "eval")
        except (SyntaxError, ValueError):
            continue
        return expression, end + 1
    if not ends:
        raise UsageProblem("%sms: { is not closed. Write {variable}, or {{ for a brace.")
    raise UsageProblem(
        f"%sms: {line[start : ends[0] + 1][:_SHOWN]} is no expression of Python. Write {{variable}}"
        ", or {{ for a brace."
    )


def _value_of(expression: str, names: Mapping[str, Any], source: str, escape: str) -> str:
    """Return the value of an expression as one word."""
    try:
        value = eval(expression, dict(names))  # noqa: S307 - the person's own expression
    except NameError as problem:
        missing = problem.name or expression
        raise UsageProblem(
            f"%sms: there is no variable {missing!r}. Define it before, or write {escape}."
        ) from None
    except Exception as problem:  # noqa: BLE001 - whatever the person's expression raises
        failure = " ".join(f"{type(problem).__name__}: {problem}".split())
        raise UsageProblem(f"%sms: {source} fails: {failure[:_SHOWN]}") from None
    if isinstance(value, list | tuple):
        return ",".join(_text(item, source) for item in value)
    return _text(value, source)


def _text(value: Any, source: str) -> str:
    """Write one value as a word; an order or a rent stands for its number."""
    row = value.iloc[0] if isinstance(value, pd.DataFrame) and len(value) == 1 else value
    if isinstance(row, pd.Series):
        ids = [row[name] for name in ("activation_id", "rent_id") if name in row.index]
        value = next((id_ for id_ in ids if not pd.isna(id_)), value)
    if isinstance(value, str) or not isinstance(value, Iterable):
        if pd.isna(value):
            raise UsageProblem(f"%sms: {source} has no value: it is {value}.")
        if isinstance(value, float) and value.is_integer():
            return f"{value:.0f}"  # pandas makes 2.0 of a 2 beside a missing value
        return str(value)
    name = source.strip("{}$")
    if hasattr(value, "columns"):
        has_id = not {"activation_id", "rent_id"}.isdisjoint(value.columns)
        example = f"{{{name}.iloc[[0]]}}" if has_id else f"{{{name}.iloc[0, 0]}}"
    else:
        example = f"{{{name}.iloc[0]}}" if hasattr(value, "iloc") else f"{{list({name})[0]}}"
    kind = type(value).__name__
    raise UsageProblem(f"%sms: {source} is a {kind}, not one value. Pick one, as in {example}.")


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


def parse(command: Command, rest: Sequence[str]) -> Namespace:
    """Read the words of a command.

    Raises
    ------
    UsageProblem
        If they do not fit; the line says how it is used.
    """
    given, plain = _apart(command, rest)
    if not any(argument.often is Often.ANY for argument in command.positional):
        most = len(command.positional) + (command.has_second_country and COUNTRY not in given)
        if len(plain) > most:
            what = f"{_shown(plain[most])} is one word too many."
            _refuse(command, f"{what} Put several words that belong together in quotes.")
        if len(plain) > len(command.positional):
            given[COUNTRY] = plain.pop()
    known = (*command.positional, *command.options)
    values: dict[str, Any] = {each.dest: False if each.is_switch else None for each in known}
    for argument in command.positional:
        if argument.often is Often.ANY:
            values[argument.dest] = [_read(command, argument, word) for word in plain]
        elif plain:
            given[argument] = plain.pop(0)
    values |= {argument.dest: _read(command, argument, word) for argument, word in given.items()}
    missing = [argument.metavar for argument in command.required if values[argument.dest] is None]
    if missing:
        _refuse(command, f"{', '.join(missing)} is missing.")
    return Namespace(**values)


def _apart(command: Command, rest: Sequence[str]) -> tuple[dict[Argument, str], list[str]]:
    """Part options, each with its value, from the other words."""
    known = command.by_name
    given: dict[Argument, str] = {}
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
            plain.append(word)
            continue
        if option.is_switch and equals:
            _refuse(command, f"{option.name} takes no value.")
        if not option.is_switch and not equals:
            if not left or left[0].partition("=")[0] in known:
                _refuse(command, f"{option.name} takes a value: {option.written}.")
            value = left.pop(0)
        given[option] = value
    return given, plain


def _read(command: Command, argument: Argument, word: str) -> Any:
    """Read the word of an argument as the kind of value that it takes."""
    if argument.is_switch:
        return True
    word = word.removeprefix(VALUE)
    name = argument.name if argument.is_option else argument.metavar
    if argument.choices and word not in argument.choices:
        name = argument.name if argument.is_option else "it"
        choices = " or ".join(argument.choices)
        hint = _meant(word, argument.choices)
        _refuse(command, f"{name} takes {choices}, not {_shown(word)}.{hint}")
    match argument.value:
        case Value.WHOLE:
            with suppress(ValueError):
                if (whole := int(word)) >= 0:
                    return whole
            _refuse(command, f"{name} takes a whole number from 0, not {_shown(word)}.")
        case Value.REAL:
            with suppress(ValueError):
                if 0 <= (real := float(word)) < math.inf:
                    return real
            _refuse(command, f"{name} takes a number from 0, not {_shown(word)}.")
        case Value.OWN_NAME if _API_KEY.search(word):  # the ledger keeps it
            _refuse(
                command,
                f"{name} is your own name for the order, and this looks like an API key, which the "
                "ledger would keep. Take a name such as 'my order'.",
            )
    return word


def _refuse(command: Command, what: str) -> NoReturn:
    usage = f"Usage: %sms {command.usage}"
    if len(usage) > _LONGEST:
        words = [command.name, *(argument.usage for argument in command.positional)]
        usage = f"Usage: %sms {' '.join(words)} …; see %sms help {command.name}."
    raise UsageProblem(f"%sms {command.name}: {what} {usage}")


def _shown(word: str) -> str:
    """Show a wrong word, but no key: people paste it in wrong places."""
    return repr(without_key(word.removeprefix(VALUE))[:_WORD])


def _meant(word: str, known: Iterable[str], prefix: str = "") -> str:
    near = get_close_matches(word, list(known), 3, _LIKE)
    near.sort(
        key=lambda candidate: sorted(candidate) != sorted(word)
    )  # letters out of order come first
    return f" Did you mean {prefix}{near[0]}?" if near else ""
