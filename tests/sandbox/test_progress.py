import random
import re

import pytest

from sms_notebook.protocol.catalogue import POPULAR, countries
from sms_notebook.sandbox.country_markets import OPERATORS


def test_a_code_arrives_some_seconds_after_the_purchase(shop):
    number = shop.buy()
    assert shop.ask("getStatus", id=number) == "STATUS_WAIT_CODE"
    shop.sandbox.step(0.9)
    assert shop.ask("getStatus", id=number) == "STATUS_WAIT_CODE"
    shop.sandbox.step(3.2)
    assert re.fullmatch(r"STATUS_OK:\d{5}", shop.ask("getStatus", id=number))


def test_any_number_gets_its_code_and_another_one_within_seconds(open_shop):
    shop = open_shop()
    offers = [
        (country, service)
        for country, offers in shop.ask_json("getPrices").items()
        for service in offers
    ]
    for country, service in random.sample(offers, 200):
        bought = shop.ask("getNumber", service=service, country=country)
        number = bought.split(":")[1]
        shop.sandbox.step(4)
        first = shop.ask("getStatus", id=number)
        assert first.startswith("STATUS_OK:"), (country, service)
        assert shop.ask("setStatus", id=number, status=3) == "ACCESS_RETRY_GET"
        shop.sandbox.step(4)
        second = shop.ask("getStatus", id=number)
        assert second.startswith("STATUS_OK:"), (country, service)
        assert shop.ask("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"


@pytest.mark.parametrize("service", POPULAR)
def test_what_most_people_ask_for_is_sold_everywhere(shop, service):
    sold = shop.ask_json("getPrices", service=service)
    assert len(sold) == len(countries())
    assert all(int(offers[service]["physicalCount"]) for offers in sold.values())


def buy_of(shop, operator):
    return shop.ask("getNumber", service="tg", country=2, operator=operator).split(":")[1]


def test_the_operator_silent_never_delivers(shop):
    number = buy_of(shop, "silent")
    shop.sandbox.step(1100)
    assert shop.ask("getStatus", id=number) == "STATUS_WAIT_CODE"


def test_the_operator_slow_takes_more_than_a_minute(shop):
    number = buy_of(shop, "slow")
    shop.sandbox.step(59)
    assert shop.ask("getStatus", id=number) == "STATUS_WAIT_CODE"
    shop.sandbox.step(31)
    assert shop.ask("getStatus", id=number).startswith("STATUS_OK:")


def test_the_operator_twice_sends_another_code_unasked(shop):
    number = buy_of(shop, "twice")
    shop.sandbox.step(20)
    (active,) = shop.ask_json("getActiveActivations")["activeActivations"]
    assert active["activationId"] == number
    assert len(set(active["smsCode"])) == 2


def test_the_operator_empty_has_no_numbers(shop):
    assert shop.ask("getNumber", service="tg", country=2, operator="empty") == "NO_NUMBERS"
    assert shop.balance() == 1000


@pytest.mark.parametrize("operator", OPERATORS)
def test_no_list_has_an_operator_that_tests_need(shop, operator):
    assert operator not in str(shop.ask("getOperators"))


def test_the_next_event_is_the_code_and_then_the_end(shop):
    sandbox = shop.sandbox
    assert sandbox.next_event_at() is None
    number = shop.buy()
    begin = sandbox.clock.now()
    arrival = sandbox.next_event_at()
    assert 1 <= (arrival - begin).total_seconds() <= 4
    sandbox.step((arrival - begin).total_seconds())
    assert shop.ask("getStatus", id=number).startswith("STATUS_OK:")
    assert (sandbox.next_event_at() - begin).total_seconds() == 1200
    shop.ask("setStatus", id=number, status=6)
    assert sandbox.next_event_at() is None


def test_readiness_may_be_reported_before_the_code(shop):
    number = shop.buy()
    assert shop.ask("setStatus", id=number, status=1) == "ACCESS_READY"
    assert shop.ask("setStatus", id=number, status=1) == "ACCESS_READY"
    assert shop.ask("getStatus", id=number) == "STATUS_WAIT_CODE"
    shop.sandbox.step(30)
    assert shop.ask("setStatus", id=number, status=1) == "BAD_STATUS"


@pytest.mark.parametrize("status", [6, 8])
def test_a_cancel_within_two_minutes_is_refused(silent_shop, status):
    number = silent_shop.buy()
    silent_shop.sandbox.step(119.9)
    assert silent_shop.ask("setStatus", id=number, status=status) == "EARLY_CANCEL_DENIED"
    silent_shop.sandbox.step(0.1)
    assert silent_shop.ask("setStatus", id=number, status=status) == "ACCESS_CANCEL"
    assert silent_shop.ask("getStatus", id=number) == "STATUS_CANCEL"
    assert silent_shop.ask("getStatusV2", id=number) == "STATUS_CANCEL"
    assert silent_shop.balance() == 1000


def test_a_number_with_a_code_cannot_be_cancelled(shop):
    number = shop.buy()
    shop.sandbox.step(300)
    assert shop.ask("setStatus", id=number, status=8) == "BAD_STATUS"


def test_a_code_finishes_with_success(shop):
    number = shop.buy()
    shop.sandbox.step(30)
    assert shop.ask("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"
    assert shop.ask("getStatus", id=number) == "STATUS_CANCEL"
    assert shop.ask_json("getStatusV2", id=number)["sms"]["code"]
    for status in (1, 3, 6, 8):
        assert shop.ask("setStatus", id=number, status=status) == "BAD_STATUS"


def test_one_more_code_comes_after_asking_for_it(shop):
    number = shop.buy()
    assert shop.ask("setStatus", id=number, status=3) == "BAD_STATUS"
    shop.sandbox.step(30)
    first = shop.ask("getStatus", id=number).removeprefix("STATUS_OK:")
    assert shop.ask("setStatus", id=number, status=3) == "ACCESS_RETRY_GET"
    assert shop.ask("getStatus", id=number) == f"STATUS_WAIT_RETRY:{first}"
    for status in (1, 3, 8):
        assert shop.ask("setStatus", id=number, status=status) == "BAD_STATUS"
    shop.sandbox.step(30)
    second = shop.ask("getStatus", id=number).removeprefix("STATUS_OK:")
    assert second.isdigit()
    assert second != first
    row = shop.ask_json("getActiveActivations")["activeActivations"][0]
    assert row["smsCode"] == [first, second]
    assert shop.ask("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"


def test_status_6_while_awaiting_a_retry_only_goes_back_to_waiting(shop):
    number = shop.buy()
    shop.sandbox.step(30)
    shop.ask("setStatus", id=number, status=3)
    assert shop.ask("setStatus", id=number, status=6) == "ACCESS_RETRY_GET"
    assert shop.ask("getStatus", id=number) == "STATUS_WAIT_CODE"
    for status in (1, 8):
        assert shop.ask("setStatus", id=number, status=status) == "BAD_STATUS"
    assert shop.ask("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"


def test_one_more_code_only_where_the_country_allows_it(open_shop):
    shop = open_shop(success=None)
    prices = shop.ask_json("getPrices", service="tg")
    country = next(
        row["id"]
        for row in shop.ask_json("getCountries").values()
        if not row["retry"]
        and int(prices.get(str(row["id"]), {}).get("tg", {}).get("physicalCount", 0))
    )
    reply = shop.ask_json("getNumberV2", service="tg", country=country)
    assert reply["canGetAnotherSms"] == "0"
    shop.sandbox.step(30)
    assert shop.ask("setStatus", id=reply["activationId"], status=3) == "BAD_STATUS"


@pytest.mark.parametrize("status", ["", "2", "7", "x", "-1"])
def test_an_unknown_status_is_bad(shop, status):
    assert shop.ask("setStatus", id=shop.buy(), status=status) == "BAD_STATUS"


@pytest.mark.parametrize("number", ["", "abc", "1.5"])
def test_what_is_not_a_number_is_a_wrong_id(shop, number):
    assert shop.ask("setStatus", id=number, status=8) == "WRONG_ACTIVATION_ID"


@pytest.mark.parametrize("action", ["setStatus", "getStatus", "getStatusV2"])
def test_an_unknown_id_is_no_activation(shop, action):
    assert shop.ask(action, id=12345, status=8) == "NO_ACTIVATION"


def test_the_service_of_another_activation_is_bad(shop):
    assert shop.ask("setStatus", id=shop.buy(), status=1, service="wa") == "BAD_SERVICE"


def test_without_a_code_twenty_minutes_end_in_a_refund(silent_shop):
    number = silent_shop.buy()
    silent_shop.sandbox.step(1199.9)
    assert silent_shop.ask("getStatus", id=number) == "STATUS_WAIT_CODE"
    assert silent_shop.balance() < 1000
    silent_shop.sandbox.step(0.1)
    assert silent_shop.ask("getStatus", id=number) == "STATUS_CANCEL"
    assert silent_shop.balance() == 1000
    purchase = silent_shop.sandbox.purchases()[0]
    assert purchase.refunded == purchase.cost > 0


def test_with_a_code_twenty_minutes_end_as_finished(shop):
    number = shop.buy()
    shop.sandbox.step(1200)
    assert shop.ask("getStatus", id=number) == "STATUS_CANCEL"
    assert shop.ask_json("getHistory")[0]["status"] == "6"
    assert shop.balance() == 1000 - shop.sandbox.purchases()[0].cost


def test_the_second_version_carries_the_message(shop):
    number = shop.buy("wa", 6)
    waiting = shop.ask_json("getStatusV2", id=number)
    assert waiting == {"verificationType": 0, "sms": None, "call": None}
    shop.sandbox.step(30)
    reply = shop.ask_json("getStatusV2", id=number)
    assert list(reply["sms"]) == ["dateTime", "code", "text"]
    assert reply["sms"]["dateTime"].startswith("2026-03-01 12:00:")
    dashed = f"{reply['sms']['code'][:3]}-{reply['sms']['code'][3:]}"
    assert f"Kode WhatsApp Anda: {dashed}" in reply["sms"]["text"]
    assert shop.ask("getStatus", id=number) == f"STATUS_OK:{reply['sms']['code']}"


def test_codes_may_begin_with_zero_and_texts_have_many_languages(open_shop):
    shop = open_shop(balance="10000")
    texts, codes = set(), []
    for country in (2, 6, 22, 73, 54, 78, 43, 62, 16):
        numbers = [shop.buy("ds", country) for _ in range(12)]
        shop.sandbox.step(30)
        for number in numbers:
            sms = shop.ask_json("getStatusV2", id=number)["sms"]
            codes.append(sms["code"])
            texts.add(sms["text"].replace(sms["code"], "#"))
    assert any(code.startswith("0") for code in codes)
    assert len(texts) >= 12


def test_a_message_can_be_sent_by_hand(silent_shop):
    number = silent_shop.buy()
    silent_shop.sandbox.send_sms(number, "Use 007-123 to log in")
    assert silent_shop.ask("getStatus", id=number) == "STATUS_OK:007123"
    silent_shop.sandbox.send_sms(number, "Another one", code="00")
    assert silent_shop.ask("getStatus", id=number) == "STATUS_OK:00"
    with pytest.raises(LookupError):
        silent_shop.sandbox.send_sms("1", "nobody")
    silent_shop.ask("setStatus", id=number, status=6)
    with pytest.raises(ValueError, match="over"):
        silent_shop.sandbox.send_sms(number, "too late")


def test_a_message_by_hand_replaces_the_one_on_its_way(shop):
    number = shop.buy()
    shop.sandbox.send_sms(number, "code 4711")
    shop.sandbox.step(60)
    assert shop.ask("getStatus", id=number) == "STATUS_OK:4711"
