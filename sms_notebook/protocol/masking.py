"""Masking: phone numbers as ``7999•••1234``, codes and messages whole, so that others may look on.

What is secret in a frame says its schema. A code may be any word of a message, so no text of a
stranger is shown in part; of fields that nobody described only what is known to be harmless is.
Ids stay true: whoever knows one can go on with it.
"""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

import msgspec
import pandas as pd

from sms_notebook.protocol.errors import (
    ApiError,
    CodeAlreadyReceived,
    Found,
    MalformedReply,
    PurchaseUncertain,
    SmsError,
)
from sms_notebook.protocol.errors.refusals import is_error_code
from sms_notebook.protocol.errors.sms_error import ErrorReply, Phrase
from sms_notebook.protocol.frames.kinds import STRING_DTYPE, Secret
from sms_notebook.protocol.frames.schema import Extra, Schema
from sms_notebook.protocol.replies import word
from sms_notebook.protocol.secrets import (
    ADDRESS,
    LONG_RUN,
    LONG_RUN_ALONE,
    MIXED_CODE,
    PHONE,
    PLAIN_FIELDS,
    SECRET_FIELDS,
    SPACED_CODE,
    SPELT_CODE,
    STATES,
    secret_fields,
    secrets_of,
)

HIDDEN = "•••"
"""Stands for what is not shown."""

_MASKED = re.compile(r"(?:\d{3,4})?•••(?:\d{2}|\d{4})?", re.ASCII)
_LONG, _SHORT = 11, 8  # digits of a number, from which on some of them are shown
_LEAST = 3  # characters of a code that is looked for in other texts
_SMALL = 100  # a whole number below that is neither a phone number nor a code
_LARGE = 10**6  # a number from that on may be a phone number
_HARMLESS = PLAIN_FIELDS - SECRET_FIELDS.keys()
_TELLING = {Secret.CODE, Secret.CALLER, Secret.WORDS, Secret.LINK, Secret.LICENCE}
_FACTS = ("provider", "action", "fetched_at")


