"""Each purchase has its cost at once, where somebody says it; else it is unknown, and called so."""

from decimal import Decimal

import pytest

from sms_notebook import Client, PurchaseUncertain, UsageProblem
from sms_notebook.sandbox import Faults, Sandbox, serve

from .conftest import KEY, START, Shop


@pytest.fixture
def shop() -> Sandbox:
    return Sandbox(speed=0, start=START, success=1.0)


def kept(shop: Sandbox) -> Decimal:
    return sum((bought.cost - bought.refunded for bought in shop.purchases()), Decimal(0))


def test_several_services_another_activation_and_rents_are_counted_at_once(opened, shop):
    sms = opened(sandbox=shop)
    number = sms.order("tg", "KZ").loc[0, "activation_id"]
    sms.get_multi_service_number(["tg", "wa"], "KZ")
    shop.step(60)
    sms.get_status(number)
    sms.finish(number)
    sms.get_extra_activation(number)
    sms.extend(sms.rent("full", "KZ", 4).loc[0, "rent_id"], 4)
    ledger, budget = sms.ledger(), sms.budget().loc[0]
    assert ledger["cost"].notna().all()
    assert ledger.groupby("action")["is_quote"].first().to_dict() == {
        "continueRentNumber": True,
        "getExtraActivation": True,
        "getMultiServiceNumber": True,
        "getNumberV2": False,
        "getRentNumber": True,
    }
    assert Decimal(str(budget["spent_today"])) == kept(shop)
    assert budget["unknown"] == 0


def test_a_price_that_nobody_names_hinders_no_purchase_without_a_limit(shop, monkeypatch):
    honest = shop.answer

    def no_prices(params):
        if params.get("action") in ("getPrices", "checkExtraActivation"):
            return type(honest({}))("BAD_ACTION")
        return honest(params)

    monkeypatch.setattr(shop, "answer", no_prices)
    sms = Client(sandbox=shop)
    sms.get_multi_service_number(["tg", "wa"], 2)
    assert sms.ledger()["cost"].isna().all()
    budget = sms.budget().loc[0]
    assert (budget["unknown"], budget["spent_today"]) == (2, 0)


def test_a_cost_that_the_reply_names_beside_is_taken(shop, monkeypatch):
    honest = shop.answer

    def dearer(params):
        reply = honest(params)
        if params.get("action") == "buyPartnerProduct":
            return type(reply)(reply.text.replace("{", '{"price": "3.50", ', 1))
        return reply

    monkeypatch.setattr(shop, "answer", dearer)
    sms = Client(sandbox=shop)
    sms.buy_partner_product(1)
    assert sms.ledger()["cost"].tolist() == [3.5]
    assert sms.budget().loc[0, "spent_today"] == 3.5


def test_an_unknown_cost_is_shown_as_unknown_and_leaves_nothing_that_is_known(shop):
    sms = Client(sandbox=shop, budget=None)
    sms.buy_partner_product(1)
    careful = Client(sandbox=shop, budget="5.00")
    budget = careful.budget().loc[0]
    assert budget["unknown"] == 1
    assert budget.isna()["left"]
    with pytest.raises(UsageProblem, match="nobody knows what 1 of today's purchases cost"):
        careful.order("tg", 2)


def test_what_is_uncertain_without_a_limit_is_unknown():
    with (
        serve(Shop(), Faults(["drop-before@getNumber:1"])) as url,
        Client(KEY, base_url=url) as sms,
    ):
        with pytest.raises(PurchaseUncertain):
            sms.get_number("tg", 2)
        assert sms.budget().loc[0, "unknown"] == 1


def test_an_unknown_cost_counts_as_the_most_that_was_reserved(shop, monkeypatch):
    honest = shop.answer

    def silent(params):
        reply = honest(params)
        if params.get("action") == "getNumberV2":
            return type(reply)(reply.text.replace("activationCost", "other"))
        return reply

    monkeypatch.setattr(shop, "answer", silent)
    sms = Client(sandbox=shop, budget="5.00")
    sms.order("tg", 2, max_price="2.00")
    budget = sms.budget().loc[0]
    assert budget.tolist() == [5, 2, 3, 0]


def test_an_extension_lives_as_long_as_its_rent(shop):
    sms = Client(sandbox=shop)
    rent = sms.rent("full", "KZ", 4).loc[0, "rent_id"]
    sms.extend(rent, 4)
    assert sms.ledger()["state"].tolist() == ["active", "active"]
    assert [number.ref for number in sms.about.active_numbers()] == [rent]
    sms.set_rent_status(rent, 1)
    assert sms.ledger()["state"].tolist() == ["finished", "finished"]


def test_clients_of_one_sandbox_share_its_ledger_and_budget(shop):
    Client(sandbox=shop).order("tg", 2, key="mine")
    other = Client(sandbox=shop, budget="1.00")
    assert other.budget().loc[0].tolist() == [1, 0.86, 0.14, 0]
    assert not other.order("tg", 2, key="mine").loc[0, "is_new"]
