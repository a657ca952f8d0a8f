import pytest


def test_partner_software_comes_with_a_key(shop):
    reply = shop.ask_json("buyPartnerProduct", productId=1)
    assert list(reply) == ["status", "key", "manual"]
    assert reply["status"] == "success"
    assert len(reply["key"]) == 25
    assert reply["key"].isalnum()
    (purchase,) = shop.sandbox.purchases()
    assert (purchase.id, purchase.action) == ("1", "buyPartnerProduct")
    assert shop.balance() == 1000 - purchase.cost
    assert shop.ask_json("buyPartnerProduct", productId=1)["key"] != reply["key"]


@pytest.mark.parametrize("product", ["", "0", "6", "abc", "1.0"])
def test_a_wrong_product_is_bad_data(shop, product):
    assert shop.ask("buyPartnerProduct", productId=product) == "BAD_DATA"


def test_an_unverified_reseller_cannot_buy(open_shop):
    assert open_shop(account="unverified").ask("buyPartnerProduct", productId=1) == "BAD_ACTION"


def test_software_is_not_free(open_shop):
    assert open_shop(balance="1").ask("buyPartnerProduct", productId=1) == "NO_BALANCE"
