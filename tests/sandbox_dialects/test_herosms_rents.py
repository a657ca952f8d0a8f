"""HeroSMS: a rent is an activation with ``subtype`` 2."""

import json

import pytest

from .conftest import KEY, shape
from .test_herosms import BOUGHT, OTP, refused

DIALECT = "herosms"
DURATIONS = [24, 72, 168, 336, 720, 1440, 2160, 4320]


def rent(counter, hours: int = 24, service: str = "full") -> str:
    params = {"service": service, "country": 2, "duration": hours}
    return counter.json("getRentNumber", **params)["activationId"]


def test_the_reply_is_that_of_a_purchase(counter):
    params = {"service": "full", "country": 2, "duration": 24}
    bought = counter.json("getRentNumber", **params)
    assert shape(bought) == shape(BOUGHT)
    assert bought["subtype"] == 2
    assert bought["activationEndTime"] == "2026-11-29T16:00:00+00:00"


def test_a_wrong_duration_names_the_right_ones(counter):
    reply = counter.ask("getRentNumber", service="full", country=2, duration=4)
    assert refused(reply) == (400, "BAD_DURATION")
    assert json.loads(reply.text)["info"] == {
        "min": 24,
        "max": 4320,
        "available_durations": DURATIONS,
    }
    reply = counter.ask("getRentNumber", service="full", country=2, rent_time=24)
    assert refused(reply) == (422, "UNPROCESSABLE_ENTITY")


@pytest.mark.parametrize(
    ("wrong", "title"),
    [
        ({"service": "nosuch"}, "WRONG_SERVICE"),
        ({"country": 999}, "WRONG_COUNTRY"),
        ({"currency": 1}, "WRONG_CURRENCY"),
    ],
)
def test_refusals_of_rents(counter, wrong, title):
    params = {"service": "full", "country": 2, "duration": 24, **wrong}
    assert refused(counter.ask("getRentNumber", **params)) == (400, title)
    assert counter.bought() == 0


def test_where_nothing_is_for_rent_it_is_404_no_numbers(counter):
    offers = counter.json("serviceCountRent", service="full", duration=24)
    country = next(each for each in range(1, 200) if str(each) not in offers and each != 12)
    reply = counter.ask("getRentNumber", service="full", country=country, duration=24)
    assert refused(reply) == (404, "NO_NUMBERS")


def test_what_is_for_rent(counter):
    offers = counter.json("serviceCountRent", service="full", country=2, duration=24)
    assert list(offers["2"]) == [str(hours) for hours in DURATIONS]
    assert shape(offers["2"]["24"]) == shape({"count": 8, "price": 1.5, "retail_price": 1.2})
    reply = counter.json("getRentServicesAndCountries", country=2, duration=24)
    assert list(reply) == ["operators", "services"]
    assert "1" in reply["operators"]
    sample = {"quantity": 2, "price": 0.45, "retail_price": 0.5}
    assert shape(reply["services"]["full"]) == shape(sample)
    assert reply["services"]["full"]["price"] == offers["2"]["24"]["price"]
    assert refused(counter.ask("getRentServicesAndCountries", duration=24))[0] == 422


def test_a_rent_is_in_the_lists_of_activations(counter):
    number, other = rent(counter), counter.buy()
    rows = counter.json("getActiveActivations")["data"]
    assert {row["activationId"]: row["subtype"] for row in rows} == {number: 2, other: 1}
    counter.sandbox.step(180)
    counter.ask("cancelActivation", id=number)
    rows = counter.json("getHistory")
    assert {row["id"]: row["status"] for row in rows} == {number: "8", other: "4"}


def test_its_messages(counter):
    number = rent(counter)
    assert counter.json("getAllSms", id=number) == {
        "data": [],
        "meta": {"total": 0, "service": "full"},
    }
    for code in ("111111", "222222", "333333"):
        counter.sandbox.send_sms(number, f"Telegram code {code}")
    reply = counter.json("getAllSms", id=number, size=2)
    assert shape(reply["data"][0]) == shape(OTP)
    assert [each["code"] for each in reply["data"]] == ["333333", "222222"]
    assert reply["meta"]["total"] == 3
    reply = counter.json("getAllSms", id=number, size=2, page=2)
    assert [each["code"] for each in reply["data"]] == ["111111"]
    assert counter.text("getStatus", id=number) == "STATUS_OK:333333"
    assert counter.json("getStatusV2", id=number)["data"]["code"] == "333333"


