"""What is known of the numbers that are watched: read from the ledger, and heard in replies."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row, func, select

from sms_notebook.orders.books import Books
from sms_notebook.orders.messages import Arrival
from sms_notebook.orders.schema import NUMBERS
from sms_notebook.protocol.calls import Buys
from sms_notebook.protocol.errors import LedgerProblem
from sms_notebook.watching.polling import State
from sms_notebook.watching.tracked import RECEIVED, RETRYING, Key, Message, Tracked

_AT_ONCE = 500  # values that every database takes
_RENTED = (Buys.RENT.value, Buys.EXTENSION.value)


class Memory:
    """Numbers with their messages.

    The ledger comes first: what a reply shows is there already when it is heard here. Only what
    the ledger does not take is kept in memory alone, and told all the same.

    Parameters
    ----------
    books : Books
        The ledger.
    announce : callable
        Told of each number whose messages may have changed.

    Attributes
    ----------
    tracked : dict
        The numbers.
    last : int or None
        The last message that was read from the ledger.
    """

    def __init__(self, books: Books, announce: Callable[[Tracked], None]) -> None:
        self._books = books
        self._announce = announce
        self.tracked: dict[Key, Tracked] = {}
        self._stale: set[Tracked] = set()
        self.last: int | None = None
        self._newest: int | None = None
        self._changes = 0
        self._unwritten: set[Message] = set()
        self._not_read: LedgerProblem | None = None
        self._not_written: LedgerProblem | None = None

    @property
    def trouble(self) -> LedgerProblem | None:
        """Why the ledger is not up to date; None where it is."""
        return self._not_read or (self._not_written if self._unwritten else None)

    def begin(self) -> None:
        """Read on from here."""
        self._changes = self._books.ledger.changes
        self.read()

    def end(self) -> None:
        """Forget everything."""
        self.tracked.clear()
        self._stale.clear()
        self._unwritten.clear()
        self.last = self._newest = None

    def follow(self, keys: Iterable[Key]) -> list[Tracked]:
        """Track numbers, with what the ledger knows of them."""
        keys = list(keys)
        for key in keys:
            if key not in self.tracked:
                rented, ref = key
                self.tracked[key] = Tracked(ref, rented, is_proven=rented)
                self._stale.add(self.tracked[key])
        self.refresh()
        return [self.tracked[key] for key in keys]

    def forget(self, key: Key) -> None:
        """Track a number no more."""
        self._stale.discard(self.tracked.pop(key))

    # The ledger ---------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Take over what the ledger says of numbers, where that may have changed."""
        changes = self._books.ledger.changes
        if changes != self._changes:
            self._stale.update(one for one in self.tracked.values() if not one.is_over)
        try:
            self._note_purchases()
            by_ref: dict[str, list[Tracked]] = {}
            for one in self._stale:
                by_ref.setdefault(one.ref, []).append(one)
            for refs in _parts(by_ref):
                self._take_over(refs, by_ref)
        except LedgerProblem as problem:
            self._not_read = problem
            return
        self._changes = changes
        self._stale.clear()

    def _note_purchases(self) -> None:
        """Look for what was bought since: an extension, or a number that was seen before."""
        ledger, account = self._books.ledger, self._books.account
        if self._newest is None:
            newest = select(func.coalesce(func.max(NUMBERS.c.id), 0))
            self._newest = int(ledger.database.read(lambda look: look.execute(newest).scalar_one()))
        for number in ledger.numbers(account, NUMBERS.c.id > self._newest):
            self._newest = number.id
            for rented in (False, True):
                one = self.tracked.get((rented, number.ref))
                if one is not None:
                    self._stale.add(one)

    def _take_over(self, refs: Sequence[str], by_ref: Mapping[str, list[Tracked]]) -> None:
        ledger, account = self._books.ledger, self._books.account
        for number in ledger.numbers(account, NUMBERS.c.ref.in_(refs)):
            for one in by_ref[number.ref]:
                if one.rented == (number.buys in _RENTED):
                    _take_over(one, number)
        for row in ledger.messages.of(account.provider, refs):
            for one in by_ref[row.ref]:
                one.take(Message.of_row(row))

    def read(self) -> None:
        """Read the ledger on from where it was read last."""
        messages, provider = self._books.ledger.messages, self._books.account.provider
        try:
            if self.last is None:
                self.last = messages.last_id()
                self._stale.update(self.tracked.values())
            rows = messages.after(provider, self.last)
        except LedgerProblem as problem:
            self._not_read = problem
            return
        self._not_read = None
        touched: dict[Tracked, None] = {}
        for row in rows:
            self.last = row.id
            for rented in (False, True):
                one = self.tracked.get((rented, row.ref))
                if one is not None:
                    one.take(Message.of_row(row))
                    # What is posted has just come.
                    one.is_proven = one.is_proven or row.via == "webhook"
                    touched[one] = None
        if touched and self._unwritten:
            self._unwritten = {message for message in self._unwritten if message.id is None}
        for one in touched:
            self._announce(one)

    # Replies ------------------------------------------------------------------------------------

    def heard(self, rented: bool, shown: Mapping[str, Sequence[Arrival]]) -> None:
        """Take what a reply shows of messages, by id; the oldest first.

        Whoever performed the call has written it to the ledger; what is not there is written now.
        """
        self.read()
        pairs = [
            (one, arrivals)
            for ref, arrivals in shown.items()
            if (one := self.tracked.get((rented, ref))) is not None
        ]
        now = self._books.now()
        lacking = [arrivals for one, arrivals in pairs if _lacks(one, arrivals, now)]
        if lacking and not self._unwritten:
            self._write([arrival for arrivals in lacking for arrival in arrivals])
        for one, arrivals in pairs:
            for message, place in _told(arrivals, now):
                if one.take(message, place):
                    self._unwritten.add(message)
            self._announce(one)

    def repeat(self, one: Tracked, code: str) -> None:
        """Take a code that says the same as an old one: one more was asked for, and came."""
        arrival = Arrival(one.ref, code=code, channel=one.channel)
        self.add(one, [arrival])

    def add(self, one: Tracked, arrivals: Sequence[Arrival]) -> None:
        """Take messages that are new for sure, also where they say the same as others."""
        for arrival in arrivals:
            same = sum(message.content == arrival.content for message in one.messages)
            alike = Arrival(one.ref, arrival.code, None if arrival.code else arrival.text)
            self.heard(one.rented, {one.ref: [alike] * same + [arrival]})

    def _write(self, arrivals: list[Arrival]) -> None:
        messages, provider = self._books.ledger.messages, self._books.account.provider
        try:
            messages.add(provider, arrivals, via="poll", seen_at=self._books.now())
        except LedgerProblem as problem:
            self._not_written = problem
        else:
            self.read()

    def prove(self, one: Tracked, state: State) -> None:
        """Find out which codes are new from what the provider says of an activation."""
        known = one.messages[: state.known]
        if state.status == RETRYING:
            old = len(known)
        elif state.status == RECEIVED:
            old = 0
        else:  # a message that came another way may be ahead of what the provider says
            polled = [place for place, message in enumerate(known, 1) if message.via == "poll"]
            old = max(polled, default=0)
        one.is_proven = True
        if old > one.old:
            one.old = old
            self._remember(one)

    def _remember(self, one: Tracked) -> None:
        """Write which messages are old, so that other kernels know it too."""
        ledger = self._books.ledger
        written = sum(message.id is not None for message in one.messages[: one.old])
        try:
            number = ledger.number(self._books.account, one.ref)
            if number is not None and number.old_messages < written:
                ledger.change(number.id, old_messages=written)
        except LedgerProblem as problem:
            self._not_written = problem


