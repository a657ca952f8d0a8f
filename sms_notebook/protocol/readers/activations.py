"""Readers of activations: numbers, their states, their messages."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pandas as pd

from sms_notebook.protocol.broken_json import decode_broken
from sms_notebook.protocol.errors.refusals import denies, refusal
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.frames.tables import CODE_FIELDS, TEXT_FIELDS
from sms_notebook.protocol.readers.numbers import ends_of
from sms_notebook.protocol.readers.shapes import (
    as_json,
    as_map,
    as_record,
    as_rows,
    codeless,
    texts_of,
)
from sms_notebook.protocol.replies import (
    Access,
    Body,
    Context,
    Status,
    Text,
    is_success,
    malformed,
    word,
)

_CHANNELS = ("sms", "call")
_VERIFICATION = {"0": "sms", "1": "call", "2": "voice", "sms": "sms", "call": "call"}
_IDS = next(column.wire for column in tables.NUMBER.columns if column.name == "activation_id")
_FULL_SMS = "FULL_SMS"
"""A word beside the documented ones: the whole message has come."""


def active_activations(body: Body, context: Context) -> pd.DataFrame:
    """Read the activations that are alive; ``NO_ACTIVATIONS`` is an empty frame.

    ``attrs["codeless"]`` has the ids of those beside which no code can be read: nothing has the
    name of one, or there is something else in its place.
    """
    return _active(body, context, with_rents=False)


def all_active(body: Body, context: Context) -> pd.DataFrame:
    """Read all that lives, also the rents where they are activations."""
    return _active(body, context, with_rents=True)


def _active(body: Body, context: Context, *, with_rents: bool) -> pd.DataFrame:
    if isinstance(body, Text):
        skipped = int(body.code == "null")  # none, most likely; but it proves nothing
        return tables.ACTIVE_ACTIVATIONS.empty(context, codeless=[], skipped=skipped)
    rows = as_rows(body, context, *_IDS).named(*_IDS)
    rows = rows if with_rents else rows.rents(context, wanted=False)
    row_texts = [texts_of(row) for row in rows.records]
    return tables.ACTIVE_ACTIVATIONS.from_rows(
        rows.records,
        context,
        {
            "sms_code": [texts.codes[-1] if texts.codes else None for texts in row_texts],
            "sms_codes": [texts.codes for texts in row_texts],
            "sms_text": [texts.words[-1] if texts.words else None for texts in row_texts],
            **ends_of(rows.records, context),
        },
        codeless=codeless(rows.records, row_texts, _IDS),
        **rows.facts,
    )


def status_change(body: Body, context: Context) -> pd.DataFrame:
    """Read ``ACCESS_…``; HTTP 204 and a JSON success say the same without a word."""
    answer = body.code if isinstance(body, Text) else _success(body, context)
    if isinstance(body, Text) and denies(answer):
        raise refusal(body, context)
    if answer == "NO_CONTENT":
        answer = _CHANGED.get(context.params.get("status", ""), Access.READY.value)
    return tables.STATUS_CHANGE.frame(
        {"activation_id": [context.params.get("id")], "status": [answer]}, context
    )


_CHANGED = {
    "1": Access.READY.value,
    "3": Access.RETRY_GET.value,
    "6": Access.ACTIVATION.value,
    "8": Access.CANCEL.value,
    "-1": Access.CANCEL.value,
}


def _success(body: Body, context: Context) -> str:
    """Accept a JSON success where a word was expected."""
    value = as_map(as_json(body, context), context)
    status = word(value.get("status", value.get("success")))
    if status.startswith("ACCESS_"):
        return status
    if not is_success(status):
        raise malformed("a reply without a status", context, body)
    return "NO_CONTENT"


def status(body: Body, context: Context) -> pd.DataFrame:
    """Read ``STATUS_…``; a code keeps its leading zeros, and no code is NA.

    Some say the whole message in place of the code: that is the text, and its only number the code.
    """
    text = body if isinstance(body, Text) else _status_in(body, context)
    code, words = None, context.headers.get("x-text") if text.code == Status.OK else None
    if text.code == _FULL_SMS:
        words = text.rest
    elif text.code in (Status.OK, Status.WAIT_RETRY):
        code = None if text.rest.lower() in _NO_CODES else text.rest
    words = text.info if isinstance(text.info, str) else words
    if text.code == Status.OK and code and _SENTENCE.search(code.strip()):
        words = words or code
        numbers = _NUMBERS.findall(code)
        code = numbers[0] if len(numbers) == 1 else None
    return tables.STATUS.frame(
        {
            "activation_id": [context.params.get("id")],
            "status": [_STATES.get(text.code, text.code)],
            "code": [code],
            "text": [words],
        },
        context,
    )


_SENTENCE = re.compile(r"[^\W\d].*\s|\s.*[^\W\d]", re.DOTALL)
_NO_CODES = ("null", "none", "nil", "undefined", "false")
_NUMBERS = re.compile(r"\d+", re.ASCII)
_STATES = {"ACCESS_CANCEL": Status.CANCEL.value, _FULL_SMS: Status.OK.value}
"""The documented state by another word for it."""


def _status_in(body: Body, context: Context) -> Text:
    """Return the text that stands for a state as JSON."""
    record: Any = as_json(body, context)
    if isinstance(record, dict) and isinstance(record.get("data"), dict):
        outer = word(record.get("status"))
        record = record["data"] if is_success(outer) else {**record, **record["data"]}
    if isinstance(record, list) and len(record) == 1:
        record = record[0]
    if not isinstance(record, dict):
        raise malformed("JSON where a status was expected", context, body)
    states = (word(record.get(name)) for name in ("status", "activationStatus", "state"))
    code, _, rest = next((text for text in states if text.startswith("STATUS_")), "").partition(":")
    texts = texts_of(record)
    rest = rest or (texts.codes[-1] if texts.codes else "")
    latest = texts.words[-1] if texts.words else None
    if not code and (rest or latest):
        code = Status.OK.value
    if not code and any(name in record for name in (*CODE_FIELDS, *TEXT_FIELDS, "data")):
        code = Status.WAIT_CODE.value
    if not code:
        raise malformed("JSON where a status was expected", context, body)
    return Text(code, rest, latest)


def status_v2(body: Body, context: Context) -> pd.DataFrame:
    """Read the messages of an activation, one row each."""
    if isinstance(body, Text):
        return _in_a_word(body, context)
    record = as_map(as_json(body, context), context)
    if isinstance(inner := record.get("data"), dict) and not _FIELDS.isdisjoint(inner):
        record = {name: item for name, item in record.items() if name != "data"} | inner
    kind = word(record.get("verificationType"))
    if "verificationType" not in record and _MESSAGE.isdisjoint(record):
        raise malformed("a reply without messages", context, body)
    messages, skipped = _messages_in(record, kind, context)
    rows = [message for _, message in messages]
    verification = _VERIFICATION.get(kind)
    if kind == "1" and "call" not in record:  # there it says whether a code has come
        verification = "sms"
    texts = [texts_of(row) for row in rows]
    codes = [words.codes[-1] if words.codes else None for words in texts]
    received = any(codes) or any(
        words.words or row.get("url") for words, row in zip(texts, rows, strict=True)
    )
    state = (Status.OK if received else Status.WAIT_CODE).value
    if not rows:
        return tables.MESSAGES.empty(context, status=state, verification_type=verification)
    return tables.MESSAGES.from_rows(
        rows,
        context,
        {
            "activation_id": [context.params.get("id")] * len(rows),
            "channel": [name for name, _ in messages],
            "code": codes,
        },
        skipped=skipped,
        status=state,
        verification_type=verification,
    )


_FIELDS = frozenset(("smsCode", "smsText", "otpList", *_CHANNELS))
_MESSAGE = _FIELDS | {"code", "text"}


def _in_a_word(text: Text, context: Context) -> pd.DataFrame:
    """Read a state that came as a word, and the message in it."""
    state = _STATES.get(text.code, text.code)
    message = {"text": text.rest} if text.code == _FULL_SMS else {"code": text.rest.strip("'\" ")}
    facts: dict[str, Any] = {"status": state, "verification_type": None}
    if state != Status.OK or not text.rest:
        return tables.MESSAGES.empty(context, **facts)
    columns: dict[str, Any] = {"activation_id": [context.params.get("id")], "channel": ["sms"]}
    return tables.MESSAGES.from_rows([message], context, columns, **facts)


def _messages_in(
    record: Mapping[str, Any], kind: str, context: Context
) -> tuple[list[tuple[str, Mapping[str, Any]]], int]:
    """Return the messages of a record with how each came, and how many cannot be read."""
    pairs: list[tuple[str, Mapping[str, Any]]] = []
    skipped = 0
    if not any(isinstance(record.get(name), dict | list) for name in (*_CHANNELS, "data")):
        plain = {name: record[name] for name in record if name in ("smsCode", "smsText")}
        if any(plain.values()):
            pairs.append(("sms", {**record, **plain}))
            return pairs, 0
    for channel in (*_CHANNELS, "data", "otpList"):
        value = record.get(channel) or []
        name = channel if channel in _CHANNELS else ("sms" if kind in ("", "0", "sms") else "call")
        if isinstance(value, dict) and not _says(value) and _has_records(value):
            value = list(value.values())
        messages = value if isinstance(value, list) else [value]
        good = [message for message in messages if isinstance(message, dict)]
        if messages and not good:
            raise malformed("messages of another shape", context, messages[:2])
        skipped += len(messages) - len(good)
        pairs += [
            (kind if (kind := word(message.get("type"))) in _CHANNELS else name, message)
            for message in good
            if message
        ]
    return pairs, skipped


def history(body: Body, context: Context) -> pd.DataFrame:
    """Read past activations; messages come as null, a list, a list in a text, or odd text."""
    if isinstance(body, Text):
        return tables.HISTORY.empty(context)
    rows = as_rows(body, context, *_IDS).named(*_IDS)
    return tables.HISTORY.from_rows(
        rows.records, context, {"sms": [_lines(row) for row in rows.records]}, **rows.facts
    )


def _lines(row: Mapping[str, Any]) -> str | None:
    """Return messages as text, one a line; a code where a message has no words."""
    value = row.get("sms")
    if isinstance(value, str) and value.startswith("["):
        with suppress(ValueError, RecursionError):
            value = decode_broken(value)
    if isinstance(value, str):
        return value
    items = list(value.values()) if isinstance(value, dict) and not _says(value) else value
    lines = [
        line for item in (items if isinstance(items, list) else [items]) for line in _line(item)
    ]
    if not lines:
        texts = texts_of({name: item for name, item in row.items() if name != "sms"})
        lines = texts.words or texts.codes
    return "\n".join(lines) or None


def _says(record: Mapping[str, Any]) -> bool:
    return any(name in record for name in (*CODE_FIELDS, *TEXT_FIELDS))


def _line(item: object) -> list[str]:
    """Return what one message says."""
    if isinstance(item, Mapping):
        texts = texts_of(item)
        return texts.words or texts.codes
    if isinstance(item, list):
        return [line for inner in item[:1000] for line in _line(inner)] if _is_flat(item) else []
    return [] if item is None or isinstance(item, bool) else [word(item)]


def _has_records(value: Mapping[str, Any]) -> bool:
    return any(isinstance(item, dict) for item in value.values())


def _is_flat(items: list[Any]) -> bool:
    return not any(isinstance(item, list) for item in items)


def incoming_call(body: Body, context: Context) -> pd.DataFrame:
    """Read the state of an activation by call."""
    return tables.INCOMING_CALL.from_rows(
        [as_record(body, context)],
        context,
        {"activation_id": [context.params.get("activationId")]},
    )


def all_messages(body: Body, context: Context) -> pd.DataFrame:
    """Read all messages of a number, one row each."""
    if isinstance(body, Text):
        code = body.code if body.code.startswith("STATUS_") else Status.WAIT_CODE.value
        text = body.rest or None
        if body.code in (_FULL_SMS, Status.OK) and text:
            row = {"text": text}
            columns: dict[str, Any] = {"activation_id": [context.params.get("id")]}
            return tables.ALL_MESSAGES.from_rows([row], context, columns, skipped=0)
        return tables.ALL_MESSAGES.empty(context, status=code)
    rows = as_rows(body, context)
    return tables.ALL_MESSAGES.from_rows(
        rows.records,
        context,
        {"activation_id": [context.params.get("id")] * len(rows.records)},
        **rows.facts,
    )


def parse_call(body: Body, context: Context) -> pd.DataFrame:
    """Read whether a call is being parsed again."""
    return tables.PARSE_CALL.from_rows(
        [as_record(body, context)], context, {"activation_id": [context.params.get("id")]}
    )
