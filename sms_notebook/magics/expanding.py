"""From a line to its words: quotes as in a shell, and ``{expressions}`` and ``$names`` of Python."""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from sms_notebook.protocol.errors import UsageProblem

_NAME = re.compile(r"\$(\$|[A-Za-z_]\w*)")
_HELD = re.compile("\x00(\\d+)\x00")


def words(line: str, names: Mapping[str, Any]) -> list[str]:
    """Split a line, and put values in place of expressions.

    Parameters
    ----------
    line : str
        As it was written.
    names : mapping
        The person's variables.

    Returns
    -------
    list of str
        The words; a value is one word, whatever it holds.

    Raises
    ------
    UsageProblem
        If a quote or brace is not closed, or an expression fails; the line names the variable.
    """
    held: list[str] = []
    plain = _without_expressions(line, names, held)
    try:
        parts = shlex.split(plain)
    except ValueError as problem:
        raise UsageProblem(
            f"%sms: {str(problem).lower()}. Close the quote, or leave it out."
        ) from None
    return [_HELD.sub(lambda found: held[int(found[1])], part) for part in parts]


def _without_expressions(line: str, names: Mapping[str, Any], held: list[str]) -> str:
    """Replace each expression by a mark, and hold its value."""
    done: list[str] = []
    place = 0
    while place < len(line):
        if line.startswith(("{{", "}}"), place):
            done.append(_hold(line[place], held))
            place += 2
        elif line[place] == "{":
            end = _end_of(line, place)
            done.append(_hold(_text(line[place + 1 : end], names), held))
            place = end + 1
        elif found := _NAME.match(line, place):
            name = found[1]
            done.append(_hold("$" if name == "$" else _text(name, names), held))
            place = found.end()
        else:
            done.append(line[place])
            place += 1
    return "".join(done)


def _hold(value: str, held: list[str]) -> str:
    held.append(value)
    return f"\x00{len(held) - 1}\x00"


def _end_of(line: str, start: int) -> int:
    """Return where a brace is closed; braces and quotes inside are Python's own."""
    depth, quote = 0, ""
    for place in range(start, len(line)):
        character = line[place]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if not depth:
                return place
    raise UsageProblem("%sms: { is not closed. Write {variable}, or {{ for a brace.")


def _text(expression: str, names: Mapping[str, Any]) -> str:
    """Return the value of an expression as one word."""
    try:
        value = eval(expression, dict(names))  # noqa: S307 - the person's own expression
    except NameError as problem:
        missing = problem.name or expression
        raise UsageProblem(
            f"%sms: there is no variable {missing!r}. Define it in a cell before, or write {{{{ for "
            "a brace."
        ) from None
    except Exception as problem:  # noqa: BLE001 - whatever the person's expression raises
        said = f"{type(problem).__name__}: {problem}".splitlines()[0]
        raise UsageProblem(f"%sms: {{{expression}}} fails: {said[:120]}") from None
    if hasattr(value, "iloc"):
        raise UsageProblem(
            f"%sms: {{{expression}}} is a {type(value).__name__}, not one value. Pick one, as in "
            f"{{{expression}.iloc[0]}}."
        )
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
