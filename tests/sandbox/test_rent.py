import re
from decimal import Decimal

import pytest


def test_what_is_for_rent_has_the_documented_shape(shop):
    reply = shop.ask_json("getRentServicesAndCountries")
    assert list(reply) == ["countries", "operators", "services", "currency"]
    assert list(reply["countries"]) == [str(place) for place in range(len(reply["countries"]))]
    assert 2 in reply["countries"].values()
    assert {"any", "beeline"} <= set(reply["operators"].values())
    assert list(reply["services"]["full"]) == ["cost", "quant"]
    assert reply["currency"] == 840


def test_longer_costs_more_but_less_by_the_hour(shop):
    costs = [
        shop.ask_json("getRentServicesAndCountries", rent_time=hours)["services"]["full"]["cost"]
        for hours in (2, 4, 24, 168, 1344)
    ]
    assert costs == sorted(set(costs))
    assert costs[-1] < costs[0] * 672


@pytest.mark.parametrize(("currency", "code"), [("EUR", 978), ("643", 643), ("nonsense", 840)])
def test_prices_can_be_shown_in_another_currency(shop, currency, code):
    dollars = shop.ask_json("getRentServicesAndCountries")["services"]["full"]["cost"]
    reply = shop.ask_json("getRentServicesAndCountries", currency=currency)
    assert reply["currency"] == code
    assert (reply["services"]["full"]["cost"] == dollars) is (code == 840)


def test_a_country_without_numbers_for_rent_is_out_of_stock(shop):
    closed = next(row["id"] for row in shop.ask_json("getCountries").values() if not row["rent"])
    for params in ({"country": closed}, {"country": 999}, {"operator": "nobody"}):
        assert shop.ask("getRentServicesAndCountries", **params) == "OUT_OF_STOCK"


def test_a_number_is_rented_at_the_price_on_the_list(shop):
    offer = shop.ask_json("getRentServicesAndCountries", rent_time=48)["services"]["full"]
    reply = shop.ask_json("getRentNumber", service="full", rent_time=48)
    assert list(reply["phone"]) == ["id", "endDate", "number"]
    assert isinstance(reply["phone"]["id"], int)
    assert reply["phone"]["endDate"] == "2026-03-03T12:00:00"
    assert re.fullmatch(r"7\d{10}", reply["phone"]["number"])
    assert shop.balance() == 1000 - offer["cost"]
    after = shop.ask_json("getRentServicesAndCountries", rent_time=48)["services"]["full"]
    assert after["quant"] == offer["quant"] - 1


@pytest.mark.parametrize("status", [1, 2])
def test_a_rent_that_is_over_goes_back_into_stock(shop, status):
    stock = shop.ask_json("getRentServicesAndCountries")["services"]["full"]["quant"]
    rent = shop.rent()
    shop.ask_json("setRentStatus", id=rent, status=status)
    after = shop.ask_json("getRentServicesAndCountries")["services"]["full"]["quant"]
    assert after == stock


def test_without_hours_a_rent_lasts_two(shop):
    reply = shop.ask_json("getRentNumber", service="tg")
    assert reply["phone"]["endDate"] == "2026-03-01T14:00:00"


@pytest.mark.parametrize("hours", [2, 23, 24, 72, 1344])
def test_hours_up_to_a_day_and_then_whole_days_are_taken(shop, hours):
    assert shop.rent(hours=hours)


@pytest.mark.parametrize("hours", [0, 1, 25, 1345, 1368, "x", -2])
def test_other_hours_are_refused(shop, hours):
    assert shop.message("getRentNumber", service="full", rent_time=hours) == "INVALID_TIME"


@pytest.mark.parametrize("service", ["", "nonsense"])
def test_an_unknown_service_is_bad(shop, service):
    assert shop.message("getRentNumber", service=service) == "BAD_SERVICE"


@pytest.mark.parametrize("params", [{"country": 999}, {"operator": "nobody"}])
def test_where_nothing_is_for_rent_there_are_no_numbers(shop, params):
    assert shop.message("getRentNumber", service="full", **params) == "NO_NUMBERS"


def test_only_some_numbers_can_be_called(shop):
    for country in shop.ask_json("getRentServicesAndCountries")["countries"].values():
        everything = shop.ask("getRentServicesAndCountries", country=country)
        called = shop.ask("getRentServicesAndCountries", country=country, incomingCall="true")
        if everything != called:
            break
    silent = next(name for name in re.findall(r'"(\w+)":\{', everything) if name not in called)
    params = {"service": silent, "country": country}
    assert shop.message("getRentNumber", **params, incomingCall="true") == "NO_NUMBERS"
    assert shop.rent(silent, country=country)


def test_a_poor_account_rents_nothing(open_shop):
    shop = open_shop(balance="0.10")
    assert shop.message("getRentNumber", service="full") == "NO_BALANCE"
    assert shop.balance() == Decimal("0.10")
    assert shop.message("getRentList") == "NO_NUMBERS"


