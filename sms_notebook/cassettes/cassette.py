"""What is recorded and replayed: which file, and the part that it takes in a client.

``SMS_RECORD``, ``SMS_RECORD_MASKED`` and ``SMS_REPLAY`` say it for all clients of a process, as the
arguments ``record``, ``record_masked`` and ``replay`` do for one. All clients of a process write
one file, and play one file from the beginning.
"""

import asyncio
import logging
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from sms_notebook.cassettes.format import FORMAT, EndLine, Header, facts_of, load, provider_in
from sms_notebook.cassettes.player import NotRecorded, Player, ReplayGateway, ReplayTransport
from sms_notebook.cassettes.recorder import (
    PROCESS,
    CassetteFile,
    Recorder,
    RecordingTransport,
    SectionWriter,
)
from sms_notebook.forking import GatedLock
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.protocol import errors
from sms_notebook.protocol.errors import SmsError, UsageProblem
from sms_notebook.providers.providers import PROVIDERS
from sms_notebook.providers.settings import Settings, SettingsSource
from sms_notebook.watching.events import Subscription
from sms_notebook.watching.poller import Poller
from sms_notebook.watching.queries import RunSteps

if TYPE_CHECKING:
    from sms_notebook.sandbox import Gateway

LOG = logging.getLogger("sms_notebook")
Where = str | os.PathLike[str]
"""The path of a recording."""
Players = dict[tuple[Path, str | None], Player]
T = TypeVar("T", httpx.BaseTransport, httpx.AsyncBaseTransport)


class Recording:
    """A recording that is played from its beginning, whoever else in this process plays it.

    Parameters
    ----------
    path : str or path
        The file.
    """

    def __init__(self, path: Where) -> None:
        self.path = Path(path)
        self.players: Players = {}

    def __repr__(self) -> str:
        return f"<Recording {self.path.name}>"


_WATCH = "watch"
_LONGEST_PAUSE = 0.05  # seconds that a replay really waits
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")

_RECORDER, _REPLAYER = "SMS_RECORD_PARENT", "SMS_REPLAY_PARENT"
_recorded_by, _replayed_by = os.environ.get(_RECORDER, ""), os.environ.get(_REPLAYER, "")

_opening = GatedLock()
_files: dict[Path, CassetteFile] = {}
_sections: dict[tuple[Path, str, bool], SectionWriter] = {}
_players: Players = {}
_gateways: dict[int, ReplayGateway] = {}


def open_cassette(
    record: Where | None,
    replay: "Where | Recording | None",
    masked: bool | None,
    arguments: SettingsSource,
) -> "Cassette | None":
    """Read arguments and environment; None where nothing is recorded or replayed.

    Parameters
    ----------
    record, replay : str, path or Recording, optional
        The files.
    masked : bool, optional
        Whether the recording holds pseudonyms for numbers, codes and texts.
    arguments : SettingsSource
        What the client was given.

    Raises
    ------
    UsageProblem
        If one is of the wrong kind, or both name the same file; if the recording cannot be read, or
        is of another provider than the one that was named.
    """
    players, source = _players, replay
    if isinstance(replay, Recording):
        players, source = replay.players, replay.path
    target, source = _path("record", record), _path("replay", source)
    if target is None and source is None:
        if masked:
            raise UsageProblem("record_masked goes with record=…: the file to write.")
        return None
    if target and source and target.absolute() == source.absolute():
        raise UsageProblem("record and replay name the same file. Record to another one.")
    is_masked = _flag(masked)
    player = None if source is None else _player(source, players, arguments)
    return Cassette(target, player, masked=is_masked)


def _path(name: str, given: Any) -> Path | None:
    """Return a path: the argument, else what the environment says."""
    value = given if given is not None else os.environ.get(f"SMS_{name.upper()}") or None
    if value is None:
        return None
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise UsageProblem(f"{name} takes the path of a file, not {value!r:.60}.")
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise UsageProblem(f"{name}: there is no such home folder: {text:.60}.") from None
    if path.exists() and not path.is_file():
        raise UsageProblem(f"{name} takes the path of a file, and {path} is none.")
    return path


