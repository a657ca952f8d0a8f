import re
from decimal import Decimal

import pytest


def tiers(shop, service="tg", country=2):
    reply = shop.ask_json("getPricesExtended", service=service, country=country, freePrice="true")
    return reply[str(country)][service]["freePriceMap"]


def place_with_tiers(shop):
    """Where tg has few numbers at the lowest price, and more that can be bought at the next."""
    found = shop.ask_json("getPricesExtended", service="tg", freePrice="true")
    stock = shop.ask_json("getPrices", service="tg")
    places = []
    for country, row in found.items():
        counts = list(row["tg"]["freePriceMap"].values())
        if len(counts) > 1 and int(stock[country]["tg"]["physicalCount"]) > counts[0]:
            places.append((counts[0], int(country)))
    return min(places)


def test_a_number_is_bought_with_an_id_beyond_32_bits(shop):
    reply = shop.ask("getNumber", service="tg", country=2)
    number_id, phone = re.fullmatch(r"ACCESS_NUMBER:(\d+):(7\d{10})", reply).groups()
    assert int(number_id) > 2**31
    assert phone.startswith("7")


def test_ids_rise_and_phones_are_never_given_twice(shop):
    bought = [shop.ask("getNumber", service="tg", country=2).split(":") for _ in range(50)]
    ids = [int(number_id) for _, number_id, _ in bought]
    assert ids == sorted(set(ids))
    assert len({phone for _, _, phone in bought}) == 50


@pytest.mark.parametrize("service", ["", "nonsense", "full"])
@pytest.mark.parametrize("action", ["getNumber", "getNumberV2"])
def test_an_unknown_service_is_bad(shop, action, service):
    assert shop.ask(action, service=service, country=2) == "BAD_SERVICE"


@pytest.mark.parametrize("country", [999, "Mars", "-3"])
def test_an_unknown_country_has_no_numbers(shop, country):
    assert shop.ask("getNumber", service="tg", country=country) == "NO_NUMBERS"


def test_country_zero_is_a_country(shop):
    assert shop.ask("getNumber", service="tg", country=0).split(":")[2].startswith("79")


def test_an_unknown_activation_type_is_a_bad_action(shop):
    assert shop.ask("getNumber", service="tg", country=2, activationType=7) == "BAD_ACTION"


def test_a_poor_account_gets_nothing(open_shop):
    shop = open_shop(balance="0.01")
    assert shop.ask("getNumber", service="tg", country=2) == "NO_BALANCE"
    assert shop.sandbox.purchases() == ()
    assert shop.balance() == Decimal("0.01")


def test_the_second_version_tells_everything_about_the_number(shop):
    reply = shop.ask_json("getNumberV2", service="tg", country=2, operator="beeline")
    assert list(reply) == [
        "activationId",
        "phoneNumber",
        "activationCost",
        "currency",
        "countryCode",
        "canGetAnotherSms",
        "activationTime",
        "activationOperator",
    ]
    assert isinstance(reply["activationId"], int)
    assert reply["currency"] == 840
    assert (reply["countryCode"], reply["canGetAnotherSms"]) == ("2", "1")
    assert reply["activationTime"] == "2026-03-01 12:00:00"
    assert reply["activationOperator"] == "beeline"
    cost = shop.ask_json("getPrices", service="tg", country=2)["2"]["tg"]["cost"]
    assert reply["activationCost"] == Decimal(cost)
    assert shop.balance() == 1000 - reply["activationCost"]


@pytest.mark.parametrize(
    ("asked", "given"),
    [("nobody,beeline,activ", "beeline"), ("nobody", "activ"), ("kyivstar", "activ")],
)
def test_the_first_operator_that_matches_is_taken(shop, asked, given):
    reply = shop.ask_json("getNumberV2", service="tg", country=2, operator=asked)
    assert reply["activationOperator"] == given


def test_without_a_wish_the_operator_is_one_of_the_country(shop):
    known = shop.ask_json("getOperators", country=2)["countryOperators"]["2"]
    reply = shop.ask_json("getNumberV2", service="tg", country=2)
    assert reply["activationOperator"] in known


def test_the_same_order_is_not_processed_again(shop):
    assert shop.ask_json("getNumberV2", service="tg", country=2, orderId="mine-1")
    balance = shop.balance()
    again = shop.ask("getNumberV2", service="wa", country=6, orderId="mine-1")
    assert again == "ORDER_ALREADY_EXISTS"
    assert shop.balance() == balance
    assert [purchase.order_id for purchase in shop.sandbox.purchases()] == ["mine-1"]


def test_an_order_that_was_refused_may_be_tried_again(shop):
    assert shop.ask("getNumberV2", service="tg", country=999, orderId="x") == "NO_NUMBERS"
    assert shop.ask_json("getNumberV2", service="tg", country=2, orderId="x")["activationId"]


