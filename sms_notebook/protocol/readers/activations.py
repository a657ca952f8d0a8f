"""Readers of activations: numbers, their states, their messages."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pandas as pd

from sms_notebook.protocol.context import Context
from sms_notebook.protocol.frames import tables
from sms_notebook.protocol.readers.shapes import (
    as_json,
    as_map,
    as_record,
    as_rows,
)
from sms_notebook.protocol.replies import SUCCESS, Body, Text, malformed, shallow, word

_CHANNELS = ("sms", "call")
_VERIFICATION = {"0": "sms", "1": "call", "2": "voice", "sms": "sms", "call": "call"}


def active_activations(body: Body, context: Context) -> pd.DataFrame:
    """Read the activations that are alive; ``NO_ACTIVATIONS`` is an empty frame."""
    if isinstance(body, Text):
        return tables.ACTIVE_ACTIVATIONS.empty(context)
    rows = as_rows(body, context, "activeActivations", "data", "rows")
    codes = [_several(row.get("smsCode")) for row in rows]
    texts = [_several(row.get("smsText")) for row in rows]
    return tables.ACTIVE_ACTIVATIONS.from_rows(
        rows,
        context,
        {
            "sms_code": [_latest(code) for code in codes],
            "sms_codes": codes,
            "sms_text": [_latest(text) for text in texts],
        },
    )


def _several(value: object) -> object:
    """Return what there is of several, which the wire has as a list or a map, or the one."""
    items = list(value.values()) if isinstance(value, dict) else value
    return [item for item in items if item is not None] if isinstance(items, list) else items


def _latest(value: object) -> object:
    """Return the last of several, or the one."""
    return (value[-1] if value else None) if isinstance(value, list) else value


def number(body: Body, context: Context) -> pd.DataFrame:
    """Read ``ACCESS_NUMBER:id:phone``."""
    if isinstance(body, Text):
        activation_id, _, phone = body.rest.partition(":")
        return tables.NUMBER.frame(
            {"activation_id": [activation_id], "phone_number": [phone]}, context
        )
    return tables.NUMBER.from_rows([as_record(body, context)], context)


def number_v2(body: Body, context: Context) -> pd.DataFrame:
    """Read the record of a number; some providers answer as getNumber does."""
    if isinstance(body, Text):
        bought = number(body, context)
        return tables.NUMBER_V2.from_rows(
            [],
            context,
            {name: bought[name].tolist() for name in ("activation_id", "phone_number")},
        )
    return tables.NUMBER_V2.from_rows([as_record(body, context)], context)


def multi_service(body: Body, context: Context) -> pd.DataFrame:
    """Read one record per service of a number."""
    rows = as_rows(body, context, "data", "activations")
    if not rows:
        raise malformed("a number without an activation", context)
    return tables.MULTI_SERVICE.from_rows(rows, context)


def status_change(body: Body, context: Context) -> pd.DataFrame:
    """Read ``ACCESS_…``; HTTP 204 and a JSON success say the same without a word."""
    said = body.code if isinstance(body, Text) else _success(body, context)
    if said == "NO_CONTENT":
        said = _CHANGED.get(context.params.get("status", ""), "ACCESS_READY")
    return tables.STATUS_CHANGE.frame(
        {"activation_id": [context.params.get("id")], "status": [said]}, context
    )


_CHANGED = {
    "1": "ACCESS_READY",
    "3": "ACCESS_RETRY_GET",
    "6": "ACCESS_ACTIVATION",
    "8": "ACCESS_CANCEL",
    "-1": "ACCESS_CANCEL",
}


def _success(body: Body, context: Context) -> str:
    """Accept a JSON success where a word was expected."""
    status = word(as_map(as_json(body, context), context).get("status"))
    if status.startswith("ACCESS_"):
        return status
    if status not in SUCCESS:
        raise malformed("a reply without a status", context, body)
    return "NO_CONTENT"


def status(body: Body, context: Context) -> pd.DataFrame:
    """Read ``STATUS_…``; a code keeps its leading zeros, and no code is NA."""
    if not isinstance(body, Text):
        raise malformed("JSON where a status was expected", context, body)
    code = body.rest.strip("' ") if body.code in ("STATUS_OK", "STATUS_WAIT_RETRY") else None
    return tables.STATUS.frame(
        {
            "activation_id": [context.params.get("id")],
            "status": [body.code],
            "code": [code],
        },
        context,
    )


def status_v2(body: Body, context: Context) -> pd.DataFrame:
    """Read the messages of an activation, one row each."""
    if isinstance(body, Text):
        return tables.MESSAGES.empty(context, status=body.code, verification_type=None)
    record = as_map(as_json(body, context), context)
    kind = word(record.get("verificationType"))
    if "verificationType" not in record and not any(name in record for name in _CHANNELS):
        raise malformed("a reply without messages", context, body)
    found: list[tuple[str, Mapping[str, Any]]] = []
    for channel in (*_CHANNELS, "data"):
        value = record.get(channel) or []
        name = channel if channel != "data" else ("sms" if kind in ("0", "sms") else "call")
        messages = value if isinstance(value, list) else [value]
        if not all(isinstance(message, dict) for message in messages):
            raise malformed("messages of another shape", context, messages[:2])
        found += [(name, message) for message in messages if message]
    rows = [message for _, message in found]
    verification = _VERIFICATION.get(kind)
    if not rows:
        return tables.MESSAGES.empty(
            context, status="STATUS_WAIT_CODE", verification_type=verification
        )
    received = any(row.get("code") or row.get("text") or row.get("url") for row in rows)
    return tables.MESSAGES.from_rows(
        rows,
        context,
        {
            "activation_id": [context.params.get("id")] * len(rows),
            "channel": [name for name, _ in found],
        },
        status="STATUS_OK" if received else "STATUS_WAIT_CODE",
        verification_type=verification,
    )


def history(body: Body, context: Context) -> pd.DataFrame:
    """Read past activations; messages come as null, a list, a list in a text, or odd text."""
    rows = as_rows(body, context, "data", "history")
    return tables.HISTORY.from_rows(
        rows, context, {"sms": [_lines(row.get("sms")) for row in rows]}
    )


def _lines(value: object) -> object:
    """Return messages as text, one a line."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return value
    if isinstance(value, list):
        return "\n".join(str(shallow(item)) for item in value if item is not None)
    return value


def incoming_call(body: Body, context: Context) -> pd.DataFrame:
    """Read the state of an activation by call."""
    return tables.INCOMING_CALL.from_rows(
        [as_record(body, context)],
        context,
        {"activation_id": [context.params.get("activationId")]},
    )


def extra_check(body: Body, context: Context) -> pd.DataFrame:
    """Read the price of using a number again."""
    return tables.EXTRA_CHECK.from_rows(
        [as_record(body, context, "data")],
        context,
        {"activation_id": [context.params.get("activationId")]},
    )


def parse_call(body: Body, context: Context) -> pd.DataFrame:
    """Read whether a call is being parsed again."""
    if isinstance(body, Text):
        raise malformed("a text where JSON was expected", context, body.code)
    return tables.PARSE_CALL.from_rows(
        [as_record(body, context)], context, {"activation_id": [context.params.get("id")]}
    )
