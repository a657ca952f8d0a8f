"""From a line to words: quotes as in a shell, ``{expressions}``, ``$names``."""

import ast
import builtins
import re
import warnings
from collections.abc import Iterable, Mapping, Sized
from types import ModuleType
from typing import Any, Self

import pandas as pd

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.sms_error import Advised, Hint

_NAME = re.compile(r"\$((?:[^\W\d]\w*)(?:\.[^\W\d]\w*)*)")
_BARE = re.compile(r"(?:--?[\w-]+=|\w+=)?(?P<root>[^\W\d]\w*)(?=[.\[(])")
_STEP = re.compile(r"\.[^\W\d]\w*")
_PAIRS = {"[": "]", "(": ")", "{": "}"}
_ID_COLUMNS = ("activation_id", "rent_id")
_LONGEST = 120  # characters of an expression, or of what it raises

VALUE = "\x00"
"""Begins a word that came out of a variable and looks like an option, but is none."""


class Literal(str):
    """A word that begins with a quote or a value: it means itself, and is no part of a name.

    Attributes
    ----------
    column : str
        The column of an order or a rent whose value it is.
    """

    __slots__ = ("column",)
    column: str

    def __new__(cls, text: str, column: str = "") -> Self:
        """Make it of a text."""
        literal = super().__new__(cls, text)
        literal.column = column
        return literal


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
        If a quote or brace is not closed, an expression fails, or one stands without its braces;
        the line names the variable.

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
        self._is_literal = False
        self._column = ""

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
        elif match := _NAME.match(self.line, self.place):
            value = _value_of(match[1], self._names, match[0], "$$ for a dollar sign")
            if self.line[match.end() : match.end() + 1] in ("[", "(") and not self._quote:
                whole = match[1] + self.line[match.end() : _end_of(self.line, match.end())]
                raise UsageProblem(
                    f"%sms: $ takes a name alone. Put what is more in braces: "
                    f"{{{whole[:_LONGEST]}}}."
                )
            self._put(value, match.end() - self.place)
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
            self._is_literal |= self._word is None
            self._add("")
            self.place += 1
        elif character == "#" and self._word is None:
            self.place = len(self.line)  # a remark, as in Python and in a shell
        else:
            if self._word is None and (expression := _bare_at(self.line, self.place, self._names)):
                raise in_braces(expression)
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
        column = getattr(value, "column", "")
        if self._word is None and value.startswith("-") and not self._quote:
            value = VALUE + value
        is_first = self._word is None
        self._is_literal |= is_first
        self._add(value, width)
        self._column = column if is_first else ""

    def _add(self, text: str, width: int | None = None) -> None:
        self._word = (self._word or "") + text
        self._column = ""  # it is more than a value
        self.place += len(text) if width is None else width

    def _end_word(self) -> None:
        if self._word is not None:
            is_literal = self._is_literal
            self._done.append(Literal(self._word, self._column) if is_literal else self._word)
        self._word, self._is_literal, self._column = None, False, ""


def _expression_at(line: str, start: int) -> tuple[str, int]:
    """Return the expression that begins with a brace, and where it ends.

    Braces and quotes inside of it are Python's own: it ends where it makes sense.
    """
    ends = [match.start() for match in re.finditer("}", line) if match.start() > start]
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
        f"%sms: {line[start : ends[0] + 1][:_LONGEST]} is no expression of Python. "
        "Write {variable}, or {{ for a brace."
    )


def _value_of(expression: str, names: Mapping[str, Any], source: str, escape: str) -> str:
    """Return the value of an expression as one word."""
    try:
        value = eval(expression, dict(names))  # noqa: S307 - the person's own expression
        if isinstance(value, list | tuple):
            return ",".join(_text(item, source) for item in value)
        return _text(value, source)
    except UsageProblem:
        raise
    except NameError as problem:
        missing = problem.name or expression
        raise UsageProblem(
            f"%sms: there is no variable {missing!r}. Define it before, or write {escape}."
        ) from None
    except Exception as problem:  # noqa: BLE001 - whatever the person's expression raises
        failure = " ".join(f"{type(problem).__name__}: {problem}".split())
        raise UsageProblem(f"%sms: {source} fails: {failure[:_LONGEST]}") from None


