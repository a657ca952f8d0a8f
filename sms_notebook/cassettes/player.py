"""Replaying: a recording answers in place of a provider; nothing is sent, nothing is bought."""

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple, NoReturn

import httpx

from sms_notebook.cassettes.format import EndLine, Exchange, RecordedExchange, Section
from sms_notebook.forking import GatedLock
from sms_notebook.protocol.errors import ConnectionFailed, UsageProblem
from sms_notebook.protocol.replies import TELLING_HEADERS
from sms_notebook.protocol.steps import ProviderRequest
from sms_notebook.transport.sender import RECEIVED_AT, question_of

_FRESH_EACH_TIME = frozenset({"orderId"})
_IGNORED = (
    frozenset[str](),
    _FRESH_EACH_TIME,
    _FRESH_EACH_TIME | {"start", "end"},
    _FRESH_EACH_TIME | {"start", "end", "url"},  # which a masked recording does not have
)
"""Parameters that two questions may differ in and be the same: the fewer the better."""
_ENOUGH = 3  # times that a watch asks the same, and nothing has a new answer: there is none left
_REST = 0.05  # seconds between such questions

RequestKey = tuple[str, frozenset[tuple[str, str]]]


class NotRecorded(UsageProblem):
    """A replay was asked for something that is not in the recording. Nothing was sent."""


class PlayedExchange(NamedTuple):
    """An answer, and whether it is one that nobody had before."""

    exchange: Exchange
    is_fresh: bool


class _Answers:
    """The answers to one question, in the order of recording."""

    def __init__(self) -> None:
        self.all: list[RecordedExchange] = []
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

    def skip(self, before: float) -> None:
        """Count as given what stands before a line: its last answer is what is known now."""
        while self.fresh(before) is not None:
            pass

    def again(self) -> Exchange | None:
        """Return the answer that was given last."""
        if self._last is None and self._place == len(self.all):
            return self.all[-1].exchange  # given to a question that was put a little otherwise
        return self._last


_Index = dict[tuple[bool, RequestKey], _Answers]
"""Answers by question: what watches asked, and what cells asked."""


def _index_of(section: Section) -> _Index:
    index: _Index = defaultdict(_Answers)
    for recorded in section.exchanges:
        for key in {_key(recorded.exchange, ignored) for ignored in _IGNORED}:
            index[recorded.exchange.watching, key].all.append(recorded)
    return index


class Player:
    """Answers questions from a recording: each in the order of recording.

    A question that is asked more often than it was recorded gets its last answer again; a purchase
    is answered once.

    Parameters
    ----------
    path : Path
        The recording.
    sections : sequence of Section
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
        self, path: Path, sections: Sequence[Section], provider: str | None = None, parent: str = ""
    ) -> None:
        self.path = path
        candidates = [section for section in sections if provider in (None, section.provider)]
        if not candidates:
            there = ", ".join(sorted({section.provider for section in sections}))
            raise UsageProblem(f"{path.name} was recorded at {there}, not at {provider}.")
        chosen, *others = _in_turn(candidates, parent)
        self.process = chosen.process
        self.provider = chosen.provider
        self.header = chosen.header
        self._sections = [chosen, *(other for other in others if other.provider == chosen.provider)]
        self._indexes = [_index_of(section) for section in self._sections]
        self._orders = list(chosen.orders)
        self._ends = list(chosen.ends)
        self._begun: list[str] = []
        self._horizon: float = -1
        self._lock = GatedLock()
        self._last = threading.local()
        self._clock = chosen.header.clock
        self._stepped = timedelta(0)

    # Answering ----------------------------------------------------------------------------------

    def answer(self, question: ProviderRequest, *, watching: bool = False) -> PlayedExchange:
        """Return the answer to a question.

        Raises
        ------
        NotRecorded
            If there is none, or if it is a purchase that was played already.
        """
        with self._lock:
            played = self._find(question, watching=watching)
            if played is None:
                raise self._not_recorded(question)
            self._clock = self._last.clock = played.exchange.clock
            self._stepped = timedelta(0)
            return played

    def _find(self, question: ProviderRequest, *, watching: bool) -> PlayedExchange | None:
        spends = question.on_fresh_connection
        before = self._horizon if watching else inf
        for ignored in _IGNORED:
            key = _key(question, ignored)
            # Those to the same kind of asker first.
            candidates = [
                index.get((watching, key)) or index.get((not watching, key))
                for index in self._indexes
            ]
            answers = [same for same in candidates if same is not None]
            for same in answers if spends else answers[:1]:
                if (fresh := same.fresh(before)) is not None:
                    return PlayedExchange(fresh, is_fresh=True)
            if spends and answers:
                raise NotRecorded(
                    f"{question.action}: {self.path.name} holds this purchase, and it was played "
                    "already. Give the order a key: the same key is the same number."
                )
            if answers and (last := answers[0].again()) is not None:
                return PlayedExchange(last, is_fresh=False)
            # Better too early than not; but a poller asks now and then what it need not know.
            if not watching and answers and (first := answers[0].fresh()) is not None:
                return PlayedExchange(first, is_fresh=True)
        return None

    def _not_recorded(self, question: ProviderRequest) -> NotRecorded:
        text = _text(question)
        lines: dict[str, int] = {}
        for section in self._sections:
            for recorded in section.exchanges:
                lines.setdefault(_text(recorded.exchange), recorded.line)
        nearest = max(
            lines,
            key=lambda other: SequenceMatcher(None, text[:200], other[:200]).ratio(),
            default=None,
        )
        hint = "" if nearest is None else f" The nearest is {nearest}, line {lines[nearest]}."
        return NotRecorded(f"{text} was not recorded in {self.path.name}.{hint}")

    # Times and ids ------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the provider's time: that of the last answer."""
        clock: datetime = getattr(self._last, "clock", self._clock)
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
        return all(recorded.is_played for recorded in self._sections[0].exchanges)

    def begin(self, what: str) -> EndLine | None:
        """Begin a wait or a watch: what was asked for it can be played up to its end."""
        with self._lock:
            self._begun.append(what)
            for place, (line, end) in enumerate(self._ends):
                if end.what == what:
                    self._ends.pop(place)
                    self._horizon = max(self._horizon, line)
                    return end
            self._horizon = inf
        return None

    def end(self, what: str) -> None:
        """End a wait or a watch.

        When none is left, nor is what was asked for them: how often a poller asks is up to chance,
        and a later watch that heard an old state would take an old code for a new one.
        """
        with self._lock:
            if what in self._begun:
                self._begun.remove(what)
            if not self._begun and self._horizon < inf:
                for (watching, _), answers in self._indexes[0].items():
                    if watching:
                        answers.skip(self._horizon)


