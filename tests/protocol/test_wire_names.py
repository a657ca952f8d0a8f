"""Every parameter goes by the documentation's name; what is required comes first."""

import inspect
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import UsageProblem

_BUY = "service country maxPrice operator phoneException activationType language useCashBack ref"
_FILTERS = "minPrice fixedPrice providerIds exceptProviderIds"
WIRE_NAMES = {
    "getNumbersStatus": "country operator",
    "getTopCountriesByService": "service freePrice",
    "getTopCountriesByServiceRank": "service freePrice",
    "getBalance": "",
    "getBalanceAndCashBack": "",
    "getOperators": "country",
    "getActiveActivations": "start limit",
    "getNumber": f"{_BUY} userId {_FILTERS}",
    "getNumberV2": f"{_BUY} userId orderId {_FILTERS}",
    "getMultiServiceNumber": "multiService country operator ref",
    "setStatus": "id status",
    "getStatus": "id",
    "getStatusV2": "id",
    "getHistory": "start end offset limit",
    "getListOfTopCountriesByService": "service length page",
    "getIncomingCallStatus": "activationId",
    "getPrices": "service country",
    "getPricesExtended": "service country freePrice",
    "getPricesVerification": "service",
    "getCountries": "",
    "getServicesList": "country lang",
    "getExtraActivation": "activationId rent_time",
    "checkExtraActivation": "activationId rent_time",
    "parseCall": "id newLang",
    "getRentServicesAndCountries": "rent_time operator country currency incomingCall service",
    "getRentNumber": "service rent_time operator country url incomingCall",
    "getRentStatus": "id page size",
    "setRentStatus": "id status",
    "getRentList": "length page",
    "continueRentNumber": "id rent_time",
    "getContinueRentPriceNumber": "id rent_time currency",
    "continueRentInfo": "id hours needHistory",
    "buyPartnerProduct": "productId",
}
REQUIRED = {
    "getTopCountriesByService": ["service"],
    "getTopCountriesByServiceRank": ["service"],
    "getListOfTopCountriesByService": ["service"],
    "getNumber": ["service", "country"],
    "getNumberV2": ["service", "country"],
    "getMultiServiceNumber": ["services", "country"],
    "setStatus": ["activation_id", "status"],
    "getStatus": ["activation_id"],
    "getStatusV2": ["activation_id"],
    "getIncomingCallStatus": ["activation_id"],
    "getExtraActivation": ["activation_id"],
    "checkExtraActivation": ["activation_id"],
    "parseCall": ["activation_id", "new_lang"],
    "getRentNumber": ["service"],
    "getRentStatus": ["rent_id"],
    "setRentStatus": ["rent_id", "status"],
    "continueRentNumber": ["rent_id"],
    "getContinueRentPriceNumber": ["rent_id", "rent_time"],
    "continueRentInfo": ["rent_id", "hours"],
    "buyPartnerProduct": ["product_id"],
}
POSITIONAL = {
    **REQUIRED,
    "getPrices": ["service", "country"],
    "getPricesExtended": ["service", "country"],
    "getPricesVerification": ["service"],
    "getRentNumber": ["service", "rent_time"],
    "continueRentNumber": ["rent_id", "rent_time"],
}
TAKEN: dict[str, tuple[object, str]] = {
    "operator": (["tele2", "activ"], "tele2,activ"),
    "phone_exception": (["7918", "7900111"], "7918,7900111"),
    "services": (["tg", "wa"], "tg,wa"),
    "country": (0, "0"),
    "max_price": (Decimal("1E-3"), "0.001"),
    "min_price": (Decimal("1E-4"), "0.0001"),
    "fixed_price": (True, "true"),
    "provider_ids": ([14, "27"], "14,27"),
    "except_provider_ids": ("33, 5", "33,5"),
    "free_price": (False, "false"),
    "use_cash_back": (True, "true"),
    "need_history": (True, "true"),
    "incoming_call": (False, "false"),
    "activation_type": (0, "0"),
    "activation_id": (635468024, "635468024"),
    "rent_id": ("1049", "1049"),
    "product_id": (7, "7"),
    "user_id": (42, "42"),
    "order_id": ("my-order", "my-order"),
    "status": (1, "1"),
    "rent_time": (24, "24"),
    "hours": (48, "48"),
    "offset": (0, "0"),
    "limit": (100, "100"),
    "length": (10, "10"),
    "page": (1, "1"),
    "size": (10, "10"),
    "start": (1_700_000_000, "1700000000"),
    "end": (datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), "1700000000"),
    "currency": (840, "840"),
    "url": ("https://example.org/hook?a=1", "https://example.org/hook?a=1"),
}

