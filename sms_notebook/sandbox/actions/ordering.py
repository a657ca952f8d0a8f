"""What is bought once: numbers for one service, for several, the same again, and software."""

import re
import string
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal, InvalidOperation

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.account import Payment
from sms_notebook.sandbox.activation_market import ActivationOffer, PriceFilter
from sms_notebook.sandbox.activations import Activation, ActivationStage, VerificationKind
from sms_notebook.sandbox.country_markets import EMPTY, CountryMarket
from sms_notebook.sandbox.simulation import random_for
from sms_notebook.sandbox.state import ProviderState
from sms_notebook.sandbox.wire import USD, Answer, Params, RefusedError

_EXCEPTION = re.compile(r"7\d{3,6}")
"""Kazakhstan's country code, then 3 to 6 digits of a mask."""

SIM_OFFLINE_SHARE = 0.1
"""So many of the numbers cannot be had again because their card is gone."""

_LEAST_EXTRA_CENTS = 5

PRODUCTS = {1: 490, 2: 990, 3: 1500, 4: 2500, 5: 150}
"""Partner software: id and price in cents."""

_KEY_LENGTH = 25

_KINDS = {
    None: VerificationKind.SMS,
    "0": VerificationKind.SMS,
    "1": VerificationKind.CALL,
    "2": VerificationKind.VOICE,
}


@dataclass(frozen=True, slots=True)
class NumberRequest:
    """What the customer wants, beside the service."""

    country: int
    operators: tuple[str, ...]
    kind: VerificationKind = VerificationKind.SMS
    language: str = "en"
    prices: PriceFilter = field(default_factory=PriceFilter)
    avoid: tuple[str, ...] = ()
    use_cashback: bool = False
    user: str | None = None


ChosenOffer = tuple[ActivationOffer, int]
"""What the customer will get: an offer of the market, and which tier of its prices."""


def number_request(params: Params) -> NumberRequest:
    """Read the parameters of getNumber; BAD_ACTION, WRONG_EXCEPTION_PHONE."""
    kind = wire.text(params, "activationType")
    if kind not in _KINDS:
        raise wire.refused("BAD_ACTION")
    avoid = wire.names(params, "phoneException")
    if not all(_EXCEPTION.fullmatch(prefix) for prefix in avoid):
        raise wire.refused("WRONG_EXCEPTION_PHONE")
    most = wire.text(params, "maxPrice")
    return NumberRequest(
        country=wire.country_of(params),
        operators=wire.names(params, "operator"),
        kind=_KINDS[kind],
        language=wire.text(params, "language") or "en",
        prices=PriceFilter(None if most is None else _amount(most)),
        avoid=avoid,
        use_cashback=wire.flag(params, "useCashBack"),
        user=wire.text(params, "userId"),
    )


def check_service(state: ProviderState, service: str | None) -> str:
    """Return the service; BAD_SERVICE when there is none such."""
    if service is None or not state.market.sells(service):
        raise wire.refused("BAD_SERVICE")
    return service


def check_account(state: ProviderState, user: str | None = None, more: int = 1) -> None:
    """Refuse when the account, or this user of it, may not buy: BANNED, CHANNELS_LIMIT."""
    if state.account.state == "blocked":
        raise wire.refused("CHANNELS_LIMIT")
    until = state.account.ban_of(user)
    if until is not None:
        raise wire.refused(f"BANNED:'{until:%Y-%m-%d %H-%M-%S}'")
    if len(state.activations.active) + more > state.channels:
        raise wire.refused("CHANNELS_LIMIT")


def choose_offer(state: ProviderState, service: str, request: NumberRequest) -> ChosenOffer:
    """Find what can be had for the request; NO_NUMBERS, WRONG_MAX_PRICE."""
    find = state.market.offer if request.kind is VerificationKind.SMS else state.market.call_offer
    return choose(find(request.country, service), request.prices)


