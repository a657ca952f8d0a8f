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
        ["wa", None, 90],
        ["vi", None, 223],
        ["tg", None, 158],
        ["wb", None, 106],
        ["go", None, 182],
        ["fb", None, 107],
    ],
    ("getTopCountriesByService", "one"): [["tg", 2, 43575, 15.0, 30.0, None, None, None]],
    ("getTopCountriesByService", "many"): [
        ["tg", 2, 43575, 15.0, 30.0, 15.0, 43242, "not known"],
        ["tg", 2, 43575, 15.0, 30.0, 18.0, 333, "not known"],
        ["tg", 6, 0, 11.0, 22.0, None, None, None],
    ],
    ("getTopCountriesByServiceRank", "one"): [["tg", 2, 43575, 15.0, 30.0, None, None, None]],
    ("getTopCountriesByServiceRank", "many"): [
        ["tg", 2, 43575, 15.0, 30.0, 15.0, 43242, "not known"],
        ["tg", 2, 43575, 15.0, 30.0, 18.0, 333, "not known"],
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
            "635468021",
            "vk",
            "79********1",
            12.5,
            "USD",
            "4",
            "CODE",
            ["CODE"],
            "[Your CODE registration code]",
            "2022-06-01T16:59:16+00:00",
            0.0,
            False,
            2,
            "Kazakhstan",
            True,
            None,
            None,
        ]
    ],
    ("getNumber", "one"): [["3936040355", "6285872391152", None]],
    ("getNumberV2", "one"): [
        [
            "635468024",
            "79584******",
            12.5,
            "USD",
            2,
            True,
            "2022-06-01T17:30:57+00:00",
            "mtt",
            None,
            None,
        ]
    ],
    ("getMultiServiceNumber", "many"): [
        ["635468031", "79000000001", "tg"],
        ["635468032", "79000000001", "wa"],
    ],
    ("setStatus", "one"): [["635468024", "ACCESS_ACTIVATION"]],
    ("getStatus", "one"): [["635468024", "STATUS_OK", "12345", None]],
    ("getStatusV2", "many"): [
        ["635468024", "sms", None, "code", "sms text", None, None, None],
        ["635468024", "call", None, "12345", "voice text", "phone", "voice file url", 1],
    ],
    ("getHistory", "one"): [
        [
            "635468024",
            "2022-11-12T15:58:39+00:00",
            "79918529716",
            "Your sms code",
            100.0,
            "USD",
            "4",
        ]
    ],
    ("getListOfTopCountriesByService", "one"): [[2, 50.0, 50.0]],
    ("getIncomingCallStatus", "one"): [["635468024", "2", None]],
    ("getPrices", "one"): [[2, "tg", 0.25, 43575, 120, None]],
    ("getPrices", "many"): [
        [0, "tg", 0.25, 43575, 0, None],
        [0, "wa", 1.0, 0, None, None],
        [2, "tg", 0.25, 5, None, None],
    ],
    ("getPricesExtended", "one"): [[2, "tg", 0.25, 43575, None, None, None, None]],
    ("getPricesExtended", "many"): [
        [2, "tg", 15.0, 43575, 7, 15.0, 43242, "not known"],
        [2, "tg", 15.0, 43575, 7, 18.0, 333, "not known"],
    ],
    ("getPricesVerification", "many"): [
        ["tg", 2, 12, 0.3],
        ["tg", 0, 0, 1.0],
        ["wa", 2, 7, 0.5],
    ],
    ("getCountries", "one"): [[2, "Казахстан", "Kazakhstan", "哈萨克斯坦", True, True, True, True]],
    ("getServicesList", "one"): [["aoo", "Pegasus Airlines"]],
    ("getExtraActivation", "one"): [["635468099", "79918529716", None]],
    ("checkExtraActivation", "one"): [["635468024", 200.0, "tw", "777777777", 14]],
    ("parseCall", "one"): [["635468024", "OK"]],
    ("getRentServicesAndCountries", "many"): [
        ["full", 42.93, 20, "USD"],
        ["vk", 21.95, 20, "USD"],
        ["ok", 7.68, 55, "USD"],
        ["ot", 5.2, 42, "USD"],
    ],
    ("getRentNumber", "one"): [["1049", "79959707564", "2020-01-31T12:01:52+00:00", None, None]],
    ("getRentStatus", "many"): [
        ["1049", "79180230628", "5", "ot", "2020-01-30T14:31:58+00:00"],
        ["1049", "79180230628", "4", "ot", "2020-01-30T14:04:16+00:00"],
    ],
    ("setRentStatus", "one"): [["1049", "success"]],
    ("getRentList", "many"): [
        ["12345", "79181234567", *[None] * 6],
        ["12345", "79181234568", *[None] * 6],
    ],
    ("continueRentNumber", "one"): [
        ["1049", "79959707564", "2020-01-31T12:01:52+00:00", None, None]
    ],
    ("getContinueRentPriceNumber", "one"): [["1049", 6.33, "USD"]],
    ("continueRentInfo", "one"): [["1049", 6.33, "USD", 4]],
    ("buyPartnerProduct", "one"): [["7", "F5qrzFoY6afj3zrEq7SeMplbx", "Software download link:"]],
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
    assert cells(wire.read("setStatus", f"ACCESS_{word}")) == [["635468024", f"ACCESS_{word}"]]


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
    assert cells(wire.read("getStatus", text)) == [["635468024", status, code, None]]


@pytest.mark.parametrize(
    ("text", "code"),
    [("Telegram code 01234", "01234"), ("01234 is your code", "01234"), ("12 for 01234", None)],
)
def test_a_whole_message_for_a_code_is_a_text(wire: Any, text: str, code: str | None) -> None:
    assert cells(wire.read("getStatus", f"STATUS_OK:{text}")) == [
        ["635468024", "STATUS_OK", code, text]
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
