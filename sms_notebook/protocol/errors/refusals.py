"""From what the wire said to the error that is raised."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sms_notebook.protocol.errors import codes, tree
from sms_notebook.protocol.errors.families import is_over, is_refusal, meaning, normal
from sms_notebook.protocol.errors.sms_error import Hint, Phrase
from sms_notebook.protocol.frames.times import read_time
from sms_notebook.protocol.replies import (
    FIRST_ERROR_STATUS,
    Context,
    Reply,
    Text,
    code_like,
    excerpt,
    is_block,
    malformed,
    word,
)

_FIRST_CLIENT_ERROR = 400
_TOO_MANY = 429
_FIRST_SERVER_ERROR = 500
_PAUSE = 1.0
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_FINE = Reply(200, b"")


def refusal(text: Text, context: Context, reply: Reply = _FINE) -> tree.SmsError:
    """Make the error for a refusal.

    Parameters
    ----------
    text : Text
        The code, and what came with it.
    context : Context
        Who was asked what.
    reply : Reply
        The reply that it is of. Of its HTTP statuses 429 and 5xx decide whatever the code says;
        else the code does. A long number in it may be one that was bought.

    Returns
    -------
    SmsError
        The class of the code; a plain `ApiError` for an unknown one; `MalformedReply` for a text
        that is no code at all.
    """
    status = reply.status
    if FIRST_ERROR_STATUS <= status < _FIRST_CLIENT_ERROR:
        return malformed(f"a redirect (HTTP {status}), which is not followed", context)
    known = _meaning(text, context)
    if status < _FIRST_CLIENT_ERROR:
        if known is None and not _is_refusal(text):
            return malformed("a reply that this action does not have", context, text.code)
        return _error(text, known, context, reply)
    if status == _TOO_MANY:
        known = codes.meaning("RATE_LIMIT")
    elif status >= _FIRST_SERVER_ERROR:
        known = codes.meaning("SERVER_ERROR")
    elif known is None and status in codes.BY_STATUS and _says_nothing(text, status):
        known = codes.meaning(codes.BY_STATUS[status])
    elif known is None and is_block(text):
        known = _BLOCKED
    return _error(text, known, context, reply)


_BLOCKED = codes.Meaning(
    tree.ApiError,
    "the network in front of the provider refused",
    "Wait a minute, ask less often, or from another address.",
)


def is_error_code(code: str) -> bool:
    """Tell whether a code is known as an error; a state such as STATUS_CANCEL is none."""
    return not code.startswith("STATUS_") and codes.meaning(normal(code)) is not None


def _meaning(text: Text, context: Context) -> codes.Meaning | None:
    """Find what a refusal means: by the provider's own words, the tables, or its kind."""
    code = normal(text.code)
    code = normal(context.words.get(code, code))
    if code == "UNPROCESSABLE_ENTITY":
        return _of_field(text)
    if code == "NO_SUCH_VALUE" and _names_a_number(context):
        code = "NO_ACTIVATION"
    if codes.SAME_AS.get(code, code) == "NOT_FOUND" and not _names_a_number(context):
        return None
    is_sentence = not (code_like(text.code) or text.is_error or _WORD.fullmatch(text.code))
    if is_sentence and not _is_short(text):
        return None
    return meaning(code, context.action)


def _of_field(text: Text) -> codes.Meaning | None:
    """Say which parameter is wrong: ``info`` names it, or what follows the code."""
    name, _, why = text.rest.partition(":")
    if isinstance(text.info, Mapping):
        name = word(text.info.get("field")) or next(iter(text.info), "")
        why = word(text.info.get("code"))
    if not name and text.is_error:
        return codes.meaning("BAD_VALUES")
    wrong = _FIELDS.get(name, "BAD_VALUES")
    kind = known.kind if (known := codes.meaning(wrong)) else tree.BadValue
    name, why = excerpt(name), excerpt(why)
    result = codes.Meaning(kind if why != "REQUIRED" or name == "api_key" else tree.BadValue, "")
    result.what = Phrase("{name} is {why}", name=name or "a value", why=why.lower() or "wrong")
    return result


_FIELDS = {"service": "BAD_SERVICE", "country": "BAD_COUNTRY", "api_key": "BAD_KEY"}


def _names_a_number(context: Context) -> bool:
    """Tell whether an activation or a rent was asked about."""
    return not _IDS.isdisjoint(context.params)


_IDS = frozenset(("id", "activationId"))


