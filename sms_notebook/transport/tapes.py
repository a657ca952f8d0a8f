"""The format of a recording: one JSON line for each thing that happened.

A *take* is what one process recorded of one provider: a header, then exchanges (a question and its
answer), orders (their ids) and the ends of waits. Takes of one file may be mixed: each line names
its own.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from sms_notebook.protocol.errors import UsageProblem

FORMAT: Final = 1
"""Goes up when a line gets another meaning."""

LARGEST: Final = 256 * 2**20
"""Bytes of the largest recording that is read."""

Params = dict[str, str]


class Header(msgspec.Struct, tag_field="is", tag="take", omit_defaults=True):
    """Begins a take.

    Attributes
    ----------
    take : str
        Its name: the process that recorded it, and a number.
    format : int
        Of the lines.
    provider : dict
        The facts about the provider that reading its replies takes.
    masked : bool
        Whether numbers, codes and texts are stand-ins.
    embedded : bool
        Whether it was the sandbox inside the process.
    speed : float
        Of that sandbox's clock.
    parent : str
        The process that started this one, where that recorded to the same file; a notebook may
        start scripts.
    at, clock : datetime
        When it began, by our clock and by the provider's.
    """

    take: str
    format: int
    provider: dict[str, Any]
    at: datetime
    clock: datetime
    masked: bool = False
    embedded: bool = False
    speed: float = 1.0
    parent: str = ""


class Exchange(msgspec.Struct, tag_field="is", tag="exchange", omit_defaults=True):
    """A question and its answer, or how it failed.

    Attributes
    ----------
    action, params
        As they went out, without the key.
    at, clock : datetime
        When the answer was there, by our clock and by the provider's.
    took : float
        Seconds.
    status : int
        The HTTP status; 0 where no answer came.
    retry_after : float or None
        What the provider asked for.
    body : str
        The answer; in base64 where ``packed``.
    failure : str
        Why no answer came.
    sent : bool
        Whether the question may have arrived.
    watching : bool
        Whether a watch or a wait asked, not a cell.
    """

    take: str
    action: str
    params: Params
    at: datetime
    clock: datetime
    took: float = 0.0
    status: int = 0
    retry_after: float | None = None
    body: str = ""
    packed: bool = False
    failure: str = ""
    sent: bool = True
    watching: bool = False

    @property
    def content(self) -> bytes:
        """The body, as it came."""
        return base64.b64decode(self.body) if self.packed else self.body.encode()


class Ordered(msgspec.Struct, tag_field="is", tag="order"):
    """What was ordered, the id that the order got, and when it was begun."""

    take: str
    about: str
    order_id: str
    begun_at: datetime


class Ended(msgspec.Struct, tag_field="is", tag="end", omit_defaults=True):
    """A wait or a watch was over.

    Attributes
    ----------
    what : str
        ``wait`` and the id of the activation, or ``watch``.
    error, text : str
        With which error a wait ended; empty where a code came.
    """

    take: str
    what: str
    error: str = ""
    text: str = ""


Line = Header | Exchange | Ordered | Ended
_read: Callable[[bytes], Line] = msgspec.json.Decoder(Line).decode
_write = msgspec.json.Encoder(decimal_format="string").encode


def written(line: Line) -> bytes:
    """Write one line."""
    return _write(line) + b"\n"


def packed(content: bytes) -> tuple[str, bool]:
    """Return a body as a line holds it, and whether that is base64."""
    try:
        return content.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(content).decode("ascii"), True


@dataclass(slots=True)
class Numbered:
    """An exchange, its line in the file, and whether it was played."""

    line: int
    exchange: Exchange
    is_played: bool = False


@dataclass(slots=True)
class Take:
    """All of one take, in its order; the numbers are lines of the file."""

    header: Header
    exchanges: list[Numbered] = field(default_factory=list)
    orders: list[Ordered] = field(default_factory=list)
    ends: list[tuple[int, Ended]] = field(default_factory=list)

    def add(self, number: int, line: Exchange | Ordered | Ended) -> None:
        """Add a line."""
        if isinstance(line, Exchange):
            self.exchanges.append(Numbered(number, line))
        elif isinstance(line, Ordered):
            self.orders.append(line)
        else:
            self.ends.append((number, line))

    @property
    def run(self) -> str:
        """The process that recorded it."""
        return self.header.take.partition("-")[0]


@dataclass(slots=True)
class Contents:
    """A recording as it was read.

    Attributes
    ----------
    takes : list of Take
        The earliest first.
    is_cut : bool
        Whether the last line was half written, and left out.
    """

    takes: list[Take]
    is_cut: bool = False


def load(path: Path) -> Contents:
    """Read a recording.

    Raises
    ------
    UsageProblem
        If it is not there, is no recording, is damaged, too large, or of a newer version.
    """
    lines = _lines(path)
    takes: dict[str, Take] = {}
    is_cut = bool(lines[-1].strip()) and len(lines) > 1
    for number, text in enumerate(lines[:-1] if is_cut else lines, 1):
        if not text.strip():
            continue
        line = _line(text, path, number)
        if isinstance(line, Header):
            if line.take in takes or not line.take.isprintable():
                raise UsageProblem(f"{path} is damaged: line {number} begins no new take.")
            takes[line.take] = Take(line)
        elif line.take in takes:
            takes[line.take].add(number, line)
        else:
            raise UsageProblem(f"{path} is no recording: line {number} belongs to nothing.")
    if not takes:
        raise UsageProblem(f"{path} is no recording: it is empty.")
    return Contents(list(takes.values()), is_cut)


def _lines(path: Path) -> list[bytes]:
    try:
        if path.stat().st_size > LARGEST:
            raise UsageProblem(f"{path} is larger than {LARGEST >> 20} MB: no recording is.")
        return path.read_bytes().split(b"\n")
    except FileNotFoundError:
        raise UsageProblem(f"there is no recording {path}. Client(record=…) makes one.") from None
    except OSError as problem:
        raise UsageProblem(f"{path} cannot be read: {problem.strerror or problem}.") from None


_VERSION = re.compile(rb'"format":(\d{1,9})[,}]')


def _line(text: bytes, path: Path, number: int) -> Line:
    """Read one line."""
    version = _VERSION.search(text) if text.startswith(b'{"is":"take"') else None
    if version is not None and int(version[1]) > FORMAT:
        raise UsageProblem(
            f"{path} was recorded by a newer version of sms_notebook. Update this one."
        )
    try:
        line = _read(text)
        if isinstance(line, Exchange):
            line.content  # noqa: B018 - it may be no base64
    except (msgspec.MsgspecError, UnicodeError, ValueError, RecursionError):
        what = "is no recording" if number == 1 else "is damaged"
        raise UsageProblem(f"{path} {what}: line {number} cannot be read.") from None
    return line


def nothing_but_a_recording(path: Path) -> bytes:
    """Look whether lines can be added to a file; return the half line that it ends with.

    Raises
    ------
    UsageProblem
        If it is something else: it is not written to.
    """
    with path.open("rb") as file:
        first = file.readline(2**16)
        if not isinstance(_line(first.rstrip(b"\n"), path, 1), Header):
            raise UsageProblem(f"{path} is no recording, and is not written to. Name another file.")
        size = file.seek(0, 2)
        tail = b""
        while size and b"\n" not in tail:
            step = min(2**16, size)
            size -= step
            file.seek(size)
            tail = file.read(step) + tail
    return tail.rpartition(b"\n")[2]
