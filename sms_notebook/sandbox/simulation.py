"""What lets the sandbox repeat itself: a clock that can stand, events in their order, and chance.

Chance depends on the seed and on the thing it is drawn for, never on the order of the questions.
"""

import heapq
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from numbers import Real
from struct import Struct
from typing import Final

from sms_notebook.forking import GatedLock

FASTEST: Final = 1_000_000
"""The highest speed."""

INTEGERS: Final = 65_536
"""How many values a drawn integer can have."""

_EIGHT: Final = Struct("<8H")

_BEGIN: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END: Final = datetime(3000, 1, 1, tzinfo=UTC)


class Clock:
    """A clock that gives aware UTC datetimes and never goes back; it stands when 2999 is over.

    Parameters
    ----------
    start : datetime, optional
        The time it shows first; a naive datetime is read as UTC. The real now when left out.
        A ValueError outside of the years 1970 to 2999.
    speed : float
        Seconds of this clock in one real second. 0: it stands and only steps; 1,000,000 at most.
    """

    def __init__(self, *, start: datetime | None = None, speed: float = 1.0) -> None:
        moment = datetime.now(UTC) if start is None else start
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        self._lock = GatedLock()
        if not _BEGIN <= moment < _END:
            raise ValueError(
                f"the clock starts in the years 1970 to 2999, not {moment.isoformat()}"
            )
        self._set = moment.astimezone(UTC)
        self._mark = time.monotonic()
        self._speed = _checked_speed(speed)

    def __repr__(self) -> str:
        return f"<Clock {self.now():%Y-%m-%d %H:%M:%S} UTC, speed {self._speed:g}>"

    def now(self) -> datetime:
        """Return the time."""
        with self._lock:
            return self._read()

    def step(self, seconds: float) -> None:
        """Jump forward; a ValueError for a negative number and for one beyond the year 2999."""
        if not _is_number(seconds):
            raise TypeError(f"the clock steps by a number of seconds, not by {seconds!r}")
        if not seconds >= 0:
            raise ValueError(f"the clock only steps forward, not by {seconds} seconds")
        with self._lock:
            self._settle()
            if seconds > self._left():
                raise ValueError("the clock ends with the year 2999")
            self._set += timedelta(seconds=float(seconds))

    @property
    def speed(self) -> float:
        """Seconds of this clock in one real second; changing it does not move the time."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        checked = _checked_speed(speed)
        with self._lock:
            self._settle()
            self._speed = checked

    def real_seconds_until(self, moment: datetime) -> float | None:
        """Return how long a real wait for that moment is: 0 when past, None when it stands."""
        with self._lock:
            ahead = (moment - self._read()).total_seconds()
            if ahead <= 0:
                return 0.0
            return ahead / self._speed if self._speed else None

    def _read(self) -> datetime:
        if not self._speed:
            return self._set
        passed = (time.monotonic() - self._mark) * self._speed
        return self._set + timedelta(seconds=min(passed, self._left()))

    def _left(self) -> float:
        """Return how many seconds are left from the last setting to the end."""
        return (_END - self._set).total_seconds()

    def _settle(self) -> None:
        self._set = self._read()
        self._mark = time.monotonic()


def _checked_speed(speed: float) -> float:
    rule = f"a speed is a number from 0 to {FASTEST}, not {speed!r}"
    if not _is_number(speed):
        raise TypeError(rule)
    if not 0 <= speed <= FASTEST:
        raise ValueError(rule)
    return float(speed)


def _is_number(value: object) -> bool:
    return isinstance(value, Real)


@dataclass(slots=True, eq=False)
class ScheduledEvent:
    """One thing that will happen, unless it is called off."""

    at: datetime
    action: Callable[[datetime], None]
    is_cancelled: bool = False


def cancel(*events: ScheduledEvent | None) -> None:
    """Let these events not happen; there may be none."""
    for event in events:
        if event is not None:
            event.is_cancelled = True


class Scheduler:
    """All events to come; those of one moment happen in the order in which they were added."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, ScheduledEvent]] = []
        self._added = 0

    def add(self, at: datetime, action: Callable[[datetime], None]) -> ScheduledEvent:
        """Schedule an event: `action` will be called with its moment."""
        event = ScheduledEvent(at, action)
        self._added += 1
        heapq.heappush(self._heap, (at, self._added, event))
        return event

    def next_at(self) -> datetime | None:
        """Return when the next thing happens."""
        heap = self._heap
        while heap:
            at, _, event = heap[0]
            if not event.is_cancelled:
                return at
            heapq.heappop(heap)
        return None

    def run_until(self, now: datetime) -> None:
        """Let everything happen that is due, each at its own moment."""
        while (at := self.next_at()) is not None and at <= now:
            _, _, event = heapq.heappop(self._heap)
            event.is_cancelled = True
            event.action(at)


def seeded_integers(seed: int) -> Callable[[str], tuple[int, ...]]:
    """Return a function that draws eight integers (0..65535 each) for the name of a thing.

    A digest takes a tenth of the time of a `random.Random`, and the market has 100,000 things.
    """
    start = blake2b(f"{seed}:".encode(), digest_size=16)

    def integers(thing: str) -> tuple[int, ...]:
        digest = start.copy()
        digest.update(thing.encode())
        return _EIGHT.unpack(digest.digest())

    return integers


def random_for(seed: int, thing: str) -> random.Random:
    """Return the generator of one thing."""
    return random.Random(f"{seed}:{thing}")


def happens(percent: int, integer: int) -> bool:
    """Read a drawn integer as a yes, so many times of a hundred."""
    return integer * 100 < percent * INTEGERS


def between(low: int, high: int, integer: int) -> int:
    """Read a drawn integer as a whole number from `low` to `high`, both included."""
    return low + integer * (high - low + 1) // INTEGERS
