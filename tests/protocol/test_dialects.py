"""Live providers answer in shapes of their own, and refuse in words of their own."""

import json
import logging
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.errors import MalformedReply
from sms_notebook.protocol.frames import schema
from sms_notebook.protocol.readers.prices import price_tiers
from sms_notebook.protocol.replies import Context

from .reading import read, refused

SHAPES = json.loads(Path(__file__).with_name("dialects.json").read_text(encoding="utf-8"))


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return value
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


@pytest.mark.parametrize(("action", "params", "body", "expected"), SHAPES)
def test_a_shape_of_a_live_provider_is_read(
    action: str, params: dict[str, str], body: str, expected: dict[str, list[Any]] | None
) -> None:
    if expected is None:
        with pytest.raises(MalformedReply):
            read(action, body, params)
        return
    frame = read(action, body, params, tier_count="cumulative")
    for column, values in expected.items():
        assert [plain(value) for value in frame[column]] == values, column
    assert [(c.name, c.kind.name) for c in ACTIONS[action].schema.columns] == [
        (name, str(dtype)) for name, dtype in frame.dtypes.items()
    ]


def test_a_country_by_a_word_keeps_the_word() -> None:
    frame = read("getTopCountriesByService", {"united-states": {"2263": {"price": 2.5}}})
    assert frame.attrs["extra"] == {"slug": ["united-states"], "provider_id": ["2263"]}
    frame = read("getPrices", {"united-states": {"tg": {"cost": 1.0, "count": 2}}})
    assert frame.attrs["extra"] == {"slug": ["united-states"]}


def test_the_suffix_of_stock_is_what_the_providers_row_says() -> None:
    stock = {"tg_73": 150, "wa_0": 50}
    frame = read("getNumbersStatus", stock, {"country": "73"}, stock_suffix="country")
    assert frame["service"].tolist() == ["tg", "wa"]
    assert frame["forward"].isna().all()
    assert frame.attrs["extra"] == {"country": [73, 0]}


def test_a_list_says_how_many_there_are_in_all() -> None:
    row = {"id": 5, "phone": "79990000001"}
    assert read("getActiveActivations", {"data": [row], "total": "31"}).attrs["total"] == 31
    assert read("getHistory", {"data": [row], "meta": {"total": 7}}).attrs["total"] == 7
    assert "total" not in read("getHistory", [row]).attrs


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (
            {"187": {"tg": {"0.683": 22, "0.697": 157}}},
            [(0.683, 22, "exact", None), (0.697, 157, "exact", None)],
        ),
        (
            {"187": {"tg": {"prices": {"0.25": 9}, "has_multi": {"0.25": True}}}},
            [(0.25, 9, "exact", None)],
        ),
        (
            {"187": {"tg": {"14": {"count": 98, "price": 2.5, "provider_id": 14}, "15": None}}},
            [(2.5, 98, "exact", "14")],
        ),
        (
            {
                "187": {
                    "tg": {
                        "price": 0.25,
                        "count": 50,
                        "providers": {"5": {"count": 3, "price": [0.25]}},
                    }
                }
            },
            [(0.25, 3, "exact", "5")],
        ),
        (
            {
                "data": {
                    "tg": {
                        "187": {
                            "prices": {"default": 0.25},
                            "counts": {"total": 4},
                            "map": {"0.25": 4},
                        }
                    }
                }
            },
            [(0.25, 4, "exact", None)],
        ),
    ],
)
def test_tiers_of_prices_have_one_schema(body: Any, rows: list[Any]) -> None:
    frame = price_tiers(body, Context("getPricesV2", {}, "acme", tier_count="exact"))
    assert frame["country"].tolist() == [187] * len(rows)
    found = frame[["price", "count", "count_kind", "provider_id"]].itertuples(index=False)
    assert [tuple(map(plain, row)) for row in found] == rows


# Odd rows ---------------------------------------------------------------------------------------

LISTS: dict[str, list[Any]] = {
    "getActiveActivations": [{"activationId": n, "phoneNumber": f"7999000000{n}"} for n in (1, 2)],
    "getHistory": [{"id": n, "phone": f"7999000000{n}", "sms": "x"} for n in (1, 2)],
    "getCountries": [{"id": n, "eng": f"Land {n}"} for n in (1, 2)],
    "getServicesList": [{"code": n, "name": n} for n in ("tg", "wa")],
    "getListOfTopCountriesByService": [{"country": n, "share": 1} for n in (1, 2)],
    "getTopCountriesByService": [{"country": n, "price": 1.5} for n in (1, 2)],
    "getRentList": [{"id": n, "phone": f"7999000000{n}"} for n in (1, 2)],
    "getRentStatus": [{"text": n, "phoneFrom": "x"} for n in ("a", "b")],
}
odd_rows = st.sampled_from([None, {}, [], 5, "row", False, "", [[]]])


