"""Every action has one frame: the same columns, order and dtypes for 0, 1 and n rows."""

import json
from importlib import import_module
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.frames import Schema

_TOP = """service string, country Int64, price Float64, retail_price Float64, free_price Float64,
        count Int64, free_price_count Int64, count_kind string"""
_RENT = "phone_number string, cost Float64, currency string, end_date time, rent_id string"
_NUMBER = "phone_number string, activation_cost Float64, activation_id string"
_BALANCE = "balance Float64"

WRITTEN = {
    "getNumbersStatus": "service string, count Int64, forward boolean",
    "getTopCountriesByService": _TOP,
    "getTopCountriesByServiceRank": _TOP,
    "getBalance": _BALANCE,
    "getBalanceAndCashBack": _BALANCE,
    "getOperators": "country Int64, operator string",
    "getActiveActivations": """phone_number string, service string, country Int64, country_name
        string, activation_cost Float64, currency string, activation_status string, sms_code
        string, sms_codes object, sms_text string, can_get_another_sms boolean, activation_time
        time, activation_end_time time, activation_cancel time, discount Float64, repeated
        boolean, activation_id string""",
    "getNumber": _NUMBER,
    "getExtraActivation": _NUMBER,
    "getNumberV2": """phone_number string, country Int64, activation_operator string,
        activation_cost Float64, currency string, can_get_another_sms boolean, activation_time
        time, activation_end_time time, activation_cancel time, activation_id string""",
    "getMultiServiceNumber": "phone_number string, service string, activation_id string",
    "setStatus": "status string, activation_id string",
    "getStatus": "status string, code string, text string, activation_id string",
    "getStatusV2": """code string, text string, phone_from string, channel string, url string,
        date_time time, parsing_count Int64, activation_id string""",
    "getHistory": """phone_number string, cost Float64, currency string, status string, sms
        string, date time, activation_id string""",
    "getListOfTopCountriesByService": "country Int64, rate Float64, share Float64",
    "getIncomingCallStatus": "status string, phone string, activation_id string",
    "getPrices": """service string, country Int64, cost Float64, count Int64, physical_count
        Int64, count_kind string""",
    "getPricesExtended": """service string, country Int64, cost Float64, free_price Float64, count
        Int64, physical_count Int64, free_price_count Int64, count_kind string""",
    "getPricesVerification": "service string, country Int64, price Float64, count Int64",
    "getCountries": """country Int64, eng string, rus string, chn string, visible boolean, retry
        boolean, rent boolean, multi_service boolean""",
    "getServicesList": "service string, name string",
    "checkExtraActivation": """phone_number string, service string, country Int64, cost Float64,
        activation_id string""",
    "parseCall": "result string, activation_id string",
    "getRentServicesAndCountries": "service string, cost Float64, currency string, quant Int64",
    "getRentNumber": _RENT,
    "continueRentNumber": _RENT,
    "getRentStatus": "service string, text string, phone_from string, date time, rent_id string",
    "setRentStatus": "status string, rent_id string",
    "getRentList": """phone_number string, service string, country Int64, cost Float64, currency
        string, begun_at time, end_date time, rent_id string""",
    "getContinueRentPriceNumber": "price Float64, currency string, rent_id string",
    "continueRentInfo": "price Float64, currency string, hours Int64, rent_id string",
    "buyPartnerProduct": "key string, manual string, product_id string",
}
FRAMES = {
    action: [
        (name, dtype.replace("time", "datetime64[us, UTC]"))
        for name, dtype in (pair.split() for pair in text.split(","))
    ]
    for action, text in WRITTEN.items()
}

LOOKED_FOR = (
    "phone_number",
    "service name",
    "country country_name eng rus chn",
    "operator activation_operator",
    "cost price activation_cost balance retail_price free_price",
    "currency",
    "state status activation_status result is_over",
    "rate share hours why",
    "code sms_code codes sms_codes",
    "text sms_text sms",
    # What stands here has no place of its own.
    "",
    "provider key manual",
    "provider_id product_id activation_id rent_id order_id",
)
"""As a person looks for columns: the number first, ids last."""
PLACES = {name: place for place, names in enumerate(LOOKED_FOR) for name in names.split()}
MODULES = ("protocol.frames.tables", "ledger.frame_schemas", "watching.watch", "watching.code_wait")
SCHEMAS = {
    f"{module} {name}": schema
    for module in MODULES
    for name, schema in vars(import_module(f"sms_notebook.{module}")).items()
    if isinstance(schema, Schema)
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


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_columns_stand_as_a_person_looks_for_them(schema: Schema) -> None:
    names = [column.name for column in schema.columns]
    places = [PLACES.get(name, LOOKED_FOR.index("")) for name in names]
    assert all(before <= after for before, after in pairwise(places)), names


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