def _flag(value: Any) -> bool:
    text = os.environ.get("SMS_RECORD_MASKED", "") if value is None else str(value)
    if text.strip().lower() not in (*_TRUE, *_FALSE):
        name = "SMS_RECORD_MASKED" if value is None else "record_masked"
        raise UsageProblem(f"{name} takes true or false, not {text!r:.40}.")
    return text.strip().lower() in _TRUE


class Cassette:
    """The part that recording and replay take in one client.

    Parameters
    ----------
    record : Path or None
        Where to record to.
    player : Player or None
        Answers, in a replay.
    masked : bool
        Whether the recording holds pseudonyms.
    """

    def __init__(self, record: Path | None, player: Player | None, *, masked: bool) -> None:
        self._record = record
        self._is_masked = masked
        self.player = player
        self._recorder: Recorder | None = None
        self._live: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._ends: dict[str, EndLine | None] = {}
        self.on_dry: Callable[[], None] = lambda: None
        """Called when a watch has heard all that was recorded for it."""

    @property
    def is_replay(self) -> bool:
        """Whether a recording answers."""
        return self.player is not None

    @property
    def settings(self) -> Settings | None:
        """The settings of a replay: no key, and no real money."""
        if self.player is None:
            return None
        file = self.player.path.name
        return Settings(provider_in(self.player.header.provider, file), replay=file)

    @property
    def gateway(self) -> ReplayGateway | None:
        """What stands in for an embedded sandbox that was recorded."""
        player = self.player
        if player is None or not player.header.embedded:
            return None
        with _opening:
            return _gateways.setdefault(id(player), ReplayGateway(player))

    def begin(self, settings: Settings, gateway: "Gateway | ReplayGateway | None") -> None:
        """Begin to record, where that is wished for.

        Raises
        ------
        UsageProblem
            If the file cannot be written.
        """
        clock = gateway.sandbox.clock if gateway is not None else None
        if self.player is not None:
            self._live = self.player.now
        elif clock is not None:
            self._live = clock.now
        if self._record is None:
            return
        key, provider = settings.key, settings.provider
        header = Header(
            take="",
            format=FORMAT,
            provider=facts_of(provider),
            at=datetime.now(UTC),
            clock=self._live(),
            masked=self._is_masked,
            embedded=clock is not None,
            speed=getattr(clock, "speed", 1.0),
            parent=_recorded_by,
        )

        def hide(text: str) -> str:
            return key.hide_in_body(text.encode("utf-8", "replace")).decode() if key else text

        section = _section(self._record, header)
        self._recorder = Recorder(section, hide, self._live, provider.documented)

    def transport(
        self, make: Callable[[], T], *, watching: bool = False
    ) -> T | ReplayTransport | RecordingTransport:
        """Return what sends: the transport that is made, or the recording."""
        inner: T | ReplayTransport
        if self.player is None:
            inner = make()
        else:
            inner = ReplayTransport(self.player, watching=watching, on_dry=self._dry)
        if self._recorder is None:
            return inner
        return RecordingTransport(inner, self._recorder, watching=watching)

    def _dry(self) -> None:
        self.on_dry()

    # Times and ids ------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the provider's time."""
        return self._live() if self._recorder is None else self._recorder.now()

    def stamp(self, about: str) -> tuple[str, datetime]:
        """Return the id of a new order, and when it is begun."""
        recorded = self.player.order(about) if self.player is not None else None
        stamp = recorded or (uuid.uuid4().hex, datetime.now(UTC))
        if self._recorder is not None:
            self._recorder.ordered(about, *stamp)
        return stamp

    def pause(self, seconds: float) -> None:
        """Wait some seconds; a replay does not."""
        time.sleep(min(seconds, _LONGEST_PAUSE) if self.is_replay else seconds)

    async def pause_async(self, seconds: float) -> None:
        """Wait some seconds; a replay does not."""
        await asyncio.sleep(min(seconds, _LONGEST_PAUSE) if self.is_replay else seconds)

    # Waits --------------------------------------------------------------------------------------

    def begins(self, what: str) -> None:
        """Say that a wait or a watch begins."""
        if self.player is not None:
            self._ends[what] = self.player.begin(what)

    @contextmanager
    def noting(self, what: str) -> Iterator[None]:
        """Say how it ends."""
        try:
            yield
        except BaseException as failure:
            self.ended(what, failure)
            raise
        self.ended(what)

    def ended(self, what: str, error: BaseException | None = None) -> None:
        """Say that it is over."""
        if self.player is not None:
            self.player.end(what)
        if self._recorder is not None:
            self._recorder.ended(what, error)

    def has_end(self, what: str) -> bool:
        """Tell whether the end of it was recorded."""
        return self._ends.get(what) is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be played."""
        return self.player is not None and self.player.is_over

    def failure_of(self, what: str) -> SmsError:
        """Return how a wait ended that brought no code when it was recorded."""
        end, ref = self._ends.get(what), what.partition(" ")[2]
        provider = self.player.provider if self.player else None
        kind = getattr(errors, end.error, None) if end is not None and end.error else None
        if end is None or not (isinstance(kind, type) and issubclass(kind, SmsError)):
            return NotRecorded(
                f"the recording ends while activation {ref} is waited for. Record it anew, and "
                "let the wait come to its end.",
                provider=provider,
            )
        failure = kind(end.text, provider=provider)
        if isinstance(failure, errors.CodeTimeout | errors.ActivationOver):
            failure.activation = ref
        if isinstance(failure, errors.ActivationOver):
            failure.status, failure.is_known = end.status, end.is_known
        return failure


def _section(file: Path, header: Header) -> SectionWriter:
    path = file.absolute()
    shared = (path, str(header.provider["name"]), header.masked)
    with _opening:
        if path not in _files:
            _files[path] = CassetteFile(file)
            os.environ[_RECORDER] = PROCESS  # for scripts that are started here
        if shared not in _sections:
            _sections[shared] = SectionWriter(_files[path], header)
        return _sections[shared]


def _player(file: Path, players: Players, arguments: SettingsSource) -> Player:
    if arguments.problem:
        raise copy(arguments.problem)
    named = arguments.provider.name if arguments.provider is not None else None
    path = file.absolute()
    key = (path, named if named in PROVIDERS else None)
    with _opening:
        if key not in players:
            sections, is_cut = load(file)
            if is_cut:
                LOG.warning("%s ends with half a line; it is left out.", file.name)
            player = Player(file, sections, key[1], _replayed_by)
            os.environ[_REPLAYER] = player.process  # likewise
            players[key] = players.setdefault((path, player.provider), player)
        return players[key]


class RecordedPoller(Poller):
    """Tells a recording when watches begin and end.

    Parameters
    ----------
    account_ledger, run_steps
        As of `Poller`.
    cassette : Cassette
        The recording.
    """

    def __init__(
        self, account_ledger: AccountLedger, run_steps: RunSteps, cassette: Cassette
    ) -> None:
        super().__init__(account_ledger, run_steps)
        self._cassette = cassette
        self._watches: set[Subscription] = set()

    async def subscribe(self, subscription: Subscription) -> None:
        """Begin to tell somebody."""
        self._cassette.begins(_name(subscription))
        if not subscription.wants_proof:
            self._watches.add(subscription)
        if self._cassette.is_replay:
            subscription.every = 0.0
        await super().subscribe(subscription)

    def _leave(self, subscription: Subscription, failure: Exception | None = None) -> None:
        if subscription in self._watches:
            self._watches.discard(subscription)
            self._cassette.ended(_WATCH)
        super()._leave(subscription, failure)

    def dry(self) -> None:
        """Let those go for whom nothing more was recorded."""
        for subscription in tuple(self._subscriptions):
            if subscription.wants_proof:
                self._leave(subscription, self._cassette.failure_of(_name(subscription)))
            elif self._cassette.has_end(_WATCH):
                self._leave(subscription)
            elif self._cassette.is_over:  # it was cut off while this was watched
                LOG.warning("The recording ends here, and so does the watch.")
                self._leave(subscription)


def _name(subscription: Subscription) -> str:
    """Name a subscription: a wait is for one activation."""
    if not subscription.wants_proof:
        return _WATCH
    (_, ref), *_ = subscription.keys
    return f"wait {ref}"
