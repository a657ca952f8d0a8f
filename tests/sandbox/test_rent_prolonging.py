from decimal import ROUND_HALF_UP, Decimal

import pytest

ASKING = ("continueRentNumber", "getContinueRentPriceNumber", "continueRentInfo")


def hours(action, value):
    return {"hours" if action == "continueRentInfo" else "rent_time": value}


def test_a_running_rent_is_prolonged_under_its_id(shop):
    rent = shop.rent(hours=24)
    price = shop.ask_json("getContinueRentPriceNumber", id=rent, rent_time=5)
    assert list(price) == ["status", "price", "currency"]
    balance = shop.balance()
    reply = shop.ask_json("continueRentNumber", id=rent, rent_time=5)
    assert reply["phone"]["id"] == int(rent)
    assert reply["phone"]["endDate"] == "2026-03-02T17:00:00"
    assert shop.balance() == balance - price["price"]
    shop.sandbox.step(24 * 3600)
    assert shop.ask_json("getRentList")["values"]["0"]["id"] == rent
    shop.sandbox.step(5 * 3600)
    assert shop.message("getRentList") == "NO_NUMBERS"


@pytest.mark.parametrize(("first", "more"), [(2, 22), (24, 24), (24, 1296)])
def test_hours_cost_the_same_at_once_or_one_after_another(shop, first, more):
    costs = [
        shop.ask_json("getRentServicesAndCountries", rent_time=hours)["services"]["full"]["cost"]
        for hours in (first, first + more)
    ]
    price = shop.ask_json("continueRentInfo", id=shop.rent(hours=first), hours=more)["price"]
    assert price == pytest.approx(costs[1] - costs[0], abs=Decimal("0.01"))


def test_a_completed_rent_is_gone_when_others_took_the_last_number(open_shop):
    shop = open_shop(balance="100000")
    offers = shop.ask_json("getRentServicesAndCountries")["services"]
    service = min(offers, key=lambda name: offers[name]["quant"])
    rent = shop.rent(service, 2)
    shop.ask_json("setRentStatus", id=rent, status=1)
    for _ in range(offers[service]["quant"]):
        shop.rent(service, 2)
    assert shop.message("continueRentNumber", id=rent) == "RENT_DIE"
    assert shop.message("getRentNumber", service=service) == "NO_NUMBERS"
    assert service not in shop.ask_json("getRentServicesAndCountries")["services"]


def test_a_cancel_also_returns_what_the_extension_cost(shop):
    rent = shop.rent()
    shop.ask_json("continueRentNumber", id=rent)
    shop.ask_json("setRentStatus", id=rent, status=2)
    assert shop.balance() == 1000


def test_a_completed_rent_is_ordered_again_under_a_new_id(shop):
    rent = shop.rent(hours=2)
    phone = shop.ask_json("getRentList")["values"]["0"]["phone"]
    shop.sandbox.step(2 * 3600)
    reply = shop.ask_json("continueRentNumber", id=rent, rent_time=4)["phone"]
    assert reply["id"] != int(rent)
    assert reply["number"] == phone
    assert reply["endDate"] == "2026-03-01T18:00:00"
    assert shop.message("getRentStatus", id=rent) == "STATUS_FINISH"
    assert shop.message("continueRentNumber", id=rent) == "RENT_DIE"


@pytest.mark.parametrize("action", ASKING)
def test_a_number_that_expired_cannot_be_prolonged(shop, action):
    rent = shop.rent(hours=2)
    shop.sandbox.step(2 * 3600 + 24 * 3600)
    assert shop.ask_json(action, id=rent)["status"] == "success"
    other = shop.rent(hours=2)
    shop.sandbox.step(2 * 3600 + 24 * 3600 + 1)
    assert shop.message(action, id=other) == "RENT_DIE"


@pytest.mark.parametrize("action", ASKING)
@pytest.mark.parametrize("value", [1, 0, -4, 1345, "x", "2.5"])
def test_hours_range_from_2_to_1344(shop, action, value):
    rent = shop.rent()
    assert shop.message(action, id=rent, **hours(action, value)) == "INVALID_TIME"


@pytest.mark.parametrize("action", ASKING)
def test_more_than_the_most_hours_is_refused_with_what_is_left(shop, action):
    rent = shop.rent(hours=24)
    reply = shop.ask_json(action, id=rent, **hours(action, 1321))
    assert reply == {"status": "error", "message": "MAX_HOURS_EXCEED", "info": {"max": 1320}}
    assert shop.ask_json(action, id=rent, **hours(action, 1320))["status"] == "success"


@pytest.mark.parametrize("action", ASKING)
def test_a_blocked_account_prolongs_nothing(shop, action):
    rent = shop.rent()
    shop.sandbox.account.state = "blocked"
    assert shop.message(action, id=rent) == "CHANNELS_LIMIT"


def test_prolonging_is_not_free(shop):
    rent = shop.rent()
    shop.sandbox.account.balance = Decimal("0.00")
    assert shop.message("continueRentNumber", id=rent) == "NO_BALANCE"


def test_the_price_of_prolonging_in_another_currency(shop):
    rent = shop.rent()
    dollars = shop.ask_json("getContinueRentPriceNumber", id=rent)
    rubles = shop.ask_json("getContinueRentPriceNumber", id=rent, currency="RUB")
    assert (dollars["currency"], rubles["currency"]) == (840, 643)
    exact = dollars["price"] * Decimal("90.5")
    assert rubles["price"] == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_the_history_of_extensions_only_when_asked(shop):
    rent = shop.rent()
    info = shop.ask_json("continueRentInfo", id=rent, hours=4)
    assert list(info) == ["status", "price", "currency", "hours"]
    assert (info["hours"], info["currency"]) == (4, 840)
    assert shop.ask_json("continueRentInfo", id=rent, needHistory="true")["history"] == {}
    shop.sandbox.step(60)
    shop.ask_json("continueRentNumber", id=rent, rent_time=4)
    again = shop.ask_json("continueRentInfo", id=rent, hours=4, needHistory="true")
    assert again["history"] == {
        "0": {"createDate": "2026-03-01 12:01:00", "price": str(info["price"]), "hours": 4}
    }
