"""Every action has one frame: the same columns, order and dtypes for 0, 1 and n rows."""

import json
from typing import Any

import pandas as pd
import pytest

from sms_notebook.protocol.actions import ACTIONS, Calls

_TOP = """service string, country Int64, count Int64, price Float64, retail_price Float64,
    free_price Float64, free_price_count Int64, count_kind string"""
_RENT = "rent_id string, phone_number string, end_date time, cost Float64, currency string"
_NUMBER = "activation_id string, phone_number string, activation_cost Float64"
_BALANCE = "balance Float64"

WRITTEN = {
    "getNumbersStatus": "service string, forward boolean, count Int64",
    "getTopCountriesByService": _TOP,
    "getTopCountriesByServiceRank": _TOP,
    "getBalance": _BALANCE,
    "getBalanceAndCashBack": _BALANCE,
    "getOperators": "country Int64, operator string",
    "getActiveActivations": """activation_id string, service string, phone_number string,
        activation_cost Float64, currency string, activation_status string, sms_code string,
        sms_codes object, sms_text string, activation_time time, discount Float64,
        repeated boolean, country Int64, country_name string, can_get_another_sms boolean,
        activation_end_time time, activation_cancel time""",
    "getNumber": _NUMBER,
    "getExtraActivation": _NUMBER,
    "getNumberV2": """activation_id string, phone_number string, activation_cost Float64,
        currency string, country Int64, can_get_another_sms boolean, activation_time time,
        activation_operator string, activation_end_time time, activation_cancel time""",
    "getMultiServiceNumber": "activation_id string, phone_number string, service string",
    "setStatus": "activation_id string, status string",
    "getStatus": "activation_id string, status string, code string, text string",
    "getStatusV2": """activation_id string, channel string, date_time time, code string,
        text string, phone_from string, url string, parsing_count Int64""",
    "getHistory": """activation_id string, date time, phone_number string, sms string,
        cost Float64, currency string, status string""",
    "getListOfTopCountriesByService": "country Int64, share Float64, rate Float64",
    "getIncomingCallStatus": "activation_id string, status string, phone string",
    "getPrices": """country Int64, service string, cost Float64, count Int64,
        physical_count Int64, count_kind string""",
    "getPricesExtended": """country Int64, service string, cost Float64, count Int64,
        physical_count Int64, free_price Float64, free_price_count Int64, count_kind string""",
    "getPricesVerification": "service string, country Int64, count Int64, price Float64",
    "getCountries": """country Int64, rus string, eng string, chn string, visible boolean,
        retry boolean, rent boolean, multi_service boolean""",
    "getServicesList": "service string, name string",
    "checkExtraActivation": """activation_id string, cost Float64, service string,
        phone_number string, country Int64""",
    "parseCall": "activation_id string, result string",
    "getRentServicesAndCountries": "service string, cost Float64, quant Int64, currency string",
    "getRentNumber": _RENT,
    "continueRentNumber": _RENT,
    "getRentStatus": "rent_id string, phone_from string, text string, service string, date time",
    "setRentStatus": "rent_id string, status string",
    "getRentList": """rent_id string, phone_number string, service string, country Int64,
        cost Float64, currency string, begun_at time, end_date time""",
    "getContinueRentPriceNumber": "rent_id string, price Float64, currency string",
    "continueRentInfo": "rent_id string, price Float64, currency string, hours Int64",
    "buyPartnerProduct": "product_id string, key string, manual string",
}
FRAMES = {
    action: [
        (name, dtype.replace("time", "datetime64[us, UTC]"))
        for name, dtype in (pair.split() for pair in text.split(","))
    ]
    for action, text in WRITTEN.items()
}

each_action = pytest.mark.parametrize("action", FRAMES)


def shape(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return [(name, str(dtype)) for name, dtype in frame.dtypes.items()]


def test_there_are_33_actions_and_each_has_its_frame() -> None:
    assert len(FRAMES) == 33
    assert set(ACTIONS) == set(FRAMES)


@each_action
def test_the_schema_has_the_columns_their_order_and_their_dtypes(action: str) -> None:
    written = [(column.name, column.kind.name) for column in ACTIONS[action].schema.columns]
    assert written == FRAMES[action]


@each_action
def test_no_row_one_row_and_many_rows_have_the_same_columns_and_dtypes(
    wire: Any, action: str
) -> None:
    sizes = {size: wire.good(action, size) for size in wire.replies[action] if size != "ask"}
    sizes["empty"] = ACTIONS[action].schema.empty(wire.context(action))
    for size, frame in sizes.items():
        assert shape(frame) == FRAMES[action], size
    assert len(sizes["one"]) == 1
    assert len(sizes["empty"]) == 0
    assert len(sizes.get("none", ())) == 0
    assert "many" not in sizes or len(sizes["many"]) > 1


@each_action
def test_a_frame_counts_its_rows_from_zero(wire: Any, action: str) -> None:
    for size in wire.replies[action].keys() - {"ask"}:
        frame = wire.good(action, size)
        assert isinstance(frame.index, pd.RangeIndex), size
        assert frame.index.tolist() == list(range(len(frame))), size


@each_action
def test_a_frame_says_who_was_asked_what_and_when(wire: Any, action: str) -> None:
    for size in wire.replies[action].keys() - {"ask"}:
        attrs = wire.good(action, size).attrs
        assert attrs["provider"] == "acme"
        assert attrs["action"] == action
        assert attrs["fetched_at"] == "2026-03-01T12:00:00.000000+00:00"
        assert attrs["extra"] == {}
        assert json.loads(json.dumps(attrs)) == attrs


@each_action
def test_the_documentation_of_an_action_names_each_column(action: str) -> None:
    text = getattr(Calls, ACTIONS[action].method).__doc__
    for name, dtype in FRAMES[action]:
        assert f"``{name}`` ({dtype})" in text
