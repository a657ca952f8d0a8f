"""Every dialect, through every flow, with a client that knows no more than the provider's row."""

from contextlib import suppress

import pytest

from sms_notebook import (
    ActivationNotFound,
    ApiError,
    BadAction,
    BadKey,
    EarlyCancelDenied,
    NoNumbers,
    PurchaseUncertain,
    SmsError,
)
from sms_notebook.providers.row import Rents

from .conftest import KEY, NAMES

SOON = 0.05  # seconds between two polls


def test_a_number_is_bought_and_its_codes_are_read(shop):
    sms, sandbox = shop.sms, shop.sandbox
    ref = shop.order(key="mine")
    assert shop.order(key="mine") == ref
    assert shop.bought() == 1
    sandbox.send_sms(ref, "Your code is 04821", "04821")
    assert sms.wait_code(ref, every=SOON).loc[0, "code"] == "04821"
    if "3" in shop.provider.takes:
        sms.again(ref)
        sandbox.send_sms(ref, "Your code is 99317", "99317")
        assert sms.wait_code(ref, every=SOON).loc[0, "code"] == "99317"
    assert sms.finish(ref).loc[0, "status"] == "ACCESS_ACTIVATION"
    assert shop.state_of(ref) == "finished"
    assert shop.bought() == 1


def test_the_number_is_what_the_shop_sold_with_what_it_cost(shop):
    order = shop.sms.order("tg", shop.country).iloc[0]
    [payment] = shop.sandbox.purchases()
    assert order["activation_id"] == payment.id
    assert order["phone_number"].isdigit()
    assert order["service"] == "tg"
    ledger = shop.sms.ledger().iloc[0]
    assert float(ledger["cost"]) == pytest.approx(float(payment.cost), abs=0.005)


def test_a_number_is_given_back_when_that_is_allowed(shop):
    ref = shop.order()
    with pytest.raises(EarlyCancelDenied) as early:
        shop.sms.cancel(ref)
    assert 0 < early.value.retry_after <= 300
    assert shop.state_of(ref) == "active"
    shop.sandbox.step(early.value.retry_after + 1)
    assert shop.sms.cancel(ref).loc[0, "status"] in ("ACCESS_CANCEL", "STATUS_CANCEL")
    assert shop.state_of(ref) == "cancelled"
    assert shop.sandbox.purchases()[0].refunded > 0
    # Once more: it is over, and that is no failure.
    assert shop.sms.cancel(ref).loc[0, "status"] == "STATUS_CANCEL"


def test_a_code_just_before_the_cancel_is_what_comes_of_it(shop):
    ref = shop.order()
    shop.sandbox.step(301)
    shop.sandbox.send_sms(ref, "Your code is 04821", "04821")
    assert shop.sms.cancel(ref).loc[0, "code"] == "04821"
    assert shop.state_of(ref) != "cancelled"
    assert shop.sandbox.purchases()[0].refunded == 0


@pytest.mark.parametrize("fault", ["drop-after", "html-after", "500-after"])
def test_a_lost_answer_buys_nothing_twice_and_nothing_is_lost(shop, fault):
    shop.faults.set([f"{fault}@{action}:1" for action in ("getNumber", "getNumberV2")])
    found = None
    with suppress(PurchaseUncertain):
        found = shop.sms.order("tg", shop.country, key="lost")
    shop.faults.clear()
    [payment] = shop.sandbox.purchases()
    if found is None:
        shop.sms.reconcile()
        with suppress(PurchaseUncertain):
            found = shop.sms.order("tg", shop.country, key="lost")
    assert shop.bought() == 1
    if found is not None:
        assert found.loc[0, "activation_id"] == payment.id
    else:
        assert shop.sms.ledger()["state"].tolist() == ["uncertain"]


@pytest.mark.parametrize("fault", ["drop-before", "html-before"])
def test_what_was_never_bought_is_not_taken_for_bought(shop, fault):
    shop.faults.set([f"{fault}@{action}:1" for action in ("getNumber", "getNumberV2")])
    with pytest.raises(PurchaseUncertain):
        shop.sms.order("tg", shop.country, key="lost")
    shop.faults.clear()
    shop.sms.reconcile()
    assert shop.bought() == 0
    assert shop.sms.ledger()["activation_id"].isna().all()
    proves = shop.provider.listing.is_proof
    assert shop.sms.ledger()["state"].tolist() == ["not bought" if proves else "uncertain"]


@pytest.mark.parametrize("code", ["NO_NUMBERS", "NO_BALANCE", "BAD_SERVICE"])
def test_a_refusal_is_definite(shop, code):
    shop.faults.set([f"{code}@{action}:1" for action in ("getNumber", "getNumberV2")])
    with pytest.raises(ApiError) as refused:
        shop.sms.order("tg", shop.country, key="mine")
    assert not isinstance(refused.value, PurchaseUncertain)
    shop.faults.clear()
    shop.order(key="mine")
    assert shop.bought() == 1


def test_prices_of_a_service_are_read(shop):
    names = shop.sms.names
    prices = shop.sms.get_prices("tg", shop.country)
    assert len(prices) >= 1
    assert (prices["cost"] > 0).all()
    assert (prices["count"] > 0).any()
    assert set(prices["service"]) == {"tg"}
    assert prices["country"].nunique() == 1
    assert names