def test_too_low_a_limit_names_the_lowest_price(shop):
    lowest = next(iter(tiers(shop)))
    reply = shop.ask("getNumber", service="tg", country=2, maxPrice="0.01")
    assert reply == f"WRONG_MAX_PRICE:{lowest}"
    assert shop.ask("getNumber", service="tg", country=2, maxPrice="cheap") == reply
    assert shop.buy(maxPrice=lowest)


def test_a_limit_buys_the_cheapest_tier_that_has_numbers(open_shop):
    shop = open_shop(balance="1000000", channels=10**6)
    count, country = place_with_tiers(shop)
    low, high = list(tiers(shop, country=country))[:2]
    for _ in range(count):
        reply = shop.ask_json("getNumberV2", service="tg", country=country, maxPrice="99")
        assert reply["activationCost"] == Decimal(low)
    assert low not in tiers(shop, country=country)
    regular = shop.ask("getNumber", service="tg", country=country)
    assert regular == "NO_NUMBERS"
    limited = shop.ask("getNumber", service="tg", country=country, maxPrice=low)
    assert limited == f"WRONG_MAX_PRICE:{high}"
    before = tiers(shop, country=country)[high]
    dearer = shop.ask_json("getNumberV2", service="tg", country=country, maxPrice=high)
    assert dearer["activationCost"] == Decimal(high)
    assert tiers(shop, country=country)[high] == before - 1


@pytest.mark.parametrize("prefixes", ["7918", "7900111", "77001,77002", ""])
def test_well_formed_exception_prefixes_are_taken(shop, prefixes):
    assert shop.buy(phoneException=prefixes)


@pytest.mark.parametrize("prefixes", ["79", "78001112", "380123", "abc", "7918;7919", "7700,x"])
def test_malformed_exception_prefixes_are_refused(shop, prefixes):
    reply = shop.ask("getNumber", service="tg", country=2, phoneException=prefixes)
    assert reply == "WRONG_EXCEPTION_PHONE"


def test_numbers_with_an_exception_prefix_are_not_given(shop):
    excluded = tuple(f"770{digit}" for digit in range(8))
    for _ in range(30):
        reply = shop.ask("getNumber", service="tg", country=2, phoneException=",".join(excluded))
        assert not reply.split(":")[2].startswith(excluded)


def test_when_all_numbers_are_excluded_there_are_none(shop):
    everything = ",".join(f"7{digits:03}" for digits in range(1000))
    reply = shop.ask("getNumber", service="tg", country=2, phoneException=everything)
    assert reply == "NO_NUMBERS"
    assert shop.sandbox.purchases() == ()


def test_too_many_activations_at_the_same_time_are_refused(open_shop):
    shop = open_shop(channels=3)
    first, *_ = (shop.buy() for _ in range(3))
    assert shop.ask("getNumber", service="tg", country=2) == "CHANNELS_LIMIT"
    shop.sandbox.step(60)
    assert shop.ask("setStatus", id=first, status=6) == "ACCESS_ACTIVATION"
    assert shop.buy()


def test_one_number_for_several_services(shop):
    reply = shop.ask_json("getMultiServiceNumber", multiService="vk,go,tg", country=2)
    assert [row["service"] for row in reply] == ["vk", "go", "tg"]
    assert len({row["phone"] for row in reply}) == 1
    assert len({row["activation"] for row in reply}) == 3
    spent = sum(purchase.cost for purchase in shop.sandbox.purchases())
    assert shop.balance() == 1000 - spent
    shop.sandbox.step(30)
    for row in reply:
        assert shop.ask("getStatus", id=row["activation"]).startswith("STATUS_OK:")


@pytest.mark.parametrize("services", ["", "vk,nonsense", ","])
def test_several_services_must_all_be_known(shop, services):
    assert shop.ask("getMultiServiceNumber", multiService=services, country=2) == "BAD_SERVICE"


def test_several_services_only_where_the_country_allows_it(shop):
    lands, stock = shop.ask_json("getCountries"), shop.ask_json("getPrices", service="tg")
    closed = next(
        country
        for country, row in stock.items()
        if not lands[country]["multiService"] and row["tg"]["physicalCount"] != "0"
    )
    assert shop.buy("tg", closed)
    reply = shop.ask("getMultiServiceNumber", multiService="tg", country=closed)
    assert reply == "NO_NUMBERS"


def test_several_services_are_bought_all_or_none(open_shop):
    rich = open_shop()
    both = sum(
        Decimal(rich.ask_json("getPrices", country=2)["2"][code]["cost"]) for code in ("vk", "go")
    )
    shop = open_shop(balance=both - Decimal("0.01"))
    assert shop.ask("getMultiServiceNumber", multiService="vk,go", country=2) == "NO_BALANCE"
    assert shop.sandbox.purchases() == ()
    assert shop.balance() == both - Decimal("0.01")
