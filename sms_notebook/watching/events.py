"""Watched numbers, what happens to them, and who wants to know it: a state, without any I/O."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sms_notebook.ledger.messages import Message
from sms_notebook.protocol.errors import SmsError
from sms_notebook.protocol.frames.schema import FrameRow
from sms_notebook.protocol.incoming_messages import find_same
from sms_notebook.protocol.replies import Status

_DETAILS = ("code", "text", "channel", "phone_from", "url")  # what an event tells of a message

NumberKey = tuple[bool, str]
"""Whether it is a rent, and its id."""


@dataclass(slots=True, eq=False)
class TrackedNumber:
    """One activation or rent.

    Attributes
    ----------
    ref : str
        Its id.
    life, longest_life : timedelta
        After so long an activation ends by itself: as a rule, and at the latest.
    rented : bool
        Whether it is a rent.
    channel : str
        How its code comes: ``sms``, ``call`` or ``voice``.
    bought_at : datetime or None
        When it was bought, by our clock.
    since, ends_at : datetime or None
        When it began and ends, by the provider's clock.
    status : str
        The provider's last word.
    is_over : bool
        Whether nothing will come any more.
    messages : list
        All that came, the oldest first.
    old : int
        How many of them had come before one more was asked for.
    is_proven : bool
        Whether those after them are known to be new: another tool may have asked for one more.
    doubt : int
        Goes up whenever that has to be found out again.
    attempts : int
        How often in a row nobody could be asked for it.
    is_held : bool
        Whether nothing of it is delivered just now: more of its messages are being read.
    is_read : bool
        Whether all pages of its messages have been read before.
    in_list : tuple
        What the list of active ones had of its messages the last time.
    was_listed : bool
        Whether that list has ever had it.
    unlisted : int
        How many times in a row that list, where it can be trusted, has left it out.
    unasked : int
        For how many ticks that list alone has spoken of it.
    was_alive : bool
        Whether it is known to have been there.
    unknown : int
        How many times in a row the provider has said that it knows no such number.
    refused : int
        How many times in a row it has refused to tell, while it answered about others.
    has_waited : bool
        Whether, since one more was asked for, one is known to have been awaited: then the same code
        again is a new one.
    turn : int
        When it was asked for by itself, as a rising number.
    finalize_failures : int
        How often it was tried in vain to find out how it ended.
    is_end_told : bool
        Whether anybody has told how it ended, or what came to it last.
    end_failure : SmsError or None
        Why nobody knows how it ended, where that was given up.
    """

    ref: str
    life: timedelta
    longest_life: timedelta
    rented: bool = False
    phone_number: str | None = None
    service: str | None = None
    country: int | None = None
    channel: str = "sms"
    bought_at: datetime | None = None
    since: datetime | None = None
    ends_at: datetime | None = None
    status: str = Status.WAIT_CODE
    is_over: bool = False
    messages: list[Message] = field(default_factory=list)
    old: int = 0
    is_proven: bool = False
    doubt: int = 0
    attempts: int = 0
    is_held: bool = False
    is_read: bool = False
    in_list: tuple[Any, ...] = ()
    was_listed: bool = False
    unlisted: int = 0
    unasked: int = 0
    was_alive: bool = False
    unknown: int = 0
    refused: int = 0
    has_waited: bool = False
    turn: int = 0
    finalize_failures: int = 0
    is_end_told: bool = True
    end_failure: SmsError | None = None

    @property
    def key(self) -> NumberKey:
        """Whether it is a rent, and its id."""
        return self.rented, self.ref

    @property
    def fresh(self) -> Sequence[Message]:
        """The messages since one more was asked for; all, where none was."""
        return self.messages[self.old :]

    @property
    def is_retrying(self) -> bool:
        """Whether one more code was asked for, and has not come."""
        return bool(self.messages) and self.old >= len(self.messages)

    def take(self, message: Message, place: int = 1) -> bool:
        """Add a message; one that is known already is completed.

        Parameters
        ----------
        message : Message
            With an id, a row of the ledger; without, what a reply shows.
        place : int
            Its place among those that say the same, in a reply that shows all.

        Returns
        -------
        bool
            Whether it is new.
        """
        known = self.known(message, place)
        if known is not None:
            known.complete(message)
            known.id = message.id if known.id is None else known.id
            return False
        self.messages.append(message)
        if self.rented:  # the newest page is read first
            self.messages.sort(key=lambda old: old.received_at or old.seen_at)
        if not self.is_over:
            self.status = Status.OK
        return True

    def known(self, message: Message, place: int) -> Message | None:
        """Find the same message, as the ledger does."""
        same = [old for old in self.messages if old.content == message.content]
        if message.id is not None:
            if matches := [old for old in self.messages if old.id == message.id]:
                return matches[0]
            same = [old for old in same if old.id is None]
        return find_same(same, message.received_at, place)

    def take_listed(self, row: FrameRow) -> None:
        """Take over what the list of active activations shows."""
        begun = row["activation_time"]
        if self.is_over and self.status == Status.CANCEL and begun in (None, self.since):
            return  # the list is an old one
        self.phone_number = row["phone_number"] or self.phone_number
        self.service = row["service"] or self.service
        self.country = self.country if row["country"] is None else row["country"]
        self.since = begun or self.since
        self.ends_at = self.ends_at or row["activation_end_time"]
        self.is_over = False
        self.was_listed = self.was_alive = True
        self.unlisted = self.unknown = 0
        if self.fresh:
            self.status = Status.OK
        else:
            self.status = Status.WAIT_RETRY if self.messages else Status.WAIT_CODE

    def take_codes(self, in_list: tuple[Any, ...]) -> bool:
        """Note what the list has of its messages; tell whether that has changed."""
        before, self.in_list = self.in_list, in_list
        if any(before) and not any(in_list):
            self.has_waited = True
        return in_list != before

    def ask_for_one_more(self, old: int) -> None:
        """Note that one more was asked for when so many had come."""
        self.old = old
        self.has_waited = False

    def doubt_codes(self) -> None:
        """Have it found out again whether the codes that are there are new."""
        self.is_proven = self.is_proven and not self.fresh
        self.doubt += 1
        self.attempts = 0

    def end(self, status: str, *, is_told: bool = True) -> None:
        """Note that it is over."""
        self.is_over = True
        self.status, self.is_end_told = status, is_told

    @property
    def told_status(self) -> str:
        """The provider's last word; none where that does not say how it ended."""
        return "" if self.is_over and not self.is_end_told else str(self.status)

    @property
    def life_ends_at(self) -> datetime | None:
        """When it ends by itself."""
        if self.ends_at is not None or self.rented:
            return self.ends_at
        return None if self.since is None else self.since + self.life

    def latest_end(self, begun: datetime) -> datetime:
        """Return when an activation that was bought at a time is over for certain."""
        if self.ends_at is not None and self.ends_at > begun:
            return self.ends_at
        return begun + self.longest_life


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a watched number.

    Attributes
    ----------
    kind : str
        ``code`` (a message or call for an activation), ``message`` (one for a rent), ``new`` (an
        activation appeared), ``over`` (it ended).
    activation_id, rent_id : str or None
        Whose; one of them.
    phone_number, service : str or None
        As the provider has them; comes from strangers, as all texts here.
    code, text : str or None
        What was said.
    channel : str or None
        ``sms``, ``call`` (the calling number counts) or ``voice``.
    phone_from, url : str or None
        Who called or wrote, and the recording.
    status : str
        The provider's last word: ``STATUS_OK``, …; empty where nobody tells how it ended.
    at : datetime
        When it came, in UTC.
    """

    kind: str
    activation_id: str | None
    rent_id: str | None
    phone_number: str | None
    service: str | None
    code: str | None
    text: str | None
    channel: str | None
    phone_from: str | None
    url: str | None
    status: str
    at: datetime

    def __str__(self) -> str:
        """Say it in one line."""
        who = self.phone_number or self.activation_id or self.rent_id
        what = self.code or self.text or self.status or "how it ended is not known"
        return f"{self.at:%H:%M:%S} {self.kind} {who} {self.service or ''}: {what}"


Deliver = Callable[[Event, Message | None], None]
Finish = Callable[[Exception | None], None]


class Subscription:
    """Somebody who wants to know what happens to some numbers.

    Parameters
    ----------
    activations, rents : iterable of str or None
        The ids; None for all that are alive. For rents, an empty iterable for none.
    every : float
        Seconds between two polls.
    deliver : callable
        Takes each event, and the message that it tells of, on the loop thread; it must not wait.
    finished : callable
        Called once when nothing more will come, with the failure if there was one.
    wants_proof : bool
        Whether a code is delivered only when it is known to be new: another tool may have asked for
        one more since it came.

    Attributes
    ----------
    keys : dict
        The numbers, in their order; those that are alive are added as they appear.
    since : int or None
        The last message in the ledger when it began; None where that is not known.
    wants_all : set of bool
        Whether activations (False) and rents (True) that appear are its own as well.
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
        self.wants_all = {
            rented for rented, refs in ((False, activations), (True, rents)) if refs is None
        }
        self.every = every
        self.keys: dict[NumberKey, None] = dict.fromkeys((False, ref) for ref in activations or ())
        self.keys |= dict.fromkeys((True, ref) for ref in rents or ())
        self._deliver = deliver
        self._finished: Finish | None = finished
        self._delivered: set[Message] = set()

    @property
    def has_rents(self) -> bool:
        """Whether some of its numbers are rents."""
        return True in self.wants_all or any(rented for rented, _ in self.keys)

    def notify(self, number: TrackedNumber, kind: str, at: datetime) -> None:
        """Deliver what happened to a number."""
        if self._finished is not None:
            self._deliver(_event(number, kind, at), None)

    def notify_messages(self, number: TrackedNumber) -> None:
        """Deliver the messages of a number, each once."""
        if self.wants_proof and not number.is_proven:
            return
        for message in number.fresh if self.wants_proof else self._live(number):
            if self._finished is not None and message not in self._delivered:
                self._delivered.add(message)
                kind = "message" if number.rented else "code"
                self._deliver(_event(number, kind, message.seen_at, message), message)

    def _live(self, number: TrackedNumber) -> Iterator[Message]:
        """Return the new messages, and those that came while somebody listened."""
        for place, message in enumerate(number.messages):
            is_recent = message.id is None or (self.since is not None and message.id > self.since)
            if place >= number.old or is_recent:
                yield message

    def finish(self, failure: Exception | None = None) -> None:
        """Say that nothing more will come."""
        finished, self._finished = self._finished, None
        if finished is not None:
            finished(failure)


def _event(number: TrackedNumber, kind: str, at: datetime, message: Message | None = None) -> Event:
    details: dict[str, Any] = {name: getattr(message, name, None) for name in _DETAILS}
    return Event(
        kind=kind,
        activation_id=None if number.rented else number.ref,
        rent_id=number.ref if number.rented else None,
        phone_number=number.phone_number,
        service=getattr(message, "service", None) or number.service,
        status=number.told_status,
        at=at,
        **details,
    )
