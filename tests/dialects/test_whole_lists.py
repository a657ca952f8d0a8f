"""Absence from a list proves nothing, unless all was read of one that shows purchases at once."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from sms_notebook import PurchaseUncertain
from sms_notebook.ledger.schema import ORDERS
from sms_notebook.protocol.replies import Reply
from sms_notebook.providers.providers import PROVIDERS

from .conftest import KEY, NAMES

UNPROVEN = [name for name in NAMES if name != "reference" and not PROVIDERS[name].listing.is_proof]
FAILING = {
    "is not there": Reply(404, b'{"title":"ROUTE_NOT_FOUND","details":"Route not found"}'),
    "refuses the key": Reply(403, b'{"title":"BAD_API_KEY","details":"Invalid API key"}'),
    "fails": Reply(500, b""),
    "is a web page": Reply(200, b"<html><title>Just a moment</title></html>"),
    "is cut short": Reply(200, b'{"data":[{"id":"70'),
    "names no total": Reply(200, b'{"data":[]}'),
}


class Listener:
    """Stands between a client and its shop: counts what is asked, and changes what is answered."""

    def __init__(self, shop, monkeypatch) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Reply] = {}
        self.changes = {}
        self._send = shop.sms._sender.send
        shop.sms._session.rate_limiter._step = 0.0  # nobody counts requests a second here
        monkeypatch.setattr(shop.sms._sender, "send", self.send)

    def send(self, question) -> Reply:
        name = question.path or question.action
        self.asked.append(name)
        if name in self.answers:
            return self.answers[name]
        reply = self._send(question)
        if name in self.changes:
            changed = json.dumps(self.changes[name](json.loads(reply.body)))
            return Reply(reply.status, changed.encode())
        return reply


def lose(shop, fault: str = "drop-before"):
    """Lose the answer to an order with the key ``mine``."""
    shop.faults.set([f"{fault}@{name}:1" for name in ("getNumber", "getNumberV2")])
    try:
        return shop.sms.order("tg", shop.country, key="mine")
    finally:
        shop.faults.clear()


def others_buy(shop, count: int, service: str = "tg") -> None:
    for _ in range(count):
        asked = {"api_key": KEY, "action": "getNumber", "service": service, "country": "6"}
        assert shop.sandbox.answer(asked).text.startswith("ACCESS_NUMBER")


REST = "/api/v1/activations"


@pytest.fixture
def hero(open_shop):
    return open_shop("herosms", channels=1000)


@pytest.fixture(params=["better list", *FAILING])
def listener(request, hero, monkeypatch) -> Listener:
    """A HeroSMS with its better list, and with one that fails in each way."""
    listener = Listener(hero, monkeypatch)
    if request.param in FAILING and request.param != "names no total":
        listener.answers[REST] = FAILING[request.param]
    return listener


def test_a_lost_answer_is_found_beside_the_empty_twin(hero, listener):
    hero.sms.order("wa", hero.country)
    number = lose(hero, "drop-after")
    assert number.loc[0, "activation_id"] == hero.sandbox.purchases()[-1].id
    assert hero.bought() == 2
    assert ("getActiveActivations" in listener.asked) == (REST in listener.answers)


def test_an_empty_list_beside_its_twin_is_one(hero, listener):
    with pytest.raises(PurchaseUncertain):
        lose(hero)
    assert hero.sms.reconcile()["result"].tolist() == ["not bought"]
    assert hero.order(key="mine")
    assert hero.bought() == 1


def test_of_more_than_a_hundred_numbers_all_pages_are_read(hero, listener):
    others_buy(hero, 60)
    hero.sms.order("wa", hero.country)
    others_buy(hero, 60)
    with suppress(PurchaseUncertain):
        lose(hero, "drop-after")
    mine = hero.sandbox.purchases()[-1].id
    others_buy(hero, 60, "ig")
    with pytest.raises(PurchaseUncertain, match="others buy the same") as said:
        hero.sms.order("tg", hero.country, key="mine")
    assert [found.activation_id for found in said.value.candidates] == [mine]
    assert hero.bought() == 182


def test_a_list_that_tells_no_total_is_not_the_whole(hero, monkeypatch):
    listener = Listener(hero, monkeypatch)
    listener.answers[REST] = FAILING["names no total"]
    with pytest.raises(PurchaseUncertain):
        lose(hero)
    assert hero.sms.reconcile()["result"].tolist() == ["unknown"]
    with pytest.raises(PurchaseUncertain, match="may not be whole"):
        hero.sms.order("tg", hero.country, key="mine")
    assert hero.bought() == 0


@pytest.mark.parametrize("odd", [None, {}, {"activationId": None}, {"service": "tg"}])
def test_a_row_that_cannot_be_read_leaves_the_key_alone(odd, hero, monkeypatch):
    listener = Listener(hero, monkeypatch)
    listener.answers[REST] = FAILING["is not there"]
    hero.sms.order("wa", hero.country)
    listener.changes["getActiveActivations"] = lambda body: {
        **body,
        "data": [odd, *body["data"]],
    }
    with pytest.raises(PurchaseUncertain):
        lose(hero)
    assert hero.sms.reconcile()["result"].tolist() == ["unknown"]
    with pytest.raises(PurchaseUncertain):
        hero.sms.order("tg", hero.country, key="mine")
    assert hero.bought() == 1


def test_pages_that_are_not_turned_are_not_the_whole(hero, monkeypatch):
    """Whatever is asked for, the same first rows come: what is missing may be beyond them."""
    listener = Listener(hero, monkeypatch)
    listener.answers[REST] = FAILING["is not there"]
    others_buy(hero, 60, "ig")
    hero.sms.get_active_activations()
    first = {}

    def same(body):
        first.setdefault("page", {**body, "data": body["data"][:50]})
        return first["page"]

    listener.changes["getActiveActivations"] = same
    listener.answers["getHistory"] = Reply(200, b"[]")
    with pytest.raises(PurchaseUncertain):
        lose(hero)
    assert hero.sms.reconcile()["result"].tolist() == ["unknown"]
    assert hero.bought() == 60


def test_what_is_listed_late_is_named_and_not_bought_again(hero, monkeypatch):
    listener, nothing = Listener(hero, monkeypatch), {"data": [], "meta": {"total": 0}}
    listener.answers["getHistory"] = Reply(200, b"[]")
    listener.changes[REST] = lambda body: body if listener.asked.count(REST) > 2 else nothing
    with pytest.raises(PurchaseUncertain):
        lose(hero, "drop-after")
    mine = hero.sandbox.purchases()[0].id
    row = hero.sms.reconcile().iloc[0]  # somebody else may have bought it since
    assert (row["result"], row["candidates"]) == ("unknown", [mine])
    with pytest.raises(PurchaseUncertain, match=mine):
        hero.order(key="mine")
    hero.sms.reconcile(claim={row["order_id"]: mine})
    assert hero.order(key="mine") == mine
    assert hero.bought() == 1


def test_what_the_history_shows_alive_and_no_list_does_is_nobodys(hero, monkeypatch):
    listener = Listener(hero, monkeypatch)
    others_buy(hero, 1, "ig")
    listener.answers[REST] = Reply(200, b'{"data":[],"meta":{"total":0}}')
    with pytest.raises(PurchaseUncertain):
        lose(hero)
    assert hero.sms.reconcile()["result"].tolist() == ["unknown"]
    assert hero.bought() == 1


@pytest.mark.parametrize("count", [10, 25, 50, 100])
def test_a_reference_list_as_long_as_a_page_is_made_whole_by_its_history(open_shop, count):
    shop = open_shop("reference", channels=1000)
    others_buy(shop, count, "ig")
    with pytest.raises(PurchaseUncertain):
        lose(shop)
    assert shop.sms.reconcile()["result"].tolist() == ["not bought"]


@pytest.mark.parametrize(("answer", "result"), [(b"[]", "not bought"), (b"BAD_ACTION", "unknown")])
def test_what_may_be_over_is_looked_for_in_the_history(answer, result, hero, monkeypatch):
    listener = Listener(hero, monkeypatch)
    with pytest.raises(PurchaseUncertain):
        lose(hero)
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    times = {"begun_at": long_ago, "ended_at": long_ago, "looked_at": None}
    ledger = hero.sms._session.ledgers.account_ledger
    ledger.database.write(lambda database: database.execute(update(ORDERS).values(times)))
    listener.answers["getHistory"] = Reply(200, answer)
    assert hero.sms.reconcile()["result"].tolist() == [result]


@pytest.mark.parametrize("name", UNPROVEN)
def test_where_nothing_is_proven_a_key_never_buys_again_by_itself(name, open_shop):
    shop = open_shop(name)
    with pytest.raises(PurchaseUncertain):
        lose(shop)
    for _ in range(2):
        settled = shop.sms.reconcile()
        assert settled["result"].tolist() == ["unknown"]
        assert "list" in settled.loc[0, "why"]
        with pytest.raises(PurchaseUncertain, match=r"list.*site.*reconcile\(dismiss=") as said:
            shop.sms.order("tg", shop.country, key="mine")
        assert settled.loc[0, "order_id"] in str(said.value)
    assert shop.bought() == 0
    shop.sms.reconcile(dismiss=settled["order_id"])
    assert shop.order(key="mine")
    assert shop.bought() == 1
