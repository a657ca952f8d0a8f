"""From a line to its words: quotes as in a shell, ``{expressions}`` and ``$names`` of Python."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from sms_notebook.protocol.errors import UsageProblem

_NAME = re.compile(r"\$((?:[^\W\d]\w*)(?:\.[^\W\d]\w*)*)")
_SHOWN = 120

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
    reader = _Reader(line.replace(VALUE, ""), names)
    while reader.place < len(reader.line):
        reader.read()
    return reader.end()


class _Reader:
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


def _value_of(expression: str, names: Mapping[str, Any], shown: str, escape: str) -> str:
    """Return the value of an expression as one word."""
    try:
        value = eval(expression, dict(names))  # noqa: S307 - the person's own expression
    except NameError as problem:
        missing = problem.name or expression
        raise UsageProblem(
            f"%sms: there is no variable {missing!r}. Define it before, or write {escape}."
        ) from None
    except Exception as problem:  # noqa: BLE001 - whatever the person's expression raises
        said = " ".join(f"{type(problem).__name__}: {problem}".split())
        raise UsageProblem(f"%sms: {shown} fails: {said[:_SHOWN]}") from None
    if isinstance(value, list | tuple):
        return ",".join(_text(one, shown) for one in value)
    return _text(value, shown)


def _text(value: Any, shown: str) -> str:
    """Write one value as a word."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        if pd.isna(value):
            raise UsageProblem(f"%sms: {shown} has no value: it is {value}.")
        if isinstance(value, float) and value.is_integer():
            return f"{value:.0f}"  # pandas makes 2.0 of a 2 beside a missing value
        return str(value)
    name = shown.strip("{}$")
    if hasattr(value, "columns"):
        example = f"{{{name}.iloc[0, 0]}}"
    else:
        example = f"{{{name}.iloc[0]}}" if hasattr(value, "iloc") else f"{{list({name})[0]}}"
    kind = type(value).__name__
    raise UsageProblem(f"%sms: {shown} is a {kind}, not one value. Pick one, as in {example}.")
