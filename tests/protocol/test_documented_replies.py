"""Each example reply of the API's documentation is read to exact values."""

import math
from datetime import timedelta, timezone
from typing import Any

import pandas as pd
import pytest

MOSCOW = timezone(timedelta(hours=3))


def cells(frame: pd.DataFrame) -> list[list[object]]:
    """Return plain values: None for what is absent, ISO text for a time."""
    return [[plain(value) for value in row] for row in frame.itertuples(index=False)]


def plain(value: Any) -> object:
    if isinstance(value, list):
        return value
    if value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


READ: dict[tuple[str, str], list[list[object]]] = {
    ("getNumbersStatus", "many"): [
        ["wa", 90, None],
        ["vi", 223, None],
        ["tg", 158, None],
        ["wb", 106, None],
        ["go", 182, None],
        ["fb", 107, None],
    ],
    ("getTopCountriesByService", "one"): [["tg", 2, 15.0, 30.0, None, 43575, None, None]],
    ("getTopCountriesByService", "many"): [
        ["tg", 2, 15.0, 30.0, 15.0, 43575, 43242, "not known"],
        ["tg", 2, 15.0, 30.0, 18.0, 43575, 333, "not known"],
        ["tg", 6, 11.0, 22.0, None, 0, None, None],
    ],
    ("getTopCountriesByServiceRank", "one"): [["tg", 2, 15.0, 30.0, None, 43575, None, None]],
    ("getTopCountriesByServiceRank", "many"): [
        ["tg", 2, 15.0, 30.0, 15.0, 43575, 43242, "not known"],
        ["tg", 2, 15.0, 30.0, 18.0, 43575, 333, "not known"],
    ],
    ("getBalance", "one"): [[50.25]],
    ("getBalanceAndCashBack", "one"): [[50.25]],
    ("getOperators", "many"): [
        [1, "life"],
        [1, "mts"],
        [1, "kyivstar"],
        [1, "utel"],
        [2, "life"],
        [2, "altel"],
        [2, "mts"],
        [2, "beeline"],
    ],
    ("getActiveActivations", "one"): [
        [
            "79********1",
            "vk",
            2,
            "Kazakhstan",
            12.5,
            "USD",
            "4",
            "CODE",
            ["CODE"],
            "[Your CODE registration code]",
            True,
            "2022-06-01T16:59:16+00:00",
            None,
            None,
            0.0,
            False,
            "635468021",
        ]
    ],
    ("getNumber", "one"): [["6285872391152", None, "3936040355"]],
    ("getNumberV2", "one"): [
        [
            "79584******",
            2,
            "mtt",
            12.5,
            "USD",
            True,
            "2022-06-01T17:30:57+00:00",
            None,
            None,
            "635468024",
        ]
    ],
    ("getMultiServiceNumber", "many"): [
        ["79000000001", "tg", "635468031"],
        ["79000000001", "wa", "635468032"],
    ],
    ("setStatus", "one"): [["ACCESS_ACTIVATION", "635468024"]],
    ("getStatus", "one"): [["STATUS_OK", "12345", None, "635468024"]],
    ("getStatusV2", "many"): [
        ["code", "sms text", None, "sms", None, None, None, "635468024"],
        ["12345", "voice text", "phone", "call", "voice file url", None, 1, "635468024"],
    ],
    ("getHistory", "one"): [
        [
            "79918529716",
            100.0,
            "USD",
            "4",
            "Your sms code",
            "2022-11-12T15:58:39+00:00",
            "635468024",
        ]
    ],
    ("getListOfTopCountriesByService", "one"): [[2, 50.0, 50.0]],
    ("getIncomingCallStatus", "one"): [["2", None, "635468024"]],
    ("getPrices", "one"): [["tg", 2, 0.25, 43575, 120, None]],
    ("getPrices", "many"): [
        ["tg", 0, 0.25, 43575, 0, None],
        ["wa", 0, 1.0, 0, None, None],
        ["tg", 2, 0.25, 5, None, None],
    ],
    ("getPricesExtended", "one"): [["tg", 2, 0.25, None, 43575, None, None, None]],
    ("getPricesExtended", "many"): [
        ["tg", 2, 15.0, 15.0, 43575, 7, 43242, "not known"],
        ["tg", 2, 15.0, 18.0, 43575, 7, 333, "not known"],
    ],
    ("getPricesVerification", "many"): [
        ["tg", 2, 0.3, 12],
        ["tg", 0, 1.0, 0],
        ["wa", 2, 0.5, 7],
    ],
    ("getCountries", "one"): [[2, "Kazakhstan", "Казахстан", "哈萨克斯坦", True, True, True, True]],
    ("getServicesList", "one"): [["aoo", "Pegasus Airlines"]],
    ("getExtraActivation", "one"): [["79918529716", None, "635468099"]],
    ("checkExtraActivation", "one"): [["777777777", "tw", 14, 200.0, "635468024"]],
    ("parseCall", "one"): [["OK", "635468024"]],
    ("getRentServicesAndCountries", "many"): [
        ["full", 42.93, "USD", 20],
        ["vk", 21.95, "USD", 20],
        ["ok", 7.68, "USD", 55],
        ["ot", 5.2, "USD", 42],
    ],
    ("getRentNumber", "one"): [["79959707564", None, None, "2020-01-31T12:01:52+00:00", "1049"]],
    ("getRentStatus", "many"): [
        ["ot", "5", "79180230628", "2020-01-30T14:31:58+00:00", "1049"],
        ["ot", "4", "79180230628", "2020-01-30T14:04:16+00:00", "1049"],
    ],
    ("setRentStatus", "one"): [["success", "1049"]],
    ("getRentList", "many"): [
        ["79181234567", None, None, None, None, None, None, "12345"],
        ["79181234568", None, None, None, None, None, None, "12345"],
    ],
    ("continueRentNumber", "one"): [
        ["79959707564", None, None, "2020-01-31T12:01:52+00:00", "1049"]
    ],
    ("getContinueRentPriceNumber", "one"): [[6.33, "USD", "1049"]],
    ("continueRentInfo", "one"): [[6.33, "USD", 4, "1049"]],
    ("buyPartnerProduct", "one"): [["F5qrzFoY6afj3zrEq7SeMplbx", "Software download link:", "7"]],
}


