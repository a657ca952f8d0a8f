"""The steps of buying numbers, shared by the actions that do."""

import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, InvalidOperation

from sms_notebook.sandbox.activations import Activation, Kind
from sms_notebook.sandbox.answers import RefusedError, dollars, refused
from sms_notebook.sandbox.books import Purchase
from sms_notebook.sandbox.lands import KAZAKHSTAN, Land
from sms_notebook.sandbox.market import Offer
from sms_notebook.sandbox.params import Params, flag, integer, names, text
from sms_notebook.sandbox.state import State

_EXCEPTION = re.compile(r"7\d{3,6}")
"""Kazakhstan's country code, then 3 to 6 digits of a mask."""

_KINDS = {None: Kind.SMS, "0": Kind.SMS, "1": Kind.CALL, "2": Kind.VOICE}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the customer wants, beside the service."""

    country: int
    operators: tuple[str, ...]
    kind: Kind = Kind.SMS
    language: str = "en"
    limit: str | None = None
    avoid: tuple[str, ...] = ()
    use_cashback: bool = False
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Pick:
    """What the customer will get: an offer of the market and the price of it."""

    offer: Offer
    tier: int

    @property
    def cents(self) -> int:
        """The price."""
        return self.offer.prices[self.tier]


def wish_of(params: Params) -> Wish:
    """Read the parameters of getNumber; BAD_ACTION, WRONG_EXCEPTION_PHONE."""
    kind = text(params, "activationType")
    if kind not in _KINDS:
        raise refused("BAD_ACTION")
    avoid = names(params, "phoneException")
    if not all(_EXCEPTION.fullmatch(prefix) for prefix in avoid):
        raise refused("WRONG_EXCEPTION_PHONE")
    return Wish(
        country=country_of(params),
        operators=names(params, "operator"),
        kind=_KINDS[kind],
        language=text(params, "language") or "en",
        limit=text(params, "maxPrice"),
        avoid=avoid,
        use_cashback=flag(params, "useCashBack"),
        user=text(params, "userId"),
    )


def country_of(params: Params) -> int:
    """Return the country that is meant; -1, which no country is, for what is not a number."""
    if text(params, "country") is None:
        return KAZAKHSTAN
    country = integer(params, "country")
    return -1 if country is None else country


def check_service(state: State, service: str | None) -> str:
    """Return the service; BAD_SERVICE when there is none such."""
    if service is None or not state.market.sells(service):
        raise refused("BAD_SERVICE")
    return service


def check_account(state: State, user: str | None = None, more: int = 1) -> None:
    """Refuse when the account, or this user of it, may not buy: BANNED, CHANNELS_LIMIT."""
    if state.account.state == "blocked":
        raise refused("CHANNELS_LIMIT")
    until = state.account.ban_of(user)
    if until is not None:
        raise refused(f"BANNED:'{until:%Y-%m-%d %H-%M-%S}'")
    if len(state.activations.active) + more > state.channels:
        raise refused("CHANNELS_LIMIT")


def pick(state: State, service: str, wish: Wish) -> Pick:
    """Find what can be had for the wish; NO_NUMBERS, WRONG_MAX_PRICE."""
    find = state.market.offer if wish.kind is Kind.SMS else state.market.call_offer
    offer = find(wish.country, service)
    if offer is None:
        raise refused("NO_NUMBERS")
    limit = None
    if wish.limit is not None:
        limit = _cents(wish.limit)
        cheapest = offer.cheapest()
        if cheapest is not None and limit < cheapest:
            raise refused(f"WRONG_MAX_PRICE:{dollars(cheapest)}")
    tier = offer.tier_within(limit)
    if tier is None:
        raise refused("NO_NUMBERS")
    return Pick(offer, tier)


def buy(
    state: State, action: str, wish: Wish, picks: list[Pick], order_id: str | None = None
) -> list[Activation]:
    """Buy one number for these services, all or nothing; NO_NUMBERS, NO_BALANCE."""
    land = state.lands[wish.country]
    account = state.account
    spends_cashback = wish.use_cashback or account.spends_cashback
    money = account.balance + (account.cashback if spends_cashback else Decimal(0))
    if sum(dollars(each.cents) for each in picks) > money:
        raise refused("NO_BALANCE")
    first_id = state.activations.next_id()
    chance = state.activations.chance(first_id)
    phone = state.numbers.fresh(land.country, chance, wish.avoid)
    if phone is None:
        raise refused("NO_NUMBERS")
    operator = _operator(land, wish.operators, chance.random())
    bought = []
    for place, each in enumerate(picks):
        number_id = state.activations.next_id() if place else first_id
        purchase = Purchase(
            id=str(number_id),
            action=action,
            order_id=order_id,
            service=each.offer.service,
            country=land.id,
            phone_number=phone,
            cost=dollars(each.cents),
            at=state.now,
        )
        activation = Activation(
            id=number_id,
            kind=wish.kind,
            service=each.offer.service,
            land=land,
            operator=operator,
            phone=phone,
            at=state.now,
            entry=pay(state, purchase, refused("NO_BALANCE"), use_cashback=wish.use_cashback),
            offer=each.offer,
            tier=each.tier,
            user=wish.user,
            language=wish.language,
        )
        state.market.take(each.offer, each.tier)
        state.activations.begin(activation)
        bought.append(activation)
    return bought


def pay(
    state: State, purchase: Purchase, otherwise: RefusedError, *, use_cashback: bool = False
) -> int:
    """Pay and write it down; the refusal when there is not enough money."""
    entry = state.books.pay(purchase, use_cashback=use_cashback)
    if entry is None:
        raise otherwise
    return entry


def _operator(land: Land, wanted: tuple[str, ...], chance: float) -> str:
    """Choose the operator: the first one that matches; of the country's own without a wish."""
    if not land.operators:
        return "any"
    if wanted and "any" not in wanted:
        return next(iter(land.matching(wanted)), land.operators[0])
    return land.operators[int(chance * len(land.operators))]


def _cents(amount: str) -> int:
    """Read an amount of money; what is no amount is no money."""
    try:
        return int((Decimal(amount.replace(",", ".")) * 100).quantize(Decimal(1), ROUND_DOWN))
    except (InvalidOperation, ValueError, OverflowError):
        return 0
