"""SMS-Man, VAK-SMS, DaisySMS and SMSHub: a handful of actions each; only the last lists numbers."""

from decimal import Decimal
from functools import partial
from typing import Any, Final

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.actions import catalogue, ordering
from sms_notebook.sandbox.actions.activations import cancel, existing, get_status, make_ready
from sms_notebook.sandbox.activation_market import ActivationOffer, PriceFilter
from sms_notebook.sandbox.activations import LIFE_SECONDS, Activation, ActivationStage
from sms_notebook.sandbox.dialects import activations
from sms_notebook.sandbox.dialects.activations import money, price_list, tiers
from sms_notebook.sandbox.dialects.dialect import Dialect, in_text, kept
from sms_notebook.sandbox.rented_numbers import in_currency
from sms_notebook.sandbox.state import MarketRules, ProviderState
from sms_notebook.sandbox.wire import Answer, Params, RefusedError, as_json, refused

_MAN_CURRENCIES: Final = ("RUB", "USD", "EUR")
_MAN_CURRENCY: Final = "RUB"
"""The account's currency at SMS-Man: what prices and limits are in, unless another is sent.

Not known which; chosen so that a limit without its currency is noticed.
"""


def _man_currency(params: Params) -> str:
    currency = wire.text(params, "currency") or _MAN_CURRENCY
    if currency not in _MAN_CURRENCIES:
        raise refused("BAD_ACTION")  # not known; chosen
    return currency


def _man_ids(state: ProviderState) -> dict[int, int]:
    """Return the countries by SMS-Man's own ids.

    Known: 0 is Russia, 4 Indonesia, 6 India. The others are chosen: by their English names.
    """
    known = {0: 0, 4: 6, 6: 22}
    others = sorted(
        (market.country.eng, country)
        for country, market in state.country_markets.items()
        if country not in known.values()
    )
    free = (number for number in range(1, 1000) if number not in known)
    return known | {number: country for number, (_, country) in zip(free, others, strict=False)}


def _man_balance(state: ProviderState, _params: Params) -> Answer:
    cents = int(state.account.balance * 100)
    return Answer(f"ACCESS_BALANCE:{in_currency(_MAN_CURRENCY, cents)[0]}")


def _man_prices(state: ProviderState, params: Params) -> Answer:
    currency, own_ids = _man_currency(params), _man_ids(state)
    asked_country = wire.integer(params, "country")
    places = {asked_country: own_ids[asked_country]} if asked_country in own_ids else {}
    if wire.text(params, "country") is None:
        places = own_ids
    service = wire.text(params, "service")
    table: dict[str, dict[str, Any]] = {}
    for number, country in places.items():
        only = {"country": str(country)} | ({"service": service} if service else {})
        offers = activations.offers(state, only)
        rows = {offer.service: _man_row(offer, currency) for offer in offers}
        if rows:
            table[str(number)] = rows
    return wire.in_json(table)


def _man_row(offer: ActivationOffer, currency: str) -> dict[str, Any]:
    return {"cost": str(in_currency(currency, offer.prices[0])[0]), "count": offer.count}


def _man_number(state: ProviderState, params: Params) -> Answer:
    currency = _man_currency(params)
    country = _man_ids(state).get(wire.id_of(params, "country"))
    if country is None:
        raise refused("BAD_COUNTRY")
    most = activations.amount(params, "maxPrice", "WRONG_MAX_PRICE")
    if most is not None:
        rate = in_currency(currency, 100)[0]
        most = (most / rate).quantize(Decimal("0.0001"))
    only = kept(params, "service")
    bought = activations.buy(
        state, "getNumber", only, country=country, price_filter=PriceFilter(most), too_cheap=False
    )
    return ordering.access(bought)


def _mark_used(state: ProviderState, activation: Activation) -> str:
    """Do what 8 does at SMS-Man: "used". Not known; chosen: it ends, and nothing comes back."""
    state.activations.finish(activation)
    return "ACCESS_ACTIVATION"


_MAN_CHANGES: Final = {
    "1": make_ready,
    "6": activations.finish,
    "8": _mark_used,
    "-1": cancel,
}


def _man_status(state: ProviderState, params: Params) -> Answer:
    """Answer getStatus. Not known; chosen: a finished number keeps saying its code."""
    number = existing(state, params)
    if number.stage in (ActivationStage.CANCELLED, ActivationStage.RETURNED):
        return Answer("STATUS_CANCEL")
    return Answer(f"STATUS_OK:{number.last.code}" if number.last else "STATUS_WAIT_CODE")


def _man_services(state: ProviderState, _params: Params) -> Answer:
    """Answer getServices. Of the shapes that are read, chosen: the bare list."""
    names = catalogue.service_names()
    rows = [{"id": code, "name": name} for code, name in names if state.market.sells(code)]
    return wire.in_json(rows)


