"""What is sent again, how often, and after which pause."""

import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import pytest

from sms_notebook import (
    ApiError,
    ConnectionFailed,
    MalformedReply,
    PurchaseUncertain,
    RateLimited,
    ServerError,
)
from sms_notebook.client import clients
from sms_notebook.sandbox import Faults, Sandbox, serve
from sms_notebook.transport import RateLimiter

KEY = "0123456789abcdef0123456789abcdef"
BALANCE = "ACCESS_BALANCE:1.00"


@pytest.fixture
def pauses(monkeypatch) -> list[float]:
    """Note how long the clients would wait, in place of waiting."""
    noted: list[float] = []

    async def wait(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr(clients, "time", SimpleNamespace(sleep=noted.append))
    monkeypatch.setattr(clients, "sleep", wait)
    return noted


PASSING = {
    "drop": lambda _wire: b"",
    "head": lambda _wire: b"HTTP/1.1 200 OK\r\nContent-",
    "cut": lambda wire: wire.http(BALANCE, content_length="99"),
    "gzip": lambda wire: wire.http("no gzip", content_encoding="gzip"),
    **{
        str(status): lambda wire, status=status: wire.http("<html>", status)
        for status in (429, 500, 502, 503, 504, 520)
    },
    "ERROR_SQL": lambda wire: wire.http("ERROR_SQL"),
    "SQL in JSON": lambda wire: wire.http('{"status": "error", "message": "ERROR_SQL"}'),
    "SERVER_ERROR": lambda wire: wire.http("SERVER_ERROR"),
}


@pytest.mark.parametrize("trouble", PASSING)
def test_a_read_is_sent_again_after_a_passing_failure(trouble, wire, opened, pauses):
    failure = PASSING[trouble](wire)
    wire.answers_in_turn(failure, failure, wire.http(BALANCE))
    assert opened(KEY, base_url=wire.url).get_balance().loc[0, "balance"] == 1.0
    assert len(wire.asked) == 3
    assert len({str(asked) for asked in wire.asked}) == 1
    assert len(pauses) == 2


@pytest.mark.parametrize("retries", [0, 1, 4])
@pytest.mark.parametrize("trouble", PASSING)
def test_a_read_is_given_up_after_so_many_retries(trouble, retries, wire, opened, pauses):
    wire.answer = lambda _asked: PASSING[trouble](wire)
    with pytest.raises((ConnectionFailed, ServerError, RateLimited)):
        opened(KEY, base_url=wire.url, retries=retries).get_balance()
    assert len(wire.asked) == retries + 1
    assert len(pauses) == retries


def test_a_closed_port_is_tried_again(closed_port, opened, pauses):
    with pytest.raises(ConnectionFailed):
        opened(KEY, base_url=closed_port, retries=3).get_balance()
    assert len(pauses) == 3


def test_a_read_that_takes_too_long_is_sent_again(wire, opened, pauses):
    wire.answer = lambda _asked: wire.http(BALANCE) if wire.asked[1:] else wire.silence()
    # A machine under load can take too long once more.
    assert len(opened(KEY, base_url=wire.url, timeout=0.15, retries=20).get_balance()) == 1
    assert len(wire.asked) > 1
    assert pauses


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("BAD_KEY", 200),
        ("BAD_ACTION", 200),
        ("NO_NUMBERS", 200),
        ("BANNED:2030-01-01 00:00:00", 200),
        ("SOMETHING_NEW", 200),
        ('{"status": "error", "msg": "no"}', 200),
        *(("", status) for status in (400, 401, 402, 403, 404, 409, 418, 422)),
    ],
)
def test_a_refusal_is_not_asked_again(body, status, wire, opened, pauses):
    wire.says(body, status)
    with pytest.raises(ApiError):
        opened(KEY, base_url=wire.url).get_balance()
    assert len(wire.asked) == 1
    assert pauses == []


