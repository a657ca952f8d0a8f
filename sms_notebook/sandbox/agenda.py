"""What will happen and when: a heap of appointments."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True, eq=False)
class Appointment:
    """One thing that will happen, unless it is called off."""

    at: datetime
    happen: Callable[[datetime], None]
    called_off: bool = False


class Agenda:
    """All appointments; those of one moment happen in the order in which they were made."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Appointment]] = []
        self._made = 0

    def add(self, at: datetime, happen: Callable[[datetime], None]) -> Appointment:
        """Make an appointment: `happen` will be called with its moment."""
        appointment = Appointment(at, happen)
        self._made += 1
        heapq.heappush(self._heap, (at, self._made, appointment))
        return appointment

    def next_at(self) -> datetime | None:
        """Return when the next thing happens."""
        heap = self._heap
        while heap:
            at, _, appointment = heap[0]
            if not appointment.called_off:
                return at
            heapq.heappop(heap)
        return None

    def run_until(self, now: datetime) -> None:
        """Let everything happen that is due, each at its own moment."""
        while (at := self.next_at()) is not None and at <= now:
            _, _, appointment = heapq.heappop(self._heap)
            appointment.called_off = True
            appointment.happen(at)