def choose(
    offer: ActivationOffer | None, price_filter: PriceFilter, *, too_cheap: bool = True
) -> ChosenOffer:
    """Choose among the prices of an offer; NO_NUMBERS.

    With `too_cheap` a limit below the lowest of them is WRONG_MAX_PRICE.
    """
    if offer is None:
        raise wire.refused("NO_NUMBERS")
    tier = price_filter.choose(offer)
    if tier is not None:
        return offer, tier
    cheapest = offer.cheapest()
    if too_cheap and cheapest is not None and price_filter.most is not None:
        least = wire.dollars(cheapest)
        if price_filter.most < least:
            raise wire.refused(f"WRONG_MAX_PRICE:{least}")
    raise wire.refused("NO_NUMBERS")


def buy(
    state: ProviderState,
    action: str,
    request: NumberRequest,
    chosen: list[ChosenOffer],
    order_id: str | None = None,
) -> list[Activation]:
    """Buy one number for these services, all or nothing; NO_NUMBERS, NO_BALANCE."""
    country_market = state.country_markets[request.country]
    account = state.account
    spends_cashback = request.use_cashback or account.spends_cashback
    money = account.balance + (account.cashback if spends_cashback else Decimal(0))
    if wire.dollars(sum(offer.prices[tier] for offer, tier in chosen)) > money:
        raise wire.refused("NO_BALANCE")
    if EMPTY in request.operators:
        raise wire.refused("NO_NUMBERS")
    first_id = state.activations.next_id()
    chance = state.activations.chance(first_id)
    phone = state.numbers.fresh(country_market.country, chance, request.avoid)
    if phone is None:
        raise wire.refused("NO_NUMBERS")
    operator = _operator(country_market, request.operators, chance.random())
    bought = []
    for place, (offer, tier) in enumerate(chosen):
        activation = Activation(
            id=state.activations.next_id() if place else first_id,
            kind=request.kind,
            service=offer.service,
            country_market=country_market,
            operator=operator,
            phone=phone,
            at=state.now,
            offer=offer,
            tier=tier,
            user=request.user,
            language=request.language,
        )
        activation.payment_id = state.pay(
            action,
            activation,
            offer.prices[tier],
            wire.refused("NO_BALANCE"),
            order_id=order_id,
            use_cashback=request.use_cashback,
        )
        state.market.take(offer, tier)
        state.activations.begin(activation)
        bought.append(activation)
    return bought


def _operator(country_market: CountryMarket, names: tuple[str, ...], chance: float) -> str:
    """Choose the operator: the first one that matches; by default one of the country's own."""
    if names and "any" not in names and (matching := country_market.matching(names)):
        return matching[0]
    if not country_market.operators:
        return "any"
    if names and "any" not in names:
        return country_market.operators[0]
    return country_market.operators[int(chance * len(country_market.operators))]


def _amount(text: str) -> Decimal:
    """Read an amount of money; what is no amount is no money."""
    try:
        amount = Decimal(text.replace(",", ".")).quantize(Decimal("0.01"), ROUND_DOWN)
    except InvalidOperation:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)


def access(bought: Activation) -> Answer:
    """Answer as getNumber does everywhere."""
    return Answer(f"ACCESS_NUMBER:{bought.id}:{bought.phone}")


def get_number(state: ProviderState, params: Params) -> Answer:
    """Answer getNumber."""
    return access(_buy_one(state, params, "getNumber", None))


def get_number_v2(state: ProviderState, params: Params) -> Answer:
    """Answer getNumberV2; an order id that was used before buys nothing."""
    order_id = wire.text(params, "orderId")
    if order_id is not None and order_id in state.activations.order_ids:
        raise wire.refused("ORDER_ALREADY_EXISTS")
    bought = _buy_one(state, params, "getNumberV2", order_id)
    if order_id is not None:
        state.activations.order_ids.add(order_id)
    return wire.in_json(
        {
            "activationId": bought.id,
            "phoneNumber": bought.phone,
            "activationCost": float(state.payments.cost(bought.payment_id)),
            "currency": USD,
            "countryCode": str(bought.country_market.id),
            "canGetAnotherSms": str(int(bought.country_market.retry)),
            "activationTime": wire.timestamp(bought.at),
            "activationOperator": bought.operator,
        }
    )


def _buy_one(state: ProviderState, params: Params, action: str, order_id: str | None) -> Activation:
    service = check_service(state, wire.text(params, "service"))
    request = number_request(params)
    check_account(state, request.user)
    choice = choose_offer(state, service, request)
    return buy(state, action, request, [choice], order_id)[0]


