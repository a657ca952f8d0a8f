"""Ids and seconds as people give them to what waits."""

from collections.abc import Iterable
from typing import Any

from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.errors import UsageProblem


def ids(name: str, given: Any) -> list[str]:
    """Return one id or several as a list."""
    if isinstance(given, str | int) and not isinstance(given, bool):
        given = [given]
    if not isinstance(given, Iterable):
        raise UsageProblem(f"{name} takes an id or several, not {given!r:.60}.")
    return [arg.required(name, arg.identifier(name, one)) for one in given]


def interval(every: Any) -> float:
    """Return the seconds between two polls."""
    between = seconds("every", every)
    if between is None:
        raise UsageProblem("every takes seconds.")
    return between


def seconds(name: str, value: Any) -> float | None:
    """Return seconds above zero, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10**9:
        raise UsageProblem(f"{name} takes seconds above zero, not {value!r:.60}.")
    return float(value)