def _in_turn(sections: Sequence[Section], parent: str) -> list[Section]:
    """Return the sections to play: the one to begin with, then those that may know more.

    A script that a notebook started plays what scripts of that notebook recorded. Everything else
    plays the latest process, and the earlier ones after it.
    """
    scripts = [part for part in sections if part.header.parent and part.header.parent == parent]
    if scripts:
        return scripts
    processes = {section.process for section in sections}
    own = [part for part in sections if part.header.parent not in processes] or list(sections)
    latest = [part for part in own if part.process == own[-1].process]
    return [*latest, *(part for part in reversed(own) if part not in latest)]


def _key(request: ProviderRequest | Exchange, ignored: Iterable[str]) -> RequestKey:
    pairs = ((name, value) for name, value in request.params.items() if name not in ignored)
    return request.action, frozenset(pairs)


def _text(request: ProviderRequest | Exchange) -> str:
    params = request.params.items()
    pairs = [f"{name}={value}" for name, value in params if name not in _FRESH_EACH_TIME]
    return f"{request.action}({', '.join(pairs)})"


class ReplayTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers from a recording in place of the network, and of the transport that adds the key.

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
        self, player: Player, *, watching: bool = False, on_dry: Callable[[], None] = lambda: None
    ) -> None:
        self._player = player
        self._watching = watching
        self._repeated: Counter[RequestKey] = Counter()
        self._on_dry = on_dry

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the recorded response, or raise how it failed."""
        return self._response(self._player.answer(question_of(request)).exchange, request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the recorded response, or raise how it failed."""
        question = question_of(request)
        exchange, is_fresh = self._player.answer(question, watching=self._watching)
        if self._watching:
            key = _key(question, ())
            if is_fresh:
                self._repeated.clear()
            else:
                self._repeated[key] += 1
            await asyncio.sleep(0 if is_fresh else _REST)
            if self._repeated[key] >= _ENOUGH:
                self._repeated.clear()
                self._on_dry()
        return self._response(exchange, request)

    def _response(self, exchange: Exchange, request: httpx.Request) -> httpx.Response:
        if exchange.status:
            known = {name: exchange.headers.get(name) for name in TELLING_HEADERS}
            # A watch that was asked for patience then need not have it now.
            if exchange.retry_after is not None and not self._watching:
                known["retry-after"] = f"{exchange.retry_after:f}"
            headers = [
                (name.encode(), text.encode("utf-8", "replace"))
                for name, text in known.items()
                if text is not None
            ]
            received = {RECEIVED_AT: exchange.at}
            return httpx.Response(
                exchange.status, headers=headers, content=exchange.content, extensions=received
            )
        kind = getattr(httpx, exchange.kind, None) if exchange.kind else None
        if isinstance(kind, type) and issubclass(kind, httpx.RequestError):
            raise kind(exchange.failure, request=request)
        failed = ConnectionFailed(
            exchange.failure, action=exchange.action, provider=self._player.provider
        )
        failed.sent = exchange.sent
        raise failed


class _ReplayClock:
    """The time of a recording."""

    def __init__(self, player: Player) -> None:
        self.now = player.now
        self.step = player.step
        self.speed = player.header.speed

    def __repr__(self) -> str:
        return f"<Clock {self.now():%Y-%m-%d %H:%M:%S} UTC, speed {self.speed:g}>"


class _ReplaySandbox:
    """Takes what notebooks do with their sandbox; what came of it is in the recording."""

    def __init__(self, player: Player) -> None:
        self.clock = _ReplayClock(player)
        self.step = player.step
        self.webhook_url: str | None = None

    def _has_happened(self, *_given: object, **_named: object) -> None:
        """Do nothing: it is in the recording."""

    advance = send_sms = revoke = _has_happened

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UsageProblem(
            f"this is a replay: no sandbox is asked, and its {name} is not in the recording."
        )

    def __repr__(self) -> str:
        return "<Sandbox of a recording: nothing is asked, no real money>"


class ReplayGateway:
    """What a client holds in place of the embedded sandbox that was recorded."""

    def __init__(self, player: Player) -> None:
        from sms_notebook.sandbox import Faults  # noqa: PLC0415 - only where it was recorded

        self.sandbox = _ReplaySandbox(player)
        self.faults = Faults()
        self.webhooks = SimpleNamespace(notice=lambda _params: None)  # posts nothing

    def close(self) -> None:
        """There is nothing to close."""