def _is_refusal(text: Text) -> bool:
    """Tell a code nobody described, or a sentence in a JSON error, from noise."""
    if text.code.startswith(("ACCESS_", "STATUS_", "NO_CONTENT")):
        return denies(text.code)
    return code_like(text.code) or text.is_error or _WORD.fullmatch(text.code) is not None


def denies(code: str) -> bool:
    """Tell whether a word that begins like an answer is none, as ACCESS_CANCEL_ALREADY."""
    return _DENIAL.search(code) is not None


_WORD = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+", re.ASCII)  # such as no_numbers
_DENIAL = re.compile(r"_(?:ERROR|DENIED|ALREADY|BAD|WRONG|NOT|FAIL)")
_SHORT = 100


def _is_short(text: Text) -> bool:
    """Tell whether a sentence is one: a page of words is no refusal."""
    return len(text.code) <= _SHORT and not text.rest and text.code.isprintable()


def _says_nothing(text: Text, status: int) -> bool:
    """Tell whether only the HTTP status names the error."""
    return status != _NOT_FOUND or not code_like(text.code) or text.code.startswith(_NAMELESS)


_NOT_FOUND = 404
_NAMELESS = ("HTTP_", "ERROR", "NOT_FOUND", "ACCESS_", "STATUS_")


def _error(
    text: Text,
    known: codes.Meaning | None,
    context: Context,
    reply: Reply,
) -> tree.ApiError:
    """Build the error."""
    status, retry_after = reply.status, reply.retry_after
    kind = known.kind if known else tree.ApiError
    facts = _FACTS.get(kind, _nothing)(text, context)
    if kind is tree.RateLimited:
        facts = {"retry_after": retry_after}
    elif kind is tree.EarlyCancelDenied and facts["retry_after"] is None:
        facts = {"retry_after": context.first_cancel if retry_after is None else retry_after}
    wire = excerpt(text.code).rstrip(".")
    if status >= _FIRST_CLIENT_ERROR and not wire.startswith("HTTP_"):
        wire = f"{wire} (HTTP {status})"
    hints = list(known.hints if known else _UNKNOWN)
    if note := context.notes.get(normal(text.code)):
        hints.append(Hint("{note}", note=note))
    legible = _legible(facts)
    what = known.what if known else Phrase("")
    if kind is tree.EarlyCancelDenied and context.first_cancel != kind.retry_after:
        what = Phrase("a number cannot be cancelled so soon after buying")  # not two minutes here
    error = kind(
        what,
        hints=[hint.filled(legible) for hint in hints],
        action=context.action,
        provider=context.provider,
        wire=wire,
    )
    error.code = text.code
    error.details = text.info if text.info is not None else (text.rest or None)
    error.is_definite = _is_definite(text, context, reply)
    if isinstance(error, tree.BadAction):
        error.is_missing = error.is_definite and _is_missing(text, context)
    for name, value in facts.items():
        setattr(error, name, value)
    return error


_UNKNOWN = (Hint("the provider's documentation may explain it"),)


def _is_missing(text: Text, context: Context) -> bool:
    """Tell whether BAD_ACTION says that the action is missing, and nothing else."""
    known, code = _meaning(text, context), normal(text.code)
    synonyms = {code, codes.SAME_AS.get(code, code), context.words.get(code, code)}
    is_named = known is not None and known.kind is tree.BadAction
    return is_named and synonyms.isdisjoint(context.vague)


def _is_definite(text: Text, context: Context, reply: Reply) -> bool:
    """Tell whether it was clearly refused: nothing was bought."""
    status = reply.status
    if status >= _FIRST_SERVER_ERROR or status in codes.GIVING_UP:
        return False
    if status in codes.REFUSING or (status >= _FIRST_CLIENT_ERROR and is_block(text)):
        return True
    if text.code.startswith("HTTP_"):
        return False
    code = normal(text.code)
    if (known := _meaning(text, context)) is not None:
        # A state, where no number was asked about, may be that of one that was bought.
        is_state = code.startswith("STATUS_") and not (denies(code) or _names_a_number(context))
        return not is_state and (known.kind is not tree.ServerError or code in context.words)
    is_enveloped = text.is_error or (
        status >= _FIRST_CLIENT_ERROR and reply.body.lstrip()[:1] == b"{"
    )
    if not (is_enveloped or code_like(text.code) or _WORD.fullmatch(text.code)):
        return False  # a sentence of whoever
    return is_refusal(code, text.rest, text.info, reply.body.decode("utf-8", "replace"))


