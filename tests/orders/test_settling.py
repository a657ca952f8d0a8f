"""Settling finds what was bought, and never buys."""

import json
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notebook import Client, ConnectionFailed, PurchaseUncertain
from sms_notebook.orders.matching import Candidate, Sought, match
from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.calls import Buys, Call, Effect
from sms_notebook.sandbox import Faults, serve

from .conftest import KEY, Shop, paid, written

SPENDING = {name for name, action in ACTIONS.items() if action.effect is Effect.PURCHASE}


class Asked(Shop):
    """A shop that remembers what it was asked."""

    def __init__(self, **options):
        super().__init__(**options)
        self.actions: list[str] = []

    def answer(self, params):
        self.actions.append(params.get("action", ""))
        return super().answer(params)


@pytest.fixture
def shop() -> Asked:
    return Asked()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def sms(shop, faults, hasty):
    with serve(shop, faults) as url, Client(KEY, base_url=url) as sms:
        yield sms


def lose(sms, faults, fault: str, ask) -> None:
    faults.set([f"{fault}@{action}:1" for action in SPENDING])
    with pytest.raises(PurchaseUncertain):
        ask(sms)
    faults.clear()


WAYS = {
    "number": lambda sms: sms.get_number("tg", 2),
    "numbers": lambda sms: sms.get_multi_service_number(["tg", "wa"], 2),
    "rent": lambda sms: sms.get_rent_number("full", 4, country=2),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("fault", "result"), [("drop-after", "bought"), ("drop-before", "not bought")]
)
def test_a_lost_answer_is_found_out(way, fault, result, shop, request):
    sms, faults = (request.getfixturevalue(name) for name in ("sms", "faults"))
    lose(sms, faults, fault, WAYS[way])
    shop.actions.clear()
    settled = sms.reconcile()
    assert set(settled["result"]) == {result}
    assert not SPENDING & set(shop.actions)
    assert written(sms.ledger()) == shop.sold()
    assert sms.reconcile().empty


def test_another_activation_on_a_number_is_found_by_the_number(sms, shop, faults):
    first = sms.order("ig", 2)
    number = first.loc[0, "activation_id"]
    shop.send_sms(number, "Your code is 12345")
    sms.finish(number)
    sms.order("ig", 2)
    others = shop.ask("getNumber", service="ig", country="2")
    lose(sms, faults, "cut-after", lambda sms: sms.get_extra_activation(number))
    settled = sms.reconcile()
    assert settled["activation_id"].tolist() == [shop.purchases()[-1].id]
    assert settled["phone_number"].tolist() == first["phone_number"].tolist()
    assert others.split(":")[1] not in sms.ledger()["activation_id"].tolist()


def test_an_activation_that_is_over_meanwhile_is_found_in_the_history(sms, shop, faults):
    lose(sms, faults, "drop-after", lambda sms: sms.get_number("tg", 2))
    shop.send_sms(shop.purchases()[0].id, "Your code is 12345")
    shop.step(1300)
    assert sms.reconcile()["result"].tolist() == ["bought"]
    row = sms.ledger().iloc[0]
    assert (row["state"], row["cost"]) == ("finished", float(shop.purchases()[0].cost))
    assert row["texts"] == ["Your code is 12345"]


def test_one_that_was_given_back_meanwhile_costs_nothing(sms, shop, faults):
    shop._state.activations.success = 0.0
    lose(sms, faults, "drop-after", lambda sms: sms.get_number_v2("tg", 2))
    shop.step(1300)
    assert sms.reconcile()["result"].tolist() == ["bought"]
    assert sms.ledger()["state"].tolist() == ["cancelled"]
    assert shop.kept() == 0