def test_a_read_that_was_cut_short_is_asked_again(wire, opened, pauses):
    whole = '{"187":{"tg":{"cost":"0.50","count":37}}}'
    wire.answers_in_turn(*(wire.http(body) for body in (whole[:14], whole[:30], whole)))
    assert opened(KEY, base_url=wire.url, retries=2).get_prices().loc[0, "cost"] == 0.5
    assert len(wire.asked) == 3


def test_a_purchase_that_was_cut_short_is_not_sent_again(wire, opened, pauses):
    wire.says('{"activationId":"700000001","phoneNumber":"79991234567","activa')
    with pytest.raises(PurchaseUncertain) as caught:
        opened(KEY, base_url=wire.url, retries=2).get_number_v2("tg", 2)
    assert caught.value.found == (("700000001", "79991234567"),)
    assert [asked.action for asked in wire.asked].count("getNumberV2") == 1


@pytest.mark.parametrize("body", ["", "<html><title>Log in</title>", "{]", "ACCESS_BALANCE:much"])
def test_a_reply_that_makes_no_sense_is_not_asked_again(body, wire, opened, pauses):
    wire.says(body)
    with pytest.raises(MalformedReply):
        opened(KEY, base_url=wire.url).get_balance()
    assert len(wire.asked) == 1
    assert pauses == []


@pytest.mark.parametrize("trouble", PASSING)
@pytest.mark.parametrize(
    "change",
    [
        lambda sms: sms.set_status(5, 8),
        lambda sms: sms.parse_call(5, "en"),
        lambda sms: sms.set_rent_status(5, 2),
        lambda sms: sms.call("setStatus", id=5, status=8),
        lambda sms: sms.call("getSomethingNobodyDescribed"),
    ],
    ids=["set_status", "parse_call", "set_rent_status", "raw", "undescribed"],
)
def test_a_change_is_sent_once(trouble, change, wire, opened, pauses):
    wire.answer = lambda _asked: PASSING[trouble](wire)
    with pytest.raises((ConnectionFailed, ServerError, RateLimited)):
        opened(KEY, base_url=wire.url, retries=5).run(change)
    assert len(wire.asked) == 1
    assert pauses == []


def test_a_change_to_a_closed_port_is_given_up_at_once(closed_port, opened, pauses):
    with pytest.raises(ConnectionFailed):
        opened(KEY, base_url=closed_port, retries=5).set_status(5, 8)
    assert pauses == []


def test_a_raw_read_is_sent_again(wire, opened, pauses):
    wire.answers_in_turn(wire.http("ERROR_SQL"), b"", wire.http(BALANCE))
    assert opened(KEY, base_url=wire.url).call("getBalance") == BALANCE


def test_retries_are_counted_by_the_server(opened, pauses):
    faults = Faults(["503-before:1"])
    with serve(Sandbox(), faults) as url:
        sms = opened(base_url=url, retries=3)
        with pytest.raises(ServerError):
            sms.get_prices("tg", 2)
        assert faults.requests() == 4
        faults.clear()
        assert len(sms.get_prices("tg", 2)) == 1
        assert faults.requests() == 5


def test_retry_after_in_seconds_is_obeyed(wire, opened, pauses):
    wire.answers_in_turn(
        wire.http("", 429, retry_after="7"),
        wire.http("", 429, retry_after="0"),
        wire.http("", 429, retry_after=" 1.5 "),
        wire.http(BALANCE),
    )
    opened(KEY, base_url=wire.url, retries=3).get_balance()
    assert pauses == [7.0, 0.0, 1.5]


def test_retry_after_as_a_date_is_obeyed(wire, opened, pauses):
    later = datetime.now(UTC) + timedelta(seconds=30)
    past = datetime.now(UTC) - timedelta(seconds=30)
    wire.answers_in_turn(
        wire.http("", 429, retry_after=format_datetime(later, usegmt=True)),
        wire.http("", 429, retry_after=format_datetime(past, usegmt=True)),
        wire.http(BALANCE),
    )
    opened(KEY, base_url=wire.url).get_balance()
    assert 20 < pauses[0] <= 30
    assert pauses[1] == 0.0


