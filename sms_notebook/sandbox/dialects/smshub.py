"""SMSHub: prices are maps, stock keys have a suffix, and a list whose codes are HTML at first."""

from typing import Any, Final

from sms_notebook.sandbox import wire
from sms_notebook.sandbox.actions import catalogue
from sms_notebook.sandbox.actions.activations import get_status
from sms_notebook.sandbox.activations import LIFE_SECONDS, Activation
from sms_notebook.sandbox.dialects import activations
from sms_notebook.sandbox.dialects.activations import PriceFilter
from sms_notebook.sandbox.dialects.dialect import Dialect, in_text, kept
from sms_notebook.sandbox.state import MarketRules, ProviderState
from sms_notebook.sandbox.wire import Answer, Params, as_json, refused

_CURRENCIES: Final = ("643", "840")
_NO_TIME: Final = -62169993017
"""The year 0 in Unix seconds: nothing has come."""

_LOADING: Final = '<img src="/assets/ico/loading.gif">'


def _get_number(state: ProviderState, params: Params) -> Answer:
    """Answer getNumber; the limit is ``maxPrice`` or ``max_price``.

    Not known; chosen: both are taken, and amounts are dollars whatever the currency. A limit too
    low is NO_NUMBERS.
    """
    if params.get("currency", "840") not in _CURRENCIES:
        raise refused("BAD_CURRENCY")
    limit = "maxPrice" if wire.text(params, "maxPrice") else "max_price"
    wanted = PriceFilter(activations.amount(params, limit, "NO_NUMBERS"))
    bought = activations.buy(
        state,
        "getNumber",
        kept(params, "service operator"),
        country=wire.country_of(params),
        wanted=wanted,
        too_cheap=False,
    )
    return activations.access(bought)


def _get_numbers_status(state: ProviderState, params: Params) -> Answer:
    """Answer getNumbersStatus: counts as text, ``_0`` after the service (no call forwarding)."""
    stock = catalogue.stock(state, params)
    return wire.in_json({f"{service}_0": str(count) for service, count in stock.items()})


def _get_prices(state: ProviderState, params: Params) -> Answer:
    """Answer getPrices: price → count. Not known; chosen: at exactly that price."""
    found = activations.offers(state, params)
    return wire.in_json(activations.by_country(found, lambda offer: activations.tiers(offer, "{}")))


def _get_current_activations(state: ProviderState, _params: Params) -> Answer:
    """Answer getCurrentActivations, without any service or cost."""
    numbers = activations.active(state)
    if not numbers:
        return Answer(as_json({"status": "fail", "msg": "no_activations"}))
    now = int(state.now.timestamp())
    return wire.in_json(
        {"status": "success", "array": [_row(each) for each in numbers], "time": now}
    )


def _row(number: Activation) -> dict[str, Any]:
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
        "receiveSmsDate": int(last.at.timestamp()) if last else _NO_TIME,
        "finishDate": "0000-00-00 00:00:00",
        "activation": {},
        "code": last.code if last else _LOADING,
        "countryCode": str(number.country_market.id),
        "countryName": number.country_market.country.eng,
        "timer": LIFE_SECONDS,
    }


SMSHUB: Final = Dialect(
    name="smshub",
    title="SMSHub: prices as maps, HTML where a code should be",
    actions={
        "getBalance": catalogue.get_balance,
        "getNumbersStatus": _get_numbers_status,
        "getPrices": _get_prices,
        "getNumber": _get_number,
        "getStatus": get_status,
        "setStatus": activations.set_status,
        "getCurrentActivations": _get_current_activations,
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
