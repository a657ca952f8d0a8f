"""A day's budget holds over all kernels, and a refund gives it back."""

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from sms_notebook import BudgetExceeded, Client, PurchaseUncertain, UsageProblem, WrongMaxPrice
from sms_notebook.sandbox import Faults, Sandbox, serve

from .conftest import KEY, START, Shop, paid, written

FAULTS = ["drop-after@getNumberV2:0.1", "500-before@getNumber:0.1"]
REFUSALS = 8
PROGRAM = f"""
import os, sys
from sms_notebook import BudgetExceeded, Client, PurchaseUncertain
from sms_notebook.ledger import fulfillment  # loaded once, for all that are forked
url, place, key, budget, processes = sys.argv[1:]

def spend(seed):
    sms = Client(key, base_url=url, ledger=place, budget=budget)
    refused = 0
    for number in range(200):
        service = ("tg", "wa", "ig", "vk")[(number + seed) % 4]
        country = (2, 6, 4)[number % 3]
        try:
            if number % 7 == 6:
                sms.get_number(service, country)
            elif number % 5 == 4:
                sms.get_number_v2(service, country, max_price="1.50")
            else:
                sms.order(service, country)
        except BudgetExceeded:
            refused += 1
            if refused == {REFUSALS}:
                break
        except PurchaseUncertain:
            pass
    return refused

children = []
for seed in range(int(processes)):
    child = os.fork()
    if not child:
        os._exit(spend(seed))
    children.append(child)
print(*(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize(
    ("processes", "limit", "faults"),
    [
        pytest.param(4, Decimal("20.00"), FAULTS, id="4 in trouble"),
        pytest.param(8, Decimal("50.00"), FAULTS, id="8 in trouble", marks=pytest.mark.deep),
        pytest.param(8, Decimal("50.00"), [], id="8", marks=pytest.mark.deep),
    ],
)
def test_processes_at_once_never_spend_more_than_the_budget(processes, limit, faults, tmp_path):
    shop, place = Shop(balance="1000"), tmp_path / "ledger.sqlite"
    with serve(shop, Faults(faults)) as url:
        # Newer Pythons warn of every fork where there are threads: those of numpy are.
        quiet = ("-W", "ignore::DeprecationWarning")
        about = (url, str(place), KEY, str(limit), str(processes))
        done = subprocess.run(
            [sys.executable, *quiet, "-c", PROGRAM, *about],
            capture_output=True,
            text=True,
            check=True,
            timeout=250,
        )
        sms = Client(KEY, base_url=url, ledger=place, budget=limit)
        left = sms.budget().loc[0, "left"]
        settled = sms.reconcile()
        ledger = sms.ledger()
        sms.close()
    assert done.stdout.split() == [str(REFUSALS)] * processes, done.stderr
    spent = sum((bought.cost for bought in shop.purchases()), Decimal(0))
    assert spent <= limit
    # Each stopped because no price fitted into what was left; the open ones count as spent so long.
    assert left < 2.00
    # A lost answer of a raw action is for the person to claim: it is open, and names its number.
    named = set(settled.loc[settled["result"] == "unknown", "candidates"].explode())
    lost = {ref for _, ref in shop.sold() - written(ledger)}
    assert lost <= named
    assert not written(ledger) - shop.sold()
    assert paid(ledger) == spent - sum(
        (bought.cost for bought in shop.purchases() if bought.id in lost), Decimal(0)
    )


@pytest.fixture
def shop() -> Sandbox:
    return Sandbox(speed=0, start=START, success=0.0)


def test_it_says_what_is_spent_asked_for_and_left(shop):
    sms = Client(sandbox=shop, budget="1.50")
    sms.order("tg", "KZ")
    before = len(shop.purchases())
    with pytest.raises(BudgetExceeded) as exceeded:
        sms.order("tg", "KZ")
    assert len(shop.purchases()) == before
    error = exceeded.value
    assert (error.limit, error.spent, error.asked) == (
        Decimal("1.5"),
        Decimal("0.86"),
        Decimal("0.86"),
    )
    assert error.left == Decimal("0.64")
    assert "0.86 asked, 0.64 left of today's budget of 1.50 (0.86 spent or reserved)" in str(error)
    assert sms.ledger()["state"].tolist() == ["active"]


def test_an_uncertain_purchase_stays_reserved(tmp_path):
    shop, faults = Shop(), Faults(["drop-before@getNumberV2:1"])
    with serve(shop, faults) as url:
        sms = Client(KEY, base_url=url, budget="1.00")
        with pytest.raises(PurchaseUncertain):
            sms.order("tg", 2)
        faults.clear()
        with pytest.raises(BudgetExceeded):
            sms.order("tg", 2)
        sms.close()


def test_a_refusal_reserves_nothing(shop):
    sms = Client(sandbox=shop, budget="1.00")
    for _ in range(5):
        with pytest.raises(WrongMaxPrice):
            sms.order("tg", "KZ", max_price="0.50")
    assert set(sms.ledger()["state"]) == {"refused"}
    sms.order("tg", "KZ", max_price="0.90")


def test_a_cancelled_number_gives_its_money_back_to_the_budget(shop):
    sms = Client(sandbox=shop, budget="1.00")
    number = sms.order("tg", "KZ").loc[0, "activation_id"]
    with pytest.raises(BudgetExceeded):
        sms.order("tg", "KZ")
    shop.step(121)
    sms.cancel(number)
    assert sms.ledger().loc[0, "refunded"] == 0.86
    sms.order("tg", "KZ")


def test_the_price_counts_that_was_paid_not_the_most_that_it_might_have_been(shop):
    sms = Client(sandbox=shop, budget="3.00")
    sms.order("tg", "KZ", max_price="2.50")
    sms.order("tg", "KZ", max_price="2.00")
    with pytest.raises(BudgetExceeded):
        sms.order("tg", "KZ", max_price="2.00")


def test_rents_extensions_and_numbers_for_several_services_count(shop):
    sms = Client(sandbox=shop, budget="10.00")
    rent = sms.rent("full", "KZ", 4)
    cost = Decimal(str(rent.loc[0, "cost"]))
    longer = sms.extend(rent.loc[0, "rent_id"], 4)
    cost += Decimal(str(longer.loc[0, "cost"]))
    sms.get_multi_service_number(["tg", "wa"], "KZ")
    with pytest.raises(BudgetExceeded) as exceeded:
        sms.rent("full", "KZ", 48)
    assert exceeded.value.spent == sum(bought.cost for bought in shop.purchases()) > cost


def test_what_has_no_price_beforehand_is_not_bought_within_a_budget(shop):
    with pytest.raises(UsageProblem, match="no price of partner software beforehand"):
        Client(sandbox=shop, budget="100").buy_partner_product(1)
    assert not shop.purchases()


def test_it_may_be_set_for_all_clients(shop, monkeypatch):
    monkeypatch.setenv("SMS_BUDGET", "0.50")
    with pytest.raises(BudgetExceeded):
        Client(sandbox=shop).order("tg", "KZ")
    Client(sandbox=shop, budget="5").order("tg", "KZ")


@pytest.mark.parametrize("budget", ["0", "-1", "much", True, "nan"])
def test_a_budget_is_an_amount_above_zero(budget):
    with pytest.raises(UsageProblem, match="budget takes an amount above zero"):
        Client(budget=budget)


def test_within_a_budget_a_number_is_not_bought_for_more_than_was_quoted(tmp_path):
    asked = []
    shop = Shop()

    class Dearer(Shop):
        def answer(self, params):
            asked.append(dict(params))
            return super().answer(params)

    shop = Dearer()
    with serve(shop) as url:
        sms = Client(KEY, base_url=url, budget="5", ledger=tmp_path / "l.sqlite")
        sms.order("tg", 2)
        sms.close()
    bought = [params for params in asked if params["action"] == "getNumberV2"]
    assert [params["maxPrice"] for params in bought] == ["0.86"]


def test_yesterdays_spending_does_not_count(shop, tmp_path):
    place = Path(tmp_path) / "ledger.sqlite"
    sms = Client(sandbox=shop, budget="1.00", ledger=place)
    sms.order("tg", "KZ")
    from sqlalchemy import create_engine, text  # noqa: PLC0415 - a day cannot be waited for

    engine = create_engine(f"sqlite:///{place}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE orders SET day = '2020-01-01'"))
    engine.dispose()
    sms.order("tg", "KZ")


# Set later ----------------------------------------------------------------------------------------


def test_a_limit_that_is_set_later_counts_what_all_clients_have_spent(opened, tmp_path):
    with serve(Shop()) as url:
        about = {"base_url": url, "ledger": tmp_path / "ledger.sqlite"}
        sms, other = opened(KEY, **about), opened(KEY, **about)
        other.order("tg", 2)
        frame = sms.set_budget("1.50")
        assert frame.iloc[0].tolist() == [1.5, 0.86, 0.64, 0]
        with pytest.raises(BudgetExceeded, match=r"0\.86 asked, 0\.64 left"):
            sms.order("tg", 2)
        other.order("tg", 2)  # the limit is a client's own, as that of Client(budget=…)
        assert sms.set_budget(Decimal(3)).loc[0, "left"] == pytest.approx(1.28)
        sms.order("tg", 2)
        assert pd.isna(sms.set_budget(None).loc[0, "budget"])
        sms.order("tg", 2)


def test_a_wrong_limit_leaves_the_one_before(opened, shop):
    sms = opened(sandbox=shop, budget="1.50")
    for wrong in ("0", -1, "much", True):
        with pytest.raises(UsageProblem, match="budget takes an amount above zero"):
            sms.set_budget(wrong)
    assert sms.budget().loc[0, "budget"] == 1.5


def test_without_a_limit_of_its_own_that_of_the_environment_holds(opened, shop, monkeypatch):
    monkeypatch.setenv("SMS_BUDGET", "7")
    sms = opened(sandbox=shop, budget="1.50")
    assert sms.set_budget(None).loc[0, "budget"] == 7


def test_a_limit_that_is_set_while_an_order_is_under_way_holds_for_it(tmp_path):
    clients = []

    class Setting(Shop):
        """Has the person set a budget while the client looks at a list, or asks for a price."""

        def answer(self, params):
            if params["action"] in ("getActiveActivations", "getRentServicesAndCountries"):
                clients[0].set_budget("5")
            return super().answer(params)

    shop = Setting(balance="1000")
    with serve(shop) as url, Client(KEY, base_url=url, ledger=tmp_path / "l.sqlite") as sms:
        clients.append(sms)
        with pytest.raises(BudgetExceeded):
            sms.order("tg", 2, max_price=100)
        sms.set_budget(None)
        with pytest.raises(UsageProblem, match="set meanwhile, so nothing was sent"):
            sms.rent("full", 2, 4)  # nobody knows what else was spent
        assert not shop.purchases()
        assert sms.ledger().empty


def test_what_was_refused_names_how_the_limit_is_raised(shop):
    sms = Client(sandbox=shop, budget="0.50")
    with pytest.raises(BudgetExceeded, match=re.escape("sms.set_budget(…) raises it")):
        sms.order("tg", "KZ")
