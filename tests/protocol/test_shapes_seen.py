"""Providers answer in more shapes than are documented; each is read the same way."""

import json
from typing import Any

import pandas as pd
import pytest

from sms_notebook.protocol.errors import MalformedReply


def only(frame: pd.DataFrame, column: str) -> Any:
    """Return the one value of a column."""
    (value,) = frame[column].tolist()
    return value


def as_text(value: Any) -> Any:
    """Write every number of a reply as text."""
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def test_numbers_as_text_are_read_as_numbers_are(wire: Any) -> None:
    read = 0
    for action, replies in wire.replies.items():
        for size in replies.keys() - {"ask", "none"}:
            if isinstance(replies[size], str):
                continue
            texts = wire.read(action, as_text(replies[size]))
            pd.testing.assert_frame_equal(texts, wire.good(action, size))
            read += 1
    assert read > 30


@pytest.mark.parametrize("written", [7, 7.0, "7", " 7 ", "7.0", "7e0", "+7"])
@pytest.mark.parametrize("beside", [5, "5", None, "x"])
def test_a_number_reads_the_same_whatever_stands_beside_it(
    wire: Any, written: object, beside: object
) -> None:
    reply = {"2": {"tg": {"cost": written, "count": written}, "wa": {"cost": beside, "count": 1}}}
    frame = wire.read("getPrices", reply)
    assert frame.loc[0, ["cost", "count"]].tolist() == [7, 7]


@pytest.mark.parametrize(
    "odd", ["1_000", "\u0663", "nan", "inf", "0x10", "1,5", "x", True, False, [], {}]
)
@pytest.mark.parametrize("beside", ["5", 5, None])
def test_what_is_no_number_is_absent_and_kept_as_it_came(
    wire: Any, odd: object, beside: object
) -> None:
    reply = {"2": {"tg": {"cost": odd, "count": odd}, "wa": {"cost": beside, "count": beside}}}
    frame = wire.read("getPrices", reply)
    assert frame.loc[0, ["cost", "count"]].isna().all()
    assert frame.attrs["extra"] == {"cost": [odd, None], "count": [odd, None]}


def test_zeros_are_values(wire: Any) -> None:
    row = wire.read("getPrices", {"0": {"tg": {"cost": 0, "count": "0", "physicalCount": 0}}})
    assert row.iloc[0, :5].tolist() == ["tg", 0, 0.0, 0, 0]
    assert only(wire.read("getNumberV2", {**v2(), "countryCode": 0}), "country") == 0
    assert only(wire.read("getOperators", {"0": ["mts"]}), "country") == 0


def v2() -> dict[str, Any]:
    return {"activationId": 1, "phoneNumber": 79584000000}


@pytest.mark.parametrize("written", [9223372036854775807, "9223372036854775807"])
def test_ids_of_19_digits_are_exact(wire: Any, written: int | str) -> None:
    exact = "9223372036854775807"
    bought = wire.read("getNumberV2", {**v2(), "activationId": written})
    assert only(bought, "activation_id") == exact
    assert only(wire.read("getNumber", f"ACCESS_NUMBER:{written}:7"), "activation_id") == exact
    rent = {"status": "success", "phone": {"id": written, "number": written}}
    rented = wire.read("getRentNumber", rent)
    assert [only(rented, name) for name in ("rent_id", "phone_number")] == [exact, exact]
    row = {"activationId": written, "phoneNumber": 7}
    assert only(wire.read("getActiveActivations", [row]), "activation_id") == exact
    assert only(wire.read("getHistory", [{"id": written}]), "activation_id") == exact


def test_a_phone_number_has_no_plus(wire: Any) -> None:
    assert only(wire.read("getNumber", "ACCESS_NUMBER:1:+79584000000"), "phone_number") == (
        "79584000000"
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [(840, "USD"), ("840", "USD"), ("usd", "USD"), (643, "RUB"), (36, "AUD"), (None, pd.NA)],
)
def test_a_currency_is_three_letters(wire: Any, written: object, read: object) -> None:
    frame = wire.read("getNumberV2", {**v2(), "currency": written})
    assert only(frame, "currency") is read or only(frame, "currency") == read
    assert frame.attrs["extra"] == {}


@pytest.mark.parametrize("written", [0, "XYZ", "", [840], True])
def test_a_currency_nobody_knows_is_absent_and_kept_as_it_came(wire: Any, written: object) -> None:
    frame = wire.read("getNumberV2", {**v2(), "currency": written})
    assert only(frame, "currency") is pd.NA
    assert frame.attrs["extra"] == ({"currency": [written]} if written != "" else {})


