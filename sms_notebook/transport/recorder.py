"""Recording: every exchange is written to a file as it happens, without the key."""

import logging
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sms_notebook.protocol.errors import (
    ApiError,
    ConnectionFailed,
    MalformedReply,
    SmsError,
    UsageProblem,
)
from sms_notebook.protocol.replies import Reply
from sms_notebook.transport.sending import AsyncSender, Question, Sender
from sms_notebook.transport.standins import StandIns
from sms_notebook.transport.tapes import (
    FORMAT,
    Ended,
    Exchange,
    Header,
    Line,
    Ordered,
    nothing_but_a_recording,
    packed,
    written,
)

LOG = logging.getLogger("sms_notebook")
_A_MOMENT = timedelta(seconds=1)

RUN = uuid.uuid4().hex[:12]
"""Names this process."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a take is of.

    Attributes
    ----------
    provider : dict
        The facts about the provider.
    embedded, speed
        Whether it is the sandbox inside this process, and how fast its clock runs.
    parent : str
        The process that started this one, where that records too.
    """

    provider: dict[str, Any]
    embedded: bool = False
    speed: float = 1.0
    parent: str = ""


class File:
    """A file that lines are added to; all clients of a process share it.

    Parameters
    ----------
    path : Path
        Where it is. One that is there already must be a recording.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._takes = 0
        self._works = True
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                with _alone(self._handle):
                    self._mend()
            except BaseException:
                os.close(self._handle)
                raise
        except OSError as problem:
            raise UsageProblem(
                f"{path} cannot be recorded to: {problem.strerror or problem}. Name another file."
            ) from None

    def _mend(self) -> None:
        """Look at a file that was there already; take out half a line that a killed process left.

        Nobody else writes meanwhile: a line that is being written would look like half a one.
        """
        size = self.path.stat().st_size
        half = nothing_but_a_recording(self.path) if size else b""
        if half:
            LOG.warning("%s ended with half a line; it is taken out.", self.path)
            os.truncate(self.path, size - len(half))
        with suppress(OSError):  # a file system that knows no modes
            self.path.chmod(0o600)

    def begin(self, subject: Subject, *, masked: bool, clock: datetime) -> str:
        """Begin a take; return its name."""
        with self._lock:
            self._takes += 1
            # A process that was forked has the same RUN.
            take = f"{RUN}-{os.getpid()}-{self._takes}"
        self.add(
            Header(
                take=take,
                format=FORMAT,
                provider=subject.provider,
                at=datetime.now(UTC),
                clock=clock,
                masked=masked,
                embedded=subject.embedded,
                speed=subject.speed,
                parent=subject.parent,
            )
        )
        return take

    def add(self, line: Line) -> None:
        """Add a line; a disk that is full spoils the recording, not the work."""
        with self._lock:
            if not self._works:  # what came now would be glued to half a line
                return
            try:
                content = written(line)
                with _alone(self._handle):
                    while content:
                        content = content[os.write(self._handle, content) :]
            except OSError as problem:
                self.give_up(problem.strerror or type(problem).__name__)
            except ValueError as problem:
                self.give_up(type(problem).__name__)

    def give_up(self, why: str) -> None:
        """Record no more, and say so once; the work goes on."""
        if self._works:
            LOG.error("%s is recorded no more: %s", self.path, why)
        self._works = False


@contextmanager
def _alone(handle: int) -> Iterator[None]:
    """Keep other processes from writing to a file meanwhile, where the system can."""
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - not everywhere

    with suppress(OSError):  # a file system that knows no locks
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_UN)


class Recorder:
    """Writes one take.

    Parameters
    ----------
    file : File
        Where to.
    subject : Subject
        What it is of.
    masked : bool
        Whether numbers, codes and texts are replaced by stand-ins.
    clock : datetime
        The provider's time now.
    """

    def __init__(self, file: File, subject: Subject, *, masked: bool, clock: datetime) -> None:
        self.file = file
        self.is_masked = masked
        self._stand_ins = StandIns() if masked else None
        self._take = file.begin(subject, masked=masked, clock=clock)
        self._last = threading.local()

    def now(self, live: datetime) -> datetime:
        """Return the provider's time; just after an answer, that of the answer.

        So a replay, which knows only the times of answers, shows the same.
        """
        last: datetime | None = getattr(self._last, "clock", None)
        return last if last is not None and timedelta(0) <= live - last < _A_MOMENT else live

    def ordered(self, about: str, order_id: str, begun_at: datetime) -> None:
        """Write the id of an order."""
        self.file.add(Ordered(self._take, about, order_id, begun_at))

    def ended(
        self, what: str, error: BaseException | None = None, hide: Callable[[str], str] = str
    ) -> None:
        """Write that a wait or a watch is over."""
        name = "" if error is None else type(error).__name__
        text = "" if error is None else hide(str(error))
        if self._stand_ins is not None and isinstance(error, ApiError | MalformedReply):
            ref = what.partition(" ")[2]  # that is no secret
            where, colon, said = text.partition(": ")
            parts = map(self._stand_ins.in_sentence, said.split(ref) if ref else [said])
            text = f"{where}{colon}{ref.join(parts)}"
        self.file.add(Ended(self._take, what, name, text))

    def answered(
        self,
        asked: "Asked",
        reply: Reply | None,
        failure: SmsError | None,
        hide: Callable[[str], str],
        clock: Callable[[], datetime],
    ) -> Reply | None:
        """Write an exchange; return the reply with its time.

        Whatever is wrong with the recording, a reply that came is returned: it may have been paid.
        """
        at = reply.at if reply is not None and reply.at is not None else datetime.now(UTC)
        self._last.clock = clock()
        try:
            self.file.add(self._line(asked, reply, failure, hide, at))
        except Exception as problem:  # noqa: BLE001 - see above
            self.file.give_up(type(problem).__name__)
        return None if reply is None else replace(reply, at=at)

    def _line(
        self,
        asked: "Asked",
        reply: Reply | None,
        failure: SmsError | None,
        hide: Callable[[str], str],
        at: datetime,
    ) -> Exchange:
        question = asked.question
        line = Exchange(
            take=self._take,
            action=question.action,
            params={name: hide(value) for name, value in question.params.items()},
            at=at,
            clock=self._last.clock,
            took=round(time.monotonic() - asked.began, 6),
            watching=asked.watching,
        )
        if reply is not None:
            body = reply.body
            if self._stand_ins is not None:
                body = self._stand_ins.in_reply(question.of or question.action, body)
                line.params = self._stand_ins.in_params(line.params)
            line.status, line.retry_after = reply.status, reply.retry_after
            line.body, line.packed = packed(body)
            if not line.packed:
                line.body = hide(line.body)
        elif failure is not None:
            line.failure = hide(str(failure))
            line.sent = not isinstance(failure, ConnectionFailed) or failure.sent
        return line


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way."""

    question: Question
    watching: bool
    began: float