def masked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that shows neither numbers nor codes; masking twice changes nothing.

    Parameters
    ----------
    frame : DataFrame
        As an action returned it; it is not changed.

    Examples
    --------
    >>> from sms_notebook.protocol.replies import Context
    >>> from sms_notebook.protocol.frames import tables
    >>> values = {"activation_id": ["635468024"], "phone_number": ["79991231234"]}
    >>> masked(tables.NUMBER.frame(values, Context("getNumber")))["phone_number"].item()
    '7999•••1234'
    """
    schema = Schema.of(frame)
    secrets = secrets_of(schema) if schema is not None else {}
    known = _known(frame, secrets)
    result = frame.copy()
    for name, secret in secrets.items():
        result[name] = _column(frame[name], secret, known)
    result.attrs = {
        name: value if name in _FACTS else _loosely(value, known)
        for name, value in frame.attrs.items()
    }
    if "extra" in frame.attrs:
        result.attrs["extra"] = Extra(
            {
                name: [_strictly(item, known, name) for item in v]
                for name, v in frame.attrs["extra"].items()
            }
        )
    return result


def masked_value(value: Any, secret: Secret, known: Collection[str] = ()) -> Any:
    """Return one value as it may be seen.

    Parameters
    ----------
    value : object
        A text, a list of texts, or nothing.
    secret : Secret
        What it tells.
    known : collection of str
        What else must not stand in it.
    """
    if isinstance(value, list):
        return [masked_value(item, secret, known) for item in value]
    return _HOW[secret](value, known) if isinstance(value, str) and value else value


def masked_text(text: str) -> str:
    """Return a text without the numbers and codes in it.

    Examples
    --------
    >>> masked_text("WhatsApp code 123-456")
    'WhatsApp code •••'
    """
    return _words(text, ())


def masked_raw(value: Any) -> Any:
    """Return a decoded reply of any action: fields and words that are known to be harmless."""
    return _text_reply(value) if isinstance(value, str) else _strictly(value, ())


def _text_reply(text: str) -> str:
    """Return ``WORD:rest`` with the word, where that is known, an amount or an id."""
    code, colon, rest = text.partition(":")
    if not _is_word(code):
        return HIDDEN if text else text
    if not colon or code == "ACCESS_BALANCE":
        return text
    ref, colon, phone = rest.partition(":")
    if code in ("ACCESS_NUMBER", "ASLEEP") and colon:
        return f"{code}:{ref}:{_phone(phone.partition(':')[0], ())}"
    return f"{code}:{HIDDEN}"


def _is_word(text: str) -> bool:
    return text in STATES or is_error_code(text)


def mask_error(error: SmsError) -> None:
    """Take numbers and codes out of an error, and of those that it came of."""
    ids: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in ids:
        ids.add(id(link))
        if isinstance(link, SmsError):
            _mask_link(link)
        link = link.__cause__ or link.__context__


def _mask_link(error: SmsError) -> None:
    """Hide the reply, a code that had come, a number in a sentence."""
    if error.reply is not None:
        error.reply = _masked_reply(error.reply)
    if not isinstance(error, ApiError | MalformedReply | PurchaseUncertain):
        return  # that is a sentence of ours: what is long in it is an id
    error.found = _masked_ids(error.found)
    if isinstance(error, PurchaseUncertain):
        error.candidates = _masked_ids(error.candidates)
    if isinstance(error, MalformedReply) and error.what.parts.get("quote"):
        error.what = Phrase(error.what.template, **{**error.what.parts, "quote": f" ({HIDDEN})"})
    if isinstance(error, CodeAlreadyReceived):
        error.messages = _strictly(error.messages, ())
    if isinstance(error, ApiError):
        error.details = _strictly(error.details, ())
        if not _TELLING.isdisjoint(secret_fields(error.action or "").values()):
            error.wire = _wire(error.wire)  # a sentence may tell the code that had come
            error.code = _wire(error.code)
        error.code = _quoting(error.code, ())
    hide = _quoting if not isinstance(error, CodeAlreadyReceived | MalformedReply) else _words
    error.rewrite(lambda text: hide(text, ()))


def _masked_reply(reply: ErrorReply) -> ErrorReply:
    """Return a reply with what is known to be harmless in it."""
    try:
        value = _strictly(msgspec.json.decode(reply.text), ())
        text = msgspec.json.encode(value).decode()
    except (ValueError, RecursionError):  # a text, a page, or cut short
        text = _text_reply(reply.text.strip())
    headers = {
        name: HIDDEN if name == "x-text" else content for name, content in reply.headers.items()
    }
    return replace(reply, headers=headers, text=text)


def _wire(text: str) -> str:
    """Return what a provider said, if that is a word of the protocol."""
    words, status, rest = text.partition(" (HTTP ")
    code = words.partition(":")[0].strip()
    visible = code if _is_word(code) or re.fullmatch(r"HTTP_\d{3}", code) else HIDDEN
    return f"{visible}{status}{rest}" if text else text


def _masked_ids(items: Iterable[Found]) -> tuple[Found, ...]:
    return tuple(
        item._replace(phone_number=masked_value(item.phone_number, Secret.PHONE)) for item in items
    )


def _known(frame: pd.DataFrame, secrets: dict[str, Secret]) -> list[str]:
    """Return the secrets of a frame, the longest first: they may stand in other texts too."""
    texts: set[str] = set()
    for name, secret in secrets.items():
        if secret in (Secret.WORDS, Secret.REMARK):
            continue
        for value in frame[name]:
            texts.update(
                item for item in (value if isinstance(value, list) else [value]) if _is(item)
            )
    return sorted(texts, key=len, reverse=True)


def _is(value: object) -> bool:
    return isinstance(value, str) and len(value) >= _LEAST and HIDDEN not in value


def _column(values: "pd.Series[Any]", secret: Secret, known: Collection[str]) -> Any:
    result = [masked_value(value, secret, known) for value in values]
    if values.dtype == object:
        return pd.Series(result, index=values.index, dtype=object)
    return pd.array(result, dtype=STRING_DTYPE)


def _phone(text: str, _known: Collection[str]) -> str:
    if _MASKED.fullmatch(text):
        return text
    if not (text.isascii() and text.isdigit()) or len(text) < _SHORT:
        return HIDDEN
    head, tail = (4, 4) if len(text) >= _LONG else (3, 2)
    return f"{text[:head]}{HIDDEN}{text[-tail:]}"


def _caller(text: str, known: Collection[str]) -> str:
    result = _phone(text, known)
    return result[: result.index(HIDDEN)] + HIDDEN


def _hidden(_text: str, _known: Collection[str]) -> str:
    return HIDDEN


def _words(text: str, known: Collection[str]) -> str:
    text = PHONE.sub(HIDDEN, ADDRESS.sub(HIDDEN, _without(text, known)))
    return SPELT_CODE.sub(HIDDEN, SPACED_CODE.sub(HIDDEN, MIXED_CODE.sub(HIDDEN, text)))


def _remark(text: str, known: Collection[str]) -> str:
    return LONG_RUN.sub(HIDDEN, PHONE.sub(HIDDEN, _without(text, known)))


def _quoting(text: str, _known: Collection[str]) -> str:
    """Hide numbers in a sentence that may quote a reply; an order id is none."""
    return LONG_RUN_ALONE.sub(HIDDEN, PHONE.sub(HIDDEN, text))


def _without(text: str, known: Iterable[str]) -> str:
    folded = text.lower()
    for secret in known:
        if secret.lower() in folded:  # a frame may know thousands
            text = re.sub(re.escape(secret), HIDDEN, text, flags=re.IGNORECASE)
    return text


_HOW: dict[Secret, Callable[[str, Collection[str]], str]] = {
    Secret.PHONE: _phone,
    Secret.CALLER: _caller,
    Secret.CODE: _hidden,
    Secret.WORDS: _hidden,
    Secret.LINK: _hidden,
    Secret.LICENCE: _hidden,
    Secret.REMARK: _remark,
}


def _strictly(value: Any, known: Collection[str], name: str = "") -> Any:
    """Hide whatever could be a number or a code, where nobody knows what a field is."""
    if isinstance(value, dict):
        return {
            key if _is_name(key) else HIDDEN + str(place): _strictly(item, known, key)
            for place, (key, item) in enumerate(value.items())
        }
    if isinstance(value, list):
        return [_strictly(item, known, name) for item in value]
    if name in _HARMLESS:
        is_id = name.lower().endswith("id")
        return value if is_id and word(value) else _loosely(value, known)
    if isinstance(value, str) and value:
        return HIDDEN
    is_small = isinstance(value, bool) or (isinstance(value, int) and abs(value) < _SMALL)
    return HIDDEN if isinstance(value, int | float) and not is_small else value


def _is_name(key: str) -> bool:
    """Tell whether a key is a field's name or a short id, as of a country or a service."""
    return _NAME.fullmatch(key) is not None


_NAME = re.compile(r"\d{1,3}|[a-z][A-Za-z_]{0,39}\d{0,2}", re.ASCII)


def _loosely(value: Any, known: Collection[str]) -> Any:
    """Hide what is known, and what can only be a phone number."""
    if isinstance(value, dict):
        return {_remark(str(name), known): _loosely(item, known) for name, item in value.items()}
    if isinstance(value, list):
        return [_loosely(item, known) for item in value]
    if isinstance(value, str):
        return _remark(value, known)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return HIDDEN if is_number and abs(value) >= _LARGE else value