@pytest.mark.parametrize("none", ["0000-00-00 00:00:00", "0000-00-00", None, "", 0, "0", False])
def test_no_time_is_not_a_time(wire: Any, none: object) -> None:
    frame = wire.read("getNumberV2", {**v2(), "activationTime": none})
    assert only(frame, "activation_time") is pd.NaT
    assert frame.attrs["extra"] == {}


def test_fields_that_no_column_has_go_to_extra(wire: Any) -> None:
    frame = wire.read("getNumberV2", {**v2(), "countryPhoneCode": "62", "more": {"a": [1]}})
    assert frame.attrs["extra"] == {"countryPhoneCode": ["62"], "more": [{"a": [1]}]}
    frame = wire.read("getPrices", {"2": {"tg": {"cost": 1, "new": 5}, "wa": {"cost": 2}}})
    assert frame.attrs["extra"] == {"new": [5, None]}
    assert frame["cost"].tolist() == [1.0, 2.0]


def test_stock_is_split_by_call_forwarding_where_the_key_says_so(wire: Any) -> None:
    frame = wire.read("getNumbersStatus", {"wa": "90", "vk_0": "23", "av_1": "0", "my_2": 4})
    assert frame["service"].tolist() == ["wa", "vk", "av", "my_2"]
    assert frame["forward"].tolist() == [pd.NA, False, True, pd.NA]
    assert frame["count"].tolist() == [90, 23, 0, 4]


def test_no_physical_count_is_not_zero(wire: Any) -> None:
    offers = {"a": {"cost": 1, "physicalCount": None}, "b": {"cost": 1}}
    frame = wire.read("getPrices", {"2": {**offers, "c": {"cost": 1, "physicalCount": 0}}})
    assert frame["physical_count"].tolist() == [pd.NA, pd.NA, 0]


def test_prices_of_country_zero_alone_come_as_a_list(wire: Any) -> None:
    frame = wire.read("getPrices", [{"tg": {"cost": 1, "count": 2}}])
    assert frame.loc[0, ["country", "service"]].tolist() == [0, "tg"]


def test_prices_come_as_a_bare_list_of_records(wire: Any) -> None:
    rows = [{"country": "2", "service": "tg", "cost": "0.25", "count": "5"}]
    assert wire.read("getPrices", rows).iloc[0, :4].tolist() == ["tg", 2, 0.25, 5]


def test_free_price_tiers_of_many_offers_keep_to_their_offers(wire: Any) -> None:
    ladder = {"cost": 1, "count": 3, "freePriceMap": {"1.00": 2, "1.50": "1"}}
    reply = {"0": {"tg": ladder, "wa": {"cost": 9}}, "2": {"tg": {**ladder, "freePriceMap": []}}}
    frame = wire.read("getPricesExtended", reply)
    assert frame["country"].tolist() == [0, 0, 0, 2]
    assert frame["service"].tolist() == ["tg", "tg", "wa", "tg"]
    assert frame["free_price"].tolist() == [1.0, 1.5, pd.NA, pd.NA]
    assert frame["free_price_count"].tolist() == [2, 1, pd.NA, pd.NA]


@pytest.mark.parametrize("ladder", [[{"price": 1, "count": 2}], [5], "x", 7])
def test_free_price_tiers_of_another_shape_are_no_prices(wire: Any, ladder: object) -> None:
    with pytest.raises(MalformedReply):
        wire.read("getPricesExtended", {"2": {"tg": {"cost": 1, "freePriceMap": ladder}}})


def test_countries_come_as_a_map_by_id_or_a_list_with_fields_missing(wire: Any) -> None:
    for reply in ({"2": {"eng": "Kazakhstan"}}, [{"id": 2, "eng": "Kazakhstan"}]):
        frame = wire.read("getCountries", reply)
        assert frame.loc[0, ["country", "eng"]].tolist() == [2, "Kazakhstan"]
        assert frame.loc[0, ["rus", "chn", "visible", "rent"]].isna().all()


def test_a_country_may_stand_under_its_name(wire: Any) -> None:
    frame = wire.read("getCountries", {"Казахстан": {"id": 2, "eng": "Kazakhstan"}})
    assert only(frame, "country") == 2


def test_names_of_services_lose_stray_blanks_and_a_code_that_comes_twice_stays_once(
    wire: Any,
) -> None:
    rows = [
        {"code": "tg", "name": " Telegram\t", "rank": 1},
        {"code": "wa", "name": "WhatsApp", "rank": 2},
        {"code": "tg", "name": "Telegram", "rank": 3},
        {"code": "ok", "name": "OK", "rank": 4},
    ]
    frame = wire.read("getServicesList", {"status": "success", "services": rows})
    assert frame["service"].tolist() == ["tg", "wa", "ok"]
    assert frame["name"].tolist() == ["Telegram", "WhatsApp", "OK"]
    assert frame.attrs["extra"] == {"rank": [1, 2, 4]}
    assert isinstance(frame.index, pd.RangeIndex)