@pytest.mark.parametrize(("action", "size"), READ)
def test_a_documented_reply_is_read_to_exact_values(wire: Any, action: str, size: str) -> None:
    assert cells(wire.good(action, size)) == READ[action, size]


def test_every_action_has_a_documented_reply(wire: Any) -> None:
    assert {action for action, _ in READ} == set(wire.replies)


def test_an_empty_answer_is_an_empty_frame(wire: Any) -> None:
    empty = [action for action, replies in wire.replies.items() if "none" in replies]
    assert len(empty) > 10
    for action in empty:
        assert wire.good(action, "none").empty


@pytest.mark.parametrize("word", ["READY", "RETRY_GET", "ACTIVATION", "CANCEL"])
def test_each_word_of_a_change_of_status_is_kept(wire: Any, word: str) -> None:
    assert cells(wire.read("setStatus", f"ACCESS_{word}")) == [[f"ACCESS_{word}", "635468024"]]


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("STATUS_WAIT_CODE", "STATUS_WAIT_CODE", None),
        ("STATUS_CANCEL", "STATUS_CANCEL", None),
        ("STATUS_WAIT_RETRY:0123", "STATUS_WAIT_RETRY", "0123"),
        ("STATUS_WAIT_RETRY: '0123'", "STATUS_WAIT_RETRY", "0123"),
        ("STATUS_WAIT_RETRY", "STATUS_WAIT_RETRY", None),
        ("STATUS_WAIT_RESEND", "STATUS_WAIT_RESEND", None),
        ("STATUS_OK:00123", "STATUS_OK", "00123"),
        ("STATUS_OK: '00123'", "STATUS_OK", "00123"),
        ("STATUS_OK:12:34", "STATUS_OK", "12:34"),
        ("STATUS_OK:", "STATUS_OK", None),
        ("STATUS_OK:null", "STATUS_OK", None),
        ("STATUS_OK:None", "STATUS_OK", None),
        ("STATUS_OK", "STATUS_OK", None),
    ],
)
def test_each_state_of_an_activation_is_read(
    wire: Any, text: str, status: str, code: str | None
) -> None:
    assert cells(wire.read("getStatus", text)) == [[status, code, None, "635468024"]]