def _man_countries(state: ProviderState, _params: Params) -> Answer:
    """Answer getCountries. Of the shapes that are read, chosen: under ``countries``, ``title``."""
    rows = [
        {"id": number, "title": state.country_markets[country].country.eng}
        for number, country in sorted(_man_ids(state).items())
    ]
    return wire.in_json({"countries": rows})


SMS_MAN: Final = Dialect(
    name="sms-man",
    title="SMS-Man: its own country ids, -1 cancels, prices in roubles",
    actions={
        "getBalance": _man_balance,
        "getPrices": _man_prices,
        "getNumber": _man_number,
        "getStatus": _man_status,
        "setStatus": partial(activations.set_status, changes=_MAN_CHANGES),
        "getServices": _man_services,
        "getCountries": _man_countries,
    },
    refuse=in_text(),
    words=("BAD_COUNTRY", "NO_MONEY", "NO_NUMBER"),
    rules=MarketRules(first_id=300_000_000),
)
"""SMS-Man's compatible door. Not known; chosen: a limit too low is NO_NUMBERS."""


def _vak_number(state: ProviderState, params: Params) -> Answer:
    """Answer getNumber; nothing but ``service`` and ``country`` counts, no limit either."""
    country, only = wire.country_of(params), kept(params, "service")
    return ordering.access(
        activations.buy(state, "getNumber", only, country=country, price_filter=PriceFilter())
    )


def _vak_status(state: ProviderState, params: Params) -> Answer:
    try:
        return get_status(state, params)
    except RefusedError:
        raise refused("BAD_ACTION") from None


def _vak_countries(state: ProviderState, _params: Params) -> Answer:
    """Answer getCountries: a bare list. Not known; chosen: rows as in the reference."""
    return wire.in_json([*catalogue.country_rows(state, "id rus eng").values()])


def _by_service(state: ProviderState, params: Params) -> Answer:
    """Answer getPrices. Of the two shapes that are read, chosen: service → country."""
    table: dict[str, dict[str, Any]] = {}
    for offer in activations.offers(state, params):
        row = {"cost": money(offer.prices[0]), "count": offer.count}
        table.setdefault(offer.service, {})[str(offer.country)] = row
    return wire.in_json(table)


VAK_SMS: Final = Dialect(
    name="vak-sms",
    title="VAK-SMS: everything is text at 200, a wrong key is BAD_ACTION",
    actions={
        "getBalance": catalogue.get_balance,
        "getNumber": _vak_number,
        "getStatus": _vak_status,
        "setStatus": activations.set_status,
        "getCountries": _vak_countries,
        "getServicesList": catalogue.get_services_list,
        "getPrices": _by_service,
    },
    refuse=in_text({"BAD_KEY": "BAD_ACTION"}),
    takes_post=False,
    open_actions=frozenset({"getCountries"}),
    rules=MarketRules(first_id=400_000_000),
)
"""VAK-SMS's compatible door: everything is text at 200, and a wrong key is a wrong action."""


def _daisy_number(state: ProviderState, params: Params) -> Answer:
    """Answer getNumber; a header says what it really cost."""
    if len(state.activations.active) >= _MOST_RENTALS:
        raise refused("TOO_MANY_ACTIVE_RENTALS")
    limit = "max_price" if wire.text(params, "max_price") else "maxPrice"
    most = activations.amount(params, limit, "NO_NUMBERS")
    country = wire.integer(params, "country")
    offer = state.market.offer(_USA if country is None else country, params.get("service", ""))
    cheapest = None if offer is None else offer.cheapest()
    if most is not None and cheapest is not None and most < wire.dollars(cheapest):
        raise refused("MAX_PRICE_EXCEEDED")
    bought = activations.buy(
        state,
        "getNumber",
        kept(params, "service"),
        country=_USA if country is None else country,
        price_filter=PriceFilter(most),
        too_cheap=False,
    )
    text = ordering.access(bought).text
    return Answer(text, headers={"x-price": str(activations.cost(state, bought))})


_MOST_RENTALS: Final = 20
_USA: Final = 187


def _daisy_status(state: ProviderState, params: Params) -> Answer:
    answer = get_status(state, params)
    last = existing(state, params).last
    if last is None or not answer.text.startswith("STATUS_OK") or params.get("text") != "1":
        return answer
    # A header is one line of Latin letters. Not known; chosen: all else becomes a question mark.
    text = " ".join(last.text.split())
    line = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    return Answer(answer.text, headers={"x-text": line})


def _daisy_cancel(state: ProviderState, activation: Activation) -> str:
    return "ACCESS_READY" if activation.messages else cancel(state, activation)


_DAISY_CHANGES: Final = {"6": activations.finish, "8": _daisy_cancel}


