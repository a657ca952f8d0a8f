"""From what the wire said to the error that is raised."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sms_notebook.protocol.context import Context
from sms_notebook.protocol.errors import codes, tree
from sms_notebook.protocol.replies import Text, code_like, excerpt, malformed
from sms_notebook.protocol.times import read_time

_FIRST_ERROR_STATUS = 300
_FIRST_CLIENT_ERROR = 400
_TOO_MANY = 429
_FIRST_SERVER_ERROR = 500
_PAUSE = 1.0
_EARLY_CANCEL = 120.0
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def is_failure(status: int) -> bool:
    """Tell whether an HTTP status is an error, whatever the body says."""
    return status >= _FIRST_ERROR_STATUS


def refusal(
    text: Text, context: Context, status: int = 200, retry_after: float | None = None
) -> tree.SmsError:
    """Make the error for a refusal.

    Parameters
    ----------
    text : Text
        The code, and what came with it.
    context : Context
        Who was asked what.
    status : int
        The HTTP status: 429 and 5xx decide whatever the code says.
    retry_after : float or None
        From the header.

    Returns
    -------
    SmsError
        The class of the code; a plain `ApiError` for an unknown one; `MalformedReply` for a text
        that is no code at all.
    """
    known = codes.meaning(_normal(text.code), context.action)
    if _FIRST_ERROR_STATUS <= status < _FIRST_CLIENT_ERROR:
        return malformed(f"a redirect (HTTP {status}), which is not followed", context)
    if status < _FIRST_CLIENT_ERROR:
        if known is None and not _is_refusal(text):
            return malformed("a reply that this action does not have", context, text.code)
        return _error(text, known, context, retry_after)
    if status == _TOO_MANY:
        known = codes.meaning("RATE_LIMIT")
    elif status >= _FIRST_SERVER_ERROR:
        known = codes.meaning("SERVER_ERROR")
    elif known is None and status in codes.BY_STATUS:
        known = codes.meaning(codes.BY_STATUS[status])
    return _error(text, known, context, retry_after, status)


def is_error_code(code: str) -> bool:
    """Tell whether a code is known as an error; a state such as STATUS_CANCEL is none."""
    return not code.startswith("STATUS_") and codes.meaning(_normal(code)) is not None


def no_body(status: int) -> Text:
    """Stand in for the body of an HTTP error that cannot be read."""
    return Text(f"HTTP_{status}")


def _is_refusal(text: Text) -> bool:
    """Tell a code nobody described, or a sentence in a JSON error, from noise."""
    if text.code.startswith(("ACCESS_", "STATUS_", "NO_CONTENT")):
        return False
    return code_like(text.code) or text.is_error


def _normal(code: str) -> str:
    """Spell a code as the table does: ``Unauthenticated.`` is UNAUTHENTICATED."""
    return re.sub(r"[^A-Z0-9]+", "_", code.upper()).strip("_")


def _error(
    text: Text,
    known: codes.Meaning | None,
    context: Context,
    retry_after: float | None,
    status: int = 200,
) -> tree.ApiError:
    """Build the error and its one line."""
    kind = known.kind if known else tree.ApiError
    facts = _FACTS.get(kind, _nothing)(text, context)
    if kind is tree.RateLimited:
        facts = {"retry_after": retry_after}
    shown = excerpt(text.code).rstrip(".")
    if status >= _FIRST_CLIENT_ERROR and not shown.startswith("HTTP_"):
        shown = f"{shown} (HTTP {status})"
    code = _normal(text.code)
    says = known.text if known else ""
    next_step = known.next_step if known else "The provider's documentation may explain it."
    line = f"{context.action} at {context.provider}: {shown}"
    line += f": {says}. " if says else ". "
    line += next_step.format_map(_spoken(facts))
    if note := context.notes.get(code):
        line += f" {note}"
    details = text.info if text.info is not None else (text.rest or None)
    error = kind.of(
        line, code=text.code, details=details, action=context.action, provider=context.provider
    )
    error.is_definite = _is_definite(text, known, status)
    for name, value in facts.items():
        setattr(error, name, value)
    return error


def _is_definite(text: Text, known: codes.Meaning | None, status: int) -> bool:
    """Tell whether the provider itself clearly refused: with a known code, or twice over."""
    if status >= _FIRST_SERVER_ERROR or status in codes.GIVING_UP:
        return False
    if status in codes.REFUSING:
        return True
    if known is not None:
        return known.kind is not tree.ServerError and not text.code.startswith("HTTP_")
    named = code_like(text.code) and not text.code.startswith("HTTP_")
    return status >= _FIRST_CLIENT_ERROR and (named or text.is_error)


def _spoken(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Say facts so that a person reads them, also where the provider gave none."""
    said: dict[str, Any] = {"minimum": "the provider's minimum", "maximum": "fewer"}
    said |= {"until": "the provider lifts it", "retry_after": _PAUSE}
    said |= {name: value for name, value in facts.items() if value is not None}
    if isinstance(until := said["until"], datetime):
        said["until"] = f"{until:%Y-%m-%d %H:%M} UTC"
    return said


def _nothing(_text: Text, _context: Context) -> dict[str, Any]:
    return {}


def _number(text: Text, *keys: str) -> float | None:
    """Find a number: in the named fields of the info, else in the text."""
    info = text.info
    if isinstance(info, Mapping):
        candidates = [info.get(key) for key in keys]
    else:
        candidates = [text.rest or info]
    for candidate in candidates:
        if isinstance(candidate, int | float) and not isinstance(candidate, bool):
            return _finite(str(candidate))
        if isinstance(candidate, str) and (found := _NUMBER.search(candidate)):
            return _finite(found.group())
    return None


def _finite(text: str) -> float | None:
    """Read a number; one too large to be meant is none."""
    number = float(text[:40])
    return number if number < float(10**15) else None


def _minimum(text: Text, _context: Context) -> dict[str, Any]:
    return {"minimum": _number(text, "min", "minimum", "minPrice")}


def _maximum(text: Text, _context: Context) -> dict[str, Any]:
    number = _number(text, "max", "maximum")
    return {"maximum": None if number is None else int(number)}


def _retry_after(text: Text, _context: Context) -> dict[str, Any]:
    seconds = _number(text, "retryAfter", "retry_after", "minActivationTime")
    return {"retry_after": _EARLY_CANCEL if seconds is None else seconds}


def _until(text: Text, context: Context) -> dict[str, Any]:
    info = text.info
    value = info.get("banned_until") if isinstance(info, Mapping) else (text.rest or info)
    try:
        return {"until": read_time(value, context.zone)}
    except ValueError:
        return {"until": None}


def _messages(text: Text, _context: Context) -> dict[str, Any]:
    data = text.info.get("data") if isinstance(text.info, Mapping) else text.info
    if data is None:
        return {"messages": [text.rest] if text.rest else []}
    return {"messages": data if isinstance(data, list) else [data]}


_FACTS: dict[type[tree.ApiError], Callable[[Text, Context], dict[str, Any]]] = {
    tree.WrongMaxPrice: _minimum,
    tree.MaxHoursExceeded: _maximum,
    tree.EarlyCancelDenied: _retry_after,
    tree.Banned: _until,
    tree.CodeAlreadyReceived: _messages,
}