def test_several_messages_arrive_over_time(shop):
    rent = shop.rent(hours=72)
    assert shop.message("getRentStatus", id=rent) == "STATUS_WAIT_CODE"
    shop.sandbox.step(121)
    first = shop.ask_json("getRentStatus", id=rent)
    assert (first["status"], first["quantity"]) == ("success", "1")
    assert list(first["values"]["0"]) == ["phoneFrom", "text", "service", "date"]
    shop.sandbox.step(48 * 3600)
    assert int(shop.ask_json("getRentStatus", id=rent)["quantity"]) >= 3


def test_messages_are_paged_from_the_newest(silent_shop):
    rent = silent_shop.rent()
    for place in range(12):
        silent_shop.sandbox.step(60)
        silent_shop.sandbox.send_sms(rent, f"message {place}")

    def texts(**params):
        reply = silent_shop.ask_json("getRentStatus", id=rent, **params)
        assert reply["quantity"] == "12"
        assert list(reply["values"]) == [str(place) for place in range(len(reply["values"]))]
        return [int(row["text"].split()[1]) for row in reply["values"].values()]

    assert texts() == list(range(11, 1, -1))
    assert texts(page=2) == [1, 0]
    assert texts(page=2, size=3) == [8, 7, 6]
    assert texts(page=9) == []
    assert texts(page="x", size=0) == texts()


def test_a_number_for_one_service_receives_only_from_it(shop):
    rent = shop.rent("wa", 72)
    shop.sandbox.step(48 * 3600)
    rows = shop.ask_json("getRentStatus", id=rent)["values"].values()
    assert {row["service"] for row in rows} == {"wa"}


ASKING = (
    ("getRentStatus", {}),
    ("setRentStatus", {"status": 1}),
    ("continueRentNumber", {}),
    ("getContinueRentPriceNumber", {}),
    ("continueRentInfo", {}),
)


@pytest.mark.parametrize(("action", "params"), ASKING)
def test_the_rent_must_be_named_and_known(shop, action, params):
    assert shop.message(action, **params) == "NO_ID_RENT"
    for unknown in ("1", "abc", shop.buy()):
        assert shop.message(action, id=unknown, **params) == "INVALID_PHONE"


@pytest.mark.parametrize("status", ["", "0", "3", "finish"])
def test_an_unknown_status_is_incorrect(shop, status):
    assert shop.message("setRentStatus", id=shop.rent(), status=status) == "INCORECT_STATUS"


def test_a_cancel_within_twenty_minutes_brings_the_money_back(shop):
    rent = shop.rent()
    shop.sandbox.step(1200)
    assert shop.ask("setRentStatus", id=rent, status=2) == '{"status":"success"}'
    assert shop.balance() == 1000
    assert shop.message("getRentStatus", id=rent) == "STATUS_CANCEL"
    for status in (1, 2):
        assert shop.message("setRentStatus", id=rent, status=status) == "ALREADY_CANCEL"


def test_after_twenty_minutes_a_rent_cannot_be_cancelled(shop):
    rent = shop.rent()
    shop.sandbox.step(1200.1)
    assert shop.message("setRentStatus", id=rent, status=2) == "CANT_CANCEL"
    assert shop.balance() < 1000


def test_a_finished_rent_stays_paid(shop):
    rent = shop.rent()
    balance = shop.balance()
    assert shop.ask_json("setRentStatus", id=rent, status=1) == {"status": "success"}
    assert shop.balance() == balance
    assert shop.message("getRentStatus", id=rent) == "STATUS_FINISH"
    for status in (1, 2):
        assert shop.message("setRentStatus", id=rent, status=status) == "ALREADY_FINISH"


def test_a_rent_finishes_by_itself_when_its_hours_are_over(shop):
    rent = shop.rent(hours=3)
    shop.sandbox.step(3 * 3600 - 1)
    assert shop.ask_json("getRentStatus", id=rent)["status"] == "success"
    shop.sandbox.step(1)
    assert shop.message("getRentStatus", id=rent) == "STATUS_FINISH"
    assert shop.sandbox.next_event_at() is None


def test_a_revoked_number_brings_the_money_back(shop):
    rent = shop.rent()
    shop.sandbox.revoke(rent)
    assert shop.message("getRentStatus", id=rent) == "STATUS_REVOKE"
    assert shop.balance() == 1000
    assert shop.message("continueRentNumber", id=rent) == "RENT_DIE"
    with pytest.raises(ValueError, match="over"):
        shop.sandbox.revoke(rent)
    with pytest.raises(LookupError):
        shop.sandbox.revoke("1")
    with pytest.raises(ValueError, match="over"):
        shop.sandbox.send_sms(rent, "too late")


def test_rents_are_listed_page_by_page(shop):
    assert shop.message("getRentList") == "NO_NUMBERS"
    rents = [shop.rent("tg", 2) for _ in range(12)][::-1]

    def ids(**params):
        values = shop.ask_json("getRentList", **params)["values"]
        assert all(set(row) == {"id", "phone"} for row in values.values())
        return [row["id"] for row in values.values()]

    assert ids() == rents[:10]
    assert ids(page=2) == rents[10:]
    assert ids(page=2, length=5) == rents[5:10]
    assert ids(page=7) == []
    shop.ask("setRentStatus", id=rents[0], status=1)
    assert ids(length=100) == rents[1:]
