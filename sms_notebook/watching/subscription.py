"""Who wants to be told, of what, and how."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from sms_notebook.watching.events import Event
from sms_notebook.watching.tracked import Key, Message, Tracked

Deliver = Callable[[Event, Message | None], None]
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
        Takes each event, and the message that it tells of, on the loop thread; it must not wait.
    finished : callable
        Told once when nothing more will come, with the failure if there was one.
    wants_proof : bool
        Whether a code is told only when it is known to be new: another tool may have asked for one
        more since it came.

    Attributes
    ----------
    keys : dict
        The numbers, in their order; those that are alive are added as they appear.
    since : int or None
        The last message in the ledger when it began; None where that is not known.
    """

    def __init__(
        self,
        activations: Iterable[str] | None,
        rents: Iterable[str] | None,
        every: float,
        deliver: Deliver,
        finished: Finish,
        *,
        wants_proof: bool = False,
    ) -> None:
        self.wants_proof = wants_proof
        self.since: int | None = None
        self.everything = activations is None
        self.all_rents = rents is None
        self.every = every
        self.keys: dict[Key, None] = dict.fromkeys((False, ref) for ref in activations or ())
        self.keys |= dict.fromkeys((True, ref) for ref in rents or ())
        self._deliver = deliver
        self._finished: Finish | None = finished
        self._told: set[Message] = set()

    @property
    def is_general(self) -> bool:
        """Whether it goes on when all its numbers are over: others may appear."""
        return self.everything or self.all_rents

    @property
    def has_rents(self) -> bool:
        """Whether some of its numbers are rents."""
        return self.all_rents or any(rented for rented, _ in self.keys)

    def takes_all(self, *, rented: bool) -> bool:
        """Tell whether numbers that appear are its own."""
        return self.all_rents if rented else self.everything

    def tell(self, one: Tracked, kind: str, at: datetime) -> None:
        """Tell what happened to a number."""
        if self._finished is not None:
            self._deliver(one.event(kind, at), None)

    def tell_messages(self, one: Tracked) -> None:
        """Tell the messages of a number, each once."""
        if self.wants_proof and not one.is_proven:
            return
        for message in one.fresh if self.wants_proof else self._live(one):
            if self._finished is not None and message not in self._told:
                self._told.add(message)
                kind = "message" if one.rented else "code"
                self._deliver(one.event(kind, message.seen_at, message), message)

    def _live(self, one: Tracked) -> Iterator[Message]:
        """Return the new messages, and those that came while somebody listened."""
        for place, message in enumerate(one.messages):
            came_now = message.id is None or (self.since is not None and message.id > self.since)
            if place >= one.old or came_now:
                yield message

    def finish(self, failure: Exception | None = None) -> None:
        """Say that nothing more will come."""
        finished, self._finished = self._finished, None
        if finished is not None:
            finished(failure)
