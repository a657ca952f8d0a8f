"""From bytes to a value: JSON, or one of the protocol's texts.

The Content-Type is never trusted: JSON is usually served as ``text/html``. A reply that cannot be
read is an error, and its message never holds the whole page.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from sms_notebook.protocol.context import Context
from sms_notebook.protocol.errors import MalformedReply

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NO_CONTENT = 204
_EXCERPT = 80
_LEVELS = 8
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_CODE_LIKE = re.compile(r"[A-Z][A-Z0-9_]*$", re.ASCII)
SUCCESS = ("success", "ok", "true", "1", "True")
"""How a JSON reply says that it is no error."""
_FAILURE = ("error", "false", "fail", "failed", "False")
_NAMES = ("message", "msg", "error", "errorCode", "title", "details")
_ENVELOPE = frozenset((*_NAMES, "status", "info", "code"))


@dataclass(frozen=True, slots=True)
class Reply:
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
    """

    status: int
    body: bytes
    retry_after: float | None = None
    at: datetime | None = None


class Text(NamedTuple):
    """One of the protocol's texts, ``CODE`` or ``CODE:rest``, or a JSON error that holds one.

    ``is_error`` says that the wire itself called it one.
    """

    code: str
    rest: str = ""
    info: Any = None
    is_error: bool = False


Body = Text | dict[str, Any] | list[Any]
Decode = Callable[[bytes], Any]


def decode(reply: Reply, context: Context, decode_json: Decode = msgspec.json.decode) -> Body:
    """Decode a reply to a value; a JSON error becomes the `Text` that it stands for.

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
    if content[:1] in b"{[":
        try:
            value = decode_json(content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise malformed("JSON that is cut short or broken", context, content) from None
        return (_as_text(value) or value) if isinstance(value, dict) else value
    if content[:1] == b"<":
        raise malformed("a web page", context, content)
    text = content.decode("utf-8", "replace")
    code, _, rest = text.strip('"').partition(":")
    return Text(code.strip(), rest.strip())


def code_like(code: str) -> bool:
    """Tell whether this looks like a code of the protocol rather than prose."""
    return _CODE_LIKE.match(code) is not None


def malformed(what: str, context: Context, content: bytes | object = b"") -> MalformedReply:
    """Make the error for a reply that cannot be read, with a short excerpt."""
    shown = excerpt(content if isinstance(content, bytes) else str(shallow(content)))
    seen = f" ({shown})" if shown else ""
    return MalformedReply(
        f"{context.action} at {context.provider}: {what}{seen}. "
        "Try again; if it stays, the provider has changed or something stands in between.",
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
    if found := _TITLE.search(text):
        text = found.group(1)
    elif text.lstrip().startswith("<"):
        return "no title"
    text = " ".join("".join(c if c.isprintable() else " " for c in text[:500]).split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"


def _as_text(value: Mapping[str, Any]) -> Text | None:
    """Return the text for which a JSON error stands, or None where it is no error."""
    status = word(value.get("status"))
    is_error = status in _FAILURE or bool(value.get("error"))
    if status in SUCCESS or (not is_error and not value.keys() <= _ENVELOPE):
        return None  # there is more in it than a message
    names = [
        name.strip() for key in _NAMES if isinstance(name := value.get(key), str) and name.strip()
    ]
    if not names and status not in _FAILURE:
        return None
    info = value.get("info")
    info = shallow(info if info is not None else value.get("details"))
    code, rest = _code_and_rest(_best(names))
    return Text(code, rest, info, is_error)


def _best(names: list[str]) -> str:
    """Choose the name that is a code; providers also send a sentence beside it."""
    codes = (name for name in names if code_like(_code_and_rest(name)[0]))
    return next(codes, names[0] if names else "ERROR")


def _code_and_rest(text: str) -> tuple[str, str]:
    """Split ``CODE:rest`` at the first colon; a sentence stays whole."""
    code, _, rest = text.partition(":")
    return (code.strip(), rest.strip()) if code_like(code.strip()) else (text, "")