@pytest.mark.parametrize(
    ("text", "code"),
    [("Telegram code 01234", "01234"), ("01234 is your code", "01234"), ("12 for 01234", None)],
)
def test_a_whole_message_for_a_code_is_a_text(wire: Any, text: str, code: str | None) -> None:
    assert cells(wire.read("getStatus", f"STATUS_OK:{text}")) == [
        ["STATUS_OK", code, text, "635468024"]
    ]


def test_a_balance_stands_bare_or_in_quotes(wire: Any) -> None:
    for text in ("ACCESS_BALANCE:0.1", "ACCESS_BALANCE: '0.1'", "ACCESS_BALANCE: 0.1\n"):
        assert cells(wire.read("getBalance", text)) == [[0.1]]


def test_no_active_activations_are_an_empty_frame_as_text_too(wire: Any) -> None:
    for text in ("NO_ACTIVATIONS", "null"):
        assert wire.read("getActiveActivations", text).empty


@pytest.mark.parametrize(
    ("number", "word"), [(0, "sms"), (1, "call"), (2, "voice"), ("sms", "sms"), (None, None)]
)
def test_the_kind_of_verification_is_named(wire: Any, number: object, word: str | None) -> None:
    reply = {"verificationType": number, "sms": None, "call": None}
    assert wire.read("getStatusV2", reply).attrs["verification_type"] == word


def test_messages_that_have_not_come_are_an_empty_frame_that_tells_the_state(wire: Any) -> None:
    for text in ("STATUS_WAIT_CODE", "STATUS_CANCEL"):
        frame = wire.read("getStatusV2", text)
        assert (len(frame), frame.attrs["status"]) == (0, text)
    frame = wire.read("getStatusV2", {"verificationType": 0, "sms": None, "call": None})
    assert (len(frame), frame.attrs["status"]) == (0, "STATUS_WAIT_CODE")
    assert wire.good("getStatusV2").attrs["status"] == "STATUS_OK"


@pytest.mark.parametrize("state", ["WAIT_CODE", "FINISH", "CANCEL", "REVOKE"])
def test_a_rent_without_messages_is_an_empty_frame_that_tells_the_state(
    wire: Any, state: str
) -> None:
    frame = wire.read("getRentStatus", {"status": "error", "message": f"STATUS_{state}"})
    assert frame.empty
    assert frame.attrs["status"] == f"STATUS_{state}"
    assert frame.attrs["quantity"] == 0


def test_the_messages_of_a_rent_say_how_many_there_are(wire: Any) -> None:
    attrs = wire.good("getRentStatus", "many").attrs
    assert (attrs["status"], attrs["quantity"]) == ("STATUS_OK", 2)


def test_rent_offers_name_countries_and_operators(wire: Any) -> None:
    attrs = wire.good("getRentServicesAndCountries", "many").attrs
    assert attrs["countries"] == [2]
    assert attrs["operators"] == ["aiva", "any", "beeline", "altel"]


def test_the_extensions_so_far_are_records(wire: Any) -> None:
    history = wire.good("continueRentInfo").attrs["history"]
    assert history == [{"createDate": "2024-10-07 12:10:47", "price": "101.9", "hours": 4}]


def test_a_ranking_keeps_the_order_of_the_provider(wire: Any) -> None:
    reply = {str(n): {"country": 100 - n, "count": n, "price": 1} for n in range(12)}
    frame = wire.read("getTopCountriesByService", reply)
    assert frame["country"].tolist() == [100 - n for n in range(12)]


@pytest.mark.parametrize(
    ("action", "column", "hour"),
    [
        ("getActiveActivations", "activation_time", "13:59:16"),
        ("getNumberV2", "activation_time", "14:30:57"),
        ("getStatusV2", "date_time", "09:00:00"),
        ("getHistory", "date", "12:58:39"),
        ("getRentNumber", "end_date", "09:01:52"),
        ("continueRentNumber", "end_date", "09:01:52"),
        ("getRentStatus", "date", "11:31:58"),
    ],
)
def test_a_time_without_a_zone_is_in_the_providers(
    wire: Any, action: str, column: str, hour: str
) -> None:
    frame = wire.read(action, wire.replies[action]["one"], zone=MOSCOW)
    assert str(frame.loc[0, column].time()) == hour