def _text(value: Any, source: str) -> str:
    """Write one value as a word; an order or a rent stands for its number."""
    row = value.iloc[0] if isinstance(value, pd.DataFrame) and len(value) == 1 else value
    if isinstance(row, pd.Series):
        for name in _ID_COLUMNS:
            if name in row.index and not pd.isna(row[name]):
                return Literal(row[name], name)
    if isinstance(value, str) or not isinstance(value, Iterable):
        if pd.isna(value):
            raise UsageProblem(f"%sms: {source} has no value: it is {value}.")
        if isinstance(value, float) and value.is_integer():
            return f"{value:.0f}"  # pandas makes 2.0 of a 2 beside a missing value
        return str(value)
    name, kind = source.strip("{}$"), type(value).__name__
    if isinstance(value, Sized) and not len(value):
        raise UsageProblem(f"%sms: {source} is an empty {kind}: there is no value in it.")
    example = f"{{list({name})[0]}}"
    if hasattr(value, "columns"):
        has_id = not set(_ID_COLUMNS).isdisjoint(value.columns)
        example = f"{{{name}.iloc[[0]]}}" if has_id else f"{{{name}.iloc[0, 0]}}"
    elif hasattr(value, "iloc"):
        example = f"{{{name}.iloc[0]}}"
    raise UsageProblem(f"%sms: {source} is a {kind}, not one value. Pick one, as in {example}.")


def in_braces(expression: str) -> UsageProblem:
    """Say that a value of Python stands in braces."""
    excerpt = expression[:_LONGEST]
    return UsageProblem(
        f"%sms: put {excerpt} in braces: {{{excerpt}}}. Without them it is only a text here."
    )


def _bare_at(line: str, start: int, names: Mapping[str, Any]) -> str | None:
    """Return the expression that a word is, where its braces were forgotten."""
    match = _BARE.match(line, start)
    if match is None:
        return None
    end = _end_of(line, match.end("root"))
    expression = line[match.start("root") : end]
    is_word = end == len(line) or line[end].isspace()
    if not is_word or _tree_of(expression) is None:
        return None
    if match["root"] in names:
        has_steps_only = _is_chain(expression)
        return None if has_steps_only and not _has(expression, names) else expression
    is_call = line[match.end("root")] == "("
    return expression if is_call and hasattr(builtins, match["root"]) else None


def _end_of(line: str, place: int) -> int:
    """Return where an expression ends: after its attributes, and its brackets with all in them."""
    while place < len(line):
        if step := _STEP.match(line, place):
            place = step.end()
            continue
        if line[place] not in ("[", "("):
            break
        end = _after_bracket(line, place)
        if end is None:
            break
        place = end
    return place


def _after_bracket(line: str, place: int) -> int | None:
    """Return the place after the bracket that closes one; quotes in it are Python's."""
    open_ones: list[str] = []
    quote = ""
    for at in range(place, len(line)):
        character = line[at]
        if quote:
            quote = "" if character == quote and line[at - 1] != "\\" else quote
        elif character in "'\"":
            quote = character
        elif character in _PAIRS:
            open_ones.append(_PAIRS[character])
        elif open_ones and character == open_ones[-1]:
            open_ones.pop()
            if not open_ones:
                return at + 1
    return None


def _tree_of(text: str) -> ast.Expression | None:
    """Return an expression of Python, if a text is one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is only tried
        try:
            return ast.parse(text, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _is_chain(expression: str) -> bool:
    """Tell whether there are attributes alone, as in the name of a file."""
    return all(part.isidentifier() for part in expression.split("."))


def _has(chain: str, names: Mapping[str, Any]) -> bool:
    """Tell whether a variable has such an attribute."""
    root, *attributes = chain.split(".")
    value = names[root]
    try:
        for attribute in attributes:
            value = getattr(value, attribute)
    except Exception:  # noqa: BLE001 - whatever the person's object raises
        return False
    return True


def variables_in(word: str, names: Mapping[str, Any]) -> bool:
    """Tell whether a word would be a value of the person's variables, were it in braces.

    Examples
    --------
    >>> [variables_in(word, {"n": 1}) for word in ("n", "n+1", "tg", "len", "5")]
    [True, True, False, False, False]
    """
    tree = _tree_of(word)
    if tree is None:
        return False
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    own = {name for name in used if name in names and _is_value(name, names[name])}
    return bool(own) and all(name in own or hasattr(builtins, name) for name in used)


def _is_value(name: str, value: object) -> bool:
    """Tell whether a variable may be meant: not IPython's own, no module, class or function."""
    is_module = issubclass(type(value), ModuleType)  # not isinstance: that may run its code
    return not name.startswith("_") and not is_module and not callable(value)


def suggest_braces(problem: Advised, words: Iterable[str], variables: Mapping[str, Any]) -> None:
    """Add to a problem which word may be a variable without its braces."""
    bare = [word.partition("=")[2] or word for word in words if not isinstance(word, Literal)]
    names = [word for word in bare if word[:1] != "-" and variables_in(word, variables)]
    if names and "in braces" not in str(problem):
        hint = Hint("write {braces} if the variable is meant", braces=f"{{{names[0][:_LONGEST]}}}")
        problem.hints = (hint, *problem.hints)
