"""Who wants to be told, of what, and how."""

from collections.abc import Callable, Iterable

from sms_notebook.protocol.errors import SmsError
from sms_notebook.watching.events import Event
from sms_notebook.watching.tracked import Tracked

Deliver = Callable[[Event], None]
Finish = Callable[[Exception | None], None]


class Subscription:
    """Somebody who is told what happens to some numbers.

    Parameters
    ----------
    activations, rents : iterable of str or None
        The ids; None for all that are alive. For rents, an empty iterable for none.
    every : float
        Seconds between two polls.
    deliver : callable
        Takes each event, on the loop thread; it must not wait.
    finished : callable
        Told once when nothing more will come, with the failure if there was one.
    told : iterable of int
        Messages that are known already.
    """

    def __init__(
        self,
        activations: Iterable[str] | None,
        rents: Iterable[str] | None,
        every: float,
        deliver: Deliver,
        finished: Finish,
        told: Iterable[int] = (),
    ) -> None:
        self.everything = activations is None
        self.all_rents = rents is None
        self.every = every
        self._activations = dict.fromkeys(activations or ())
        self._rents = dict.fromkeys(rents or ())
        self._deliver = deliver
        self._finished: Finish | None = finished
        self._told = set(told)

    @property
    def wanted(self) -> list[tuple[bool, str]]:
        """What was named: whether it is a rent, and its id."""
        named = [(False, ref) for ref in self._activations]
        return named + [(True, ref) for ref in self._rents]

    def wants(self, tracked: Tracked) -> bool:
        """Tell whether a number is one of those."""
        if tracked.rented:
            return self.all_rents or tracked.ref in self._rents
        return self.everything or tracked.ref in self._activations

    def tell(self, event: Event, message: int | None = None) -> None:
        """Deliver an event; a message once only."""
        if self._finished is None or message in self._told:
            return
        if message is not None:
            self._told.add(message)
        self._deliver(event)

    def finish(self, failure: Exception | None = None) -> None:
        """Say that nothing more will come."""
        finished, self._finished = self._finished, None
        if finished is not None:
            finished(failure)
