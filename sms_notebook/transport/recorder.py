"""Recording: every exchange is written to a file as it happens, without the key."""

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sms_notebook.protocol.errors import ConnectionFailed, SmsError, UsageProblem
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
            half = nothing_but_a_recording(path) if _is_filled(path) else b""
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with suppress(OSError):  # a file system that knows no modes
                path.chmod(0o600)
        except OSError as problem:
            raise UsageProblem(
                f"{path} cannot be recorded to: {problem.strerror or problem}. Name another file."
            ) from None
        if half:
            LOG.warning("%s ended with half a line; it is taken out.", path)
            os.truncate(path, path.stat().st_size - len(half))
        self._handle = handle

    def begin(self, subject: Subject, *, masked: bool, clock: datetime) -> str:
        """Begin a take; return its name."""
        with self._lock:
            self._takes += 1
            take = f"{RUN}-{self._takes}"
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
        content = written(line)
        with self._lock:
            try:
                while content:
                    content = content[os.write(self._handle, content) :]
            except OSError as problem:
                if self._works:
                    LOG.error("%s is recorded no more: %s", self.path, problem.strerror)  # noqa: TRY400 - one line
                self._works = False


def _is_filled(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


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

    def ended(self, what: str, error: BaseException | None = None) -> None:
        """Write that a wait or a watch is over."""
        name = "" if error is None else type(error).__name__
        self.file.add(Ended(self._take, what, name, "" if error is None else str(error)))

    def answered(
        self,
        asked: "Asked",
        reply: Reply | None,
        failure: SmsError | None,
        hide: Callable[[str], str],
        clock: Callable[[], datetime],
    ) -> Reply | None:
        """Write an exchange; return the reply with its time."""
        at = reply.at if reply is not None and reply.at is not None else datetime.now(UTC)
        question = asked.question
        line = Exchange(
            take=self._take,
            action=question.action,
            params={name: hide(value) for name, value in question.params.items()},
            at=at,
            clock=clock(),
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
        self.file.add(line)
        self._last.clock = line.clock
        return None if reply is None else replace(reply, at=at)


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
