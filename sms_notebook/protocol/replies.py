"""From bytes to a value: JSON, or one of the protocol's texts.

The Content-Type is never trusted: JSON is usually served as ``text/html``. A reply that cannot be
read is an error, and its message never holds the whole page.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from sms_notebook.protocol.broken_json import decode_broken
from sms_notebook.protocol.errors import MalformedReply
from sms_notebook.protocol.errors.sms_error import ErrorReply, Hint, Phrase

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
FIRST_ERROR_STATUS = 300
_NO_CONTENT = 204
_EXCERPT = 80
_LEVELS = 8
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_CODE_LIKE = re.compile(r"[A-Z][A-Z0-9_]*$", re.ASCII)
_SUCCESS = ("success", "ok", "true", "1")
_FAILURE = ("error", "false", "fail", "failed", "failure", "0")
_NO_ERROR = ("", "0", "false")
_NAMES = (
    *("error_code", "errorCode", "title", "error", "message", "msg", "error_msg"),
    *("errorMessage", "details"),
)
_ENVELOPE = frozenset((*_NAMES, "status", "success", "info", "code", "errors"))
_PAGE = re.compile(rb"<body[^>]*>\s*([\[{].*[\]}])\s*</body>", re.IGNORECASE | re.DOTALL)
_BLOCKED = re.compile(r"error code: \d+", re.IGNORECASE)


SHOWN_HEADERS = ("content-type", "retry-after")
"""Headers that an error tells, besides."""
_LONGEST = 65_536  # characters of a reply that an error keeps
TELLING_HEADERS = ("x-price", "x-text", "x-sandbox")
"""Headers that say what a purchase cost, the whole message, and that a sandbox of ours answers."""


class Reply(msgspec.Struct, frozen=True):
    """What came over the wire.

    Attributes
    ----------
    status : int
        The HTTP status.
    body : bytes
        The decoded body, with the key already taken out of it.
    retry_after : float or None
        Seconds, from the ``Retry-After`` header.
    at : datetime or None
        When it came, where that was recorded.
    headers : mapping of str to str
        Those that tell something; what a few providers say there: ``x-price``, ``x-text``.
    """

    status: int
    body: bytes
    retry_after: float | None = None
    at: datetime | None = None
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)


def error_reply(reply: Reply | None) -> ErrorReply | None:
    """Return a reply as an error keeps it."""
    if reply is None:
        return None
    text = reply.body[: 4 * _LONGEST].decode("utf-8", "replace")[:_LONGEST]
    return ErrorReply(reply.status, dict(reply.headers), text)


class Context(msgspec.Struct, frozen=True):
    """Who was asked what, and when.

    Attributes
    ----------
    action : str
        The API's name of the action.
    params : mapping of str to str
        What was asked for, by the API's names, without the key.
    provider : str
        The provider's name.
    zone : tzinfo
        The zone of the provider's times that name none.
    notes : mapping of str to str
        What this provider means by an error code, where it is peculiar.
    fetched_at : datetime
        When the reply came, in UTC.
    words : mapping of str to str
        The API's error code by a word of the provider's own that means the same.
    vague : tuple of str
        Error codes that mean several things here.
    tier_count : str
        What the count beside a price says where prices come as a map: ``exact``, ``cumulative`` or
        ``not known``.
    stock_suffix : str
        What follows the service in a key of the stock: ``forward`` or ``country``.
    first_cancel : float
        Seconds in which an activation cannot be cancelled, where a refusal does not say it.
    headers : mapping of str to str
        What the reply says in its headers.
    currency : str
        ISO 4217, of amounts beside which none stands; empty where that is not known.
    rents_among : bool
        Whether lists of activations hold rents, marked with ``subtype`` 2.
    """

    action: str
    params: Mapping[str, str] = msgspec.field(default_factory=dict)
    provider: str = "unknown"
    zone: tzinfo = UTC
    notes: Mapping[str, str] = msgspec.field(default_factory=dict)
    fetched_at: datetime = msgspec.field(default_factory=lambda: datetime.now(UTC))
    words: Mapping[str, str] = msgspec.field(default_factory=dict)
    vague: tuple[str, ...] = ()
    tier_count: str = "not known"
    stock_suffix: str = "forward"
    first_cancel: float = 120.0
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    currency: str = ""
    rents_among: bool = False


class Text(NamedTuple):
    """One of the protocol's texts, ``CODE`` or ``CODE:rest``, or a JSON error that holds one.

    ``is_error`` says that the wire itself called it one, and ``is_blocked`` that somebody in front
    of the provider answered.
    """

    code: str
    rest: str = ""
    info: Any = None
    is_error: bool = False
    is_blocked: bool = False


class Status(StrEnum):
    """How an activation or a rent stands: getStatus, getRentStatus in the API documentation."""

    WAIT_CODE = "STATUS_WAIT_CODE"
    WAIT_RETRY = "STATUS_WAIT_RETRY"
    """One more code is awaited."""
    WAIT_RESEND = "STATUS_WAIT_RESEND"
    OK = "STATUS_OK"
    """A code or a message has come."""
    CANCEL = "STATUS_CANCEL"
    """It is over; of an activation this may also mean that it is finished."""
    FINISH = "STATUS_FINISH"
    """A rent is over, and paid for."""
    REVOKE = "STATUS_REVOKE"
    """A rent was taken back, and so is the money."""


class Access(StrEnum):
    """What a change of an activation brought: setStatus in the API documentation."""

    READY = "ACCESS_READY"
    RETRY_GET = "ACCESS_RETRY_GET"
    """One more code is awaited."""
    ACTIVATION = "ACCESS_ACTIVATION"
    """It is finished."""
    CANCEL = "ACCESS_CANCEL"
    """It is over, and the money came back."""


Body = Text | dict[str, Any] | list[Any]
Decode = Callable[[bytes], Any]


def decode(reply: Reply, context: Context, decode_json: Decode = msgspec.json.decode) -> Body:
    """Decode a reply to a value; a JSON error becomes the `Text` that it stands for.

    A broken text in it hides no other: U+FFFD stands where no character is.

    Raises
    ------
    MalformedReply
        If it is empty, cut short, a web page or neither JSON nor text.
    """
    content = reply.body.removeprefix(_BYTE_ORDER_MARK).strip()
    if not content:
        if reply.status == _NO_CONTENT:
            return Text("NO_CONTENT")
        raise malformed("an empty reply", context)
    if (embedded := json_in(content)) is not None:
        try:
            value = decode_broken(embedded, decode_json)
        except (ValueError, RecursionError) as error:
            broken = malformed("JSON that is cut short or broken", context, embedded)
            broken.is_cut = "truncated" in str(error)
            raise broken from None
        return (_as_text(value) or value) if isinstance(value, dict) else value
    if content[:1] == b"<":
        raise malformed("a web page", context, content)
    text = content.decode("utf-8", "replace")
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    code, _, rest = text.partition(":")
    return Text(code.strip(), rest.strip())


def json_in(content: bytes) -> bytes | None:
    """Return the JSON of a body, also where it is served as a page; None where it has none."""
    content = content.removeprefix(_BYTE_ORDER_MARK).strip()
    if content[:1] == b"<" and (page := _PAGE.search(content)):
        return page.group(1)
    return content if content[:1] in (b"{", b"[") else None


def is_failure(status: int) -> bool:
    """Tell whether an HTTP status is an error, whatever the body says."""
    return status >= FIRST_ERROR_STATUS


def no_body(status: int, content: bytes = b"") -> Text:
    """Stand in for the body of an HTTP error that cannot be read.

    A web page is of somebody in front: the provider itself never saw the request.
    """
    is_page = content.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] == b"<"
    return Text(f"HTTP_{status}", is_blocked=is_page)


def is_block(text: Text) -> bool:
    """Tell whether a text is of the network in front of the provider, as ``error code: 1020``."""
    return text.is_blocked or _BLOCKED.fullmatch(f"{text.code}: {text.rest}") is not None


def is_success(value: object) -> bool:
    """Tell whether a status of a JSON reply says that it is no error."""
    return word(value).strip().lower() in _SUCCESS


def code_like(code: str) -> bool:
    """Tell whether this looks like a code of the protocol rather than prose."""
    return _CODE_LIKE.match(code) is not None


_IF_IT_STAYS = (
    Hint("try again; if it stays, the provider has changed or something stands in between"),
)


def malformed(what: str, context: Context, content: bytes | object = b"") -> MalformedReply:
    """Make the error for a reply that cannot be read, with a short excerpt."""
    beginning = excerpt(content if isinstance(content, bytes) else str(shallow(content)))
    quote = f" ({beginning})" if beginning else ""
    return MalformedReply(
        Phrase("{what}{quote}", what=what, quote=quote),
        hints=_IF_IT_STAYS,
        action=context.action,
        provider=context.provider,
    )


def shallow(value: Any, levels: int = _LEVELS) -> Any:
    """Cut off what a stranger nested too deeply to be shown, copied or saved."""
    if isinstance(value, dict):
        return {name: shallow(item, levels - 1) for name, item in value.items()} if levels else "…"
    if isinstance(value, list):
        return [shallow(item, levels - 1) for item in value] if levels else "…"
    return value


def word(value: object) -> str:
    """Write a plain value as text; one that holds others says nothing."""
    return "" if isinstance(value, dict | list) else str(value)


def excerpt(content: bytes | str) -> str:
    """Return a few printable characters of a reply: the title of a web page, else its beginning."""
    start = content[:8192].decode("utf-8", "replace") if isinstance(content, bytes) else content
    text = start[:4096]
    if match := _TITLE.search(text):
        text = match.group(1)
    elif text.lstrip().startswith("<"):
        return "no title"
    text = " ".join("".join(c if c.isprintable() else " " for c in text[:500]).split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"


def _as_text(value: Mapping[str, Any]) -> Text | None:
    """Return the text for which a JSON error stands, or None where it is no error."""
    if isinstance(within := value.get("error"), dict):
        value = {"status": "error", **within, **{k: v for k, v in value.items() if k != "error"}}
    status = word(value.get("status", value.get("success"))).strip()
    named = filter(None, (value.get(name) for name in ("error", "error_code", "errorCode")))
    is_error = status.lower() in _FAILURE or any(
        word(name).lower() not in _NO_ERROR for name in named
    )
    fields = {name for name, item in value.items() if name in _ENVELOPE or not _is_empty(item)}
    if is_success(status) or (not is_error and not fields <= _ENVELOPE):
        return None  # there is more in it than a message
    names = [
        name.strip() for key in _NAMES if isinstance(name := value.get(key), str) and name.strip()
    ]
    if status == "0" and not names:
        return None  # a number of a state
    if code_like(_code_and_rest(status)[0]) and status.lower() not in _FAILURE:
        if "code" in value and status.startswith("STATUS_"):
            return None  # a state, and the code beside it
        names.insert(0, status)
    if not names and status.lower() not in _FAILURE:
        return None
    if names and isinstance(code := value.get("code"), str):
        names.append(code)
    info = value.get("info")
    info = next((item for item in (info, value.get("errors"), value.get("details")) if item), info)
    code, rest = _code_and_rest(_best(names))
    return Text(code, rest, shallow(info), is_error)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, list | dict) and not value)


def _best(names: list[str]) -> str:
    """Choose the name that is a code; providers also send a sentence beside it.

    UNPROCESSABLE_ENTITY only says that there is a better one.
    """
    codes = [name for name in names if code_like(_code_and_rest(name)[0])]
    codes.sort(key=lambda name: _code_and_rest(name)[0] in _GENERAL)
    return next(iter(codes or names), "ERROR")


_GENERAL = ("UNPROCESSABLE_ENTITY", "VALIDATION_ERROR", "BAD_REQUEST", "ERROR", "FAIL", "FALSE")
"""Codes that say nothing beside another one."""


def _code_and_rest(text: str) -> tuple[str, str]:
    """Split ``CODE:rest`` at the first colon; a sentence stays whole."""
    code, _, rest = text.partition(":")
    return (code.strip(), rest.strip()) if code_like(code.strip()) else (text, "")
