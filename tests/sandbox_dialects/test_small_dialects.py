"""SMS-Man, VAK-SMS and DaisySMS: a handful of actions each."""

from decimal import Decimal

import pytest

from .conftest import shape


@pytest.fixture
def man(open_counter):
    return open_counter("sms-man")


@pytest.fixture
def vak(open_counter):
    return open_counter("vak-sms")


@pytest.fixture
def daisy(open_counter):
    return open_counter("daisysms-io")


def test_sms_man_numbers_countries_its_own_way(man):
    rows = man.json("getCountries")["countries"]
    assert shape(rows[0]) == shape({"id": 0, "title": "Russia"})
    titles = {row["id"]: row["title"] for row in rows}
    assert (titles[0], titles[4], titles[6]) == ("Russia", "Indonesia", "India")
    number = man.text("getNumber", service="tg", country=4)
    assert number.split(":")[2].startswith("62")
    assert list(man.json("getPrices", service="tg", country=4)) == ["4"]
    assert man.sandbox.purchases()[0].country == 6


def test_sms_man_has_services_under_another_name(man):
    assert shape(man.json("getServices")[0]) == {"id": "str", "name": "str"}
    assert man.refusal("getServicesList") == (200, "BAD_ACTION")


LACKING = "getNumberV2 getStatusV2 getActiveActivations getHistory getRentNumber getNumbersStatus"


@pytest.mark.parametrize("action", LACKING.split())
@pytest.mark.parametrize("dialect", ["sms-man", "vak-sms", "daisysms-io"])
def test_what_they_lack(open_counter, dialect, action):
    counter = open_counter(dialect)
    assert counter.refusal(action, service="tg", country=6) == (200, "BAD_ACTION")


def test_sms_man_prices_are_in_its_own_currency_unless_another_is_sent(man):
    def cost(**params):
        return Decimal(man.json("getPrices", service="tg", country=4, **params)["4"]["tg"]["cost"])

    row = man.json("getPrices", service="tg", country=4)["4"]["tg"]
    assert shape(row) == shape({"cost": "15", "count": 6455})
    dollars, roubles = cost(currency="USD"), cost()
    assert cost(currency="RUB") == roubles > 50 * dollars
    buy = {"service": "tg", "country": 4, "maxPrice": dollars}
    assert man.text("getNumber", **buy) == "NO_NUMBERS"
    assert man.text("getNumber", **buy, currency="USD").startswith("ACCESS_NUMBER:")
    assert man.text("getNumber", service="tg", country=4, maxPrice=roubles).startswith("ACCESS_")


def test_sms_man_cancels_with_minus_one_and_eight_gives_nothing_back(man):
    number, other = man.buy(country=4), man.buy(country=4)
    man.sandbox.step(120)
    assert man.text("setStatus", id=number, status=-1) == "ACCESS_CANCEL"
    assert man.text("getStatus", id=number) == "STATUS_CANCEL"
    before = man.sandbox.account.balance
    assert man.text("setStatus", id=other, status=8) == "ACCESS_ACTIVATION"
    assert man.sandbox.account.balance == before
    assert man.text("getStatus", id=other) == "STATUS_WAIT_CODE"


def test_sms_man_reads_and_finishes(man):
    number = man.buy(country=4)
    assert man.text("setStatus", id=number, status=1) == "ACCESS_READY"
    man.sandbox.send_sms(number, "482917")
    assert man.text("getStatus", id=number) == "STATUS_OK:482917"
    assert man.text("setStatus", id=number, status=3) == "BAD_STATUS"
    assert man.text("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"


def test_sms_man_refusals_are_texts_at_200(man):
    assert man.refusal("nonsense", api_key="wrong") == (200, "BAD_KEY")
    assert man.refusal("getNumber", service="nosuch", country=4) == (200, "BAD_SERVICE")
    assert man.refusal("getNumber", service="tg", country=9999) == (200, "BAD_COUNTRY")
    assert man.refusal("getNumber", service="tg") == (200, "BAD_COUNTRY")
    man.gateway.faults.set(["NO_MONEY:1"])
    assert man.refusal("getNumber") == (200, "NO_MONEY")
    assert man.ask("getBalance", "POST").text == "NO_MONEY"


def test_vak_sms_tells_a_wrong_key_as_a_wrong_action(vak):
    assert vak.refusal("getBalance", api_key="wrong") == (200, "BAD_ACTION")
    assert vak.refusal("nonsense") == (200, "BAD_ACTION")


def test_vak_sms_has_two_words_for_an_unknown_id(vak):
    assert vak.refusal("getStatus", id="1") == (200, "BAD_ACTION")
    assert vak.refusal("setStatus", id="1", status=8) == (200, "NO_ACTIVATION")


def test_vak_sms_countries_are_a_bare_list_without_a_key(vak):
    assert isinstance(vak.json("getCountries", api_key=""), list)
    assert vak.json("getServicesList")["status"] == "success"


def test_vak_sms_prices_are_by_service(vak):
    prices = vak.json("getPrices", service="tg", country=6)
    assert shape(prices) == shape({"tg": {"6": {"cost": 0.5, "count": 5}}})


def test_vak_sms_sells_and_reads(vak):
    number = vak.buy()
    vak.sandbox.send_sms(number, "482917")
    assert vak.text("getStatus", id=number) == "STATUS_OK:482917"
    assert vak.text("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"


def test_daisysms_says_in_a_header_what_it_cost(daisy):
    reply = daisy.ask("getNumber", service="tg", max_price="5")
    assert reply.text.split(":")[2].startswith("1")
    assert reply.headers["x-price"] == str(daisy.sandbox.purchases()[0].cost)
    for name in ("max_price", "maxPrice"):
        refusal = daisy.refusal("getNumber", service="tg", **{name: "0.01"})
        assert refusal == (200, "MAX_PRICE_EXCEEDED")


def test_daisysms_says_the_whole_text_in_a_header_of_one_line(daisy):
    number = daisy.buy(country=187)
    daisy.sandbox.send_sms(number, "Code 482917\n验证码\x00", "482917")
    reply = daisy.ask("getStatus", id=number, text=1)
    assert (reply.text, reply.headers["x-text"]) == ("STATUS_OK:482917", "Code 482917 ????")
    assert "x-text" not in daisy.ask("getStatus", id=number).headers


def test_daisysms_lends_twenty_numbers(daisy):
    numbers = [daisy.buy(country=187) for _ in range(20)]
    assert daisy.refusal("getNumber", service="tg") == (200, "TOO_MANY_ACTIVE_RENTALS")
    daisy.sandbox.step(120)
    assert daisy.text("setStatus", id=numbers[0], status=8) == "ACCESS_CANCEL"
    assert daisy.buy(country=187)


def test_daisysms_is_ready_when_it_is_cancelled_after_a_code(daisy):
    number = daisy.buy(country=187)
    daisy.sandbox.send_sms(number, "482917")
    assert daisy.text("setStatus", id=number, status=8) == "ACCESS_READY"
    assert daisy.text("setStatus", id=number, status=6) == "ACCESS_ACTIVATION"


def test_daisysms_has_words_of_its_own(open_counter, daisy):
    poor = open_counter("daisysms-io", balance="0.01")
    assert poor.refusal("getNumber", service="tg") == (200, "NO_MONEY")
    assert daisy.refusal("getExtraActivation", activationId="1") == (200, "BAD_ID")
    assert daisy.refusal("getStatus", id="1") == (200, "NO_ACTIVATION")
