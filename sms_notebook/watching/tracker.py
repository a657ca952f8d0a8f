"""What is known of the numbers that are watched: read from the ledger, and taken from replies."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import asdict, replace
from sqlalchemy import func, select

from sms_notebook.ledger import lists
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.messages import Message, batches
from sms_notebook.ledger.observations import end_activation, note_over
from sms_notebook.ledger.schema import NUMBERS, NumberRecord, NumberState
from sms_notebook.protocol.calls import PurchaseKind
from sms_notebook.protocol.errors import LedgerProblem, SmsError
from sms_notebook.protocol.frames.schema import FrameRow, text
from sms_notebook.protocol.incoming_messages import IncomingMessage, digits, numbered, unknown_text
from sms_notebook.protocol.replies import Status
from sms_notebook.watching.events import NumberKey, TrackedNumber
from sms_notebook.watching.open_questions import OpenQuestions
from sms_notebook.watching.queries import ASK_EVERY, ActivationState, ProviderQueries

_ENDED: Final = (NumberState.CANCELLED, NumberState.FINISHED)
_TRIES: Final = 3  # until an activation counts as over although nobody tells how it ended


class Tracker:
    """Numbers with their messages.

    The ledger comes first: what a reply shows is there already when it is taken here. Only what
    the ledger does not take is kept in memory alone, and delivered all the same.

    Parameters
    ----------
    account_ledger : AccountLedger
        The ledger.
    announce : callable
        Called with each number whose messages may have changed.

    Attributes
    ----------
    tracked : dict
        The numbers.
    last : int or None
        The last message that was read from the ledger.
    """

    def __init__(
        self, account_ledger: AccountLedger, announce: Callable[[TrackedNumber], None]
    ) -> None:
        self._account_ledger = account_ledger
        self._announce = announce
        self.tracked: dict[NumberKey, TrackedNumber] = {}
        self._stale: set[TrackedNumber] = set()
        self.last: int | None = None
        self._openings = 0
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
        self._changes = self._account_ledger.ledger.changes
        self.read()

    def end(self) -> None:
        """Forget everything."""
        self.tracked.clear()
        self._stale.clear()
        self._unwritten.clear()
        self.last = self._newest = None

    def follow(self, keys: Iterable[NumberKey]) -> list[TrackedNumber]:
        """Track numbers, with what the ledger knows of them."""
        keys = list(keys)
        for key in keys:
            if key not in self.tracked:
                rented, ref = key
                provider = self._account_ledger.provider
                self.tracked[key] = TrackedNumber(
                    ref,
                    timedelta(seconds=provider.life),
                    timedelta(seconds=provider.longest_life or provider.life),
                    rented,
                    is_proven=rented,
                    unasked=1 + len(self.tracked) % (ASK_EVERY - 1),  # not all in the same tick
                )
                self._stale.add(self.tracked[key])
        self.refresh()
        return [self.tracked[key] for key in keys]

    def forget(self, key: NumberKey) -> None:
        """Track a number no more."""
        self._stale.discard(self.tracked.pop(key))

    # The ledger ---------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Take over what the ledger says of numbers, where that may have changed."""
        changes = self._account_ledger.ledger.changes
        if changes != self._changes:
            self._stale.update(tracked for tracked in self.tracked.values() if not tracked.is_over)
        try:
            self._note_purchases()
            for refs in batches({tracked.ref for tracked in self._stale}):
                self._read_numbers(refs)
        except LedgerProblem as problem:
            self._not_read = problem
            return
        self._changes = changes
        self._stale.clear()

    def _note_purchases(self) -> None:
        """Look for what was bought since: an extension, or a number that was seen before."""
        ledger = self._account_ledger
        if self._newest is None:
            newest = select(func.coalesce(func.max(NUMBERS.c.id), 0))
            self._newest = int(ledger.database.read(lambda look: look.execute(newest).scalar_one()))
        for number in ledger.numbers(NUMBERS.c.id > self._newest):
            self._newest = number.id
            self._stale.update(self._with(number.ref))

    def _read_numbers(self, refs: Sequence[str]) -> None:
        for number in self._account_ledger.numbers(NUMBERS.c.ref.in_(refs)):
            tracked = self.tracked.get((number.buys.is_rental, number.ref))
            if tracked in self._stale:
                _take_over(tracked, number)
        for message in self._account_ledger.messages(refs):
            for tracked in self._stale.intersection(self._with(message.ref)):
                tracked.take(replace(message))

    def _with(self, ref: str) -> list[TrackedNumber]:
        """Return the activation and the rent that have an id, as far as they are tracked."""
        keys = ((False, ref), (True, ref))
        return [self.tracked[key] for key in keys if key in self.tracked]

    def read(self) -> None:
        """Read the ledger on from where it was read last."""
        ledger = self._account_ledger.ledger
        messages = ledger.messages
        try:
            if self.last is not None and self._openings != ledger.openings:
                self._forget_ids()
            self._openings = ledger.openings
            if self.last is None:
                self.last = messages.last_id()
                self._stale.update(self.tracked.values())
            news = messages.after(self._account_ledger.provider.name, self.last)
        except LedgerProblem as problem:
            self._not_read = problem
            return
        self._not_read = None
        touched: dict[TrackedNumber, None] = {}
        for message in news:
            self.last = message.id
            for tracked in self._with(message.ref):
                tracked.take(replace(message))
                # What is posted has just come.
                tracked.is_proven = tracked.is_proven or message.via == "webhook"
                touched[tracked] = None
        if touched and self._unwritten:
            self._unwritten = {kept for kept in self._unwritten if kept.id is None}
        for tracked in touched:
            self._announce(tracked)

    def _forget_ids(self) -> None:
        """Read another file from its beginning: what is known stays known, under other ids."""
        self.last, self._newest = 0, None
        for tracked in self.tracked.values():
            for message in tracked.messages:
                message.id = None

    # Replies ------------------------------------------------------------------------------------

    def take(self, rented: bool, by_ref: Mapping[str, Sequence[IncomingMessage]]) -> None:
        """Take what a reply shows of messages, by id; the oldest first.

        Whoever performed the call has written it to the ledger; what is not there is written now.
        """
        self.read()
        pairs = [
            (tracked, messages)
            for ref, messages in by_ref.items()
            if (tracked := self.tracked.get((rented, ref))) is not None
        ]
        now = self._account_ledger.now()
        lacking = [messages for tracked, messages in pairs if _lacks(tracked, messages, now)]
        if lacking and not self._unwritten:
            self._write([message for messages in lacking for message in messages])
        for tracked, messages in pairs:
            for message, place in _placed(messages, now):
                if tracked.take(message, place):
                    self._unwritten.add(message)
            self._announce(tracked)

    def add(self, tracked: TrackedNumber, messages: Sequence[IncomingMessage]) -> None:
        """Take messages that are new for sure, also where they say the same as others."""
        for message in messages:
            same = sum(known.content == message.content for known in tracked.messages)
            alike = IncomingMessage(
                tracked.ref, message.code, None if message.code else message.text
            )
            self.take(tracked.rented, {tracked.ref: [*[alike] * same, message]})

    def _write(self, messages: list[IncomingMessage]) -> None:
        try:
            self._account_ledger.add_messages(messages)
        except LedgerProblem as problem:
            self._not_written = problem
        else:
            self.read()

    def prove(self, tracked: TrackedNumber, state: ActivationState) -> None:
        """Find out which codes are new from what the provider says of an activation."""
        known = tracked.messages[: state.known]
        if state.status == Status.WAIT_RETRY:
            old = len(known)
        elif state.status == Status.OK:
            old = 0
        else:  # a message that came another way may be ahead of what the provider says
            polled = [place for place, message in enumerate(known, 1) if message.via == "poll"]
            old = max(polled, default=0)
        tracked.is_proven = True
        if old > tracked.old:
            tracked.ask_for_one_more(old)
            self._remember(tracked)

    def _remember(self, tracked: TrackedNumber) -> None:
        """Write which messages are old, so that other kernels know it too."""
        written = sum(message.id is not None for message in tracked.messages[: tracked.old])
        try:
            number = self._account_ledger.number(tracked.ref)
            if number is not None and number.old_messages < written:
                self._account_ledger.change(number.id, old_messages=written)
        except LedgerProblem as problem:
            self._not_written = problem

    # The end ------------------------------------------------------------------------------------

    async def finalize(
        self, endings: Mapping[TrackedNumber, str], queries: ProviderQueries
    ) -> tuple[list[TrackedNumber], list[SmsError]]:
        """Find out how activations ended, and what came to them before that.

        Parameters
        ----------
        endings : mapping
            The activations, with the provider's last word.
        queries : ProviderQueries
            Asks.

        Returns
        -------
        tuple
            Those that are over now, and what failed: the others are tried again with the next tick.
        """
        codes: dict[TrackedNumber, str | None] = {}

        async def ask(number: TrackedNumber) -> None:
            codes[number] = await queries.details(number)

        rows: Mapping[str, FrameRow] = {}
        failures: list[SmsError] = []
        undecided: Collection[TrackedNumber] = endings
        try:
            rows = await queries.history(endings) or {}
        except SmsError as failure:
            failures.append(failure)
        else:
            unclear = [
                number
                for number in endings
                if number.ref not in rows or _unknown_lines(number, rows[number.ref])
            ]
            failures += await OpenQuestions(waits_for_all=True).each(unclear, ask)
            undecided = [number for number in unclear if number not in codes]
        for number in undecided:
            number.finalize_failures += 1
            if number.finalize_failures >= _TRIES:
                number.end_failure = failures[0]
        over = []
        for number, word in endings.items():
            if number in undecided and number.end_failure is None:
                continue
            is_told = self._end_with(number, rows.get(number.ref), codes.get(number))
            if not is_told and number.bought_at is not None and not number.finalize_failures:
                number.finalize_failures += 1  # it is ours: whoever ends it may just write that
                continue
            # The word for what is over does not say how it ended.
            number.end(word, is_told=is_told and number.end_failure is None)
            over.append(number)
        return over, failures

    def _end_with(self, tracked: TrackedNumber, row: FrameRow | None, latest: str | None) -> bool:
        """Take the messages that only the history shows, and write how an activation ended.

        Returns
        -------
        bool
            Whether anybody has told that, or what came last; many have no history.
        """
        for line in [] if row is None else _unknown_lines(tracked, row):
            code = line.strip() if line.strip().isdigit() else None
            if latest is not None and latest in digits(line):
                code = latest
            message = IncomingMessage(tracked.ref, code, text=line, channel=tracked.channel)
            self.add(tracked, [message])
        try:
            number = self._account_ledger.number(tracked.ref)
            if number is not None and row is not None and lists.is_over(row):
                end_activation(self._account_ledger, number, row)
            elif number is not None:
                note_over(self._account_ledger, number)
            is_written = number is not None and number.state in _ENDED
        except LedgerProblem:  # sms.reconcile() finds it out again
            is_written = False
        return is_written or latest is not None or (row is not None and lists.is_over(row))


