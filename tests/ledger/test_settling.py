"""Settling finds what was bought, and never buys."""

import json
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sms_notebook import Client, ConnectionFailed, PurchaseUncertain
from sms_notebook.ledger.matching import ListedPurchase, Matches, OpenOrder, match
from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.calls import Call, Effect, PurchaseKind
from sms_notebook.sandbox import serve

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
def sms(shop, faults, hasty):
    with serve(shop, faults) as url, Client(KEY, base_url=url) as sms:
        yield sms


@pytest.fixture
def alone(shop, faults, hasty):
    """Nobody else buys: what fits needs no look beforehand to be its own."""
    with serve(shop, faults) as url, Client(KEY, base_url=url, alone=True) as alone:
        yield alone


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
    sms, faults = (request.getfixturevalue(name) for name in ("alone", "faults"))
    lose(sms, faults, fault, WAYS[way])
    shop.actions.clear()
    settled = sms.reconcile()
    assert set(settled["result"]) == {result}
    assert set(settled["certainty"].dropna()) == ({"inferred"} if result == "bought" else set())
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


def test_an_activation_that_is_over_meanwhile_is_found_in_the_history(alone, shop, faults):
    sms = alone
    lose(sms, faults, "drop-after", lambda sms: sms.get_number("tg", 2))
    shop.send_sms(shop.purchases()[0].id, "Your code is 12345")
    shop.step(1300)
    assert sms.reconcile()["result"].tolist() == ["bought"]
    row = sms.ledger().iloc[0]
    assert (row["state"], row["cost"]) == ("finished", float(shop.purchases()[0].cost))
    assert row["texts"] == ["Your code is 12345"]


def test_one_that_was_given_back_meanwhile_costs_nothing(alone, shop, faults):
    sms = alone
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
    sms._session.ledgers.note(call, late)  # read only now
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
    monkeypatch.setattr("sms_notebook.client.ledger_access._GRACE", 1000.0)
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


def test_while_the_provider_does_not_answer_nothing_is_settled(alone, faults):
    sms = alone
    lose(sms, faults, "drop-after", lambda sms: sms.get_number_v2("tg", 2))
    faults.set(["drop-before:1"])
    with pytest.raises(ConnectionFailed):
        sms.reconcile()
    faults.clear()
    assert sms.reconcile()["result"].tolist() == ["bought"]


# The rules of matching ---------------------------------------------------------------------------

BEGUN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def order(number: int, service: str = "tg", country: int | None = 2, **more) -> OpenOrder:
    begun_at = BEGUN + timedelta(seconds=number)
    facts = {"most": None, "phone_number": None, "target": None, "begun_at": begun_at}
    facts |= {"latest": begun_at + timedelta(minutes=5), **more}
    return OpenOrder(number, PurchaseKind.NUMBER, (service,), country, **facts)


def sure(orders, candidates) -> dict[int, list[str]]:
    """Return the ids that must be each order's, if nobody else buys."""
    found = match(orders, candidates).sure
    return {number: [item.ref for item in items] for number, items in found.items()}


@given(
    orders=st.lists(st.sampled_from(["tg", "wa", "ig"]), max_size=12),
    sold=st.lists(st.sampled_from(["tg", "wa", "ig"]), max_size=12),
)
def test_only_what_is_one_of_its_kind_is_sure(orders, sold):
    sought = [order(number, service) for number, service in enumerate(orders)]
    candidates = [ListedPurchase(str(n), service=s, country=2) for n, s in enumerate(sold)]
    found = sure(sought, candidates)
    alone = {s for s in orders if orders.count(s) == sold.count(s) == 1}
    assert found == {orders.index(s): [str(sold.index(s))] for s in alone}
    possible = match(sought, candidates).possible
    assert all(len(possible[n]) == sold.count(s) for n, s in enumerate(orders) if s in sold)


@given(count=st.integers(1, 6), more=st.integers(0, 2))
def test_between_like_orders_without_a_key_it_makes_no_difference(count, more):
    sought = [order(number, has_key=False) for number in range(count + more)]
    candidates = [ListedPurchase(str(10 + n), service="tg", country=2) for n in range(count)]
    assert sure(sought, candidates) == {n: [str(10 + n)] for n in range(count)}
    assert sure(sought[:count], [*candidates, ListedPurchase("99", service="tg")]) == {}


def test_what_only_one_can_have_is_not_the_others():
    cheap, dear = (
        ListedPurchase("1", "77", "tg", 2, Decimal("0.5")),
        ListedPurchase("2", "77", "tg", 2, Decimal(2)),
    )
    sought = [order(1, most=Decimal(3)), order(2, most=Decimal(1))]
    assert sure(sought, [cheap, dear]) == {1: ["2"], 2: ["1"]}
    assert sure(sought, [cheap]) == {}