each_action = pytest.mark.parametrize("action", WIRE_NAMES)


def method(action: str) -> Callable[..., Call]:
    made: Callable[..., Call] = getattr(Calls(), ACTIONS[action].method)
    return made


def quietly(action: str, *args: object, **kwargs: object) -> Call:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return method(action)(*args, **kwargs)


def names(action: str) -> list[str]:
    return list(inspect.signature(method(action)).parameters)


def snake(wire_name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in wire_name)


def problem(action: str, *args: object, **kwargs: object) -> str:
    with pytest.raises(UsageProblem) as caught:
        quietly(action, *args, **kwargs)
    return str(caught.value)


@each_action
def test_every_parameter_has_the_name_of_the_documentation(action: str) -> None:
    values = {name: TAKEN.get(name, ("text", "text")) for name in names(action)}
    call = quietly(action, **{name: value for name, (value, _) in values.items()})
    assert call.action.name == action
    wire = WIRE_NAMES[action].split()
    assert list(call.params) == wire
    assert list(call.params.values()) == [text for _, text in values.values()]
    own = {"id": "activation_id", "multi_service": "services"}
    if "Rent" in action:
        own["id"] = "rent_id"
    if "Extra" in action:
        own["rent_time"] = "hours"
    assert names(action) == [own.get(snake(name), snake(name)) for name in wire]


@each_action
def test_what_is_required_comes_first_and_the_rest_by_keyword(action: str) -> None:
    parameters = inspect.signature(method(action)).parameters.values()
    required = [p.name for p in parameters if p.default is p.empty]
    assert required == REQUIRED.get(action, [])
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == POSITIONAL.get(action, [])


@each_action
def test_none_is_not_sent(action: str) -> None:
    given = {name: TAKEN.get(name, ("text", ""))[0] for name in REQUIRED.get(action, [])}
    left = {name: None for name in names(action) if name not in given}
    assert quietly(action, **given, **left) == quietly(action, **given)
    assert len(quietly(action, **given).params) == len(given)


@each_action
def test_what_is_required_cannot_be_left_out_or_none(action: str) -> None:
    given = {name: TAKEN.get(name, ("text", ""))[0] for name in REQUIRED.get(action, [])}
    for name in given:
        assert name in problem(action, **{**given, name: None})
        without = {other: value for other, value in given.items() if other != name}
        assert name in problem(action, **without)


@each_action
def test_an_unknown_keyword_is_one_line_that_names_the_known_ones(action: str) -> None:
    line = problem(action, *["1"] * len(REQUIRED.get(action, [])), nonsense=1)
    assert "nonsense" in line
    for name in names(action):
        assert name in line


def test_a_keyword_that_is_nearly_right_is_guessed() -> None:
    assert problem("getPrices", servce="tg").endswith("Did you mean service?")
    assert problem("getNumber", "tg", 2, maxPrice=1).endswith("Did you mean max_price?")
    assert problem("getHistory", limits=5).endswith("Did you mean limit?")


def test_too_many_values_are_one_line() -> None:
    assert "too many positional arguments" in problem("getPrices", "tg", 2, 3)
    assert "too many positional arguments" in problem("getBalance", 1)


def test_only_the_deprecated_action_warns() -> None:
    with pytest.warns(DeprecationWarning, match=r"use continue_rent_info") as caught:
        Calls().get_continue_rent_price_number(1049, 4)
    assert caught[0].filename == __file__
    for action in WIRE_NAMES.keys() - {"getContinueRentPriceNumber"}:
        given = {name: TAKEN.get(name, ("text", ""))[0] for name in REQUIRED.get(action, [])}
        method(action)(**given)
