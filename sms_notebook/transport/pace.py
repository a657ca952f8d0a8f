"""Pace: no more requests a second than a provider likes."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Spreads requests over time.

    Parameters
    ----------
    rate : float or None
        Requests a second; None for no limit.
    now : callable
        The clock, in seconds.

    Examples
    --------
    >>> pace = Pace(10, now=lambda: 100.0)
    >>> [pace.reserve() for _ in range(3)]
    [0.0, 0.1, 0.2]
    """

    def __init__(self, rate: float | None, now: Callable[[], float] = time.monotonic) -> None:
        self._step = 1 / rate if rate else 0.0
        self._now = now
        self._next = 0.0
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Take the next free moment; return the seconds until then."""
        if not self._step:
            return 0.0
        with self._lock:
            now = self._now()
            moment = max(now, self._next)
            self._next = moment + self._step
        return round(moment - now, 6)
