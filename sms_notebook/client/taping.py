"""Recording what a client does, and replaying it: which file, and what takes part.

``SMS_RECORD``, ``SMS_RECORD_MASKED`` and ``SMS_REPLAY`` say it for all clients of a process, as the
arguments ``record``, ``record_masked`` and ``replay`` do for one. All clients of a process write
one file, and play one file from the beginning.
"""

import asyncio
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sms_notebook.client.providers import PROVIDERS, Provider
from sms_notebook.client.settings import Place, Settings
from sms_notebook.protocol import errors
from sms_notebook.protocol.errors import SmsError, UsageProblem
from sms_notebook.transport import AsyncSender, Sender
from sms_notebook.transport.player import (
    AsyncPlayingSender,
    NotRecorded,
    Player,
    PlayingSender,
    open_player,
)
from sms_notebook.transport.recorder import (
    RUN,
    AsyncRecordingSender,
    File,
    Recorder,
    RecordingSender,
    Subject,
)

if TYPE_CHECKING:
    from sms_notebook.client.replaying import ReplayDesk
    from sms_notebook.sandbox import Desk
    from sms_notebook.transport.tapes import Ended

Where = str | os.PathLike[str]
"""The path of a recording."""


class Recording:
    """A recording that is played from its beginning, whoever else in this process plays it.

    Parameters
    ----------
    path : str or path
        The file.
    """

    def __init__(self, path: Where) -> None:
        self.path = Path(path)
        self.players: dict[tuple[Path, str | None], Player] = {}

    def __repr__(self) -> str:
        return f"<Recording {self.path.name}>"


_LONGEST_PAUSE = 0.05  # seconds that a replay really waits
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
_MAPS = ("actions", "params", "param_exceptions", "statuses", "notes")
_TEXTS = ("name", "title", "base_url", "closed", "remark")

_RECORDER, _REPLAYER = "SMS_RECORD_PARENT", "SMS_REPLAY_PARENT"
_recorded_by, _replayed_by = os.environ.get(_RECORDER, ""), os.environ.get(_REPLAYER, "")