def _legible(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as a person reads them, also where the provider gave none."""
    legible: dict[str, Any] = {
        "minimum": "the provider's minimum",
        "maximum": "fewer",
        "until": "the provider lifts it",
        "retry_after": _PAUSE,
    }
    legible |= {name: value for name, value in facts.items() if value is not None}
    hours = [str(number) for number in facts.get("available", ())]
    legible["available"] = ", ".join(hours) or "ask for the offers"
    if isinstance(until := legible["until"], datetime):
        legible["until"] = f"{until:%Y-%m-%d %H:%M} UTC"
    return {name: value for name, value in legible.items() if name != "messages"}


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
        if isinstance(candidate, str) and (match := _NUMBER.search(candidate)):
            return _finite(match.group())
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


def _retry_after(text: Text, context: Context) -> dict[str, Any]:
    """Find how long a cancel has to wait: seconds, minutes in the word, or a time."""
    info = text.info
    if isinstance(info, Mapping):
        values = [info.get(key) for key in _SECONDS] + [info.get(key) for key in _TIMES]
    else:
        values = [text.rest, info, text.code]
    waits = (_seconds_in(value, context) for value in values if value is not None)
    return {"retry_after": next((seconds for seconds in waits if seconds is not None), None)}


_SECONDS = (
    *("minActivationTime", "retryAfter", "retry_after", "retry_after_seconds", "seconds"),
    *("wait", "waitSeconds", "lockCancelTime", "timeLeft", "time_left", "remaining", "time"),
)
_TIMES = ("activationCancel", "cancelAfter", "cancel_after", "availableAt", "until", "date")
_TIME = re.compile(r"\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}[:-]\d{2}(?:[:-]\d{2})?\S*|\d{10,13}")
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)[ _]?(h|min|m\b|s|$)?", re.ASCII | re.IGNORECASE)
_UNITS = {"h": 3600.0, "min": 60.0, "m": 60.0}
_LONGEST_WAIT = 24 * 3600.0


def _seconds_in(value: object, context: Context) -> float | None:
    """Read a wait: a moment, or an amount with its unit, seconds where none stands."""
    words = word(value)
    if match := _TIME.search(words):
        try:
            moment = read_time(match.group(), context.zone)
        except ValueError:
            return None
        return max(0.0, (moment - context.fetched_at).total_seconds()) if moment else None
    if (amount := _AMOUNT.search(words[:200])) is None:
        return None
    seconds = float(amount.group(1)) * _UNITS.get((amount.group(2) or "").lower(), 1.0)
    return seconds if seconds <= _LONGEST_WAIT else None


def _hours(text: Text, _context: Context) -> dict[str, Any]:
    """Find the hours that can be had."""
    info = text.info if isinstance(text.info, Mapping) else {}
    values = info.get("available_durations") or info.get("available") or []
    listed = values if isinstance(values, list) else []
    return {"available": tuple(hours for hours in listed if type(hours) is int)}


def _over(text: Text, context: Context) -> dict[str, Any]:
    code = normal(text.code)
    return {"is_over": is_over(normal(context.words.get(code, code))) or "ALREADY" in code}


def _until(text: Text, context: Context) -> dict[str, Any]:
    info = text.info
    value = info.get("banned_until") if isinstance(info, Mapping) else (text.rest or info)
    try:
        until = read_time(value, context.zone)
    except ValueError:
        until = None
    seconds = info.get("retry_after_seconds") if isinstance(info, Mapping) else None
    if until is None and isinstance(seconds, int) and 0 < seconds < _LONGEST_BAN:
        until = context.fetched_at + timedelta(seconds=seconds)
    return {"until": until}


_LONGEST_BAN = 10**9


def _messages(text: Text, _context: Context) -> dict[str, Any]:
    data = text.info.get("data") if isinstance(text.info, Mapping) else text.info
    if data is None:
        return {"messages": [text.rest] if text.rest else []}
    messages = data if isinstance(data, list) else [data]
    # A sentence beside the code is none: "Code received".
    return {
        "messages": [
            item for item in messages if isinstance(item, Mapping) or " " not in word(item)
        ]
    }


_FACTS: dict[type[tree.ApiError], Callable[[Text, Context], dict[str, Any]]] = {
    tree.WrongMaxPrice: _minimum,
    tree.MaxHoursExceeded: _maximum,
    tree.EarlyCancelDenied: _retry_after,
    tree.ActivationNotFound: _over,
    tree.BadRentTime: _hours,
    tree.Banned: _until,
    tree.CodeAlreadyReceived: _messages,
}