@pytest.mark.parametrize(
    "envelope", [("activeActivations",), ("data",), ("activeActivations", "rows")]
)
def test_active_activations_stand_in_several_envelopes(
    wire: Any, envelope: tuple[str, ...]
) -> None:
    good = wire.replies["getActiveActivations"]["one"]["activeActivations"]
    for reply in (good, {"0": good[0]}):
        value: Any = reply
        for name in reversed(envelope):
            value = {name: value}
        frame = wire.read("getActiveActivations", {"status": "success", **value})
        pd.testing.assert_frame_equal(frame, wire.good("getActiveActivations"))


@pytest.mark.parametrize(
    ("written", "latest", "everything"),
    [
        (["0123", "0456"], "0456", ["0123", "0456"]),
        ({"0": "0123", "2": "0456"}, "0456", ["0123", "0456"]),
        ("0123", "0123", ["0123"]),
        (["0123", None], "0123", ["0123"]),
        ([], pd.NA, []),
        (None, pd.NA, []),
        ("", pd.NA, []),
        ([None], pd.NA, []),
    ],
)
def test_codes_come_as_a_list_a_text_or_nothing(
    wire: Any, written: object, latest: object, everything: list[str]
) -> None:
    row = {"activationId": 1, "phoneNumber": 7, "smsCode": written}
    frame = wire.read("getActiveActivations", [row])
    assert only(frame, "sms_codes") == everything
    assert only(frame, "sms_code") is latest or only(frame, "sms_code") == latest


def test_the_second_version_may_answer_as_the_first(wire: Any) -> None:
    frame = wire.read("getNumberV2", "ACCESS_NUMBER:3936040355:6285872391152")
    known = ["activation_id", "phone_number"]
    assert frame.loc[0, known].tolist() == ["3936040355", "6285872391152"]
    assert frame.loc[0].drop(known).isna().all()


def test_a_number_that_was_bought_is_read_whatever_else_the_reply_says(wire: Any) -> None:
    for words in ({"message": "bought"}, {"details": "OK"}, {"title": "SUCCESS"}):
        frame = wire.read("getNumberV2", {**v2(), **words})
        assert only(frame, "activation_id") == "1"


def test_one_message_may_stand_under_data(wire: Any) -> None:
    waiting = wire.read("getStatusV2", {"verificationType": "sms", "data": None})
    assert waiting.empty
    assert waiting.attrs == {
        **waiting.attrs,
        "status": "STATUS_WAIT_CODE",
        "verification_type": "sms",
    }
    data = {"code": "0123", "text": "hi", "dateTime": "2023-01-01 12:00:00"}
    come = wire.read("getStatusV2", {"verificationType": "sms", "data": data})
    assert come.loc[0, ["channel", "code", "text"]].tolist() == ["sms", "0123", "hi"]
    called = wire.read("getStatusV2", {"verificationType": "call", "data": data})
    assert only(called, "channel") == "call"


@pytest.mark.parametrize("channel", ["sms", "call"])
@pytest.mark.parametrize("odd", ["1234", 7, True, ["1234"], [None]])
def test_a_message_of_another_shape_is_not_taken_for_none(
    wire: Any, channel: str, odd: object
) -> None:
    with pytest.raises(MalformedReply):
        wire.read("getStatusV2", {"verificationType": 0, channel: odd})


def test_no_content_means_that_the_status_was_changed(wire: Any) -> None:
    assert only(wire.read("setStatus", b"", 204), "status") == "ACCESS_ACTIVATION"
    assert only(wire.read("setRentStatus", b"", 204), "status") == "success"
    assert only(wire.read("setStatus", {"status": "success"}), "status") == "ACCESS_ACTIVATION"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (None, None),
        ("odd", "odd"),
        ('["one"]', "one"),
        (["one", "two"], "one\ntwo"),
        ('["cut', '["cut'),
        ("[]", None),
        ([], None),
    ],
)
def test_the_messages_of_the_history_are_one_a_line(
    wire: Any, written: object, read: str | None
) -> None:
    for rows in ([{"id": 1, "sms": written}], {"data": [{"id": 1, "sms": written}]}):
        sms = only(wire.read("getHistory", rows), "sms")
        assert sms == read if read else sms is pd.NA
    assert wire.read("getHistory", {"data": []}).empty


def test_operators_come_bare_or_in_an_envelope_as_lists_or_maps(wire: Any) -> None:
    for value in ({"2": ["altel", "activ"]}, {"2": {"0": "altel", "3": "activ"}}):
        for reply in (value, {"status": "success", "countryOperators": value}):
            frame = wire.read("getOperators", reply)
            assert frame["operator"].tolist() == ["altel", "activ"]
            assert frame["country"].tolist() == [2, 2]


