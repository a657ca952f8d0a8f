import pytest


def buy_call(shop, kind, **params):
    return shop.buy("tg", 2, activationType=kind, **params)


def test_a_voice_call_is_parsed_when_it_arrives(shop):
    number = buy_call(shop, 2, language="es")
    waiting = shop.ask_json("getStatusV2", id=number)
    assert waiting == {"verificationType": 2, "sms": None, "call": None}
    shop.sandbox.step(30)
    reply = shop.ask_json("getStatusV2", id=number)
    call = reply["call"]
    assert reply["sms"] is None
    assert list(call) == ["from", "text", "code", "dateTime", "url", "parsingCount"]
    assert call["text"].startswith("Hola. Su código")
    assert " ".join(call["code"]) in call["text"]
    assert call["from"].isdigit()
    assert call["url"].startswith("https://")
    assert call["parsingCount"] == 1
    assert shop.ask("getStatus", id=number) == f"STATUS_OK:{call['code']}"


def test_a_call_is_parsed_four_times_at_most(shop):
    number = buy_call(shop, 2, language="ru")
    assert shop.ask("parseCall", id=number, newLang="en") == "NO_CALL"
    shop.sandbox.step(30)
    code = shop.ask_json("getStatusV2", id=number)["call"]["code"]
    for count, language, word in ((2, "de", "Hallo"), (3, "fr", "Bonjour"), (4, "xx", "Hello")):
        assert shop.ask("parseCall", id=number, newLang=language) == '{"result":"OK"}'
        call = shop.ask_json("getStatusV2", id=number)["call"]
        assert call["text"].startswith(word)
        assert (call["code"], call["parsingCount"]) == (code, count)
    assert shop.ask("parseCall", id=number, newLang="en") == "PARSE_COUNT_EXCEED"
    assert shop.ask_json("getStatusV2", id=number)["call"]["parsingCount"] == 4


@pytest.mark.parametrize("number", ["", "abc", "12345"])
def test_parsing_the_call_of_nobody_is_wrong(shop, number):
    assert shop.ask("parseCall", id=number, newLang="en") == "WRONG_ACTIVATION_ID"


def test_an_activation_that_is_over_is_not_parsed(open_shop):
    shop = open_shop()
    finished = buy_call(shop, 2)
    shop.sandbox.step(30)
    assert shop.ask("setStatus", id=finished, status=6) == "ACCESS_ACTIVATION"
    assert shop.ask("parseCall", id=finished) == "WRONG_ACTIVATION_ID"
    silent = open_shop(success=0.0)
    cancelled = buy_call(silent, 2)
    silent.sandbox.step(120)
    assert silent.ask("setStatus", id=cancelled, status=8) == "ACCESS_CANCEL"
    assert silent.ask("parseCall", id=cancelled) == "STATUS_CANCEL"


def test_a_message_is_no_call(shop):
    number = shop.buy()
    shop.sandbox.step(30)
    assert shop.ask("parseCall", id=number, newLang="en") == "NO_CALL"


def test_a_call_by_number_brings_the_end_of_the_caller_as_code(shop):
    number = buy_call(shop, 1)
    assert shop.ask("getIncomingCallStatus", activationId=number) == '{"status":"2","phone":false}'
    shop.sandbox.step(30)
    reply = shop.ask_json("getIncomingCallStatus", activationId=number)
    assert reply["status"] == "3"
    call = shop.ask_json("getStatusV2", id=number)
    assert call["verificationType"] == 1
    assert call["call"]["from"] == reply["phone"]
    assert reply["phone"].endswith(call["call"]["code"])
    assert call["call"]["url"] is None


@pytest.mark.parametrize("status", [1, 3, 6, 8])
def test_after_the_call_the_status_cannot_be_changed(shop, status):
    number = buy_call(shop, 1)
    shop.sandbox.step(180)
    assert shop.ask("setStatus", id=number, status=status) == "BAD_STATUS"


def test_calls_that_never_come_are_cancelled_or_returned(silent_shop):
    cancelled, returned = buy_call(silent_shop, 1), buy_call(silent_shop, 1)
    silent_shop.sandbox.step(120)
    assert silent_shop.ask("setStatus", id=cancelled, status=8) == "ACCESS_CANCEL"
    silent_shop.sandbox.step(1200)
    for number, status in ((cancelled, "4"), (returned, "5")):
        reply = silent_shop.ask_json("getIncomingCallStatus", activationId=number)
        assert reply == {"status": status, "phone": False}


@pytest.mark.parametrize("number", ["", "abc", "12345"])
def test_the_call_status_of_nobody_is_invalid(shop, number):
    reply = shop.ask("getIncomingCallStatus", activationId=number)
    assert reply == "INVALID_ACTIVATION_ID"


def test_calls_have_a_price_and_a_stock_of_their_own(shop):
    row = shop.ask_json("getPricesVerification", service="tg")["tg"]["2"]
    buy_call(shop, 1)
    assert str(shop.sandbox.purchases()[0].cost) == row["price"]
    after = shop.ask_json("getPricesVerification", service="tg")["tg"]["2"]
    assert after["count"] == row["count"] - 1