_opening = threading.Lock()
_files: dict[Path, File] = {}
_recorders: dict[tuple[Path, str, bool], Recorder] = {}
_players: dict[tuple[Path, str | None], Player] = {}
_desks: dict[int, "ReplayDesk"] = {}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be recorded and replayed.

    Attributes
    ----------
    record, replay : Path or None
        The files.
    masked : bool
        Whether the recording holds stand-ins for numbers, codes and texts.
    players : dict or None
        Those of a `Recording`; None for those that the process shares.
    """

    record: Path | None = None
    replay: Path | None = None
    masked: bool = False
    players: dict[tuple[Path, str | None], Player] | None = None


def wish_of(
    record: Where | None, replay: "Where | Recording | None", masked: bool | None
) -> Wish | None:
    """Read arguments and environment; None where nothing is recorded or replayed.

    Raises
    ------
    UsageProblem
        If one is of the wrong kind, or both name the same file.
    """
    players = replay.players if isinstance(replay, Recording) else None
    replay = replay.path if isinstance(replay, Recording) else replay
    target, source = _path("record", record), _path("replay", replay)
    if target is None and source is None:
        if masked is not None and masked:
            raise UsageProblem("record_masked goes with record=…: the file to write.")
        return None
    if target is not None and source is not None and target.absolute() == source.absolute():
        raise UsageProblem("record and replay name the same file. Record to another one.")
    return Wish(target, source, _flag(masked), players)


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


def _flag(given: Any) -> bool:
    text = os.environ.get("SMS_RECORD_MASKED", "") if given is None else str(given)
    if text.strip().lower() not in (*_TRUE, *_FALSE):
        name = "SMS_RECORD_MASKED" if given is None else "record_masked"
        raise UsageProblem(f"{name} takes true or false, not {text!r:.40}.")
    return text.strip().lower() in _TRUE


class Taping:
    """The part that a recording takes in one client.

    Parameters
    ----------
    wish : Wish
        What is recorded and replayed.
    player : Player or None
        Answers, in a replay.
    """

    def __init__(self, wish: Wish, player: Player | None) -> None:
        self.wish = wish
        self.player = player
        self._recorder: Recorder | None = None
        self._hide: Callable[[str], str] = str
        self._live: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._ends: dict[str, Ended | None] = {}
        self.on_dry: Callable[[], None] = lambda: None
        """Called when a watch has heard all that was recorded for it."""

    @property
    def is_replay(self) -> bool:
        """Whether a recording answers."""
        return self.player is not None

    def begin(self, settings: Settings, desk: "Desk | ReplayDesk | None") -> None:
        """Begin to record, where that is wished for.

        Raises
        ------
        UsageProblem
            If the file cannot be written.
        """
        player = self.player
        if player is not None:
            self._live = player.now
        elif desk is not None:
            self._live = desk.sandbox.clock.now
        if settings.key is not None:
            key = settings.key
            self._hide = lambda text: key.hide_in_body(text.encode("utf-8", "replace")).decode()
        if self.wish.record is not None:
            clock = desk.sandbox.clock if desk is not None else None
            speed = getattr(clock, "speed", 1.0)
            facts = _facts(settings.provider)
            subject = Subject(facts, clock is not None, speed, _recorded_by)
            self._recorder = _recorder(self.wish, subject, self._live())

    # Sending ------------------------------------------------------------------------------------

    def sender(self, make: Callable[[], Sender]) -> Any:
        """Return what sends: a sender that is made, or the recording."""
        inner: Any = make() if self.player is None else PlayingSender(self.player)
        if self._recorder is None:
            return inner
        return RecordingSender(inner, self._recorder, self._hide, self._live)

    def async_sender(self, make: Callable[[], AsyncSender], *, watching: bool) -> Any:
        """Return what sends from event loops; see `sender`."""
        inner: Any
        if self.player is None:
            inner = make()
        else:
            inner = AsyncPlayingSender(self.player, watching=watching, on_dry=self._dry)
        if self._recorder is None:
            return inner
        return AsyncRecordingSender(
            inner, self._recorder, self._hide, self._live, watching=watching
        )

    def _dry(self) -> None:
        self.on_dry()

    # Times and ids ------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the provider's time."""
        live = self._live()
        return live if self._recorder is None else self._recorder.now(live)

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
            self._ends[what] = self.player.begins(what)

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
        if self._recorder is not None:
            self._recorder.ended(what, error, self._hide)

    def has_end(self, what: str) -> bool:
        """Tell whether the end of it was recorded."""
        return self._ends.get(what) is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be played."""
        return self.player is not None and self.player.is_over

    def failure_of(self, what: str, ref: str) -> SmsError:
        """Return how a wait ended that brought no code when it was recorded."""
        end = self._ends.get(what)
        provider = str(self.player.header.provider.get("name")) if self.player else None
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
        return failure


def taping_of(wish: Wish, arguments: Place) -> Taping:
    """Open what is to be replayed.

    Raises
    ------
    UsageProblem
        If it cannot be read, or is of another provider than the one that was named.
    """
    if wish.replay is None:
        return Taping(wish, None)
    if arguments.problem:
        raise UsageProblem(arguments.problem)
    named = arguments.provider.name if arguments.provider is not None else None
    return Taping(wish, _player(wish, named if named in PROVIDERS else None))


def replayed(taping: Taping) -> Settings:
    """Return the settings of a replay: no key, and no real money."""
    player = taping.player
    assert player is not None  # noqa: S101 - only asked of a replay
    provider = _provider(player.header.provider, player.path.name)
    return Settings(provider, replay=player.path.name)


def desk_of(taping: Taping) -> "ReplayDesk | None":
    """Return the stand-in for an embedded sandbox that was recorded."""
    player = taping.player
    if player is None or not player.header.embedded:
        return None
    from sms_notebook.client.replaying import ReplayDesk  # noqa: PLC0415 - loads the sandbox

    with _opening:
        return _desks.setdefault(id(player), ReplayDesk(player))


def _recorder(wish: Wish, subject: Subject, clock: datetime) -> Recorder:
    assert wish.record is not None  # noqa: S101 - only asked where something is recorded
    path = wish.record.absolute()
    name = str(subject.provider["name"])
    with _opening:
        if path not in _files:
            _files[path] = File(wish.record)
            os.environ[_RECORDER] = RUN  # for scripts that are started here
        found = _recorders.get((path, name, wish.masked))
        if found is None:
            found = Recorder(_files[path], subject, masked=wish.masked, clock=clock)
            _recorders[path, name, wish.masked] = found
        return found


def _player(wish: Wish, provider: str | None) -> Player:
    assert wish.replay is not None  # noqa: S101 - only asked of a replay
    players = _players if wish.players is None else wish.players
    with _opening:
        key = (wish.replay.absolute(), provider)
        if key not in players:
            player = open_player(wish.replay, provider, _replayed_by)
            os.environ[_REPLAYER] = player.run  # likewise
            name = str(player.header.provider.get("name"))
            players[key] = players.setdefault((key[0], name), player)
        return players[key]


def _facts(provider: Provider) -> dict[str, Any]:
    """Write a provider as a recording keeps it."""
    facts = {one.name: getattr(provider, one.name) for one in fields(provider)}
    offset = provider.zone.utcoffset(None) or timedelta(0)
    return {**facts, "zone": offset.total_seconds()}


def _provider(facts: dict[str, Any], file: str) -> Provider:
    """Read a provider; whoever made the file by hand may have written anything."""
    known = {one.name for one in fields(Provider)}
    try:
        zone = timezone(timedelta(seconds=facts.get("zone", 0)))
        given = {name: value for name, value in facts.items() if name in known and name != "zone"}
        texts = {name: str(given.get(name, "")) for name in _TEXTS}
        lists = {
            name: tuple(map(str, given.get(name, ())))
            for name in ("lacks", "methods", "webhook_sources")
        }
        maps = {
            name: {str(one): str(other) for one, other in dict(given.get(name, {})).items()}
            for name in _MAPS
        }
        if not texts["name"] or not lists["methods"]:
            raise ValueError("no name or method")  # noqa: TRY301 - one of several ways
        provider = replace(
            Provider(**{**given, **texts, **lists, **maps}), zone=zone, real_money=False
        )
    except (TypeError, ValueError, OverflowError):
        raise UsageProblem(
            f"{file} is damaged: it does not tell of which provider it is."
        ) from None
    return replace(provider, rate=None)
