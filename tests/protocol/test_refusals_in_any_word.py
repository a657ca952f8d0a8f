"""Live providers refuse in words of their own: what they mean, and whether anything was bought."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notebook.protocol import errors
from sms_notebook.protocol.errors import ApiError, MalformedReply

from .reading import NOON, refused

REFUSALS = [
    (200, "NO_PROVIDERS", "NoNumbers"),
    (200, "MAX_PRICE_EXCEEDED", "WrongMaxPrice"),
    (200, "API_KEY_NOT_VALID", "BadKey"),
    (200, "NO_NUMBERS_AVAILABLE", "NoNumbers"),
    (200, "no free phones", "NoNumbers"),
    (200, "not enough user balance", "NoBalance"),
    (200, "insufficient_funds", "NoBalance"),
    (200, "The service is prohibited for sale by administration", "NoNumbers"),
    (200, "SERVICE_UNAVAILABLE_REGION", "NoNumbers"),
    (200, "BAD_CURRENCY", "BadValue"),
    (200, "REQUEST_LIMIT", "RateLimited"),
    (200, "UNPROCESSABLE_ENTITY:service:INVALID", "BadService"),
    (200, {"error": "Bad service"}, "BadService"),
    (200, {"error": "noNumber"}, "NoNumbers"),
    (200, {"success": False, "error_code": "no_numbers", "error_msg": "No numbers"}, "NoNumbers"),
    (200, {"success": False, "error_code": "wrong_token", "error_msg": "Wrong"}, "BadKey"),
    (
        200,
        {"status": "error", "errorCode": "PURCHASE_RESTRICTED", "error": "words"},
        "AccountBlocked",
    ),
    (200, {"title": "BAD_COUNTRY", "details": "This combination is not available"}, "BadCountry"),
    (200, {"status": "NO_BALANCE"}, "NoBalance"),
    (200, {"error": {"code": "NO_BALANCE", "message": "Top up"}}, "NoBalance"),
    (401, {"status": 0, "message": "No access", "data": []}, "BadKey"),
    (402, {"title": "NO_BALANCE", "details": "Payment Required"}, "NoBalance"),
    (403, {"title": "CHANNELS_LIMIT", "info": {"current_threads": 10}}, "AccountBlocked"),
    (403, "SERVICE_RESTRICTED", "NoNumbers"),
    (403, "BANNED", "Banned"),
    (404, "NO_NUMBERS", "NoNumbers"),
    (405, {"status": 0, "message": "The POST method is not supported", "data": []}, "ApiError"),
    (422, {"title": "UNPROCESSABLE_ENTITY", "details": "BAD_MAX_PRICE"}, "BadValue"),
    (422, {"title": "UNPROCESSABLE_ENTITY", "details": "BAD_SERVICE"}, "BadService"),
    (429, "BANNED", "RateLimited"),
    (403, "error code: 1020", "ApiError"),
    (403, "<html><title>Just a moment...</title></html>", "ApiError"),
    (400, "error code: 1020", "ApiError"),
    (200, "CATALOG_NOT_READY", "ApiError"),
    (200, "BAD_NUMBER", "ApiError"),
    (200, "some_new_word", "ApiError"),
    (400, {"message": "We do not sell that"}, "ApiError"),
]


@pytest.mark.parametrize(("status", "body", "kind"), REFUSALS)
def test_a_purchase_answered_by_a_word_of_refusal_is_definite(
    status: int, body: object, kind: str
) -> None:
    error = refused("getNumberV2", body, status)
    assert type(error) is getattr(errors, kind)
    assert error.is_definite


OPEN = [
    *(
        (200, word)
        for word in ("ERROR_API", "ERROR_SQL", "SERVER_ERROR", "INTERNAL_ERROR", "DB_ERROR")
    ),
    *(
        (200, word)
        for word in ("ACCESS_X", "STATUS_NEW", "SUCCESS", "OK", "ORDER_OK", "ACC", "PENDING")
    ),
    *(
        (200, word)
        for word in ("STATUS_WAIT_CODE", "STATUS_CANCEL", "STATUS_FINISH", "STATUS_REVOKE")
    ),
    *((status, "NO_NUMBERS") for status in (408, 500, 502, 503, 504)),
    (200, "NEW_WORD:700000001"),
    (200, {"status": "error", "message": "Odd", "ref": 700000001}),
    (200, {"status": "error"}),
    (200, "Just a moment"),
    (409, "Conflict"),
]


@pytest.mark.parametrize(("status", "body"), OPEN)
def test_what_refuses_nothing_leaves_a_purchase_open(status: int, body: object) -> None:
    error = refused("getNumberV2", body, status)
    assert isinstance(error, MalformedReply) or not error.is_definite


words = st.lists(
    st.sampled_from(
        ["CATALOG", "NOT", "READY", "PRICE", "GONE", "TODAY", "ODD", "LIMIT9", "WRONG", "AX"]
    ),
    min_size=1,
    max_size=4,
).map("_".join)


@given(words, st.sampled_from(["", "1234", "12345", "why not", "700000001 taken"]))
def test_an_unknown_word_refuses_unless_a_long_number_is_in_it(word: str, rest: str) -> None:
    known = refused("getNumberV2", word)
    error = refused("getNumberV2", f"{word}:{rest}" if rest else word)
    if type(known) is ApiError:
        assert error.is_definite == (not any(number in rest for number in ("12345", "700000001")))


def test_the_word_decides_about_an_id_and_an_action() -> None:
    unknown = {"title": "NOT_FOUND", "details": "Activation Not Found"}
    for action in ("getStatus", "getStatusV2", "setStatus"):
        assert type(refused(action, unknown, 404)) is errors.ActivationNotFound
    for action in ("getRentStatus", "setRentStatus"):
        assert type(refused(action, unknown, 404)) is errors.RentNotFound
    missing = refused("getStatus", {"title": "BAD_ACTION", "details": "Method Not Found"}, 404)
    assert type(missing) is errors.BadAction
    assert missing.is_missing
    assert refused("getStatus", "NO_METHOD").is_missing


def test_an_action_is_not_missing_where_the_word_is_vague_or_a_proxy_may_speak() -> None:
    assert not refused("getStatus", "BAD_ACTION", vague=("BAD_ACTION",)).is_missing
    assert not refused("getStatus", "NO_METHOD", vague=("BAD_ACTION",)).is_missing
    for body in ("", "<html><title>404</title></html>", "404 page not found", {"a": 5}):
        error = refused("getActiveActivations", body, 404)
        assert type(error) is errors.BadAction
        assert not error.is_missing


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ("EARLY_CANCEL_DENIED", 300),
        ("CANNOT_BEFORE_2_MIN", 120),
        ("CANNOT_BEFORE_45_SEC", 45),
        ("EARLY_CANCEL_DENIED:90", 90),
        ("EARLY_CANCEL_DENIED:2026-11-28 16:01:30", 90),
        (f"EARLY_CANCEL_DENIED:{int(NOON.timestamp()) + 60}", 60),
        ({"title": "EARLY_CANCEL_DENIED", "info": {"minActivationTime": 120}}, 120),
        ({"error": "EARLY_CANCEL_DENIED", "info": {"retry_after_seconds": 77}}, 77),
        ({"status": "error", "message": "You can cancel the number after 3 minutes"}, 180),
        ("TOO_EARLY_TO_CANCEL", 300),
    ],
)
def test_an_early_cancel_in_any_word_tells_how_long(body: object, seconds: float) -> None:
    error = refused("setStatus", body, first_cancel=300.0)
    assert type(error) is errors.EarlyCancelDenied
    assert error.retry_after == seconds
    assert f"{seconds} seconds" in str(error)


@pytest.mark.parametrize(
    "said",
    [
        "ACCESS_CANCEL_ALREADY",
        "ALREADY_CANCEL",
        "ALREADY_FINISHED",
        "NUMBER_ALREADY_CANCELED",
        "STATUS_CANCEL",
        "ACTIVATION_EXPIRED",
        {"title": "ACTIVATION_NOT_ACTIVE", "details": "…"},
        {"status": "error", "message": "The activation was already cancelled"},
    ],
)
def test_that_a_number_is_over_already_is_understood_in_any_word(said: object) -> None:
    error = refused("setStatus", said)
    assert type(error) is errors.ActivationNotFound
    assert error.is_over
    assert not refused("setStatus", "NO_ACTIVATION").is_over


@pytest.mark.parametrize(
    "word", ["ACCESS_ERROR_NUMBER_GET", "ACCESS_DENIED", "STATUS_ALREADY_CHANGED"]
)
def test_a_word_that_only_begins_like_an_answer_is_none(word: str) -> None:
    error = refused("setStatus", word)
    assert isinstance(error, ApiError)
    assert error.code == word


def test_a_rent_that_cannot_be_so_long_names_what_can_be_had() -> None:
    info = {"min": 24, "max": 720, "available_durations": [24, 72, 168, 720]}
    error = refused("getRentNumber", {"title": "BAD_DURATION", "details": "…", "info": info}, 400)
    assert type(error) is errors.BadRentTime
    assert error.available == (24, 72, 168, 720)
    assert "24, 72, 168, 720" in str(error)
    over = refused("setRentStatus", {"title": "FREE_CANCELLATION_EXPIRED", "details": "…"}, 409)
    assert type(over) is errors.CannotCancelRent
    assert (
        type(refused("getRentStatus", {"title": "ACTIVATION_NOT_ACTIVE"}, 409)) is errors.RentOver
    )


def test_the_field_that_is_wrong_is_named() -> None:
    info = {"field": "country", "code": "REQUIRED", "message": "Param 'country' must be a number"}
    body = {"title": "UNPROCESSABLE_ENTITY", "details": "Validation failed", "info": info}
    assert "country is required" in str(refused("getNumbersStatus", body, 422))


def test_a_ban_that_passes_says_until_when() -> None:
    info = {"scope": "specific", "banned_until": int(NOON.timestamp()) + 1800}
    error = refused("getNumberV2", {"title": "BANNED", "info": info}, 403)
    assert error.until == datetime(2026, 11, 28, 16, 30, tzinfo=UTC)
    error = refused("getNumberV2", {"title": "BANNED", "info": {"retry_after_seconds": 60}}, 403)
    assert error.until == datetime(2026, 11, 28, 16, 1, tzinfo=UTC)


def test_a_providers_own_words_are_those_of_its_row() -> None:
    assert not refused("getNumber", "ERROR_API").is_definite
    error = refused("getNumber", "ERROR_API", words={"ERROR_API": "BAD_VALUES"})
    assert type(error) is errors.BadValue
    assert error.is_definite