class RecordingSender:
    """Sends as another sender does, and writes down what came of it.

    Parameters
    ----------
    inner : Sender
        Really sends.
    recorder : Recorder
        Writes.
    hide : callable
        Takes the key out of a text.
    clock : callable
        The provider's time.
    """

    def __init__(
        self,
        inner: Sender,
        recorder: Recorder,
        hide: Callable[[str], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._inner = inner
        self._recorder = recorder
        self._hide = hide
        self._clock = clock

    def send(self, question: Question) -> Reply:
        """Send one question, once; see `Sender.send`."""
        asked = Asked(question, watching=False, began=time.monotonic())
        try:
            reply = self._inner.send(question)
        except ConnectionFailed as failure:
            self._recorder.answered(asked, None, failure, self._hide, self._clock)
            raise
        return self._recorder.answered(asked, reply, None, self._hide, self._clock) or reply

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class AsyncRecordingSender:
    """The same for event loops; ``watching`` tells whether a watch or a wait asks."""

    def __init__(
        self,
        inner: AsyncSender,
        recorder: Recorder,
        hide: Callable[[str], str],
        clock: Callable[[], datetime],
        *,
        watching: bool,
    ) -> None:
        self._inner = inner
        self._recorder = recorder
        self._hide = hide
        self._clock = clock
        self._watching = watching

    async def send(self, question: Question) -> Reply:
        """Send one question, once; see `AsyncSender.send`."""
        asked = Asked(question, self._watching, time.monotonic())
        try:
            reply = await self._inner.send(question)
        except ConnectionFailed as failure:
            self._recorder.answered(asked, None, failure, self._hide, self._clock)
            raise
        return self._recorder.answered(asked, reply, None, self._hide, self._clock) or reply

    async def close(self) -> None:
        """Close the connections."""
        await self._inner.close()
