"""How an activation goes on: asking for its status and changing it."""

from datetime import timedelta
from typing import Any

from sms_notebook.sandbox.activations import (
    EARLY_CANCEL_SECONDS,
    MAX_PARSINGS,
    Activation,
    Kind,
    Stage,
)
from sms_notebook.sandbox.answers import Answer, in_json, refused, wire_time
from sms_notebook.sandbox.params import Params, integer, text
from sms_notebook.sandbox.state import State

_CALL_STATUS = {
    Stage.WAITING: "2",
    Stage.RETRYING: "2",
    Stage.RECEIVED: "3",
    Stage.FINISHED: "3",
    Stage.CANCELLED: "4",
    Stage.RETURNED: "5",
}


def get_status(state: State, params: Params) -> Answer:
    """Answer getStatus."""
    activation = _existing(state, params)
    if activation.is_over:
        return Answer("STATUS_CANCEL")
    if activation.stage is Stage.WAITING or activation.last is None:
        return Answer("STATUS_WAIT_CODE")
    word = "STATUS_OK" if activation.stage is Stage.RECEIVED else "STATUS_WAIT_RETRY"
    return Answer(f"{word}:{activation.last.code}")


def get_status_v2(state: State, params: Params) -> Answer:
    """Answer getStatusV2: the latest message or call; a finished activation keeps its own."""
    activation = _existing(state, params)
    if activation.stage in (Stage.CANCELLED, Stage.RETURNED):
        return Answer("STATUS_CANCEL")
    reply: dict[str, Any] = {"verificationType": int(activation.kind), "sms": None, "call": None}
    last = activation.last
    if last is not None and activation.kind is Kind.SMS:
        reply["sms"] = {"dateTime": wire_time(last.at), "code": last.code, "text": last.text}
    elif last is not None:
        reply["call"] = {
            "from": last.phone_from,
            "text": last.text,
            "code": last.code,
            "dateTime": wire_time(last.at),
            "url": _recording(activation),
            "parsingCount": activation.parsings,
        }
    return in_json(reply)


def _recording(activation: Activation) -> str | None:
    """Return where the call can be heard; only a voice call says anything."""
    if activation.kind is not Kind.VOICE:
        return None
    return f"https://sandbox.example/voice/{activation.id}.mp3"


def get_incoming_call_status(state: State, params: Params) -> Answer:
    """Answer getIncomingCallStatus."""
    number_id = integer(params, "activationId")
    activation = None if number_id is None else state.activations.all.get(number_id)
    if activation is None:
        raise refused("INVALID_ACTIVATION_ID")
    last = activation.last if activation.kind is not Kind.SMS else None
    phone = last.phone_from if last is not None else False
    return in_json({"status": _CALL_STATUS[activation.stage], "phone": phone})


def parse_call(state: State, params: Params) -> Answer:
    """Answer parseCall: turn the call into text once more."""
    number_id = integer(params, "id")
    activation = None if number_id is None else state.activations.all.get(number_id)
    if activation is None or activation.stage is Stage.FINISHED:
        raise refused("WRONG_ACTIVATION_ID")
    if activation.is_over:
        raise refused("STATUS_CANCEL")
    if activation.kind is not Kind.VOICE or not activation.messages:
        raise refused("NO_CALL")
    if activation.parsings >= MAX_PARSINGS:
        raise refused("PARSE_COUNT_EXCEED")
    state.activations.parse_again(activation, text(params, "newLang"))
    return in_json({"result": "OK"})


def set_status(state: State, params: Params) -> Answer:
    """Answer setStatus."""
    if integer(params, "id") is None:
        raise refused("WRONG_ACTIVATION_ID")
    activation = _existing(state, params)
    service = text(params, "service")
    if service is not None and service != activation.service:
        raise refused("BAD_SERVICE")
    change = _CHANGES.get(params.get("status", "").strip())
    arrived_call = activation.kind is Kind.CALL and activation.messages
    if change is None or activation.is_over or arrived_call:
        raise refused("BAD_STATUS")
    return Answer(change(state, activation))


def _make_ready(_state: State, activation: Activation) -> str:
    if activation.messages:
        raise refused("BAD_STATUS")
    return "ACCESS_READY"


def _ask_for_more(state: State, activation: Activation) -> str:
    if activation.stage is not Stage.RECEIVED or not activation.land.retry:
        raise refused("BAD_STATUS")
    state.activations.retry(activation, state.now)
    return "ACCESS_RETRY_GET"


def _finish(state: State, activation: Activation) -> str:
    """Do what the footnote of setStatus says, by what had been before."""
    if activation.stage is Stage.RETRYING:
        activation.stage = Stage.WAITING
        return "ACCESS_RETRY_GET"
    if not activation.messages:
        return _cancel(state, activation)
    state.activations.finish(activation)
    return "ACCESS_ACTIVATION"


def _cancel(state: State, activation: Activation) -> str:
    if activation.messages:
        raise refused("BAD_STATUS")
    if state.now < activation.at + timedelta(seconds=EARLY_CANCEL_SECONDS):
        raise refused("EARLY_CANCEL_DENIED")
    state.activations.cancel(activation)
    return "ACCESS_CANCEL"


_CHANGES = {"1": _make_ready, "3": _ask_for_more, "6": _finish, "8": _cancel}


def _existing(state: State, params: Params) -> Activation:
    number_id = integer(params, "id")
    activation = None if number_id is None else state.activations.all.get(number_id)
    if activation is None:
        raise refused("NO_ACTIVATION")
    return activation