@pytest.mark.parametrize("first_was_seen", [True, False])
def test_codes_that_nobody_saw_before_the_end_are_in_the_ledger(first_was_seen, sms, shop):
    number = sms.order("tg", 2).loc[0, "activation_id"]
    shop.send_sms(number, "Your code is 11111")
    if first_was_seen:
        sms.get_status(number)
    shop.ask("setStatus", id=number, status="3")
    shop.send_sms(number, "Your code is 22222")
    shop.step(1300)
    sms.reconcile()
    row = sms.ledger().iloc[0]
    assert row["codes"][-1] == "22222"
    assert row["codes"][: len(row["codes"]) - 1] == (["11111"] if first_was_seen else [])
    assert "22222" in "".join(row["texts"])
    if not first_was_seen:
        assert "11111" in "".join(row["texts"])


def test_an_answer_from_before_one_more_was_asked_for_is_no_new_code(sms, shop):
    number = sms.order("tg", 2).loc[0, "activation_id"]
    shop.send_sms(number, "Your code is 12345")
    late = sms.get_status(number)
    sms.again(number)
    call: Call = Calls().get_status(number)
    sms._session.keeper.note(call, late)  # read only now
    assert sms.ledger().loc[0, "codes"] == ["12345"]


def test_a_rent_of_others_that_was_extended_is_not_taken_for_ours(sms, shop, faults):
    sms.order("wa", 2)
    theirs = json.loads(shop.ask("getRentNumber", service="full", country="2", rent_time="4"))
    sms.extend(theirs["phone"]["id"], 4)
    lose(sms, faults, "drop-before", lambda sms: sms.rent("full", 2, 4))
    assert sms.reconcile()["result"].tolist() == ["not bought"]


def test_numbers_of_others_are_not_taken_for_ours(sms, shop, faults):
    for _ in range(3):
        shop.ask("getNumber", service="tg", country="2")
    sms.get_active_activations()
    sms.order("wa", 2)
    sms.get_active_activations()
    lose(sms, faults, "drop-before", lambda sms: sms.get_number_v2("tg", 2))
    assert sms.reconcile()["result"].tolist() == ["not bought"]


@pytest.mark.parametrize(("service", "country"), [("wa", "2"), ("tg", "6")])
def test_another_service_or_country_is_another_purchase(service, country, sms, shop, faults):
    lose(sms, faults, "drop-before", lambda sms: sms.get_number_v2("tg", 2))
    shop.ask("getNumber", service=service, country=country)
    assert sms.reconcile()["result"].tolist() == ["not bought"]


def test_missing_prices_are_completed(sms, shop):
    sms.get_number("tg", 2)
    assert sms.ledger()["cost"].isna().tolist() == [True]
    sms.reconcile()
    assert paid(sms.ledger()) == shop.kept()


def test_an_order_that_is_under_way_is_left_alone(sms, shop, faults):
    faults.set(["latency@getNumberV2:1:0.8"])
    thread = threading.Thread(target=lambda: sms.order("tg", 2))
    thread.start()
    while "getNumberV2" not in shop.actions:
        pass
    assert sms.reconcile(wait=False).empty
    thread.join()
    assert sms.ledger()["state"].tolist() == ["active"]


def test_one_look_leaves_it_open(sms, faults, monkeypatch):
    monkeypatch.setattr("sms_notebook.client.bookkeeping._GRACE", 1000.0)
    with Client(KEY, base_url=sms._settings.provider.base_url) as patient:
        lose(patient, faults, "drop-before", lambda sms: sms.get_number_v2("tg", 2))
        assert patient.reconcile(wait=False)["result"].tolist() == ["open"]
        assert patient.ledger()["state"].tolist() == ["uncertain"]


def test_what_no_list_shows_stays_until_a_person_dismisses_it(sms, faults):
    lose(sms, faults, "drop-after", lambda sms: sms.buy_partner_product(1))
    settled = sms.reconcile()
    assert settled["result"].tolist() == ["unknown"]
    assert sms.ledger()["state"].tolist() == ["uncertain"]
    settled = sms.reconcile(dismiss=settled["order_id"])
    assert settled["result"].tolist() == ["dismissed"]
    assert sms.reconcile().empty