def _take_over(tracked: TrackedNumber, number: NumberRecord) -> None:
    """Take over what the ledger says of a number; an extension only moves its end."""
    tracked.ends_at = max((end for end in (tracked.ends_at, number.ends_at) if end), default=None)
    if number.buys is PurchaseKind.EXTENSION:
        return
    tracked.phone_number = number.phone_number or tracked.phone_number
    tracked.service = number.service or tracked.service
    tracked.country = number.country if number.country is not None else tracked.country
    tracked.channel = number.channel
    tracked.bought_at = number.bought_at
    tracked.since = number.since or number.bought_at
    tracked.was_alive = tracked.was_alive or number.state == NumberState.ACTIVE
    if number.old_messages > tracked.old:
        tracked.ask_for_one_more(number.old_messages)
        tracked.doubt_codes()


def _placed(messages: Sequence[IncomingMessage], now: datetime) -> Iterator[tuple[Message, int]]:
    """Return messages as they are kept, each with its place among those that say the same."""
    for message, place in numbered(messages):
        yield Message(**asdict(message), content=message.content, seen_at=now), place


def _lacks(tracked: TrackedNumber, messages: Sequence[IncomingMessage], now: datetime) -> bool:
    return any(tracked.known(*placed) is None for placed in _placed(messages, now))


def _unknown_lines(number: TrackedNumber, row: FrameRow) -> list[str]:
    """Return the lines of a history that belong to no message that is known."""
    rest = unknown_text(text(row, "sms") or "", number.messages)
    return [line for line in rest.splitlines() if line.strip()]
