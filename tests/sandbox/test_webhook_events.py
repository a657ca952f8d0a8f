from datetime import UTC

URL = "https://example.org/hook"


def test_a_message_is_announced_with_the_documented_body(open_shop):
    shop = open_shop(webhook_url=URL)
    number = shop.buy()
    assert shop.sandbox.take_webhooks() == []
    shop.sandbox.step(30)
    (event,) = shop.sandbox.take_webhooks()
    sms = shop.ask_json("getStatusV2", id=number)["sms"]
    assert event.url == URL
    assert event.body == {
        "activationId": int(number),
        "service": "tg",
        "text": sms["text"],
        "code": sms["code"],
        "country": 2,
        "receivedAt": sms["dateTime"],
    }
    assert event.at.tzinfo is UTC
    assert shop.sandbox.take_webhooks() == []


def test_without_an_address_nothing_is_announced(shop):
    shop.buy()
    shop.sandbox.step(30)
    assert shop.sandbox.take_webhooks() == []


def test_the_address_may_change_at_run_time(shop):
    number = shop.buy()
    shop.sandbox.webhook_url = URL
    shop.sandbox.send_sms(number, "code 1234")
    assert [event.url for event in shop.sandbox.take_webhooks()] == [URL]
    assert shop.sandbox.webhook_url == URL


def test_calls_are_not_announced(open_shop):
    shop = open_shop(webhook_url=URL)
    shop.buy(activationType=2)
    shop.sandbox.step(30)
    assert shop.sandbox.take_webhooks() == []


def test_a_rent_has_an_address_of_its_own(open_shop):
    shop = open_shop(webhook_url=URL, success=0.0)
    announced, silent = shop.rent(url="https://example.org/rent"), shop.rent()
    for rent in (announced, silent):
        shop.sandbox.send_sms(rent, "Your code: 4242")
    (event,) = shop.sandbox.take_webhooks()
    assert event.url == "https://example.org/rent"
    assert event.body["activationId"] == int(announced)
    assert event.body["code"] == "4242"
