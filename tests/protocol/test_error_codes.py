"""Every refusal has its class, one line, and survives a pickle."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sms_notebook.protocol import errors
from sms_notebook.protocol.errors import ApiError, MalformedReply, SmsError
from sms_notebook.protocol.replies import Reply

_SQL = "ERROR_SQL ServerError"
_KEY = "BAD_KEY BadKey"
_USUAL = f"{_SQL}, {_KEY}, BAD_ACTION BadAction"
_BUYING = f"""{_USUAL}, BAD_SERVICE BadService, BANNED:'2022-06-01T17-30-57' Banned,
    NO_NUMBERS NoNumbers"""
_NUMBER = f"""{_BUYING}, WRONG_MAX_PRICE:0.025 WrongMaxPrice,
    WRONG_EXCEPTION_PHONE BadValue, CHANNELS_LIMIT AccountBlocked"""
_EXTENDING = f"""{_KEY}, BAD_ACTION BadAction, SERVER_ERROR ServerError, NO_ID_RENT RentNotFound,
    INVALID_TIME BadRentTime, MAX_HOURS_EXCEED MaxHoursExceeded, INVALID_PHONE RentNotFound,
    RENT_DIE RentOver, CHANNELS_LIMIT AccountBlocked"""

DOCUMENTED = {
    "getTopCountriesByService": "BAD_SERVICE BadService",
    "getTopCountriesByServiceRank": "BAD_SERVICE BadService",
    "getBalance": f"{_KEY}, {_SQL}",
    "getBalanceAndCashBack": f"{_KEY}, {_SQL}",
    "getOperators": f"{_KEY}, {_SQL}, OPERATORS_NOT_FOUND BadCountry",
    "getActiveActivations": f"{_KEY}, {_SQL}",
    "getNumber": _NUMBER,
    "getNumberV2": f"{_NUMBER}, ORDER_ALREADY_EXISTS OrderAlreadyExists",
    "getMultiServiceNumber": f"{_BUYING}, NO_BALANCE NoBalance",
    "setStatus": f"""{_USUAL}, EARLY_CANCEL_DENIED EarlyCancelDenied,
        NO_ACTIVATION ActivationNotFound, BAD_SERVICE BadService, BAD_STATUS BadStatus,
        WRONG_ACTIVATION_ID ActivationNotFound""",
    "getStatus": f"{_USUAL}, NO_ACTIVATION ActivationNotFound",
    "getStatusV2": f"{_USUAL}, NO_ACTIVATION ActivationNotFound",
    "getHistory": f"{_USUAL}, WRONG_DATE BadValue",
    "getListOfTopCountriesByService": f"{_USUAL}, WRONG_SERVICE BadService",
    "getIncomingCallStatus": f"{_KEY}, INVALID_ACTIVATION_ID ActivationNotFound",
    "getExtraActivation": f"""{_SQL}, RENEW_ACTIVATION_NOT_AVAILABLE ReactivationUnavailable,
        WRONG_ACTIVATION_ID ActivationNotFound, NEW_ACTIVATION_IMPOSSIBLE ReactivationUnavailable,
        NO_BALANCE NoBalance""",
    "checkExtraActivation": """RENEW_ACTIVATION_NOT_AVAILABLE ReactivationUnavailable,
        WRONG_ACTIVATION_ID ActivationNotFound, SIM_OFFLINE ReactivationUnavailable""",
    "parseCall": f"""{_USUAL}, STATUS_CANCEL ActivationNotFound, NO_CALL VoiceError,
        PARSE_COUNT_EXCEED VoiceError, WRONG_ACTIVATION_ID ActivationNotFound""",
    "getRentServicesAndCountries": f"{_KEY}, OUT_OF_STOCK NoNumbers",
    "getRentNumber": f"""{_KEY}, BAD_SERVICE BadService, NO_BALANCE NoBalance,
        NO_NUMBERS NoNumbers, ACCOUNT_INACTIVE AccountBlocked, SERVER_ERROR ServerError,
        CHANNELS_LIMIT AccountBlocked""",
    "getRentStatus": f"{_KEY}, NO_ID_RENT RentNotFound, INVALID_PHONE RentNotFound",
    "setRentStatus": f"""{_KEY}, NO_ID_RENT RentNotFound, INCORECT_STATUS BadStatus,
        CANT_CANCEL CannotCancelRent, INVALID_PHONE RentNotFound, ALREADY_FINISH RentOver,
        ALREADY_CANCEL RentOver, SERVER_ERROR ServerError""",
    "getRentList": f"{_KEY}, BAD_ACTION BadAction, SERVER_ERROR ServerError",
    "continueRentNumber": f"{_EXTENDING}, NO_BALANCE NoBalance",
    "getContinueRentPriceNumber": _EXTENDING,
    "continueRentInfo": _EXTENDING,
    "buyPartnerProduct": "BAD_DATA BadValue, BAD_ACTION BadAction",
}
CASES = [
    (action, *pair.split())
    for action, pairs in DOCUMENTED.items()
    for pair in pairs.replace("\n", " ").split(",")
]

FAMILIES = {
    "BadKey": "NO_KEY BAD_API_KEY UNAUTHENTICATED Unauthenticated.",
    "NoBalance": "BAD_BALANCE LOW_BALANCE NO_MONEY NO_BALANCE_FORWARD",
    "BadService": "WRONG_SERVICE BAD_SERVICE service_is_incorrect",
    "BadCountry": "BAD_COUNTRY WRONG_COUNTRY",
    "NoNumbers": "SERVICE_NOT_AVAILABLE WHATSAPP_NOT_AVAILABLE NOT_AVAILABLE",
    "ServerError": "SQL_ERROR SERVER_ERROR NO_CONNECTION",
    "AccountBlocked": "CHANNELS_LIMIT",
    "RateLimited": "CONCURRENT_LIMIT RATE_LIMIT",
    "RentError": "TOO_MANY_ACTIVE_RENTALS",
}
SEEN = [
    (code.replace("service_is", "service is").replace("is_", "is "), kind)
    for kind, codes in FAMILIES.items()
    for code in codes.split()
]

ENVELOPES: list[dict[str, Any]] = [
    {"status": "error", "message": "{}"},
    {"status": "error", "msg": "{}"},
    {"status": "error", "error": "{}"},
    {"status": "false", "msg": "{}"},
    {"status": False, "msg": "{}"},
    {"status": 0, "message": "{}"},
    {"error": "{}"},
    {"message": "{}"},
    {"title": "{}", "details": "A sentence about it.", "info": None},
    {"status": "error", "errorCode": "{}", "message": "A sentence about it."},
]

BUYING = ("getNumber", "getNumberV2", "getRentNumber", "continueRentNumber", "buyPartnerProduct")


PAGE = f"<html><head><title>Sorry</title></head><body>{'secret page ' * 500}</body></html>"


def kind_of(name: str) -> type[SmsError]:
    kind: type[SmsError] = getattr(errors, name)
    return kind


def in_envelope(envelope: dict[str, Any], code: str) -> dict[str, Any]:
    return {name: code if value == "{}" else value for name, value in envelope.items()}


@pytest.mark.parametrize(("action", "text", "kind"), CASES)
def test_a_documented_code_has_its_class_as_text_and_as_json(
    wire: Any, action: str, text: str, kind: str
) -> None:
    text = text.replace("T", " ") if text.startswith("BANNED") else text
    code = text.partition(":")[0]
    for body in (text, {"status": "error", "message": code}):
        error = wire.refused(action, body)
        assert type(error) is kind_of(kind)
        assert error.code == code
        assert code in str(error)


def test_the_table_of_documented_codes_is_whole() -> None:
    assert len(CASES) == 131
    assert len({text.partition(":")[0] for _, text, _ in CASES}) == 38


@pytest.mark.parametrize(("code", "kind"), SEEN)
def test_a_code_beyond_the_documentation_has_the_class_of_its_family(
    wire: Any, code: str, kind: str
) -> None:
    bodies = [in_envelope(envelope, code) for envelope in ENVELOPES if "errorCode" not in envelope]
    for body in (code, *bodies):
        error = wire.refused("getNumberV2", body)
        assert type(error) is kind_of(kind)
        assert error.code == code


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_every_envelope_of_an_error_is_opened(wire: Any, envelope: dict[str, Any]) -> None:
    for action in wire.replies:
        error = wire.refused(action, in_envelope(envelope, "BAD_KEY"))
        assert type(error) is errors.BadKey
        assert type(wire.refused(action, in_envelope(envelope, "SOMETHING_NEW"))) is ApiError


def test_an_unknown_code_is_a_plain_api_error_with_its_code(wire: Any) -> None:
    for action in wire.replies:
        error = wire.refused(action, "SOMETHING_NEW:because")
        assert type(error) is ApiError
        assert (error.code, error.details) == ("SOMETHING_NEW", "because")


def test_a_sentence_where_a_code_should_be_is_a_plain_api_error(wire: Any) -> None:
    error = wire.refused("getNumber", {"status": "error", "message": "Something new happened"})
    assert type(error) is ApiError
    assert "Something new happened" in str(error)


@pytest.mark.parametrize("state", ["STATUS_WAIT_CODE", "STATUS_FINISH", "STATUS_REVOKE"])
def test_a_state_of_a_rent_is_an_error_where_it_is_no_answer(wire: Any, state: str) -> None:
    assert isinstance(wire.refused("continueRentNumber", state), errors.RentError)


@pytest.mark.parametrize(
    "body",
    [
        "WRONG_MAX_PRICE:0.025",
        "WRONG_MAX_PRICE: 0.025",
        {"status": "error", "message": "WRONG_MAX_PRICE:0.025"},
        {"title": "WRONG_MAX_PRICE", "details": "Too low", "info": {"min": 0.025}},
        {"title": "WRONG_MAX_PRICE", "details": "Too low", "info": {"min": "0.025"}},
    ],
)
def test_a_price_that_is_too_low_tells_the_minimum(wire: Any, body: object) -> None:
    error = wire.refused("getNumber", body)
    assert error.minimum == 0.025
    assert "0.025" in str(error)


@pytest.mark.parametrize("body", ["WRONG_MAX_PRICE", "WRONG_MAX_PRICE:", "WRONG_MAX_PRICE:x"])
def test_a_minimum_that_is_not_told_is_none(wire: Any, body: str) -> None:
    assert wire.refused("getNumber", body).minimum is None


@pytest.mark.parametrize(
    "body",
    [
        "BANNED:2022-06-01 17:30:57",
        "BANNED:'2022-06-01 17:30:57'",
        "BANNED:'2022-6-1 17-30-57'",
        {"status": "error", "message": "BANNED:'2022-06-01 17:30:57'"},
        {"title": "BANNED", "info": {"banned_until": "2022-06-01 17:30:57"}},
    ],
)
def test_a_ban_tells_its_end_in_utc(wire: Any, body: object) -> None:
    until = datetime(2022, 6, 1, 17, 30, 57, tzinfo=UTC)
    assert wire.refused("getNumber", body).until == until
    moscow = timezone(timedelta(hours=3))
    assert wire.refused("getNumber", body, zone=moscow).until == until - timedelta(hours=3)


@pytest.mark.parametrize("body", ["BANNED", "BANNED:", "BANNED:for good", "BANNED:2022-99-99"])
def test_a_ban_without_an_end_has_none(wire: Any, body: str) -> None:
    assert wire.refused("getNumber", body).until is None


def test_an_early_cancel_tells_how_long_to_wait(wire: Any) -> None:
    assert wire.refused("setStatus", "EARLY_CANCEL_DENIED").retry_after == 120
    hero = {"title": "EARLY_CANCEL_DENIED", "info": {"minActivationTime": 90}}
    error = wire.refused("setStatus", hero, 409)
    assert type(error) is errors.EarlyCancelDenied
    assert error.retry_after == 90
    assert "90 seconds" in str(error)


@pytest.mark.parametrize("code", ["OTP_RECEIVED", "NEW_OTP_RECEIVED"])
def test_a_code_that_came_before_the_change_is_in_messages(wire: Any, code: str) -> None:
    hero = {"title": code, "details": "…", "info": {"data": [{"code": "0123"}, {"code": "0456"}]}}
    error = wire.refused("setStatus", hero, 409)
    assert type(error) is errors.CodeAlreadyReceived
    assert error.messages == [{"code": "0123"}, {"code": "0456"}]
    hero["info"] = {"data": "0123"}
    assert wire.refused("setStatus", hero, 409).messages == ["0123"]
    assert wire.refused("setStatus", code).messages == []


@pytest.mark.parametrize("info", [{"max": 1344}, {"max": "1344"}, 1344, "1344", "max: 1344"])
def test_too_many_hours_tell_the_maximum(wire: Any, info: object) -> None:
    body = {"status": "error", "message": "MAX_HOURS_EXCEED", "info": info}
    for action in ("continueRentNumber", "continueRentInfo", "getContinueRentPriceNumber"):
        error = wire.refused(action, body)
        assert (error.maximum, error.details) == (1344, info)
        assert "1344" in str(error)
    assert wire.refused("continueRentNumber", "MAX_HOURS_EXCEED").maximum is None


def test_no_content_is_an_answer_only_where_a_status_is_changed(wire: Any) -> None:
    for action in wire.replies.keys() - {"setStatus", "setRentStatus"}:
        assert type(wire.refused(action, b"", 204)) is MalformedReply


@pytest.mark.parametrize(
    "body",
    [
        "",
        "  \n",
        '{"2": {"tg": {"cost": 1',
        "[",
        "{",
        PAGE,
        "<!DOCTYPE html>" + "x" * 5000,
        "error code: 1020",
        "null",
        "true",
        "123",
        '"',
        "Just a sentence. " * 500,
        b"\x00\x01\x02",
        b"\x1f\x8b\x08\x00",
        b"\xff\xff",
        "\u202eACCESS\u202c\u0000",
    ],
)
def test_what_cannot_be_read_is_malformed_and_not_dumped(wire: Any, body: Any) -> None:
    # Some answer with the bare amount, and one with null for no activations.
    fitting = {"123": {"getBalance", "getBalanceAndCashBack"}, "null": {"getActiveActivations"}}
    for action in wire.replies.keys() - (fitting.get(body) or set()):
        error = wire.refused(action, body)
        assert type(error) is MalformedReply
        assert "xxxx" * 40 not in str(error)
        assert "secret page" not in str(error)


def test_a_web_page_is_named_by_its_title(wire: Any) -> None:
    assert "Sorry" in str(wire.refused("getPrices", PAGE))


def test_the_word_for_success_of_another_action_is_malformed(wire: Any) -> None:
    for action in BUYING:
        for body in ("ACCESS_READY", "STATUS_OK:12345", "ACCESS_BALANCE:5"):
            assert type(wire.refused(action, body)) is not ApiError


def test_json_that_is_nested_without_end_is_an_error_of_ours(wire: Any) -> None:
    for depth in (100, 800, *range(900, 1000), 10_000, 100_000):
        nested = b"[" * depth + b"]" * depth
        for body in (nested, b'{"status":"error","message":"NO_NUMBERS","info":' + nested + b"}"):
            error = wire.refused("getNumberV2", body)
            assert isinstance(error, MalformedReply | errors.NoNumbers)


def test_a_provider_may_say_what_a_code_means_there(wire: Any) -> None:
    context = wire.context("getPrices", BAD_ACTION="Or the key is wrong.")
    with pytest.raises(errors.BadAction, match=r"Or the key is wrong\.$"):
        wire.call("getPrices").read(Reply(200, b"BAD_ACTION"), context)


def test_a_code_has_another_meaning_where_the_documentation_gives_it_one(wire: Any) -> None:
    assert "reseller is not verified" in str(wire.refused("buyPartnerProduct", "BAD_ACTION"))
    assert "reseller" not in str(wire.refused("getHistory", "BAD_ACTION"))


def test_every_kind_of_error_stands_where_the_tree_says() -> None:
    tree = {
        "ApiError": "BadKey BadService BadCountry BadStatus BadAction NoNumbers NoBalance "
        "WrongMaxPrice OrderAlreadyExists ActivationNotFound EarlyCancelDenied "
        "CodeAlreadyReceived RentError Banned AccountBlocked RateLimited ServerError",
        "RentError": "MaxHoursExceeded CannotCancelRent",
        "SmsError": "ApiError MalformedReply ConnectionFailed PurchaseUncertain UsageProblem",
    }
    for parent, children in tree.items():
        for child in children.split():
            assert kind_of(child).__base__ is kind_of(parent)
