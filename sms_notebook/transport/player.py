"""Replaying: a recording answers in place of a provider; nothing is sent, nothing is bought."""

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from math import inf
from pathlib import Path
from typing import NamedTuple

from sms_notebook.protocol.errors import ConnectionFailed, UsageProblem
from sms_notebook.protocol.replies import Reply
from sms_notebook.transport.sending import Question
from sms_notebook.transport.tapes import Contents, Ended, Exchange, Header, Numbered, Take, load

LOG = logging.getLogger("sms_notebook")
_NOTHING: frozenset[str] = frozenset()
_FRESH_EACH_TIME = frozenset({"orderId"})
_OF_THE_DAY = frozenset({"orderId", "start", "end"})
_ENOUGH = 3  # questions in a row of a watch that have no new answer: there is none left
_REST = 0.05  # seconds between such questions

Key = tuple[str, frozenset[tuple[str, str]]]


class NotRecorded(UsageProblem):
    """A replay was asked for something that is not in the recording. Nothing was sent."""


class Played(NamedTuple):
    """An answer, and whether it is one that nobody had before."""

    exchange: Exchange
    is_fresh: bool


class _Track:
    """The answers to one question, in the order of recording."""

    def __init__(self) -> None:
        self.all: list[Numbered] = []
        self._place = 0
        self._last: Exchange | None = None

    def fresh(self, before: float = inf) -> Exchange | None:
        """Take the next answer that nobody had, if it stands before a line."""
        while self._place < len(self.all) and self.all[self._place].is_played:
            self._place += 1
        if self._place == len(self.all) or self.all[self._place].line > before:
            return None
        self.all[self._place].is_played = True
        self._last = self.all[self._place].exchange
        return self._last

    def again(self) -> Exchange | None:
        """Return the answer that was given last."""
        if self._last is None and self._place == len(self.all):
            return self.all[-1].exchange  # given to a question that was put a little otherwise
        return self._last


class _Tracks:
    """All answers of a take, by question; what cells asked, and what watches asked."""

    def __init__(self, take: Take) -> None:
        self.take = take
        self._by_key: dict[tuple[bool, Key], _Track] = defaultdict(_Track)
        for one in take.exchanges:
            for key in {_key(one.exchange, without) for without in _KEYS}:
                self._by_key[one.exchange.watching, key].all.append(one)

    def find(self, key: Key, *, watching: bool) -> _Track | None:
        """Return the answers to a question: those to the same kind of asker first."""
        for kind in (watching, not watching):
            if (kind, key) in self._by_key:
                return self._by_key[kind, key]
        return None


_KEYS = (_NOTHING, _FRESH_EACH_TIME, _OF_THE_DAY)


class Player:
    """Answers questions from a recording: each in the order of recording.

    A question that is asked more often than it was recorded gets its last answer again; a purchase
    is answered once.

    Parameters
    ----------
    path : Path
        The recording.
    contents : Contents
        What is in it.
    provider : str, optional
        Whose answers; those of the first that the latest process recorded if not given.
    parent : str
        The recorded process that plays the one which started this one: then a script that it
        started is played.

    Raises
    ------
    UsageProblem
        If it holds nothing of that provider.
    """

    def __init__(
        self, path: Path, contents: Contents, provider: str | None = None, parent: str = ""
    ) -> None:
        self.path = path
        takes = contents.takes
        if provider is not None:
            takes = [take for take in takes if take.header.provider.get("name") == provider]
            if not takes:
                there = sorted({str(one.header.provider.get("name")) for one in contents.takes})
                raise UsageProblem(
                    f"{path.name} was recorded at {', '.join(there)}, not at {provider}."
                )
        chosen, *others = _in_turn(takes, parent)
        name = chosen.header.provider.get("name")
        others = [take for take in others if take.header.provider.get("name") == name]
        self.run = chosen.run
        self.header: Header = chosen.header
        self._tracks = [_Tracks(take) for take in (chosen, *others)]
        self._orders = list(chosen.orders)
        self._ends = list(chosen.ends)
        self._horizon: float = -1
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._clock = chosen.header.clock
        self._stepped = timedelta(0)

    # Answering ----------------------------------------------------------------------------------

    def answer(self, question: Question, *, watching: bool = False) -> Played:
        """Return the answer to a question.

        Raises
        ------
        NotRecorded
            If there is none, or if it is a purchase that was played already.
        """
        with self._lock:
            played = self._found(question, watching=watching)
            if played is None:
                raise self._not_recorded(question)
            self._clock = self._mine.clock = played.exchange.clock
            self._stepped = timedelta(0)
            return played

    def _found(self, question: Question, *, watching: bool) -> Played | None:
        spends = question.on_fresh_connection
        before = self._horizon if watching else inf
        for without in _KEYS:
            found = [
                track
                for tracks in self._tracks
                if (track := tracks.find(_key(question, without), watching=watching)) is not None
            ]
            for track in found if spends else found[:1]:
                if (fresh := track.fresh(before)) is not None:
                    return Played(fresh, is_fresh=True)
            if spends and found:
                raise NotRecorded(
                    f"{question.action}: {self.path.name} holds this purchase, and it was played "
                    "already. Give the order a key: the same key is the same number."
                )
            if found and (last := found[0].again()) is not None:
                return Played(last, is_fresh=False)
            if found and (first := found[0].fresh()) is not None:  # better too early than not
                return Played(first, is_fresh=True)
        return None

    def _not_recorded(self, question: Question) -> NotRecorded:
        asked = _shown(question)
        lines: dict[str, int] = {}
        for tracks in self._tracks:
            for one in tracks.take.exchanges:
                lines.setdefault(_shown(one.exchange), one.line)
        nearest = max(lines, key=lambda shown: _likeness(asked, shown), default=None)
        hint = "" if nearest is None else f" The nearest is {nearest}, line {lines[nearest]}."
        return NotRecorded(f"{asked} was not recorded in {self.path.name}.{hint}")

    # Times and ids ------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the provider's time: that of the last answer."""
        clock: datetime = getattr(self._mine, "clock", self._clock)
        return clock + self._stepped

    def step(self, seconds: float) -> None:
        """Move the time on, until the next answer tells it.

        Raises
        ------
        UsageProblem
            If no calendar goes so far.
        """
        try:
            stepped = self._stepped + timedelta(seconds=seconds)
            for clock in (self._clock, self.now()):
                clock + stepped  # it may be too far
        except (OverflowError, ValueError):
            raise UsageProblem(f"the time cannot be stepped by {seconds:g} seconds.") from None
        self._stepped = stepped

    def order(self, about: str) -> tuple[str, datetime] | None:
        """Return the id and the beginning of the next order of something, as recorded."""
        with self._lock:
            for place, order in enumerate(self._orders):
                if order.about == about:
                    del self._orders[place]
                    return order.order_id, order.begun_at
        return None

    # Waits --------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether all that was recorded last has been played."""
        return all(one.is_played for one in self._tracks[0].take.exchanges)

    def begins(self, what: str) -> Ended | None:
        """Begin a wait or a watch: what was asked for it can be played up to its end."""
        with self._lock:
            for place, (line, end) in enumerate(self._ends):
                if end.what == what:
                    self._ends.pop(place)
                    self._horizon = max(self._horizon, line)
                    return end
            self._horizon = inf
        return None


