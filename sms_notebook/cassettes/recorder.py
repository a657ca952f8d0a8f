"""Recording: every exchange is written to a file as it happens, without the key."""

import logging
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from sms_notebook.cassettes.format import (
    EndLine,
    Exchange,
    Header,
    Line,
    OrderLine,
    half_line,
    packed,
    written,
)
from sms_notebook.cassettes.pseudonyms import LEFT_OUT, Pseudonyms
from sms_notebook.forking import GatedLock
from sms_notebook.protocol.errors import (
    ActivationOver,
    ApiError,
    ConnectionFailed,
    MalformedReply,
    UsageProblem,
)
from sms_notebook.protocol.errors.sms_error import Phrase
from sms_notebook.transport.sender import RECEIVED_AT, question_of, reply_of

LOG = logging.getLogger("sms_notebook")
_A_MOMENT = timedelta(seconds=1)

PROCESS = uuid.uuid4().hex[:12]
"""Names this process."""


class CassetteFile:
    """A file that lines are added to; all clients of a process share it.

    Parameters
    ----------
    path : Path
        Where it is. One that is there already must be a recording.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = GatedLock()
        self._sections = 0
        self._works = True
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                with _locked(self._handle):
                    self._mend()
            except BaseException:
                os.close(self._handle)
                raise
        except OSError as problem:
            raise UsageProblem(
                f"{path} cannot be recorded to: {problem.strerror or problem}. Name another file."
            ) from None

    def _mend(self) -> None:
        """Take out half a line that a killed process left.

        Nobody else writes meanwhile: a line that is being written would look like half a one.
        """
        size = self.path.stat().st_size
        half = half_line(self.path) if size else b""
        if half:
            LOG.warning("%s ended with half a line; it is taken out.", self.path)
            os.truncate(self.path, size - len(half))
        with suppress(OSError):  # a file system that knows no modes
            self.path.chmod(0o600)

    def begin(self, header: Header) -> str:
        """Begin a section; give it a name, and return that."""
        with self._lock:
            self._sections += 1
            # A process that was forked has the same name.
            header.take = f"{PROCESS}-{os.getpid()}-{self._sections}"
        self.add(header)
        return header.take

    def add(self, line: Line) -> None:
        """Add a line; a disk that is full spoils the recording, not the work."""
        with self._lock:
            if not self._works:  # what came now would be glued to half a line
                return
            try:
                content = written(line)
                with _locked(self._handle):
                    while content:
                        content = content[os.write(self._handle, content) :]
            except (OSError, ValueError) as problem:
                self.give_up(getattr(problem, "strerror", None) or type(problem).__name__)

    def give_up(self, why: str) -> None:
        """Record no more, and say so once; the work goes on."""
        if self._works:
            LOG.error("%s is recorded no more: %s", self.path, why)
        self._works = False


@contextmanager
def _locked(handle: int) -> Iterator[None]:
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


class SectionWriter:
    """A section that is being recorded; the clients of a provider in this process share it.

    Parameters
    ----------
    file : CassetteFile
        Where to.
    header : Header
        What it is of; it gets its name here.
    """

    def __init__(self, file: CassetteFile, header: Header) -> None:
        self.file = file
        words = [*header.provider.get("words", ()), *header.provider.get("notes", ())]
        self.pseudonyms = Pseudonyms(words) if header.masked else None
        self.hiding = GatedLock()
        """Held while something gets a pseudonym: in all threads the same one."""
        self.name = file.begin(header)
        self.last = threading.local()
        """``clock``: the provider's time when a thread got its last answer."""