@pytest.mark.parametrize("seconds", ["61", "3600", "9" * 400])
def test_nobody_waits_longer_than_a_minute_unasked(seconds, wire, opened, pauses):
    wire.says("", 429, retry_after=seconds)
    with pytest.raises(RateLimited) as limited:
        opened(KEY, base_url=wire.url).get_balance()
    assert limited.value.retry_after == min(float(seconds), 1e9)
    assert len(wire.asked) == 1
    assert pauses == []


@pytest.mark.parametrize(
    "odd",
    [
        "soon",
        "-5",
        "1e3",
        "nan",
        ".",
        "Mon, 99 Foo 2026 00:00:00 GMT",
        f"Mon, 01 Jan {'9' * 30} 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +9999",
        "\u0663".encode().decode("latin-1"),
    ],
)
def test_an_odd_retry_after_is_no_help_and_no_harm(odd, wire, opened, pauses):
    wire.answers_in_turn(wire.http("", 429, retry_after=odd), wire.http(BALANCE))
    opened(KEY, base_url=wire.url).get_balance()
    assert 0 < pauses[0] <= 0.5


def test_a_429_is_a_rate_limit_whatever_the_body_says(wire, opened, pauses):
    wire.answers_in_turn(wire.http("BANNED", 429, retry_after="2"), wire.http(BALANCE))
    opened(KEY, base_url=wire.url).get_balance()
    assert pauses == [2.0]


def test_pauses_grow_up_to_a_limit_and_are_not_all_alike(wire, opened, pauses):
    wire.says("ERROR_SQL")
    sms = opened(KEY, base_url=wire.url, retries=8)
    for _ in range(3):
        with pytest.raises(ServerError):
            sms.get_balance()
    full = [0.5, 1, 2, 4, 8, 8, 8, 8] * 3
    assert all(f / 2 <= p <= f for p, f in zip(pauses, full, strict=True)), pauses
    assert len(set(pauses)) > 20


def test_pace_spreads_requests_over_time():
    now = 100.0
    limiter = RateLimiter(4, now=lambda: now)
    assert [limiter.reserve() for _ in range(4)] == [0.0, 0.25, 0.5, 0.75]
    now = 100.5
    assert limiter.reserve() == 0.5
    now = 200.0
    assert [limiter.reserve() for _ in range(2)] == [0.0, 0.25]


def test_pace_without_a_rate_never_waits():
    limiter = RateLimiter(None, now=lambda: 1.0)
    assert {limiter.reserve() for _ in range(1000)} == {0.0}


def test_a_client_keeps_to_the_pace_of_its_provider(wire, opened, pauses):
    wire.says(BALANCE)
    sms = opened(KEY, provider="herosms", base_url=wire.url)
    begin = time.monotonic()
    for _ in range(11):
        sms.get_balance()
    elapsed = time.monotonic() - begin
    assert sum(pauses[-1:]) + elapsed >= 10 / 50 - 0.001
    assert pauses


def test_a_retry_keeps_to_the_pace_too(wire, opened, pauses):
    wire.says("ERROR_SQL")
    with pytest.raises(ServerError):
        opened(KEY, provider="herosms", base_url=wire.url, retries=5).get_balance()
    assert len(wire.asked) == 6
    assert len(pauses) > 5


def test_what_is_said_after_the_last_try_is_one_line(wire, opened, pauses):
    wire.says("<html><title>Bad gateway</title>", 502)
    with pytest.raises(ServerError) as failed:
        opened(KEY, base_url=wire.url).get_balance()
    assert re.fullmatch(r"getBalance at 127\.0\.0\.1:\d+: HTTP_502: .*", str(failed.value))