DAISYSMS: Final = Dialect(
    name="daisysms-io",
    title="DaisySMS of daisysms.io: what a number cost is in a header",
    actions={
        "getBalance": catalogue.get_balance,
        "getNumber": _daisy_number,
        "getStatus": _daisy_status,
        "setStatus": partial(activations.set_status, changes=_DAISY_CHANGES),
        "getExtraActivation": ordering.get_extra_activation,
        "getPrices": _by_service,
        "getPricesVerification": _by_service,
    },
    refuse=in_text(
        {"NO_BALANCE": "NO_MONEY", "WRONG_ACTIVATION_ID": "BAD_ID", "BAD_SERVICE": "NO_NUMBERS"}
    ),
    takes_post=False,
    words=("MAX_PRICE_EXCEEDED", "NO_MONEY", "TOO_MANY_ACTIVE_RENTALS"),
    rules=MarketRules(first_id=90_000_000),
)
"""DaisySMS of daisysms.io. Not known; chosen: an unknown service is NO_NUMBERS."""


_HUB_CURRENCIES: Final = ("643", "840")
_HUB_NO_TIME: Final = -62169993017
"""The year 0 in Unix seconds: nothing has come."""

_HUB_LOADING: Final = '<img src="/assets/ico/loading.gif">'


def _hub_number(state: ProviderState, params: Params) -> Answer:
    """Answer getNumber; the limit is ``maxPrice`` or ``max_price``.

    Not known; chosen: both are taken, and amounts are dollars whatever the currency. A limit too
    low is NO_NUMBERS.
    """
    if params.get("currency", "840") not in _HUB_CURRENCIES:
        raise refused("BAD_CURRENCY")
    limit = "maxPrice" if wire.text(params, "maxPrice") else "max_price"
    price_filter = PriceFilter(activations.amount(params, limit, "NO_NUMBERS"))
    bought = activations.buy(
        state,
        "getNumber",
        kept(params, "service operator"),
        country=wire.country_of(params),
        price_filter=price_filter,
        too_cheap=False,
    )
    return ordering.access(bought)


def _hub_stock(state: ProviderState, params: Params) -> Answer:
    """Answer getNumbersStatus: counts as text, ``_0`` after the service (no call forwarding)."""
    stock = catalogue.stock(state, params)
    return wire.in_json({f"{service}_0": str(count) for service, count in stock.items()})


def _hub_prices(offer: ActivationOffer) -> dict[str, int]:
    """Write price → count. Not known; chosen: at exactly that price."""
    return tiers(offer, "{}")


def _hub_current(state: ProviderState, _params: Params) -> Answer:
    """Answer getCurrentActivations, without any service or cost."""
    numbers = activations.active(state)
    if not numbers:
        return Answer(as_json({"status": "fail", "msg": "no_activations"}))
    now = int(state.now.timestamp())
    return wire.in_json(
        {"status": "success", "array": [_hub_row(each) for each in numbers], "time": now}
    )


def _hub_row(number: Activation) -> dict[str, Any]:
    """Write a row. Not known; chosen: status 3 with a code, and nothing in ``activation``."""
    last = number.last
    return {
        "id": str(number.id),
        "activationId": str(number.id),
        "apiKeyId": "12345",
        "phone": number.phone,
        "status": "3" if last else "2",
        "moreCodes": "",
        "createDate": int(number.at.timestamp()),
        "receiveSmsDate": int(last.at.timestamp()) if last else _HUB_NO_TIME,
        "finishDate": "0000-00-00 00:00:00",
        "activation": {},
        "code": last.code if last else _HUB_LOADING,
        "countryCode": str(number.country_market.id),
        "countryName": number.country_market.country.eng,
        "timer": LIFE_SECONDS,
    }


SMSHUB: Final = Dialect(
    name="smshub",
    title="SMSHub: prices as maps, HTML where a code should be",
    actions={
        "getBalance": catalogue.get_balance,
        "getNumbersStatus": _hub_stock,
        "getPrices": price_list(_hub_prices),
        "getNumber": _hub_number,
        "getStatus": get_status,
        "setStatus": activations.set_status,
        "getCurrentActivations": _hub_current,
    },
    refuse=in_text({"BAD_KEY": "API_KEY_NOT_VALID"}),
    takes_post=False,  # not known; chosen
    words=("API_KEY_NOT_VALID", "BAD_CURRENCY", "CURRENCY_CHANGE_UNAVAILABLE", "NO_ACTION"),
    looks=frozenset({"getCurrentActivations"}),
    rules=MarketRules(first_id=1_230_000_000),
)
"""SMSHub: the list tells which numbers live, getStatus tells their codes.

Not known; chosen: a lacking action is BAD_ACTION, numbers are cancelled after 2 minutes.
"""