class Recorder:
    """Records what one client does.

    Parameters
    ----------
    section : SectionWriter
        Where to.
    hide : callable
        Takes the client's key out of a text.
    clock : callable
        The provider's time.
    documented : mapping
        The API's name by the provider's own name of an action.
    """

    def __init__(
        self,
        section: SectionWriter,
        hide: Callable[[str], str],
        clock: Callable[[], datetime],
        documented: Mapping[str, str],
    ) -> None:
        self._section = section
        self._hide = hide
        self._clock = clock
        self._documented = documented

    def now(self) -> datetime:
        """Return the provider's time; just after an answer, that of the answer.

        So a replay, which knows only the times of answers, shows the same.
        """
        live = self._clock()
        last: datetime | None = getattr(self._section.last, "clock", None)
        return last if last is not None and timedelta(0) <= live - last < _A_MOMENT else live

    def ordered(self, about: str, order_id: str, begun_at: datetime) -> None:
        """Write the id of an order."""
        self._section.file.add(OrderLine(self._section.name, about, order_id, begun_at))

    def ended(self, what: str, error: BaseException | None = None) -> None:
        """Write that a wait or a watch is over."""
        name = "" if error is None else type(error).__name__
        pseudonyms = self._section.pseudonyms
        if pseudonyms is not None and isinstance(error, ApiError | MalformedReply):
            with self._section.hiding:
                error = _hidden(error, what.partition(" ")[2], pseudonyms)  # a ref is no secret
        text = "" if error is None else self._hide(str(error))
        line = EndLine(self._section.name, what, name, text)
        if isinstance(error, ActivationOver):
            line.status, line.is_known = self._hide(error.status), error.is_known
        self._section.file.add(line)

    def exchanged(
        self,
        request: httpx.Request,
        outcome: httpx.Response | Exception,
        began: float,
        *,
        watching: bool,
    ) -> None:
        """Write an exchange; the response gets its time.

        Whatever is wrong with the recording, a reply that came is returned: it may have been paid.
        """
        at = datetime.now(UTC)
        if isinstance(outcome, httpx.Response):
            at = outcome.extensions.setdefault(RECEIVED_AT, at)
        self._section.last.clock = self._clock()
        try:
            with self._section.hiding:
                line = self._line(request, outcome, at)
            line.took, line.watching = round(time.monotonic() - began, 6), watching
            self._section.file.add(line)
        except Exception as problem:  # noqa: BLE001 - see above
            self._section.file.give_up(type(problem).__name__)

    def _line(
        self, request: httpx.Request, outcome: httpx.Response | Exception, at: datetime
    ) -> Exchange:
        section, question = self._section, question_of(request)
        params = {name: self._hide(value) for name, value in question.params.items()}
        line = Exchange(section.name, question.action, params, at, section.last.clock)
        if isinstance(outcome, httpx.Response):
            reply = reply_of(outcome)
            body, headers = reply.body, dict(reply.headers)
            if section.pseudonyms is not None:
                action = self._documented.get(line.action, line.action)
                body = section.pseudonyms.in_reply(action, body)
                line.params = section.pseudonyms.in_params(params)
                headers = section.pseudonyms.in_headers(headers)
            line.headers = {name: self._hide(value) for name, value in headers.items()}
            line.status, line.retry_after = reply.status, reply.retry_after
            line.body, line.packed = packed(body)
            if not line.packed:
                line.body = self._hide(line.body)
        else:
            line.failure, line.kind = self._hide(str(outcome)), type(outcome).__name__
            if section.pseudonyms is not None:
                line.params = section.pseudonyms.in_params(params)
                if isinstance(outcome, httpx.RequestError):
                    line.failure = line.kind  # it may quote what came
                else:
                    line.failure = section.pseudonyms.in_sentence(line.failure)
            line.sent = getattr(outcome, "sent", True)
        return line


def _hidden(
    error: ApiError | MalformedReply, ref: str, pseudonyms: Pseudonyms
) -> ApiError | MalformedReply:
    """Return an error in which all but the ref of what it is about has a pseudonym."""
    hidden = copy(error)
    hidden.wire = pseudonyms.in_refusal(error.wire)
    if hidden.what.parts.get("quote"):
        hidden.what = Phrase(
            hidden.what.template, **{**hidden.what.parts, "quote": f" ({LEFT_OUT})"}
        )
    hidden.rewrite(
        lambda value: ref.join(map(pseudonyms.in_sentence, value.split(ref) if ref else [value]))
    )
    return hidden


class RecordingTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends as another transport does, and writes down what came of it.

    It stands above the transport that adds the key: neither question nor answer has it.

    Parameters
    ----------
    inner : httpx.BaseTransport or httpx.AsyncBaseTransport
        Really sends, in the way that this is asked for.
    recorder : Recorder
        Writes.
    watching : bool
        Whether a watch or a wait asks.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport | httpx.AsyncBaseTransport,
        recorder: Recorder,
        *,
        watching: bool = False,
    ) -> None:
        self._inner: Any = inner  # of the one kind or the other
        self._recorder = recorder
        self._watching = watching

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and write down the exchange."""
        began = time.monotonic()
        try:
            response: httpx.Response = self._inner.handle_request(request)
        except (httpx.RequestError, ConnectionFailed) as failure:
            self._recorder.exchanged(request, failure, began, watching=self._watching)
            raise
        self._recorder.exchanged(request, response, began, watching=self._watching)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and write down the exchange."""
        began = time.monotonic()
        try:
            response: httpx.Response = await self._inner.handle_async_request(request)
        except (httpx.RequestError, ConnectionFailed) as failure:
            self._recorder.exchanged(request, failure, began, watching=self._watching)
            raise
        self._recorder.exchanged(request, response, began, watching=self._watching)
        return response

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()
