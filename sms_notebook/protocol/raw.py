"""Calls as a person spells them: any action, any parameter, the reply as it came."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from sms_notebook.protocol.arguments import required, text
from sms_notebook.protocol.calls import Action, Call, Effect, answer
from sms_notebook.protocol.errors import UsageProblem
from sms_notebook.protocol.errors.refusals import is_error_code, refusal
from sms_notebook.protocol.frames import Schema
from sms_notebook.protocol.replies import Body, Context, Reply, Text


def raw_answer(reply: Reply, context: Context) -> Any:
    """Decode a reply without reading it: a JSON value, or the protocol's text as it came.

    Raises
    ------
    ApiError
        If the provider refused.
    MalformedReply
        If it cannot be decoded.
    """
    body = answer(reply, context, ("",))
    if not isinstance(body, Text):
        return body
    if body.is_error or is_error_code(body.code):
        raise refusal(body, context, reply)
    return f"{body.code}:{body.rest}" if body.rest else body.code


def spelled_call(action: object, wire_params: dict[str, Any], known: Mapping[str, Action]) -> Call:
    """Make a call as a person spelled it; see `raw_call`.

    Raises
    ------
    UsageProblem
        If a parameter is no plain value, or one that is sent anyway.
    """
    if reserved := {"api_key", "action"} & wire_params.keys():
        for given in reserved:
            del wire_params[given]  # a traceback with locals shows the key otherwise
        raise UsageProblem(f"{min(reserved)} is not a parameter here; it is sent anyway.")
    name = required("action", text("action", action))
    params = {key: raw_value(value) for key, value in wire_params.items() if value is not None}
    return raw_call(name, params, known)


def raw_call(name: str, params: Mapping[str, str], known: Mapping[str, Action]) -> Call:
    """Make a call of any action; one nobody has described is sent once, like a change.

    Parameters
    ----------
    name : str
        The action.
    params : mapping of str to str
        Wire parameters.
    known : mapping
        The actions of the documentation, by name.
    """
    undescribed = Action(name, name, Schema(), raw_frame, Effect.CHANGE)
    return Call(known.get(name, undescribed), params)


def raw_frame(_body: Body, _context: Context) -> pd.DataFrame:
    """Return a frame that says nothing: an undescribed action has no columns."""
    return pd.DataFrame()


def raw_value(value: object) -> str:
    """Write a raw parameter as the wire takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(raw_value, value))
    if not isinstance(value, str | int | float | Decimal) or not str(value).isprintable():
        raise UsageProblem(f"a wire parameter is a plain text or number, not {value!r:.60}.")
    return str(value)
