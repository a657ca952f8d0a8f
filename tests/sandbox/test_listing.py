import json
from decimal import Decimal

import pytest

DAY = 24 * 3600


def test_without_active_activations_there_is_an_error(shop):
    assert shop.ask("getActiveActivations") == "NO_ACTIVATIONS"


def test_active_activations_have_the_documented_fields(shop):
    number = shop.buy()
    row = shop.ask_json("getActiveActivations")["activeActivations"][0]
    assert row == {
        "activationId": number,
        "serviceCode": "tg",
        "phoneNumber": row["phoneNumber"],
        "activationCost": shop.sandbox.purchases()[0].cost,
        "activationStatus": "4",
        "smsCode": None,
        "smsText": None,
        "activationTime": "2026-03-01 12:00:00",
        "discount": "5.00",
        "repeated": "0",
        "countryCode": "2",
        "countryName": "Kazakhstan",
        "canGetAnotherSms": "1",
        "currency": 840,
    }
    shop.sandbox.step(30)
    row = shop.ask_json("getActiveActivations")["activeActivations"][0]
    assert len(row["smsCode"]) == 1
    assert row["smsCode"][0] in row["smsText"]


def test_what_is_over_is_not_active(shop):
    finished, running = shop.buy(), shop.buy()
    shop.sandbox.step(30)
    shop.ask("setStatus", id=finished, status=6)
    rows = shop.ask_json("getActiveActivations")["activeActivations"]
    assert [row["activationId"] for row in rows] == [running]


def test_history_has_the_documented_fields_and_costs_only_what_is_over(shop):
    number = shop.buy()
    row = shop.ask_json("getHistory")[0]
    assert list(row) == ["id", "date", "phone", "sms", "cost", "status", "currency"]
    assert row["id"] == int(number)
    assert (row["cost"], row["status"], row["sms"], row["currency"]) == (0, "4", None, 840)
    shop.sandbox.step(30)
    shop.ask("setStatus", id=number, status=6)
    row = shop.ask_json("getHistory")[0]
    assert (row["cost"], row["status"]) == (shop.sandbox.purchases()[0].cost, "6")
    assert len(json.loads(row["sms"])) == 1


def test_a_cancelled_number_has_cost_nothing(silent_shop):
    silent_shop.buy()
    silent_shop.sandbox.step(1200)
    row = silent_shop.ask_json("getHistory")[0]
    assert (row["cost"], row["status"]) == (0, "8")


def test_history_is_paged_from_the_newest(shop):
    bought = [int(shop.buy()) for _ in range(105)][::-1]

    def ids(**params):
        return [row["id"] for row in shop.ask_json("getHistory", **params)]

    assert ids() == bought[:50]
    assert ids(limit=1) == bought[:1]
    assert ids(limit=3, offset=2) == bought[2:5]
    assert ids(limit=1000) == bought[:100]
    assert ids(offset=103) == bought[103:]
    assert ids(offset=500) == []
    assert ids(limit="many", offset="-4") == bought[:50]


def test_history_between_two_dates(shop):
    first = int(shop.sandbox.clock.now().timestamp())
    for _ in range(3):
        shop.buy()
        shop.sandbox.step(100)
    assert len(shop.ask_json("getHistory", start=first + 100)) == 2
    assert len(shop.ask_json("getHistory", start=first, end=first + 100)) == 2
    assert len(shop.ask_json("getHistory", end=first)) == 1
    assert shop.ask("getHistory", start=first + 1000) == "[]"


@pytest.mark.parametrize("name", ["start", "end"])
@pytest.mark.parametrize("moment", ["yesterday", "2026-03-01", "1.5", "-1", "0", "old"])
def test_a_date_is_a_timestamp_of_the_last_thirty_days(shop, name, moment):
    now = int(shop.sandbox.clock.now().timestamp())
    value = now - 31 * DAY if moment == "old" else moment
    assert shop.ask("getHistory", **{name: value}) == "WRONG_DATE"
    assert shop.ask("getHistory", **{name: now - 30 * DAY}) == "[]"


def test_history_without_dates_forgets_after_thirty_days(shop):
    shop.buy()
    shop.sandbox.step(29 * DAY)
    assert len(shop.ask_json("getHistory")) == 1
    shop.sandbox.step(2 * DAY)
    assert shop.ask("getHistory") == "[]"


def test_purchases_say_what_the_sandbox_counted(shop):
    shop.ask("getNumberV2", service="tg", country=2, orderId="order-1")
    (purchase,) = shop.sandbox.purchases()
    row = shop.ask_json("getActiveActivations")["activeActivations"][0]
    assert purchase.id == row["activationId"]
    assert (purchase.action, purchase.order_id) == ("getNumberV2", "order-1")
    assert (purchase.service, purchase.country) == ("tg", 2)
    assert purchase.phone_number == row["phoneNumber"]
    assert purchase.at == shop.sandbox.clock.now()
    assert purchase.refunded == Decimal(0)
