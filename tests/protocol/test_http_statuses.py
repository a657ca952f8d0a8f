"""The HTTP status comes first; the body only names the error."""

from typing import Any

import pytest

from sms_notebook.protocol import errors
from sms_notebook.protocol.errors import MalformedReply, SmsError


def kind_of(name: str) -> type[SmsError]:
    kind: type[SmsError] = getattr(errors, name)
    return kind


STATUSES = {
    400: "ApiError",
    401: "BadKey",
    402: "NoBalance",
    403: "ApiError",
    404: "BadAction",
    409: "ApiError",
    422: "ApiError",
    429: "RateLimited",
    500: "ServerError",
    502: "ServerError",
    503: "ServerError",
}
PAGE = f"<html><head><title>Sorry</title></head><body>{'secret page ' * 500}</body></html>"
NO_READABLE_BODY = ["", "   ", PAGE, '{"cut', "[1, 2", {"a": 5}, [], b"\xff\xfe\x00"]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("body", NO_READABLE_BODY)
def test_an_http_error_is_an_error_whatever_the_body_says(
    wire: Any, status: int, body: object
) -> None:
    for action in wire.replies:
        error = wire.refused(action, body, status)
        assert type(error) is kind_of(STATUSES[status])
        assert str(status) in str(error)
        assert "secret page secret page" not in str(error)


@pytest.mark.parametrize("status", STATUSES)
def test_a_good_body_does_not_make_up_for_an_http_error(wire: Any, status: int) -> None:
    for action, replies in wire.replies.items():
        assert type(wire.refused(action, replies["one"], status)) is kind_of(STATUSES[status])


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "WRONG_MAX_PRICE", "WrongMaxPrice"),
        (400, "SOMETHING_NEW", "ApiError"),
        (401, "BAD_KEY", "BadKey"),
        (401, "No access", "BadKey"),
        (401, "Unauthenticated.", "BadKey"),
        (402, "NO_BALANCE", "NoBalance"),
        (403, "BANNED", "Banned"),
        (404, "NO_ACTIVATION", "ActivationNotFound"),
        (404, "BAD_ACTION", "BadAction"),
        (404, "NO_NUMBERS", "NoNumbers"),
        (409, "ORDER_ALREADY_EXISTS", "OrderAlreadyExists"),
        (422, "BAD_COUNTRY", "BadCountry"),
        (429, "BANNED", "RateLimited"),
        (429, "SOMETHING_NEW", "RateLimited"),
        (500, "NO_NUMBERS", "ServerError"),
        (503, "ERROR_SQL", "ServerError"),
    ],
)
def test_the_body_names_an_http_error(wire: Any, status: int, code: str, kind: str) -> None:
    hero = {"title": code, "details": "A sentence.", "info": {"min": 1}}
    for body in (code, hero, {"status": 0, "message": code}):
        error = wire.refused("getNumber", body, status)
        assert type(error) is kind_of(kind)
        assert error.code == code
        assert f"HTTP {status}" in str(error)


def test_too_many_requests_tell_how_long_to_wait(wire: Any) -> None:
    for body in ("", PAGE, "BANNED", {"title": "TOO_MANY_REQUESTS"}):
        assert wire.refused("getPrices", body, 429, retry_after=7.5).retry_after == 7.5
        assert wire.refused("getPrices", body, 429).retry_after is None


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_an_answer(wire: Any, status: int) -> None:
    for action, replies in wire.replies.items():
        assert type(wire.refused(action, replies["one"], status)) is MalformedReply