def get_multi_service_number(state: ProviderState, params: Params) -> Answer:
    """Answer getMultiServiceNumber: one number, an activation for each service, all or nothing."""
    services = wire.names(params, "multiService")
    if not services:
        raise wire.refused("BAD_SERVICE")
    for service in services:
        check_service(state, service)
    request = number_request(params)
    check_account(state, request.user, len(services))
    country_market = state.country_markets.get(request.country)
    if country_market is None or not country_market.multi_service:
        raise wire.refused("NO_NUMBERS")
    chosen = [choose_offer(state, service, request) for service in services]
    bought = buy(state, "getMultiServiceNumber", request, chosen)
    return wire.in_json(
        [{"phone": each.phone, "activation": each.id, "service": each.service} for each in bought]
    )


def check_extra_activation(state: ProviderState, params: Params) -> Answer:
    """Answer checkExtraActivation."""
    parent = _parent(state, wire.id_of(params, "activationId"), wire.refused("SIM_OFFLINE"))
    return wire.in_json(
        {
            "status": "success",
            "cost": float(wire.dollars(extra_cents(state, parent))),
            "service": parent.service,
            "phone": int(parent.phone),
            "country": parent.country_market.id,
        }
    )


def get_extra_activation(state: ProviderState, params: Params) -> Answer:
    """Answer getExtraActivation: the number of a successful activation once more."""
    return access(extra_activation(state, wire.id_of(params, "activationId")))


def extra_activation(state: ProviderState, parent_id: int) -> Activation:
    """Buy the number of a successful activation once more."""
    impossible = wire.refused("NEW_ACTIVATION_IMPOSSIBLE")
    parent = _parent(state, parent_id, impossible)
    try:
        check_account(state)
    except RefusedError:
        raise impossible from None
    running = state.activations.active.values()
    if any(a.phone == parent.phone and a.service == parent.service for a in running):
        raise impossible
    extra = Activation(
        id=state.activations.next_id(),
        kind=VerificationKind.SMS,
        service=parent.service,
        country_market=parent.country_market,
        operator=parent.operator,
        phone=parent.phone,
        at=state.now,
        offer=None,
        repeated=True,
    )
    cents, no_money = extra_cents(state, parent), wire.refused("NO_BALANCE")
    extra.payment_id = state.pay("getExtraActivation", extra, cents, no_money)
    state.activations.begin(extra)
    return extra


def _parent(state: ProviderState, parent_id: int, offline: RefusedError) -> Activation:
    """Return the activation whose number can be had again."""
    parent = state.activations.all.get(parent_id)
    if parent is None:
        raise wire.refused("WRONG_ACTIVATION_ID")
    if parent.kind is not VerificationKind.SMS or parent.stage is not ActivationStage.FINISHED:
        raise wire.refused("RENEW_ACTIVATION_NOT_AVAILABLE")
    if random_for(state.seed, f"sim:{parent.phone}").random() < SIM_OFFLINE_SHARE:
        raise offline
    return parent


def extra_cents(state: ProviderState, parent: Activation) -> int:
    """Return the price of the same number again: half the regular one."""
    offer = state.market.offer(parent.country_market.id, parent.service)
    regular = offer.prices[0] if offer is not None else 2 * _LEAST_EXTRA_CENTS
    return max(-(-regular // 2), _LEAST_EXTRA_CENTS)


def buy_partner_product(state: ProviderState, params: Params) -> Answer:
    """Answer buyPartnerProduct."""
    if state.account.state == "unverified":
        raise wire.refused("BAD_ACTION")
    product = wire.integer(params, "productId")
    if product not in PRODUCTS:
        raise wire.refused("BAD_DATA")
    payment = Payment(
        id=str(product),
        action="buyPartnerProduct",
        cost=wire.dollars(PRODUCTS[product]),
        at=state.now,
    )
    payment_id = state.payments.pay(payment, wire.refused("NO_BALANCE"))
    chance = random_for(state.seed, f"key:{product}:{payment_id}")
    return wire.in_json(
        {
            "status": "success",
            "key": "".join(chance.choices(string.ascii_letters + string.digits, k=_KEY_LENGTH)),
            "manual": f"Software download link: https://sandbox.example/software/{product}",
        }
    )