def test_the_whole_price_list_is_read(shop):
    prices = shop.sms.get_prices()
    assert len(prices) > 100
    assert prices.attrs["skipped"] >= 0
    assert prices["cost"].notna().all()


def test_an_id_that_nobody_has_is_an_error_of_its_own(shop):
    with pytest.raises(ApiError) as refused:
        shop.sms.get_status("123456")
    if "BAD_ACTION" in shop.provider.vague and isinstance(refused.value, BadAction):
        assert "or id" in str(refused.value) or "also" in str(refused.value)
    else:
        assert isinstance(refused.value, ActivationNotFound)


def test_a_wrong_key_is_an_error_of_its_own(shop):
    other = shop.client("f" * 32)
    with pytest.raises(ApiError) as refused:
        other.get_balance()
    if "BAD_ACTION" in shop.provider.vague and isinstance(refused.value, BadAction):
        assert "key" in str(refused.value)
    else:
        assert isinstance(refused.value, BadKey)
    with pytest.raises(SmsError):
        other.order("tg", shop.country)
    assert shop.bought() == 0


def test_no_stock_is_no_numbers(shop):
    shop.faults.set([f"NO_NUMBERS@{action}:1" for action in ("getNumber", "getNumberV2")])
    with pytest.raises(NoNumbers):
        shop.order()


@pytest.mark.parametrize("name", ["reference", "herosms"])
def test_a_rent_is_bought_read_extended_and_ended(open_shop, name):
    shop = open_shop(name)
    sms, sandbox = shop.sms, shop.sandbox
    offers = sms.get_rent_services_and_countries(rent_time=24, country=6)
    service = offers.loc[offers["quant"] > 0, "service"].iloc[0]
    rent = sms.rent(service, "Indonesia", 24, key="rented")
    ref = rent.loc[0, "rent_id"]
    assert sms.rent(service, "Indonesia", 24, key="rented").loc[0, "rent_id"] == ref
    assert shop.bought() == 1
    assert ref in sms.get_rent_list()["rent_id"].tolist()
    sandbox.send_sms(ref, "Your code is 04821")
    assert "Your code is 04821" in sms.get_rent_status(ref)["text"].tolist()
    price = sms.continue_rent_info(ref, 24)
    assert float(price.loc[0, "price"]) > 0
    extended = sms.extend(ref, 24)
    assert shop.bought() == 2
    assert extended.loc[0, "end_date"] > rent.loc[0, "end_date"]
    sms.set_rent_status(ref, 1)
    ledger = sms.ledger()
    assert set(ledger.loc[ledger["rent_id"] == ref, "state"]) == {"finished"}


@pytest.mark.parametrize("name", ["reference", "herosms"])
def test_a_rent_is_given_back_in_time_and_not_later(open_shop, name):
    shop = open_shop(name)
    offers = shop.sms.get_rent_services_and_countries(rent_time=24, country=6)
    service = offers.loc[offers["quant"] > 0, "service"].iloc[0]
    early, late = (shop.sms.rent(service, "Indonesia", 24).loc[0, "rent_id"] for _ in range(2))
    shop.sandbox.step(200)
    shop.sms.set_rent_status(early, 2)
    ledger = shop.sms.ledger()
    assert ledger.loc[ledger["rent_id"] == early, "state"].tolist() == ["cancelled"]
    shop.sandbox.step(1300)
    with pytest.raises(ApiError):
        shop.sms.set_rent_status(late, 2)
    ledger = shop.sms.ledger()
    assert ledger.loc[ledger["rent_id"] == late, "state"].tolist() == ["active"]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("reference", "herosms")])
def test_what_has_no_rents_says_so_in_one_line(open_shop, name):
    shop = open_shop(name)
    assert shop.provider.rents is Rents.NONE
    with pytest.raises(SmsError) as refused:
        shop.sms.rent("tg", "Indonesia", 24)
    assert "\n" not in str(refused.value)
    assert not isinstance(refused.value, PurchaseUncertain)
    assert shop.bought() == 0


def test_a_webhook_of_it_brings_the_code(shop):
    sms = shop.sms
    ref = shop.order()
    url = sms.webhooks.start(port=0)
    shop.sandbox.webhook_url = url
    watch = sms.watch(ref, every=60)
    try:
        shop.sandbox.send_sms(ref, "Your code is 04821", "04821")
        sms.get_balance()  # the shop looks for what is to be posted with each request
        assert sms.wait_code(ref, 10, every=30).loc[0, "code"] == "04821"
    finally:
        watch.close()
        sms.webhooks.stop()


def test_a_check_reads_all_as_expected(shop):
    frame = shop.sms.check()
    odd = frame[~frame["as_expected"]]
    assert not len(odd), odd[["action", "what_to_know"]].to_dict("records")
    assert shop.bought() == 0


def test_no_error_shows_the_key(shop):
    with pytest.raises(SmsError) as refused:
        shop.sms.get_status("nobody")
    assert KEY not in str(refused.value)
