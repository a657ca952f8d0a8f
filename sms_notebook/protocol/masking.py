"""Masking: phone numbers and codes as ``7999•••1234``, so that others may look on.

What is secret in a frame says its schema. Ids stay true: whoever knows one can go on with it.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

import pandas as pd

from sms_notebook.protocol.errors import (
    ApiError,
    CodeAlreadyReceived,
    MalformedReply,
    PurchaseUncertain,
    SmsError,
)
from sms_notebook.protocol.frames.kinds import STRING_DTYPE, Secret
from sms_notebook.protocol.frames.schema import Extra, Schema

HIDDEN = "•••"
"""Stands for what is not shown."""

_MASKED = re.compile(r"(?:\d{3,4})?•••(?:\d{2}|\d{4})?", re.ASCII)
_LONG, _SHORT = 11, 8  # digits of a number, from which on some of them are shown
_SAID = re.compile(
    r"\d(?:[ .\u00a0-]{0,2}\d){2,}"
)  # a code as messages write it: 12345, 123-456, 1 2 3 4
_MIXED = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)[A-Za-z0-9]{4,}", re.ASCII)  # AB12
_ADDRESS = re.compile(r"https?://[^\s•]+", re.IGNORECASE)  # whoever opens it may be let in
_PHONE = re.compile(r"\+\d(?:[ ()./-]{0,3}\d){6,}")
_SPELT = re.compile(
    r"(?<!\d)\d{1,2}(?:[\s.,/\u200b-\u200d\u2010-\u2015-]{1,3}\d{1,2})+(?!\d)"
)  # a code in pieces: 1, 2, 3, 4
_RUN = re.compile(r"\d{7,}")
_RUN_ALONE = re.compile(r"(?<![A-Za-z0-9])\d{7,}(?![A-Za-z0-9])")
_LEAST = 3  # characters of a code that is looked for in other texts
_SMALL = 1000  # a number below that is neither a phone number nor a code
_FACTS = ("provider", "action", "fetched_at")


def masked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame that shows neither numbers nor codes; masking twice changes nothing.

    Parameters
    ----------
    frame : DataFrame
        As an action returned it; it is not changed.

    Examples
    --------
    >>> from sms_notebook.protocol.context import Context
    >>> from sms_notebook.protocol.frames import tables
    >>> values = {"activation_id": ["635468024"], "phone_number": ["79991231234"]}
    >>> masked(tables.NUMBER.frame(values, Context("getNumber")))
      activation_id phone_number
    0     635468024  7999•••1234
    """
    schema = Schema.of(frame)
    secrets = {
        column.name: column.kind.secret
        for column in (schema.columns if schema is not None else ())
        if column.kind.secret is not None
    }
    known = _known(frame, secrets)
    shown = frame.copy()
    for name, secret in secrets.items():
        shown[name] = _column(frame[name], secret, known)
    shown.attrs = {
        name: value if name in _FACTS else _loosely(value, known)
        for name, value in frame.attrs.items()
    }
    if "extra" in frame.attrs:
        shown.attrs["extra"] = Extra(
            {name: [_strictly(one, known) for one in v] for name, v in frame.attrs["extra"].items()}
        )
    return shown


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
        return [masked_value(one, secret, known) for one in value]
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
    """Return a decoded reply of any action without whatever could be a number or a code."""
    return _strictly(value, ())


def mask_error(error: SmsError) -> None:
    """Take numbers and codes out of an error, and of those that it came of."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        if isinstance(one, SmsError):
            _mask_one(one)
        one = one.__cause__ or one.__context__


def _mask_one(error: SmsError) -> None:
    """Hide the excerpt of a reply, a code that had come, a number in a sentence."""
    hide: Callable[[str, Collection[str]], str]
    if isinstance(error, CodeAlreadyReceived | MalformedReply):
        hide = _words
    elif isinstance(error, ApiError | PurchaseUncertain):
        hide = _quoting
    else:
        return  # that is a sentence of ours: what is long in it is an id
    if isinstance(error, CodeAlreadyReceived):
        error.messages = _strictly(error.messages, ())
    if isinstance(error, ApiError):
        error.code, error.details = hide(error.code, ()), _strictly(error.details, ())
    where, colon, what = str(error).partition(": ")
    error.args = (f"{where}{colon}{hide(what, ())}",)


def _known(frame: pd.DataFrame, secrets: dict[str, Secret]) -> list[str]:
    """Return the secrets of a frame, the longest first: they may stand in other texts too."""
    found: set[str] = set()
    for name, secret in secrets.items():
        if secret in (Secret.WORDS, Secret.REMARK):
            continue
        for value in frame[name]:
            found.update(one for one in (value if isinstance(value, list) else [value]) if _is(one))
    return sorted(found, key=len, reverse=True)


def _is(value: object) -> bool:
    return isinstance(value, str) and len(value) >= _LEAST and HIDDEN not in value


def _column(values: "pd.Series[Any]", secret: Secret, known: Collection[str]) -> Any:
    shown = [masked_value(value, secret, known) for value in values]
    if values.dtype == object:
        return pd.Series(shown, index=values.index, dtype=object)
    return pd.array(shown, dtype=STRING_DTYPE)


def _phone(text: str, _known: Collection[str]) -> str:
    if _MASKED.fullmatch(text):
        return text
    if not (text.isascii() and text.isdigit()) or len(text) < _SHORT:
        return HIDDEN
    head, tail = (4, 4) if len(text) >= _LONG else (3, 2)
    return f"{text[:head]}{HIDDEN}{text[-tail:]}"


def _caller(text: str, known: Collection[str]) -> str:
    shown = _phone(text, known)
    return shown[: shown.index(HIDDEN)] + HIDDEN


def _hidden(_text: str, _known: Collection[str]) -> str:
    return HIDDEN


def _words(text: str, known: Collection[str]) -> str:
    text = _PHONE.sub(HIDDEN, _ADDRESS.sub(HIDDEN, _without(text, known)))
    return _SPELT.sub(HIDDEN, _SAID.sub(HIDDEN, _MIXED.sub(HIDDEN, text)))


def _remark(text: str, known: Collection[str]) -> str:
    return _RUN.sub(HIDDEN, _PHONE.sub(HIDDEN, _without(text, known)))


def _quoting(text: str, _known: Collection[str]) -> str:
    """Hide numbers in a sentence that may quote a reply; an order id is none."""
    return _RUN_ALONE.sub(HIDDEN, _PHONE.sub(HIDDEN, text))


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
    Secret.WORDS: _words,
    Secret.LINK: _hidden,
    Secret.LICENCE: _hidden,
    Secret.REMARK: _remark,
}


def _strictly(value: Any, known: Collection[str]) -> Any:
    """Hide whatever could be a number or a code: nobody knows what this field is."""
    return _walked(value, lambda text: _words(text, known), _SMALL)


def _loosely(value: Any, known: Collection[str]) -> Any:
    """Hide what is known, and what can only be a phone number."""
    return _walked(value, lambda text: _remark(text, known), 10**6)


def _walked(value: Any, hide: Callable[[str], str], least: int) -> Any:
    if isinstance(value, dict):
        return {hide(str(name)): _walked(one, hide, least) for name, one in value.items()}
    if isinstance(value, list):
        return [_walked(one, hide, least) for one in value]
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= least:
        return HIDDEN
    return value
