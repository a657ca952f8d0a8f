"""How a rent goes on: its messages, ending it, the list of rents."""

from datetime import timedelta

from sms_notebook.sandbox.answers import Answer, in_json, wire_time
from sms_notebook.sandbox.answers import refused_in_json as refused
from sms_notebook.sandbox.params import Params, at_least, integer, text
from sms_notebook.sandbox.rents import REFUND_SECONDS, Rent, RentStage
from sms_notebook.sandbox.state import State

_PAGE = 10
_OVER = {
    RentStage.FINISHED: "STATUS_FINISH",
    RentStage.CANCELLED: "STATUS_CANCEL",
    RentStage.REVOKED: "STATUS_REVOKE",
}
_ALREADY = {
    RentStage.FINISHED: "ALREADY_FINISH",
    RentStage.CANCELLED: "ALREADY_CANCEL",
    RentStage.REVOKED: "ALREADY_CANCEL",
}


def get_rent_status(state: State, params: Params) -> Answer:
    """Answer getRentStatus: the messages, the newest first."""
    rent = _existing(state, params)
    if not rent.is_active:
        raise refused(_OVER[rent.stage])
    if not rent.messages:
        raise refused("STATUS_WAIT_CODE")
    page, size = at_least(params, "page", 1, 1), at_least(params, "size", 1, _PAGE)
    first = (page - 1) * size
    shown = rent.messages[::-1][first : first + size]
    values = {
        str(place): {
            "phoneFrom": message.phone_from,
            "text": message.text,
            "service": message.service,
            "date": wire_time(message.at),
        }
        for place, message in enumerate(shown)
    }
    return in_json({"status": "success", "quantity": str(len(rent.messages)), "values": values})


def set_rent_status(state: State, params: Params) -> Answer:
    """Answer setRentStatus: 1 finishes, 2 cancels."""
    rent = _existing(state, params)
    status = text(params, "status")
    if status not in ("1", "2"):
        raise refused("INCORECT_STATUS")
    if not rent.is_active:
        raise refused(_ALREADY[rent.stage])
    if status == "1":
        state.rents.finish(rent, state.now)
    elif state.now > rent.at + timedelta(seconds=REFUND_SECONDS):
        raise refused("CANT_CANCEL")
    else:
        state.rents.cancel(rent, state.now)
    return in_json({"status": "success"})


def get_rent_list(state: State, params: Params) -> Answer:
    """Answer getRentList: what is rented now, the newest first."""
    rents = state.rents.active()
    if not rents:
        raise refused("NO_NUMBERS")
    page, length = at_least(params, "page", 1, 1), at_least(params, "length", 1, _PAGE)
    first = (page - 1) * length
    values = {
        str(place): {"id": str(rent.id), "phone": rent.phone}
        for place, rent in enumerate(rents[first : first + length])
    }
    return in_json({"status": "success", "values": values})


def _existing(state: State, params: Params) -> Rent:
    if text(params, "id") is None:
        raise refused("NO_ID_RENT")
    rent_id = integer(params, "id")
    rent = None if rent_id is None else state.rents.all.get(rent_id)
    if rent is None:
        raise refused("INVALID_PHONE")
    return rent
