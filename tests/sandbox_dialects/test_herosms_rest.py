"""HeroSMS' second surface under /api/v1: lists with zoned times and a total."""

import json
from typing import Any

import httpx
import pytest

from sms_notebook.sandbox import serve

from .conftest import API, KEY, REST, shape
from .test_herosms import OTP

DIALECT = "herosms"
HEADERS = {"Authorization": f"ApiKey {KEY}"}
ALL_TIME = {"from": "2026-11-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}


def get(counter, path: str, headers: dict[str, str] = HEADERS, **params: Any) -> httpx.Response:
    return counter.http.get(REST + path, headers=headers, params=params)


def test_what_lives_with_zoned_times_and_a_total(counter):
    assert get(counter, "activations", size=5).json() == {
        "data": [],
        "meta": {"page": 1, "size": 5, "sort": {"id": "desc"}, "total": 0},
    }
    number = counter.buy()
    counter.sandbox.send_sms(number, "Telegram code 482917")
    reply = get(counter, "activations").json()
    assert shape(reply["data"][0]) == shape(
        {
            "id": "700000001",
            "status": "2",
            "phone": "6281110001234",
            "service": "tg",
            "country": 6,
            "countryPhoneCode": 62,
            "operator": "any",
            "price": 0.05,
            "otpList": [OTP],
            "createdAt": "2026-11-28T16:00:00.000000Z",
            "expiredAt": "2026-11-28T16:45:00.000000Z",
            "verificationType": "sms",
            "subtype": 1,
        }
    )
    assert reply["data"][0]["createdAt"] == "2026-11-28T16:00:00.000000Z"
    assert reply["data"][0]["expiredAt"] == "2026-11-28T16:45:00.000000Z"
    assert reply["meta"]["total"] == 1


def test_a_page_has_25_rows_at_most_the_newest_first(counter):
    numbers = [counter.buy() for _ in range(30)][::-1]
    reply = get(counter, "activations", size=100).json()
    assert [row["id"] for row in reply["data"]] == numbers[:25]
    assert reply["meta"] == {"page": 1, "size": 25, "sort": {"id": "desc"}, "total": 30}
    reply = get(counter, "activations", size=25, page=2).json()
    assert [row["id"] for row in reply["data"]] == numbers[25:]
    reply = get(counter, "activations", **{"sort[id]": "asc"}).json()
    assert reply["data"][0]["id"] == numbers[-1]


def test_it_can_be_asked_for_a_time_and_a_phone(counter):
    old = counter.buy()
    counter.sandbox.step(600)
    new = counter.buy()
    later = get(counter, "activations", **{"from": "2026-11-28T16:05:00Z"}).json()
    assert [row["id"] for row in later["data"]] == [new]
    phone = counter.sandbox.purchases()[0].phone_number
    assert [row["id"] for row in get(counter, "activations", search=phone).json()["data"]] == [old]


def test_what_is_over_keeps_its_price(counter):
    first, second, third = counter.buy(), counter.buy(), counter.buy()
    counter.sandbox.step(120)
    counter.sandbox.send_sms(first, "482917")
    counter.text("setStatus", id=first, status=6)
    counter.text("setStatus", id=second, status=8)
    reply = get(counter, "activations/history", **ALL_TIME).json()
    assert {row["id"]: row["status"] for row in reply["data"]} == {first: "6", second: "8"}
    assert all(row["cost"] for row in reply["data"])
    assert shape(reply["data"][0]) == shape(
        {
            "id": "700000001",
            "createDate": "2026-11-28T16:00:00.000000Z",
            "service": "tg",
            "country": 6,
            "phone": "6281110001234",
            "moreCodes": [],
            "cost": 0.5,
            "status": "8",
            "phoneCode": 62,
            "currency": 840,
            "subtype": 1,
        }
    )
    assert reply["totals"]["successCount"] == 1
    assert reply["meta"]["total"] == 2
    assert third not in str(reply)
    asked = {**ALL_TIME, "statuses[]": ["8", "10"]}
    reply = get(counter, "activations/history", **asked).json()
    assert [row["id"] for row in reply["data"]] == [second]


def test_without_its_dates_the_history_is_unprocessable(counter):
    reply = get(counter, "activations/history")
    assert reply.status_code == 422
    assert set(reply.json()) == {"title", "details", "errors"}


def test_the_lives_of_numbers_need_no_key(counter):
    reply = get(counter, "classifiers/activations/custom-durations", headers={})
    assert reply.json()["data"]["tg"] == {"6": 45, "151": 45}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "ApiKey wrong"}])
def test_a_wrong_key_is_403_and_a_key_in_the_query_is_none(counter, headers):
    reply = get(counter, "activations", headers=headers, api_key=KEY)
    assert reply.status_code == 403
    assert reply.json() == {"title": "BAD_API_KEY", "details": "Invalid API key"}


def test_an_unknown_path_is_not_found(counter):
    reply = get(counter, "activations/700000001")
    assert (reply.status_code, reply.json()["title"]) == (404, "ROUTE_NOT_FOUND")
    assert counter.http.post(REST + "activations", headers=HEADERS).status_code == 404


def test_others_have_no_second_surface(open_counter):
    reply = get(open_counter("smsbower"), "activations", action="getBalance", api_key=KEY)
    assert reply.text == "ACCESS_BALANCE:1000.00"


def test_the_server_answers_it_too(counter):
    number = counter.buy()
    with serve(counter.sandbox) as url, httpx.Client(trust_env=False) as http:
        assert url.endswith("/stubs/handler_api.php")
        rest = url.removesuffix("/stubs/handler_api.php") + "/api/v1/activations"
        assert http.get(rest, headers=HEADERS).json()["data"][0]["id"] == number
        assert http.get(rest).status_code == 403
        query = {"api_key": KEY, "action": "setStatus", "id": number, "status": "6"}
        assert http.get(url, params=query).text == "ACCESS_ACTIVATION"
        gone = {**query, "action": "finishActivation"}
        assert http.get(url, params=gone).status_code == 409
        assert http.post(url, params={**query, "action": "getBalance"}).status_code == 405


def test_an_empty_success_goes_over_http(counter):
    number = counter.buy()
    with serve(counter.sandbox) as url:
        query = {"api_key": KEY, "action": "finishActivation", "id": number}
        reply = httpx.get(url, params=query, trust_env=False)
    assert (reply.status_code, reply.content) == (204, b"")


def test_a_look_at_it_moves_a_clock_that_ticks(open_counter):
    counter = open_counter(DIALECT, tick=30.0)
    before = counter.sandbox.clock.now()
    get(counter, "activations")
    assert (counter.sandbox.clock.now() - before).total_seconds() == 30
    counter.http.get(API, params={"api_key": KEY, "action": "getAllSms", "id": "1"})
    assert (counter.sandbox.clock.now() - before).total_seconds() == 60
    assert json.loads(get(counter, "activations").text)["data"] == []
