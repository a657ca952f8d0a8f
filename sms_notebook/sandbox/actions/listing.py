"""Lists of activations: those that are active, and the history."""

from datetime import timedelta
from typing import Any

from sms_notebook.sandbox.activations import Activation, Stage
from sms_notebook.sandbox.answers import USD, Answer, as_json, in_json, number, refused, wire_time
from sms_notebook.sandbox.market import RANK_DISCOUNT
from sms_notebook.sandbox.params import Params, at_least, integer, text
from sms_notebook.sandbox.state import State

HISTORY_DAYS = 30
MOST_ROWS = 100

_SLACK = timedelta(hours=1)
"""A customer's clock may be late: "30 days ago" is not refused for that."""

_ACTIVE = "4"
_STATUS = {Stage.FINISHED: "6", Stage.CANCELLED: "8", Stage.RETURNED: "8"}


def get_active_activations(state: State, _params: Params) -> Answer:
    """Answer getActiveActivations."""
    rows = [_active_row(state, activation) for activation in state.activations.active.values()]
    if not rows:
        raise refused("NO_ACTIVATIONS")
    return in_json({"status": "success", "activeActivations": rows})


def _active_row(state: State, activation: Activation) -> dict[str, Any]:
    messages, last = activation.messages, activation.last
    return {
        "activationId": str(activation.id),
        "serviceCode": activation.service,
        "phoneNumber": activation.phone,
        "activationCost": number(state.books.cost(activation.entry)),
        "activationStatus": _ACTIVE,
        "smsCode": [message.code for message in messages] if messages else None,
        "smsText": last.text if last is not None else None,
        "activationTime": wire_time(activation.at),
        "discount": f"{0 if activation.repeated else RANK_DISCOUNT:.2f}",
        "repeated": str(int(activation.repeated)),
        "countryCode": str(activation.land.id),
        "countryName": activation.land.country.eng,
        "canGetAnotherSms": str(int(activation.land.retry)),
        "currency": USD,
    }


def get_history(state: State, params: Params) -> Answer:
    """Answer getHistory, the newest first."""
    start, end = _date(state, params, "start"), _date(state, params, "end")
    offset = at_least(params, "offset", 0, 0)
    limit = min(at_least(params, "limit", 1, 50), MOST_ROWS)
    oldest = int((state.now - timedelta(days=HISTORY_DAYS)).timestamp())
    first = oldest if start is None else start
    found = []
    for activation in state.activations.newest_first():
        bought = int(activation.at.timestamp())
        if bought < first:
            break
        if end is None or bought <= end:
            found.append(activation)
        if len(found) >= offset + limit:
            break
    return in_json([_history_row(state, activation) for activation in found[offset:]])


def _date(state: State, params: Params, name: str) -> int | None:
    """Read a Unix timestamp; WRONG_DATE when it is none, or too long ago."""
    if text(params, name) is None:
        return None
    moment = integer(params, name)
    oldest = state.now - timedelta(days=HISTORY_DAYS) - _SLACK
    if moment is None or moment < int(oldest.timestamp()):
        raise refused("WRONG_DATE")
    return moment


def _history_row(state: State, activation: Activation) -> dict[str, Any]:
    paid = activation.stage is Stage.FINISHED
    texts = [message.text or message.code for message in activation.messages]
    return {
        "id": activation.id,
        "date": wire_time(activation.at),
        "phone": activation.phone,
        "sms": as_json(texts) if texts else None,
        "cost": number(state.books.cost(activation.entry)) if paid else 0,
        "status": _STATUS.get(activation.stage, _ACTIVE),
        "currency": USD,
    }