def test_while_the_provider_does_not_answer_nothing_is_settled(sms, faults):
    lose(sms, faults, "drop-after", lambda sms: sms.get_number_v2("tg", 2))
    faults.set(["drop-before:1"])
    with pytest.raises(ConnectionFailed):
        sms.reconcile()
    faults.clear()
    assert sms.reconcile()["result"].tolist() == ["bought"]


# The rules of matching ---------------------------------------------------------------------------

BEGUN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def order(number: int, service: str = "tg", country: int | None = 2, **more) -> Sought:
    begun_at = BEGUN + timedelta(seconds=number)
    facts = {"most": None, "phone_number": None, "target": None, "begun_at": begun_at, **more}
    return Sought(number, Buys.NUMBER, (service,), country, **facts)


@given(
    orders=st.lists(st.sampled_from(["tg", "wa", "ig"]), max_size=12),
    sold=st.lists(st.sampled_from(["tg", "wa", "ig"]), max_size=12),
)
def test_as_many_orders_as_possible_get_one_purchase_each(orders, sold):
    sought = [order(number, service) for number, service in enumerate(orders)]
    candidates = [Candidate(str(n), service=s, country=2) for n, s in enumerate(sold)]
    found = match(sought, candidates)
    assert len(found) == sum(min(orders.count(s), sold.count(s)) for s in ("tg", "wa", "ig"))
    taken = [candidate.ref for pair in found.values() for candidate in pair]
    assert len(set(taken)) == len(taken)
    assert all(found[n][0].service == orders[n] for n in found)


def test_a_dear_number_goes_to_the_order_that_would_pay_it():
    cheap, dear = (
        Candidate("1", "77", "tg", 2, Decimal("0.5")),
        Candidate("2", "77", "tg", 2, Decimal(2)),
    )
    sought = [order(1, most=Decimal(3)), order(2, most=Decimal(1))]
    assert match(sought, [cheap, dear]) == {1: [dear], 2: [cheap]}


def test_a_part_of_a_number_for_several_services_goes_to_one_service_last():
    parts = [Candidate("1", "7700", "tg", 2), Candidate("2", "7700", "wa", 2)]
    single = Candidate("3", "7701", "wa", 2)
    assert match([order(1, "wa")], [*parts, single]) == {1: [single]}
    assert match([order(1, "wa")], parts) == {1: [parts[1]]}
    assert match([order(1, "wa")], parts, newest_first=True) == {}


def test_an_extension_of_a_rent_that_nobody_knows_takes_no_rent_that_was_ordered():
    extension = Sought(1, Buys.EXTENSION, (), None, None, None, "5", BEGUN)
    rent = Sought(2, Buys.RENT, ("full",), 2, None, None, None, BEGUN)
    assert match([extension, rent], [Candidate("6", "7700")]) == {2: [Candidate("6", "7700")]}


def test_where_no_country_is_named_the_dial_code_tells():
    candidates = [Candidate("1", "380501234567"), Candidate("2", "77001234567")]
    assert match([order(1)], candidates) == {1: [candidates[1]]}


def test_of_what_is_over_only_what_was_made_then_will_do():
    hour = timedelta(hours=1)
    sought = order(0, offset=3 * hour, ended_at=BEGUN + timedelta(seconds=30))
    early, late = (
        Candidate(str(n), "77", "tg", 2, since=BEGUN + n * hour, is_over=True) for n in (0, 6)
    )
    then = Candidate("9", "77", "tg", 2, since=BEGUN + 3 * hour + timedelta(seconds=20))
    assert match([sought], [early, late, then]) == {0: [then]}
    assert match([sought], [early, late]) == {}


def test_of_what_is_alive_no_clock_is_asked_since_clocks_jump():
    odd = Candidate("9", "77", "tg", 2, since=BEGUN + timedelta(hours=7))
    assert match([order(0, offset=timedelta(0), ended_at=BEGUN)], [odd]) == {0: [odd]}