def test_more_than_the_orders_can_have_made_makes_none_sure():
    candidates = [ListedPurchase(str(n), service="tg", country=2) for n in (1, 2)]
    assert sure([order(1)], candidates) == {}
    assert match([order(1)], candidates).possible == {1: candidates}


def test_what_was_there_before_an_order_was_sent_is_not_its_own():
    first, second = order(1), order(2)
    early = ListedPurchase("5", service="tg", country=2, first_seen=second.begun_at)
    late = ListedPurchase("6", service="tg", country=2)
    assert sure([first, second], [early, late]) == {1: ["5"], 2: ["6"]}
    assert match([second], [early]) == Matches({}, {}, [early])


def test_what_was_not_there_when_an_order_was_long_over_is_likely_not_its_own():
    first, second = order(1, latest=BEGUN + timedelta(seconds=2)), order(5)
    late = ListedPurchase("6", service="tg", country=2, unseen_at=second.begun_at)
    assert sure([first, second], [late]) == {5: ["6"]}
    alone = match([first], [late])
    assert (alone.sure, alone.possible, alone.others) == ({}, {1: [late]}, [late])


def test_ids_that_others_of_ours_have_are_before_and_after_it():
    candidates = [ListedPurchase(str(n), service="tg", country=2) for n in (10, 20, 30)]
    assert sure([order(1, above=12, below=25)], candidates[1:]) == {1: ["20"]}
    assert match([order(1, above=12, below=25)], candidates).others == [
        candidates[0],
        candidates[2],
    ]


def test_a_prefix_that_was_refused_is_that_of_no_number_of_ours():
    candidates = [ListedPurchase("1", "77001112233", "tg", 2), ListedPurchase("2", "77551112233")]
    assert sure([order(1, prefixes=("7755",))], candidates) == {1: ["1"]}


def test_a_number_for_several_services_has_all_of_its_parts():
    parts = [ListedPurchase("1", "7700", "tg", 2), ListedPurchase("2", "7700", "wa", 2)]
    both = replace(order(1), buys=PurchaseKind.NUMBERS, services=("tg", "wa"))
    assert sure([both], parts) == {1: ["1", "2"]}
    assert sure([both], parts[:1]) == {}
    assert sure([both, order(2, "wa")], parts) == {1: ["1", "2"]}
    single = ListedPurchase("3", "7701", "wa", 2)
    assert sure([both, order(2, "wa")], [*parts, single]) == {1: ["1", "2"], 2: ["3"]}


def test_an_extension_of_a_rent_that_nobody_knows_takes_no_rent_that_was_ordered():
    facts = {"begun_at": BEGUN, "latest": BEGUN}
    extension = OpenOrder(1, PurchaseKind.EXTENSION, (), None, None, None, "5", **facts)
    rent = OpenOrder(2, PurchaseKind.RENT, ("full",), 2, None, None, None, **facts)
    assert sure([extension, rent], [ListedPurchase("6", "7700")]) == {2: ["6"]}
    assert sure([extension], [ListedPurchase("6", "7700")]) == {}


def test_where_no_country_is_named_the_dial_code_tells():
    candidates = [ListedPurchase("1", "380501234567"), ListedPurchase("2", "77001234567")]
    assert sure([order(1)], candidates) == {1: ["2"]}


def test_of_what_is_over_only_what_was_made_then_will_do():
    hour = timedelta(hours=1)
    sought = order(0, offset=3 * hour, latest=BEGUN + timedelta(seconds=30))
    early, late = (
        ListedPurchase(str(n), "77", "tg", 2, since=BEGUN + n * hour, is_over=True) for n in (0, 6)
    )
    then = ListedPurchase("9", "77", "tg", 2, since=BEGUN + 3 * hour + timedelta(seconds=20))
    assert sure([sought], [early, late, then]) == {0: ["9"]}
    assert match([sought], [early, late]).possible == {}


def test_of_what_is_alive_a_clock_proves_nothing_since_clocks_jump():
    odd = ListedPurchase("9", "77", "tg", 2, since=BEGUN + timedelta(hours=7))
    found = match([order(0, offset=timedelta(0), latest=BEGUN)], [odd])
    assert (found.sure, found.possible) == ({}, {0: [odd]})


def test_what_lives_was_not_bought_by_an_order_of_long_ago():
    alive = ListedPurchase("9", "77", "tg", 2)
    assert sure([order(0, is_past=True), order(1)], [alive]) == {1: ["9"]}
    assert match([order(0, is_past=True)], [alive]).possible == {}
