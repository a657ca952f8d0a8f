"""The file format of a cassette: one JSON line for each thing that happened.

A *section* is what one process recorded of one provider: a header, then exchanges (a question and
its answer), orders (their ids) and the ends of waits. Sections of one file may be mixed: each line
names its own (``take``).
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any, Final

import msgspec

from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.sms_error import Hint, Parameter, Phrase
from sms_notebook.providers.composites import COMPOSITES
from sms_notebook.providers.row import Provider

FORMAT: Final = 1
"""Goes up when a line gets another meaning."""

LARGEST: Final = 256 * 2**20
"""Bytes of the largest recording that is read."""


class Header(msgspec.Struct, tag_field="is", tag="take", omit_defaults=True):
    """Begins a section.

    Attributes
    ----------
    take : str
        Its name: the process that recorded it, and a number.
    format : int
        Of the lines.
    provider : dict
        The facts about the provider that reading its replies takes.
    masked : bool
        Whether numbers, codes and texts are pseudonyms.
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


_STATUSES, _LONGEST_WAIT = 1000, 10.0**9


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
    failure, kind : str
        Why no answer came, and which error of httpx that was; a file of an earlier version has the
        whole sentence, and no kind.
    sent : bool
        Whether the question may have arrived; written by earlier versions.
    watching : bool
        Whether a watch or a wait asked, not a cell.
    headers : dict
        What the answer says in its headers, such as the price.
    """

    take: str
    action: str
    params: dict[str, str]
    at: datetime
    clock: datetime
    took: float = 0.0
    status: int = 0
    retry_after: float | None = None
    body: str = ""
    packed: bool = False
    failure: str = ""
    kind: str = ""
    sent: bool = True
    watching: bool = False
    headers: dict[str, str] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (0 <= self.status < _STATUSES and 0 <= (self.retry_after or 0) <= _LONGEST_WAIT):
            raise ValueError("no status, or no time to wait")

    @property
    def content(self) -> bytes:
        """The body, as it came."""
        return base64.b64decode(self.body) if self.packed else self.body.encode()


class OrderLine(msgspec.Struct, tag_field="is", tag="order"):
    """What was ordered, the id that the order got, and when it was begun."""

    take: str
    about: str
    order_id: str
    begun_at: datetime


class EndLine(msgspec.Struct, tag_field="is", tag="end", omit_defaults=True):
    """A wait or a watch was over.

    Attributes
    ----------
    what : str
        ``wait`` and the id of the activation, or ``watch``.
    error, text : str
        With which error a wait ended; empty where a code came.
    status, is_known : str, bool
        Of an activation that was over: as in `ActivationOver`.
    """

    take: str
    what: str
    error: str = ""
    text: str = ""
    status: str = ""
    is_known: bool = True


Line = Header | Exchange | OrderLine | EndLine
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
class RecordedExchange:
    """An exchange, its line in the file, and whether it was played."""

    line: int
    exchange: Exchange
    is_played: bool = False


@dataclass(slots=True)
class Section:
    """All of one section, in its order; ends of waits with their line in the file."""

    header: Header
    exchanges: list[RecordedExchange] = field(default_factory=list)
    orders: list[OrderLine] = field(default_factory=list)
    ends: list[tuple[int, EndLine]] = field(default_factory=list)

    def add(self, number: int, line: Exchange | OrderLine | EndLine) -> None:
        """Add a line."""
        if isinstance(line, Exchange):
            self.exchanges.append(RecordedExchange(number, line))
        elif isinstance(line, OrderLine):
            self.orders.append(line)
        else:
            self.ends.append((number, line))

    @property
    def provider(self) -> str:
        """The provider's name."""
        return str(self.header.provider.get("name"))

    @property
    def process(self) -> str:
        """The process that recorded it."""
        return self.header.take.partition("-")[0]


def load(path: Path) -> tuple[list[Section], bool]:
    """Read a recording; tell whether its last line was half written, and left out.

    Raises
    ------
    UsageProblem
        If it is not there, is no recording, is damaged, too large, or of a newer version.
    """
    lines = _lines(path)
    sections: dict[str, Section] = {}
    is_cut = bool(lines[-1].strip()) and len(lines) > 1
    for number, text in enumerate(lines[:-1] if is_cut else lines, 1):
        if not text.strip():
            continue
        line = _line(text, path, number)
        if isinstance(line, Header):
            if line.take in sections or not line.take.isprintable():
                raise UsageProblem(f"{path} is damaged: line {number} begins no new take.")
            sections[line.take] = Section(line)
        elif line.take in sections:
            sections[line.take].add(number, line)
        else:
            raise UsageProblem(f"{path} is no recording: line {number} belongs to nothing.")
    if not sections:
        raise UsageProblem(f"{path} is no recording: it is empty.")
    return list(sections.values()), is_cut


def _lines(path: Path) -> list[bytes]:
    try:
        if path.stat().st_size > LARGEST:
            raise UsageProblem(f"{path} is larger than {LARGEST >> 20} MB: no recording is.")
        return path.read_bytes().split(b"\n")
    except FileNotFoundError:
        raise UsageProblem(
            Phrase("there is no recording {path}", path=str(path)),
            hints=[Hint("{client} makes one", client=("Client", {"record": Parameter("…")}))],
        ) from None
    except OSError as problem:
        raise UsageProblem(f"{path} cannot be read: {problem.strerror or problem}.") from None


_VERSION = re.compile(rb'"format":(\d{1,9})[,}]')


def _line(text: bytes, path: Path, number: int) -> Line:
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


def half_line(path: Path) -> bytes:
    """Look whether lines can be added to a file; return the half line that it ends with.

    Raises
    ------
    UsageProblem
        If it is no recording: it is not written to.
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


_TEXTS = ("title", "base_url", "closed", "remark")


def facts_of(provider: Provider) -> dict[str, Any]:
    """Write a provider as a recording keeps it."""
    offset = provider.zone.utcoffset(None) or timedelta(0)
    facts: dict[str, Any] = msgspec.to_builtins(
        replace(provider, composites={}), enc_hook=lambda _zone: offset.total_seconds()
    )
    composites = {action: steps.__name__ for action, steps in provider.composites.items()}
    return facts | {"composites": composites}


def provider_in(facts: dict[str, Any], file: str) -> Provider:
    """Read a provider; whoever made the file by hand may have written anything."""
    try:
        given = dict.fromkeys(_TEXTS, "") | facts
        given["zone"] = facts.get("zone", 0)
        given["actions"] = {
            # A file of an earlier version has the name alone.
            name: {"name": own} if isinstance(own, str) else own
            for name, own in facts.get("actions", {}).items()
        }
        named = given.pop("composites", {})
        provider = msgspec.convert(given, Provider, strict=False, dec_hook=_zone)
        if not provider.name or not provider.methods:
            raise ValueError("no name or method")  # noqa: TRY301 - one of several ways
        composites = {action: COMPOSITES[name] for action, name in named.items()}
        return replace(provider, real_money=False, rate=None, composites=composites)
    except (
        TypeError,
        ValueError,
        KeyError,
        AttributeError,
        OverflowError,
        msgspec.ValidationError,
    ):
        raise UsageProblem(
            f"{file} is damaged: it does not tell of which provider it is."
        ) from None


def _zone(_kind: type, seconds: float) -> tzinfo:
    return timezone(timedelta(seconds=seconds))