def test_a_page_of_messages_has_25_if_not_said(counter):
    number = rent(counter)
    for code in range(1000, 1030):
        counter.sandbox.send_sms(number, f"Telegram code {code}")
    assert len(counter.json("getAllSms", id=number)["data"]) == 25
    assert len(counter.json("getAllSms", id=number, page=2)["data"]) == 5
    assert len(counter.json("getAllSms", id=number, size=100)["data"]) == 30


def test_all_messages_of_an_activation_are_read_the_same_way(counter):
    number = counter.buy()
    counter.sandbox.send_sms(number, "Telegram code 482917")
    assert counter.json("getAllSms", id=number)["meta"] == {"total": 1, "service": "tg"}


def test_a_cancelled_rent_has_no_messages_any_more(counter):
    number = rent(counter)
    counter.sandbox.step(180)
    reply = counter.ask("cancelActivation", id=number)
    assert (reply.status_code, reply.content) == (204, b"")
    assert refused(counter.ask("getAllSms", id=number)) == (409, "ACTIVATION_NOT_ACTIVE")
    assert refused(counter.ask("finishActivation", id=number)) == (409, "ACTIVATION_NOT_ACTIVE")
    assert counter.sandbox.account.balance == 1000


def test_a_cancel_is_possible_from_2_to_20_minutes_and_before_a_message(counter):
    early, late, used = rent(counter), rent(counter), rent(counter)
    reply = counter.ask("cancelActivation", id=early)
    assert refused(reply) == (409, "EARLY_CANCEL_DENIED")
    assert json.loads(reply.text)["info"] == {"minActivationTime": 120}
    counter.sandbox.step(120)
    assert counter.ask("cancelActivation", id=early).status_code == 204
    counter.sandbox.send_sms(used, "482917")
    assert refused(counter.ask("cancelActivation", id=used)) == (409, "OTP_RECEIVED")
    counter.sandbox.step(20 * 60)
    reply = counter.ask("cancelActivation", id=late)
    assert refused(reply) == (409, "FREE_CANCELLATION_EXPIRED")
    assert json.loads(reply.text)["details"] == "time limit exceeded (20 minutes)"


def test_prolonging_keeps_the_id(counter):
    number = rent(counter)
    options = counter.json("prolongOptions", id=number)["data"]["options"]
    assert options[0]["duration"] == {"unit": "hour", "value": 24}
    longer = counter.json("prolong", "POST", id=number, duration=24)
    assert shape(longer) == shape(BOUGHT)
    assert longer["activationId"] == number
    assert longer["activationEndTime"] == "2026-11-30T16:00:00+00:00"
    (row,) = counter.json("prolongHistory", id=number)["data"]
    assert shape(row) == shape(
        {"userPrice": 0.46, "hours": 24, "createDate": "…", "payerType": "client"}
    )
    assert row["userPrice"] == options[0]["price"]
    reply = counter.ask("prolong", "POST", id=number, duration=4320)
    assert refused(reply) == (400, "MAX_HOURS_EXCEED")
    assert json.loads(reply.text)["info"] == {"max": 4320 - 48}


def test_what_is_over_is_reactivated_and_what_runs_is_prolonged(counter):
    number, activation = rent(counter), counter.buy()
    counter.sandbox.send_sms(number, "482917")
    wrong = (400, "ACTION_NOT_AVAILABLE")
    assert refused(counter.ask("reactivate", "POST", id=number, duration=24)) == wrong
    assert refused(counter.ask("prolong", "POST", id=activation, duration=24)) == wrong
    assert counter.ask("finishActivation", id=number).status_code == 204
    assert refused(counter.ask("prolong", "POST", id=number, duration=24)) == wrong
    price = counter.json("reactivationPrice", id=number)["data"]["price"]
    again = counter.json("reactivate", "POST", id=number, duration=24)
    assert again["activationId"] != number
    assert (again["subtype"], again["activationCost"]) == (2, price)


def test_the_longest_rent_is_paid_for_in_full(counter):
    offers = counter.json("serviceCountRent", service="full", country=2, duration=24)["2"]
    prices = [offers[str(hours)]["price"] for hours in DURATIONS]
    assert prices == sorted(set(prices))


def test_its_webhook_is_that_of_an_activation(open_counter):
    sandbox = open_counter(DIALECT, webhook_url="http://127.0.0.1:9/").sandbox
    params = {"service": "full", "country": "2", "duration": "24"}
    answer = sandbox.answer({"api_key": KEY, "action": "getRentNumber", **params})
    number = json.loads(answer.text)["activationId"]
    sandbox.send_sms(number, "Telegram code 482917")
    (event,) = sandbox.take_webhooks()  # nobody sends: no request came over HTTP
    assert event.body["activationId"] == number
    assert event.body["code"] == "482917"