def _in_turn(takes: Sequence[Take], parent: str) -> list[Take]:
    """Return the takes to play: the one to begin with, then those that may know what it does not.

    A script that a notebook started plays what scripts of that notebook recorded. Everything else
    plays the latest run, and the earlier ones after it.
    """
    runs = {take.run for take in takes}
    scripts = [take for take in takes if take.header.parent and take.header.parent == parent]
    if scripts:
        return scripts
    own = [take for take in takes if take.header.parent not in runs] or list(takes)
    latest = [take for take in own if take.run == own[-1].run]
    return [*latest, *(take for take in reversed(own) if take not in latest)]


def _key(asked: Question | Exchange, without: Iterable[str]) -> Key:
    return asked.action, frozenset(
        (name, value) for name, value in asked.params.items() if name not in without
    )


def _shown(asked: Question | Exchange) -> str:
    pairs = (
        f"{name}={value}" for name, value in asked.params.items() if name not in _FRESH_EACH_TIME
    )
    return f"{asked.action}({', '.join(pairs)})"


def _likeness(asked: str, other: str) -> float:
    return SequenceMatcher(None, asked[:200], other[:200]).ratio()


def _reply(exchange: Exchange, provider: str) -> Reply:
    """Return what came, or raise how it failed."""
    if exchange.status:
        return Reply(exchange.status, exchange.content, exchange.retry_after, exchange.at)
    failed = ConnectionFailed(exchange.failure, action=exchange.action, provider=provider)
    failed.sent = exchange.sent
    raise failed


class PlayingSender:
    """Answers from a recording in place of a sender."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._provider = str(player.header.provider.get("name"))

    def send(self, question: Question) -> Reply:
        """Return the recorded reply; see `Sender.send`."""
        return _reply(self._player.answer(question).exchange, self._provider)

    def close(self) -> None:
        """There is nothing to close."""


class AsyncPlayingSender:
    """The same for event loops.

    Parameters
    ----------
    player : Player
        Answers.
    watching : bool
        Whether a watch or a wait asks.
    on_dry : callable
        Called when that has heard all that was recorded for it.
    """

    def __init__(
        self, player: Player, *, watching: bool, on_dry: Callable[[], None] = lambda: None
    ) -> None:
        self._player = player
        self._provider = str(player.header.provider.get("name"))
        self._watching = watching
        self._repeated = 0
        self._on_dry = on_dry

    async def send(self, question: Question) -> Reply:
        """Return the recorded reply; see `AsyncSender.send`."""
        exchange, is_fresh = self._player.answer(question, watching=self._watching)
        if self._watching:
            self._repeated = 0 if is_fresh else self._repeated + 1
            await asyncio.sleep(0 if is_fresh else _REST)
            if self._repeated >= _ENOUGH:
                self._repeated = 0
                self._on_dry()
        reply = _reply(exchange, self._provider)
        # A watch that was asked for patience then need not have it now.
        return Reply(reply.status, reply.body, None, reply.at) if self._watching else reply

    async def close(self) -> None:
        """There is nothing to close."""


def open_player(path: Path, provider: str | None, parent: str) -> Player:
    """Read a recording, and be ready to play it."""
    contents = load(path)
    if contents.is_cut:
        LOG.warning("%s ends with half a line; it is left out.", path.name)
    return Player(path, contents, provider, parent)
