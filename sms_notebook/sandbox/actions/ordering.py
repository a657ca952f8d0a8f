"""Numbers for activations: one, one with details, one for several services, the same one again."""

from sms_notebook.sandbox.activations import Activation, Kind, Stage
from sms_notebook.sandbox.answers import (
    USD,
    Answer,
    RefusedError,
    dollars,
    in_json,
    number,
    refused,
    wire_time,
)
from sms_notebook.sandbox.books import Purchase
from sms_notebook.sandbox.buying import (
    buy,
    check_account,
    check_service,
    pay,
    pick,
    wish_of,
)
from sms_notebook.sandbox.dice import random_for
from sms_notebook.sandbox.params import Params, integer, names, text
from sms_notebook.sandbox.state import State

SIM_OFFLINE_SHARE = 0.1
"""So many of the numbers cannot be had again because their card is gone."""

_LEAST_EXTRA_CENTS = 5


def get_number(state: State, params: Params) -> Answer:
    """Answer getNumber."""
    bought = _one(state, params, "getNumber", None)
    return Answer(f"ACCESS_NUMBER:{bought.id}:{bought.phone}")


def get_number_v2(state: State, params: Params) -> Answer:
    """Answer getNumberV2; an order id that was used before buys nothing."""
    order_id = text(params, "orderId")
    if order_id is not None and order_id in state.activations.order_ids:
        raise refused("ORDER_ALREADY_EXISTS")
    bought = _one(state, params, "getNumberV2", order_id)
    if order_id is not None:
        state.activations.order_ids.add(order_id)
    return in_json(
        {
            "activationId": bought.id,
            "phoneNumber": bought.phone,
            "activationCost": number(state.books.cost(bought.entry)),
            "currency": USD,
            "countryCode": str(bought.land.id),
            "canGetAnotherSms": str(int(bought.land.retry)),
            "activationTime": wire_time(bought.at),
            "activationOperator": bought.operator,
        }
    )


def _one(state: State, params: Params, action: str, order_id: str | None) -> Activation:
    service = check_service(state, text(params, "service"))
    wish = wish_of(params)
    check_account(state, wish.user)
    picked = pick(state, service, wish)
    return buy(state, action, wish, [picked], order_id)[0]


def get_multi_service_number(state: State, params: Params) -> Answer:
    """Answer getMultiServiceNumber: one number, an activation for each service, all or nothing."""
    wanted = names(params, "multiService")
    if not wanted:
        raise refused("BAD_SERVICE")
    for service in wanted:
        check_service(state, service)
    wish = wish_of(params)
    check_account(state, wish.user, len(wanted))
    land = state.lands.get(wish.country)
    if land is None or not land.multi_service:
        raise refused("NO_NUMBERS")
    picks = [pick(state, service, wish) for service in wanted]
    bought = buy(state, "getMultiServiceNumber", wish, picks)
    return in_json(
        [{"phone": each.phone, "activation": each.id, "service": each.service} for each in bought]
    )


def check_extra_activation(state: State, params: Params) -> Answer:
    """Answer checkExtraActivation."""
    parent = _parent(state, params, refused("SIM_OFFLINE"))
    return in_json(
        {
            "status": "success",
            "cost": number(dollars(_extra_cents(state, parent))),
            "service": parent.service,
            "phone": int(parent.phone),
            "country": parent.land.id,
        }
    )


def get_extra_activation(state: State, params: Params) -> Answer:
    """Answer getExtraActivation: the number of a successful activation once more."""
    impossible = refused("NEW_ACTIVATION_IMPOSSIBLE")
    parent = _parent(state, params, impossible)
    try:
        check_account(state)
    except RefusedError:
        raise impossible from None
    running = state.activations.active.values()
    if any(a.phone == parent.phone and a.service == parent.service for a in running):
        raise impossible
    number_id = state.activations.next_id()
    purchase = Purchase(
        id=str(number_id),
        action="getExtraActivation",
        order_id=None,
        service=parent.service,
        country=parent.land.id,
        phone_number=parent.phone,
        cost=dollars(_extra_cents(state, parent)),
        at=state.now,
    )
    extra = Activation(
        id=number_id,
        kind=Kind.SMS,
        service=parent.service,
        land=parent.land,
        operator=parent.operator,
        phone=parent.phone,
        at=state.now,
        entry=pay(state, purchase, refused("NO_BALANCE")),
        offer=None,
        repeated=True,
    )
    state.activations.begin(extra)
    return Answer(f"ACCESS_NUMBER:{extra.id}:{extra.phone}")


def _parent(state: State, params: Params, offline: RefusedError) -> Activation:
    """Return the activation whose number can be had again."""
    parent_id = integer(params, "activationId")
    parent = None if parent_id is None else state.activations.all.get(parent_id)
    if parent is None:
        raise refused("WRONG_ACTIVATION_ID")
    if parent.kind is not Kind.SMS or parent.stage is not Stage.FINISHED:
        raise refused("RENEW_ACTIVATION_NOT_AVAILABLE")
    if random_for(state.seed, f"sim:{parent.phone}").random() < SIM_OFFLINE_SHARE:
        raise offline
    return parent


def _extra_cents(state: State, parent: Activation) -> int:
    """Return the price of the same number again: half the regular one."""
    offer = state.market.offer(parent.land.id, parent.service)
    regular = offer.prices[0] if offer is not None else 2 * _LEAST_EXTRA_CENTS
    return max(-(-regular // 2), _LEAST_EXTRA_CENTS)
