"""The one sandbox of this process: the provider of clients that have no key."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, Final

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.sandbox.desk import Desk
from sms_notebook.sandbox.provider import Sandbox

NEW_YEAR: Final = "2026-01-01"
"""When a rehearsal begins, unless told otherwise."""

_first_use = threading.Lock()
_wishes: dict[str, Any] = {}  # how the embedded sandbox begins
_instead: list[Desk] = []  # the last one stands for it


def embedded() -> Desk:
    """Return the desk that all clients without a key share; it is made on first use."""
    with _first_use:
        return _instead[-1] if _instead else _desk()


@contextmanager
def stand_in(desk: Desk) -> Iterator[None]:
    """Let clients without a key share this desk while the ``with`` block runs: for tests."""
    _instead.append(desk)
    try:
        yield
    finally:
        _instead.remove(desk)


def rehearse(start: str = NEW_YEAR, *, tick: float = 30.0) -> None:
    """Let the embedded sandbox repeat itself: the same outputs each time, and no waiting.

    Its clock begins at a fixed time and stands; each look at numbers moves it on, so that a code is
    there when it is first asked for. Call it before the first client is made. Other providers take
    no notice, and a second call with the same words changes nothing.

    Parameters
    ----------
    start : str
        The time to begin with, ISO; UTC where it names no zone.
    tick : float
        Seconds that each look moves the clock; with 0 only ``sms.sandbox.step(…)`` does.

    Raises
    ------
    UsageProblem
        If the embedded sandbox has begun otherwise already.

    Examples
    --------
    >>> from sms_notebook import Client
    >>> rehearse()
    >>> Client().sandbox.clock
    <Clock 2026-01-01 00:00:00 UTC, speed 0>
    """
    wishes: dict[str, Any]
    with _first_use:
        try:
            wishes = {"start": datetime.fromisoformat(start), "speed": 0, "tick": tick}
            Sandbox(**wishes)
        except (TypeError, ValueError) as problem:
            raise UsageProblem(f"rehearse: {problem}.") from None
        if _desk.cache_info().currsize and wishes != _wishes:
            raise UsageProblem(
                "the sandbox has begun already. Restart the kernel, and call rehearse() before a "
                "client is made."
            )
        _wishes.update(wishes)


@cache
def _desk() -> Desk:
    return Desk(Sandbox(**_wishes))
