"""How activations go on: their status and its changes, those that are active, the history."""

from datetime import timedelta
from typing import Any

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.activation_market import RANK_DISCOUNT
from sms_notebook.sandbox.activations import (
    MAX_PARSINGS,
    Activation,
    ActivationStage,
    VerificationKind,
)
from sms_notebook.sandbox.state import ProviderState
from sms_notebook.sandbox.wire import USD, Answer, Params

HISTORY_DAYS = 30
MOST_ROWS = 100

_SLACK = timedelta(hours=1)
"""A customer's clock may be late: "30 days ago" is not refused for that."""

_ACTIVE = "4"
_STATUS = {
    ActivationStage.FINISHED: "6",
    ActivationStage.CANCELLED: "8",
    ActivationStage.RETURNED: "8",
}

_CALL_STATUS = {
    ActivationStage.WAITING: "2",
    ActivationStage.RETRYING: "2",
    ActivationStage.RECEIVED: "3",
    ActivationStage.FINISHED: "3",
    ActivationStage.CANCELLED: "4",
    ActivationStage.RETURNED: "5",
}


def get_status(state: ProviderState, params: Params) -> Answer:
    """Answer getStatus."""
    activation = existing(state, params)
    if activation.is_over:
        return Answer("STATUS_CANCEL")
    if activation.stage is ActivationStage.WAITING or activation.last is None:
        return Answer("STATUS_WAIT_CODE")
    word = "STATUS_OK" if activation.stage is ActivationStage.RECEIVED else "STATUS_WAIT_RETRY"
    return Answer(f"{word}:{activation.last.code}")


def get_status_v2(state: ProviderState, params: Params) -> Answer:
    """Answer getStatusV2: the latest message or call; a finished activation keeps its own."""
    activation = existing(state, params)
    if activation.stage in (ActivationStage.CANCELLED, ActivationStage.RETURNED):
        return Answer("STATUS_CANCEL")
    reply: dict[str, Any] = {"verificationType": int(activation.kind), "sms": None, "call": None}
    last = activation.last
    if last is not None and activation.kind is VerificationKind.SMS:
        reply["sms"] = {"dateTime": wire.timestamp(last.at), "code": last.code, "text": last.text}
    elif last is not None:
        reply["call"] = {
            "from": last.phone_from,
            "text": last.text,
            "code": last.code,
            "dateTime": wire.timestamp(last.at),
            "url": _recording(activation),
            "parsingCount": activation.parsings,
        }
    return wire.in_json(reply)


def _recording(activation: Activation) -> str | None:
    """Return where the call can be heard; only a voice call says anything."""
    if activation.kind is not VerificationKind.VOICE:
        return None
    return f"https://sandbox.example/voice/{activation.id}.mp3"


def get_incoming_call_status(state: ProviderState, params: Params) -> Answer:
    """Answer getIncomingCallStatus."""
    activation = state.activations.all.get(wire.id_of(params, "activationId"))
    if activation is None:
        raise wire.refused("INVALID_ACTIVATION_ID")
    last = activation.last if activation.kind is not VerificationKind.SMS else None
    phone = last.phone_from if last is not None else False
    return wire.in_json({"status": _CALL_STATUS[activation.stage], "phone": phone})


def parse_call(state: ProviderState, params: Params) -> Answer:
    """Answer parseCall: turn the call into text once more."""
    activation = state.activations.all.get(wire.id_of(params, "id"))
    if activation is None or activation.stage is ActivationStage.FINISHED:
        raise wire.refused("WRONG_ACTIVATION_ID")
    if activation.is_over:
        raise wire.refused("STATUS_CANCEL")
    if activation.kind is not VerificationKind.VOICE or not activation.messages:
        raise wire.refused("NO_CALL")
    if activation.parsings >= MAX_PARSINGS:
        raise wire.refused("PARSE_COUNT_EXCEED")
    state.activations.parse_again(activation, wire.text(params, "newLang"))
    return wire.in_json({"result": "OK"})


def set_status(state: ProviderState, params: Params) -> Answer:
    """Answer setStatus."""
    if wire.integer(params, "id") is None:
        raise wire.refused("WRONG_ACTIVATION_ID")
    activation = existing(state, params)
    service = wire.text(params, "service")
    if service is not None and service != activation.service:
        raise wire.refused("BAD_SERVICE")
    change = _CHANGES.get(params.get("status", "").strip())
    arrived_call = activation.kind is VerificationKind.CALL and activation.messages
    if change is None or activation.is_over or arrived_call:
        raise wire.refused("BAD_STATUS")
    return Answer(change(state, activation))