def test_messages_of_a_rent_come_as_a_map_or_a_list(wire: Any) -> None:
    reply = wire.replies["getRentStatus"]["many"]
    listed = {**reply, "values": list(reply["values"].values())}
    pd.testing.assert_frame_equal(
        wire.read("getRentStatus", listed), wire.good("getRentStatus", "many")
    )
    assert wire.read("getRentStatus", {**reply, "values": []}).empty
    assert wire.read("getRentList", {"status": "success", "values": []}).empty


def test_an_empty_list_of_rents_is_an_error_on_the_wire_and_an_empty_frame_here(wire: Any) -> None:
    assert wire.read("getRentList", {"status": "error", "message": "NO_NUMBERS"}).empty
    assert wire.read("getRentList", "NO_NUMBERS").empty


def test_a_rented_number_may_stand_bare(wire: Any) -> None:
    frame = wire.read("getRentNumber", {"status": "success", "id": 5, "phone": "7999"})
    assert frame.loc[0, ["rent_id", "phone_number"]].tolist() == ["5", "7999"]


def test_json_is_read_with_a_byte_order_mark_and_blanks_around_it(wire: Any) -> None:
    content = b"\xef\xbb\xbf \n" + json.dumps({"wa": 5}).encode() + b"\r\n"
    assert only(wire.read("getNumbersStatus", content), "count") == 5


def test_text_is_read_in_quotes_and_with_blanks_around_it(wire: Any) -> None:
    for text in ('"ACCESS_NUMBER:1:7"', " ACCESS_NUMBER:1:7\r\n", "\ufeffACCESS_NUMBER:1:7"):
        assert wire.read("getNumber", text).iloc[0].tolist() == ["7", pd.NA, "1"]


@pytest.mark.parametrize(
    ("action", "reply"),
    [
        ("getServicesList", {"status": "success"}),
        ("getOperators", {"status": "success"}),
        ("getActiveActivations", {"status": "success"}),
        ("getHistory", {"status": "success"}),
        ("getRentList", {"status": "success"}),
        ("getRentStatus", {"status": "success"}),
        ("getRentServicesAndCountries", {"status": "success"}),
        ("getNumbersStatus", {"status": "success"}),
        ("getNumbersStatus", [5, 6]),
        ("getNumbersStatus", [{"service": "wa", "count": 5}]),
        ("getNumbersStatus", {"data": {"wa": 5}}),
        ("getPrices", {"status": "success"}),
        ("getPrices", {"2": {"tg": {}}}),
        ("getPrices", {"2": {"tg": 5}}),
        ("getPrices", {"2": {"tg": {"new": 5}}}),
        ("getPrices", {"everywhere": {"tg": {"cost": 5}}}),
        ("getTopCountriesByService", {"0": {"count": 5}}),
        ("getTopCountriesByService", {"country": 2, "count": 5}),
        ("getCountries", {"Kazakhstan": {"eng": "Kazakhstan"}}),
        ("getListOfTopCountriesByService", [{"share": 5}]),
        ("getNumberV2", {"phoneNumber": 7}),
        ("getNumberV2", {"activationId": 1}),
        ("getNumberV2", {"activationId": None, "phoneNumber": 7}),
        ("getNumberV2", {"activationId": True, "phoneNumber": 7}),
        ("getNumberV2", []),
        ("getNumber", "ACCESS_NUMBER"),
        ("getNumber", "ACCESS_NUMBER:"),
        ("getNumber", "ACCESS_NUMBER:5"),
        ("getNumber", "ACCESS_NUMBER::7"),
        ("getMultiServiceNumber", []),
        ("getMultiServiceNumber", [{"phone": 7, "service": "tg"}]),
        ("getBalance", "ACCESS_BALANCE"),
        ("getBalance", "ACCESS_BALANCE:"),
        ("getBalance", "ACCESS_BALANCE:nan"),
        ("getBalance", {"balance": None}),
        ("getBalance", []),
        ("getActiveActivations", [{"phoneNumber": 7}]),
        ("getIncomingCallStatus", {"phone": False}),
        ("getIncomingCallStatus", []),
        ("parseCall", {}),
        ("checkExtraActivation", {"status": "success"}),
        ("getRentNumber", {"status": "success", "phone": {"number": 7}}),
        ("getRentNumber", {"status": "success"}),
        ("setRentStatus", {}),
        ("setStatus", {}),
        ("continueRentInfo", {"status": "success", "price": None}),
        ("buyPartnerProduct", {"status": "success"}),
    ],
)
def test_a_reply_without_what_it_must_have_is_never_an_empty_frame_or_a_zero(
    wire: Any, action: str, reply: object
) -> None:
    with pytest.raises(MalformedReply):
        wire.read(action, reply)