def _take_over(one: Tracked, number: Row[Any]) -> None:
    """Take over what the ledger says of a number; an extension only moves its end."""
    one.ends_at = max((end for end in (one.ends_at, number.ends_at) if end), default=None)
    if number.buys == Buys.EXTENSION.value:
        return
    one.phone_number = number.phone_number or one.phone_number
    one.service = number.service or one.service
    one.country = number.country if number.country is not None else one.country
    one.channel = number.channel
    one.bought_at = number.bought_at
    one.since = number.since or number.bought_at
    if number.old_messages > one.old:
        one.old = number.old_messages
        one.question()


def _told(arrivals: Sequence[Arrival], now: datetime) -> Iterable[tuple[Message, int]]:
    """Return messages, and the how manieth each is of those that say the same."""
    heard: Counter[tuple[str, datetime | None]] = Counter()
    for arrival in arrivals:
        message = Message.of_arrival(arrival, now)
        heard[message.content, message.received_at] += 1
        yield message, heard[message.content, message.received_at]


def _lacks(one: Tracked, arrivals: Sequence[Arrival], now: datetime) -> bool:
    return any(not one.knows(message, place) for message, place in _told(arrivals, now))


def _parts(refs: Iterable[str]) -> Iterable[tuple[str, ...]]:
    left = iter(refs)
    while part := tuple(islice(left, _AT_ONCE)):
        yield part