def make_ready(_state: ProviderState, activation: Activation) -> str:
    """Say that the message was sent: before any came."""
    if activation.messages:
        raise wire.refused("BAD_STATUS")
    return "ACCESS_READY"


def ask_again(state: ProviderState, activation: Activation) -> str:
    """Ask for one more message: after one came, where the country can."""
    if activation.stage is not ActivationStage.RECEIVED or not activation.country_market.retry:
        raise wire.refused("BAD_STATUS")
    state.activations.retry(activation, state.now)
    return "ACCESS_RETRY_GET"


def _finish(state: ProviderState, activation: Activation) -> str:
    """Do what the footnote of setStatus says, by what had been before."""
    if activation.stage is ActivationStage.RETRYING:
        activation.stage = ActivationStage.WAITING
        return "ACCESS_RETRY_GET"
    if not activation.messages:
        return cancel(state, activation)
    state.activations.finish(activation)
    return "ACCESS_ACTIVATION"


def cancel(state: ProviderState, activation: Activation) -> str:
    """Give it back, with a refund: not too early, and not after a message."""
    if activation.messages:
        raise wire.refused("BAD_STATUS")
    if state.now < activation.at + timedelta(seconds=state.rules.early_cancel_seconds):
        raise wire.refused("EARLY_CANCEL_DENIED")
    state.activations.cancel(activation)
    return "ACCESS_CANCEL"


_CHANGES = {"1": make_ready, "3": ask_again, "6": _finish, "8": cancel}


def existing(state: ProviderState, params: Params) -> Activation:
    """Return the activation that is meant; NO_ACTIVATION."""
    activation = state.activations.all.get(wire.id_of(params, "id"))
    if activation is None:
        raise wire.refused("NO_ACTIVATION")
    return activation


def get_active_activations(state: ProviderState, _params: Params) -> Answer:
    """Answer getActiveActivations."""
    listed = state.listed(state.activations.active.values())
    rows = [_active_row(state, activation) for activation in listed]
    if not rows:
        raise wire.refused("NO_ACTIVATIONS")
    return wire.in_json({"status": "success", "activeActivations": rows})


def _active_row(state: ProviderState, activation: Activation) -> dict[str, Any]:
    messages, last = activation.messages, activation.last
    return {
        "activationId": str(activation.id),
        "serviceCode": activation.service,
        "phoneNumber": activation.phone,
        "activationCost": float(state.payments.cost(activation.payment_id)),
        "activationStatus": _ACTIVE,
        "smsCode": [message.code for message in messages] if messages else None,
        "smsText": last.text if last is not None else None,
        "activationTime": wire.timestamp(activation.at),
        "discount": f"{0 if activation.repeated else RANK_DISCOUNT:.2f}",
        "repeated": str(int(activation.repeated)),
        "countryCode": str(activation.country_market.id),
        "countryName": activation.country_market.country.eng,
        "canGetAnotherSms": str(int(activation.country_market.retry)),
        "currency": USD,
    }


def get_history(state: ProviderState, params: Params) -> Answer:
    """Answer getHistory, the newest first."""
    start, end = _date(state, params, "start"), _date(state, params, "end")
    offset = wire.at_least(params, "offset", 0, 0)
    limit = state.page_size(wire.integer(params, "limit"), 50, MOST_ROWS)
    oldest = int((state.now - timedelta(days=HISTORY_DAYS)).timestamp())
    first = oldest if start is None else start
    activations = []
    for activation in reversed(state.listed(state.activations.all.values())):
        bought = int(activation.at.timestamp())
        if bought < first:
            break
        if end is None or bought <= end:
            activations.append(activation)
        if len(activations) >= offset + limit:
            break
    return wire.in_json([_history_row(state, activation) for activation in activations[offset:]])


def _date(state: ProviderState, params: Params, name: str) -> int | None:
    """Read a Unix timestamp; WRONG_DATE when it is none, or too long ago."""
    if wire.text(params, name) is None:
        return None
    moment = wire.integer(params, name)
    oldest = state.now - timedelta(days=HISTORY_DAYS) - _SLACK
    if moment is None or moment < int(oldest.timestamp()):
        raise wire.refused("WRONG_DATE")
    return moment


def _history_row(state: ProviderState, activation: Activation) -> dict[str, Any]:
    paid = activation.stage is ActivationStage.FINISHED
    texts = [message.text or message.code for message in activation.messages]
    return {
        "id": activation.id,
        "date": wire.timestamp(activation.at),
        "phone": activation.phone,
        "sms": wire.as_json(texts) if texts else None,
        "cost": float(state.payments.cost(activation.payment_id)) if paid else 0,
        "status": _STATUS.get(activation.stage, _ACTIVE),
        "currency": USD,
    }
