"""HeroSMS: numbers, lists and refusals, as its document and captures show them."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest

from .conftest import API, KEY, shape

DIALECT = "herosms"

BOUGHT = {
    "activationId": "700000001",
    "phoneNumber": "6281110001234",
    "activationCost": 0.05,
    "currency": 840,
    "countryCode": 6,
    "countryPhoneCode": 62,
    "canGetAnotherSms": True,
    "activationTime": "2026-11-28T16:00:00+00:00",
    "activationEndTime": "2026-11-28T16:20:00+00:00",
    "activationOperator": "any",
    "verificationType": "sms",
    "subtype": 1,
    "serviceCode": "tg",
    "status": 4,
}
OTP = {
    "id": "3400000001",
    "phoneFrom": "Telegram",
    "code": "482917",
    "text": "Telegram code 482917",
    "service": "tg",
    "date": "2026-11-28T19:01:00+03:00",
    "type": "sms",
}
ACTIVE = {
    "activationId": "700000001",
    "serviceCode": "tg",
    "phoneNumber": "6281110001234",
    "activationCost": 0.05,
    "currency": 840,
    "activationStatus": "4",
    "smsCode": "482917",
    "smsText": "Telegram code 482917",
    "activationTime": "2026-11-28 19:00:00",
    "countryCode": "6",
    "countryName": "Indonesia",
    "canGetAnotherSms": "1",
    "verificationType": "sms",
    "subtype": 1,
}
TWIN = {"affected_rows": 0, "num_rows": 0, "row": [], "rows": []}
PAST = {
    "id": "700000001",
    "date": "2026-11-28 19:00:00",
    "phone": "6281110001234",
    "sms": "Telegram code 482917",
    "cost": 0.1275,
    "status": "6",
    "currency": 840,
}

LACKING = (
    "getRentStatus setRentStatus getRentList continueRentNumber continueRentInfo "
    "getContinueRentPriceNumber getExtraActivation checkExtraActivation getPricesVerification "
    "getListOfTopCountriesByService getMultiServiceNumber getPricesV2 getPricesV3 getServices "
    "getFullSms nonsense"
)


def refused(reply) -> tuple[int, str]:
    body = json.loads(reply.text)
    assert set(body) <= {"title", "details", "info"}
    return reply.status_code, body["title"]


def info(reply) -> dict:
    return json.loads(reply.text)["info"]


@pytest.mark.parametrize("action", LACKING.split())
def test_what_it_lacks_is_404_bad_action(counter, action):
    reply = counter.ask(action, id="1", service="tg", country=6)
    assert json.loads(reply.text) == {"title": "BAD_ACTION", "details": "Method Not Found"}
    assert reply.status_code == 404


@pytest.mark.parametrize("action", ["getBalance", "getCountries", "nonsense"])
def test_a_wrong_key_is_refused_before_anything_else(counter, action):
    reply = counter.ask(action, api_key="wrong")
    assert reply.status_code == 401
    assert json.loads(reply.text) == {"title": "BAD_KEY", "details": "Unauthorized"}


def test_a_missing_key_is_a_missing_parameter_except_for_the_catalogue(counter):
    reply = counter.ask("getBalance", api_key="")
    assert refused(reply) == (422, "UNPROCESSABLE_ENTITY")
    assert info(reply)["field"] == "api_key"
    assert info(reply)["code"] == "REQUIRED"
    for action in ("getCountries", "getServicesList", "getOperators"):
        assert counter.ask(action, api_key="").status_code == 200


def test_the_key_may_be_in_a_header(counter):
    headers = {"Authorization": f"ApiKey {KEY}"}
    reply = counter.http.get(API, params={"action": "getBalance"}, headers=headers)
    assert reply.text == "ACCESS_BALANCE:1000.0000"
    headers = {"Authorization": "ApiKey wrong"}
    reply = counter.http.get(API, params={"action": "getBalance"}, headers=headers)
    assert reply.status_code == 401


def test_everything_is_served_as_html(counter):
    for action in ("getBalance", "getCountries", "nonsense"):
        assert counter.ask(action).headers["content-type"].startswith("text/html")


def test_a_purchase_in_both_versions(counter):
    assert counter.text("getNumber", service="tg", country=6).startswith("ACCESS_NUMBER:7")
    bought = counter.json("getNumberV2", service="ot", country=6)
    assert shape(bought) == shape(BOUGHT)
    assert bought["activationTime"] == BOUGHT["activationTime"]
    assert bought["activationEndTime"] == BOUGHT["activationEndTime"]


def test_some_numbers_live_longer(counter):
    bought = counter.json("getNumberV2", service="tg", country=6)
    assert bought["activationEndTime"] == "2026-11-28T16:45:00+00:00"
    counter.sandbox.step(44 * 60)
    assert counter.text("getStatus", id=bought["activationId"]) == "STATUS_WAIT_CODE"
    counter.sandbox.step(2 * 60)
    assert counter.text("getStatus", id=bought["activationId"]) == "STATUS_CANCEL"


def test_order_ids_and_filters_of_others_are_ignored_without_a_word(counter):
    for _ in range(2):
        counter.json(
            "getNumberV2", service="tg", country=6, orderId="same", minPrice=400, providerIds="1"
        )
    assert counter.bought() == 2


def test_a_fixed_price_is_bought_exactly_at_it(counter):
    tiers = counter.json("getTopCountriesByService", service="tg", freePrice="true")
    dear = list(next(row for row in tiers.values() if row["country"] == 6)["freePriceMap"])[-1]
    buy = {"service": "tg", "country": 6, "maxPrice": dear}
    assert counter.json("getNumberV2", **buy)["activationCost"] < float(dear)
    assert counter.json("getNumberV2", **buy, fixedPrice="true")["activationCost"] == float(dear)


def test_refusals_of_purchases(counter, open_counter):
    buy = {"service": "tg", "country": 6}
    assert counter.text("getNumber", **{**buy, "service": "nosuch"}) == (
        "UNPROCESSABLE_ENTITY:service:INVALID"
    )
    reply = counter.ask("getNumberV2", **{**buy, "service": "nosuch"})
    assert refused(reply) == (422, "UNPROCESSABLE_ENTITY")
    assert info(reply)["field"] == "service"
    reply = counter.ask("getNumberV2", **{**buy, "country": "any"})
    assert info(reply) == {
        "field": "country",
        "code": "INVALID",
        "message": "Param 'country' must be a number",
    }
    assert info(counter.ask("getNumberV2", service="tg"))["code"] == "REQUIRED"
    for action in ("getNumber", "getNumberV2"):
        assert counter.refusal(action, **{**buy, "country": 0}) == (200, "NO_NUMBERS")
        reply = counter.ask(action, **buy, maxPrice="0.01")
        assert refused(reply) == (400, "WRONG_MAX_PRICE")
        assert info(reply)["min"] > 0.01
    poor = open_counter(DIALECT, balance="0.01")
    assert refused(poor.ask("getNumberV2", **buy)) == (402, "NO_BALANCE")
    assert counter.bought() == 0


def test_a_banned_account(open_counter):
    counter = open_counter(DIALECT, account="banned")
    reply = counter.ask("getNumber", service="tg", country=6)
    assert refused(reply) == (403, "BANNED")
    until = int((counter.sandbox.clock.now() + timedelta(days=1)).timestamp())
    assert info(reply) == {
        "scope": "global",
        "banned_until": until,
        "retry_after_seconds": 1800,
        "readable_date": "2026-11-29T16:00:00+00:00",
    }


def test_a_blocked_account(open_counter):
    reply = open_counter(DIALECT, account="blocked").ask("getNumber", service="tg", country=6)
    assert refused(reply) == (403, "CHANNELS_LIMIT")
    assert set(info(reply)) == {"current_threads", "max_allowed"}


def test_the_states_of_a_number(counter):
    number = counter.buy()
    assert counter.text("getStatus", id=number) == "STATUS_WAIT_CODE"
    assert counter.json("getStatusV2", id=number) == {"verificationType": "sms", "data": None}
    counter.sandbox.send_sms(number, "Telegram code 482917")
    assert counter.text("getStatus", id=number) == "STATUS_OK:482917"
    reply = counter.json("getStatusV2", id=number)
    assert shape(reply) == shape({"verificationType": "sms", "data": OTP})
    assert reply["data"]["date"] == "2026-11-28T19:00:00+03:00"
    assert counter.text("setStatus", id=number, status=3) == "ACCESS_RETRY_GET"
    assert counter.text("getStatus", id=number) == "STATUS_WAIT_RETRY:482917"
    assert counter.text("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"


def test_a_text_without_a_code_has_no_code(counter):
    number = counter.buy()
    counter.sandbox.send_sms(number, "Welcome", "")
    assert counter.json("getStatusV2", id=number)["data"]["code"] is None


def test_a_cancelled_number_is_a_text_in_both_versions(counter):
    number = counter.buy()
    counter.sandbox.step(120)
    assert counter.text("setStatus", id=number, status=8) == "ACCESS_CANCEL"
    assert counter.text("getStatus", id=number) == "STATUS_CANCEL"
    assert counter.text("getStatusV2", id=number) == "STATUS_CANCEL"
    assert counter.sandbox.account.balance == 1000


def test_finishing_without_a_message_gives_nothing_back(counter):
    number = counter.buy()
    counter.sandbox.step(120)
    assert counter.text("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"
    assert counter.sandbox.account.balance < 1000


@pytest.mark.parametrize("status", ["1", "-1", "2", ""])
def test_other_numbers_are_no_status(counter, status):
    reply = counter.ask("setStatus", id=counter.buy(), status=status)
    assert (reply.status_code, json.loads(reply.text)) == (
        400,
        {"title": "BAD_STATUS", "details": "Wrong status code"},
    )


def test_an_early_cancel_says_how_long_to_wait(counter):
    number = counter.buy()
    counter.sandbox.step(119)
    reply = counter.ask("setStatus", id=number, status=8)
    assert refused(reply) == (409, "EARLY_CANCEL_DENIED")
    assert info(reply) == {"minActivationTime": 120}


def test_a_number_with_a_message_is_not_cancelled(counter):
    number = counter.buy()
    counter.sandbox.step(120)
    counter.sandbox.send_sms(number, "482917")
    assert refused(counter.ask("setStatus", id=number, status=8)) == (409, "OTP_RECEIVED")


WITH_ID = ("getStatus", "getStatusV2", "setStatus", "getAllSms", "finishActivation")


@pytest.mark.parametrize("action", [*WITH_ID, "cancelActivation"])
def test_an_unknown_id_is_404_not_found(counter, action):
    reply = counter.ask(action, id="123", status=8)
    assert json.loads(reply.text) == {"title": "NOT_FOUND", "details": "Activation Not Found"}
    assert reply.status_code == 404
    assert refused(counter.ask(action, id="x", status=8)) == (422, "UNPROCESSABLE_ENTITY")


def test_the_list_holds_its_rows_beside_an_empty_twin(counter):
    empty = {"status": "success", "data": [], "activeActivations": TWIN}
    assert counter.json("getActiveActivations") == empty
    number = counter.buy()
    (row,) = counter.json("getActiveActivations")["data"]
    assert shape(row) == shape({**ACTIVE, "smsCode": None, "smsText": None})
    counter.sandbox.send_sms(number, "Telegram code 482917")
    reply = counter.json("getActiveActivations")
    assert shape(reply) == shape({"status": "success", "data": [ACTIVE], "activeActivations": TWIN})
    assert reply["data"][0]["activationTime"] == "2026-11-28 19:00:00"  # UTC+3, unsaid
    assert reply["data"][0]["activationStatus"] == "2"


def test_a_page_of_the_list_has_a_hundred_rows_at_most_and_fifty_if_not_said(counter):
    numbers = [counter.buy() for _ in range(120)]
    ids = [row["activationId"] for row in counter.json("getActiveActivations")["data"]]
    assert ids == numbers[:50]
    rows = counter.json("getActiveActivations", limit=500)["data"]
    assert [row["activationId"] for row in rows] == numbers[:100]
    rows = counter.json("getActiveActivations", limit=100, start=100)["data"]
    assert [row["activationId"] for row in rows] == numbers[100:]


def test_the_history_has_a_size_and_does_not_know_limit(counter):
    first, second, third = counter.buy(), counter.buy(), counter.buy()
    counter.sandbox.step(120)
    counter.sandbox.send_sms(first, "Telegram code 482917")
    counter.text("setStatus", id=first, status=6)
    counter.text("setStatus", id=second, status=8)
    counter.sandbox.step(45 * 60)
    rows = counter.json("getHistory", limit=1)
    assert [row["id"] for row in rows] == [third, second, first]
    assert [row["status"] for row in rows] == ["10", "8", "6"]
    assert shape(rows[2]) == shape(PAST)
    assert shape(rows[1]) == shape({**PAST, "sms": None, "cost": 0})
    assert [row["id"] for row in counter.json("getHistory", size=1, offset=1)] == [second]
    later = int(counter.sandbox.clock.now().timestamp())
    assert counter.json("getHistory", start=later) == []


def test_what_is_posted_must_be_posted_and_nothing_else(counter):
    number = counter.buy()
    assert counter.refusal("getNumber", "POST", service="tg", country=6)[0] == 405
    assert counter.refusal("reactivate", id=number)[0] == 405
    assert counter.refusal("prolong", id=number, duration=24)[0] == 405
    assert counter.bought() == 1


def test_a_finished_number_is_had_again_as_a_new_one(counter):
    number = counter.buy()
    assert refused(counter.ask("reactivate", "POST", id=number)) == (400, "ACTION_NOT_AVAILABLE")
    counter.sandbox.send_sms(number, "482917")
    counter.text("setStatus", id=number, status=6)
    options = counter.json("reactivateOptions", id=number)
    sample = {"price": 0.2145, "duration": {"unit": "hour", "value": 2}}
    assert shape(options) == shape({"data": {"options": [sample]}})
    price = counter.json("reactivationPrice", id=number)
    assert shape(price) == shape({"data": {"price": 1.4522, "currency": 840}})
    again = counter.json("reactivate", "POST", id=number)
    assert shape(again) == shape(BOUGHT)
    assert again["activationId"] != number
    assert again["activationCost"] == price["data"]["price"]


def test_a_webhook_is_tried_for_three_minutes(counter):
    times = counter.tries(300)
    assert len(times) >= 8
    assert times[-1] >= 180
    assert {later - time for time, later in pairwise(times)} <= set(range(20, 31))


def test_the_webhook_has_a_zone_and_may_have_neither_code_nor_text(counter):
    number = counter.buy()
    counter.sandbox.step(60)
    counter.sandbox.webhook_url = "http://127.0.0.1:9/"  # nobody sends: no request follows
    counter.sandbox.send_sms(number, "Telegram code 482917")
    counter.sandbox.send_sms(number, "", "")
    full, empty = (event.body for event in counter.sandbox.take_webhooks())
    assert shape(full) == shape(
        {
            "activationId": "700000001",
            "phoneFrom": "Telegram",
            "service": "tg",
            "text": "Telegram code 482917",
            "code": "482917",
            "country": 6,
            "receivedAt": "2026-11-28T16:01:00.000000Z",
        }
    )
    assert full["receivedAt"] == "2026-11-28T16:01:00.000000Z"
    assert (empty["code"], empty["text"]) == (None, None)