@pytest.mark.parametrize("action", LISTS)
@given(data=st.data())
def test_odd_rows_leave_the_good_ones_as_they_are(action: str, data: st.DataObject) -> None:
    good = LISTS[action]
    rows = list(good)
    odd = data.draw(st.lists(odd_rows, min_size=1, max_size=5))
    for row in odd:
        rows.insert(data.draw(st.integers(0, len(rows))), row)
    enveloped = action == "getRentStatus" or data.draw(st.booleans())
    name = "values" if action == "getRentStatus" else "data"

    def body(items: list[Any]) -> object:
        return {"status": "success", name: items} if enveloped else items

    frame, clean = read(action, body(rows)), read(action, body(good))
    pd.testing.assert_frame_equal(frame, clean)
    assert frame.attrs["skipped"] == len(odd)
    assert clean.attrs["skipped"] == 0
    assert frame.attrs["extra"] == clean.attrs["extra"]


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.sampled_from([None, 5, "x", [], {}])))
def test_odd_offers_leave_the_good_ones_as_they_are(odd: dict[str, Any]) -> None:
    offer = {"cost": 0.5, "count": 3}
    frame = read("getPrices", {"2": {**odd, "tg": offer}, "": {"tg": offer}})
    assert frame[["country", "service", "cost", "count"]].to_numpy().tolist() == [[2, "tg", 0.5, 3]]
    assert frame.attrs["skipped"] == len(odd) + 1


@pytest.mark.parametrize("action", LISTS)
def test_a_list_of_odd_rows_alone_is_malformed(action: str) -> None:
    for rows in ([None], [{}], [5, "x"], [{"foreign": 1}]):
        with pytest.raises(MalformedReply):
            read(action, {"status": "success", "values" if "Rent" in action else "data": rows})


def test_rows_without_an_id_or_of_another_type_are_skipped_and_said_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_WARNINGS", set())
    rows = [
        {"activationId": None, "phoneNumber": "79990000001"},
        {"activationId": "5", "phoneNumber": "79990000002"},
        {"activationId": "6", "phoneNumber": "<b>none</b>"},
        {"foreign": [1], "other": 5},
    ]
    with caplog.at_level(logging.WARNING, "sms_notebook"):
        for _ in range(3):
            frame = read("getActiveActivations", rows)
    assert frame["activation_id"].tolist() == ["5"]
    assert frame.attrs["skipped"] == 3
    assert frame.attrs["extra"] == {}
    assert len(caplog.records) == 1
    assert "3 of 4 rows" in caplog.records[0].message


@pytest.mark.parametrize(
    "action", [*LISTS, "getPrices", "getOperators", "getRentServicesAndCountries"]
)
def test_a_success_without_a_known_list_is_no_empty_table(action: str) -> None:
    for body in ({"status": "success"}, {"status": "success", "unheard_of": [{"id": 5}]}):
        with pytest.raises(MalformedReply):
            read(action, body)


# Purchases --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "body", "found"),
    [
        ("getNumber", "ACCESS_NUMBER:Just a moment:default-src 'self'", ()),
        ("getNumber", "ACCESS_NUMBER:700000001:Just a moment", (("700000001", None),)),
        ("getNumber", "STATUS_OK:700000001:79991234567", (("700000001", "79991234567"),)),
        ("getNumberV2", {"activationId": 7, "phoneNumber": "<html>"}, (("7", None),)),
        ("getNumberV2", {"order": {"id": 7, "msisdn": "+79991234567"}}, (("7", "79991234567"),)),
        ("getNumberV2", '{"phone":{"id":7,"number":"79991234567","end', (("7", "79991234567"),)),
        (
            "getRentNumber",
            {"status": "success", "rent": {"rentId": 7, "phone": 79991234567}},
            (("7", "79991234567"),),
        ),
        ("getRentNumber", "ACCESS_NUMBER:7:79991234567", (("7", "79991234567"),)),
        (
            "getNumberV2",
            {"status": "error", "message": "ODD", "id": 7, "phone": "79991234567"},
            (("7", "79991234567"),),
        ),
    ],
)
def test_what_an_unreadable_purchase_says_of_ids_and_numbers_is_kept(
    action: str, body: object, found: tuple[Any, ...]
) -> None:
    error = refused(action, body)
    assert error.found == found
    assert isinstance(error, MalformedReply) or not error.is_definite


def test_a_header_says_what_a_number_really_cost_and_the_whole_message() -> None:
    number = read("getNumber", "ACCESS_NUMBER:5:12025550123", headers={"x-price": "0.42"})
    assert number.loc[0, "activation_cost"] == 0.42
    state = read("getStatus", "STATUS_OK:482917", headers={"x-text": "Your code is 482917"})
    assert state.loc[0, ["code", "text"]].tolist() == ["482917", "Your code is 482917"]


def test_json_within_a_page_is_json() -> None:
    frame = read("getServicesList", '<html><body>[{"code":"tg","name":"Telegram"}]</body></html>')
    assert frame["service"].tolist() == ["tg"]
