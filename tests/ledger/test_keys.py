"""One key, one purchase: whoever asks, wherever, and however often."""

import asyncio
import subprocess
import sys
import threading

import pytest

from sms_notebook import (
    AsyncClient,
    Client,
    NoNumbers,
    OrderAlreadyExists,
    PurchaseUncertain,
    UsageProblem,
)
from sms_notebook.sandbox import Faults, Sandbox, serve

from .conftest import KEY, START, Shop, id_of


@pytest.fixture
def sms(url):
    with Client(KEY, base_url=url) as sms:
        yield sms


def test_the_same_key_is_the_same_activation_for_both_clients(shop, opened):
    sandbox = Sandbox(speed=0, start=START)
    sms = opened(sandbox=sandbox)
    first = sms.order("Telegram", "Kazakhstan", key="mine")
    again = sms.order("tg", 2, key="mine")
    assert first.loc[0, "is_new"]
    assert not again.loc[0, "is_new"]
    same = ["activation_id", "phone_number", "cost", "bought_at", "order_id", "key"]
    assert first[same].equals(again[same])
    assert len(sandbox.purchases()) == 1


def test_without_a_key_each_order_is_a_new_one(sms, shop):
    sms.order("tg", 2)
    sms.order("tg", 2)
    assert len(shop.purchases()) == 2


@pytest.mark.parametrize("kind", ["rent", "extend"])
def test_rents_and_extensions_have_keys_too(kind, sms, shop):
    rent = sms.rent("full", "KZ", 4, key="line")
    ask = (
        (lambda: sms.rent("full", "KZ", 4, key="line"))
        if kind == "rent"
        else lambda: sms.extend(rent.loc[0, "rent_id"], 4, key="longer")
    )
    one, other = ask(), ask()
    assert one.loc[0, "order_id"] == other.loc[0, "order_id"]
    assert other.loc[0, "is_new"] == False  # noqa: E712 - a pandas boolean
    assert len(shop.purchases()) == (1 if kind == "rent" else 2)


def test_an_extended_rent_ends_later(sms):
    rent = sms.rent("full", "KZ", 4)
    longer = sms.extend(rent.loc[0, "rent_id"], 4)
    assert (longer.loc[0, "end_date"] - rent.loc[0, "end_date"]).total_seconds() == 4 * 3600


@pytest.mark.parametrize(
    "other",
    [
        lambda sms: sms.order("wa", 2, key="mine"),
        lambda sms: sms.order("tg", 6, key="mine"),
    ],
)
def test_a_key_does_not_stand_for_two_things(other, sms, shop):
    sms.order("tg", 2, key="mine")
    with pytest.raises(UsageProblem, match="the key 'mine' stands for an order of tg in country 2"):
        other(sms)
    assert len(shop.purchases()) == 1


def test_a_key_of_other_hours_is_another_rent(sms):
    sms.rent("full", "KZ", 4, key="line")
    with pytest.raises(UsageProblem, match="full in country 2 for 4 hours already"):
        sms.rent("full", "KZ", 24, key="line")


def test_a_refused_order_can_be_made_under_the_same_key_again(sms, shop, faults):
    faults.set(["NO_NUMBERS@getNumberV2:1"])
    with pytest.raises(NoNumbers):
        sms.order("tg", 2, key="mine")
    faults.clear()
    assert sms.order("tg", 2, key="mine").loc[0, "is_new"]
    assert sms.ledger()["state"].tolist() == ["refused", "active"]


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("fault", ["drop-after", "500-after", "cut-after", "html-after"])
@pytest.mark.parametrize("ask", ["order", "rent"])
def test_where_only_the_answer_was_lost_the_number_is_returned(fault, ask, sms, shop, faults):
    faults.set([f"{fault}@getNumberV2:1", f"{fault}@getRentNumber:1"])
    ordered = sms.order("tg", 2) if ask == "order" else sms.rent("full", 2, 4)
    bought = shop.purchases()
    assert len(bought) == 1
    assert id_of(ordered) == bought[0].id
    assert ordered.loc[0, "phone_number"] == bought[0].phone_number
    assert ordered.loc[0, "cost"] == float(bought[0].cost)
    assert faults.fired().popitem()[1] == 1


@pytest.mark.usefixtures("hasty")
def test_an_extension_whose_answer_was_lost_is_found(sms, shop, faults):
    rent = sms.rent("full", 2, 4).loc[0, "rent_id"]
    sms.extend(rent, 4)
    faults.set(["drop-after@continueRentNumber:1"])
    assert sms.extend(rent, 4, key="once").loc[0, "rent_id"] == rent
    faults.set(["drop-before@continueRentNumber:1"])
    with pytest.raises(PurchaseUncertain):
        sms.extend(rent, 4, key="twice")
    assert len(shop.purchases()) == 3


@pytest.mark.usefixtures("hasty")
def test_an_order_that_was_not_made_is_made_when_its_key_comes_again(sms, shop, faults):
    faults.set(["drop-before@getNumberV2:1"])
    with pytest.raises(PurchaseUncertain, match=r"waits in the ledger\. sms\.reconcile\(\)"):
        sms.order("tg", 2, key="mine")
    faults.clear()
    again = sms.order("tg", 2, key="mine")
    assert again.loc[0, "is_new"]
    assert len(shop.purchases()) == 1
    # The same order id both times: the provider would not have filled it twice.
    assert sms.ledger()["order_id"].tolist() == [shop.purchases()[0].order_id]


@pytest.mark.usefixtures("hasty")
def test_an_order_that_was_made_after_all_is_resolved_not_made_again():
    """The provider takes longer than anybody waits: only the order id tells that it was made."""

    class Slow(Shop):
        hidden = False

        def answer(self, params):
            if self.hidden and params["action"] in ("getActiveActivations", "getHistory"):
                empty = {"getActiveActivations": "NO_ACTIVATIONS", "getHistory": "[]"}
                return type(super().answer({}))(empty[params["action"]])
            return super().answer(params)

    shop, faults = Slow(), Faults(["drop-after@getNumberV2:1"])
    with serve(shop, faults) as url, Client(KEY, base_url=url) as sms:
        shop.hidden = True
        with pytest.raises(PurchaseUncertain):
            sms.order("tg", 2, key="mine")
        assert sms.reconcile()["result"].tolist() == ["not bought"]
        faults.clear()
        with pytest.raises(PurchaseUncertain) as failed:
            sms.order("tg", 2, key="mine")
        assert isinstance(failed.value.__cause__, OrderAlreadyExists)
        shop.hidden = False
        assert sms.order("tg", 2, key="mine").loc[0, "activation_id"] == shop.purchases()[0].id
    assert len(shop.purchases()) == 1


@pytest.mark.usefixtures("hasty")
def test_order_already_exists_is_resolved_at_once_where_it_is_listed(sms, shop, faults):
    def also_made(params):
        answer = honest(params)
        if params.get("action") == "getNumberV2":
            return type(answer)("ORDER_ALREADY_EXISTS")
        return answer

    honest, shop.answer = shop.answer, also_made
    assert sms.order("tg", 2).loc[0, "activation_id"] == shop.purchases()[0].id


def test_an_order_id_of_ones_own_that_exists_is_refused(sms):
    sms.get_number_v2("tg", 2, order_id="mine")
    with pytest.raises(OrderAlreadyExists):
        sms.get_number_v2("tg", 2, order_id="mine")


def test_two_clicks_at_once_buy_once(sms, shop, faults):
    faults.set(["latency@getNumberV2:1:0.5"])
    ordered = []
    threads = [
        threading.Thread(target=lambda: ordered.append(sms.order("tg", 2, key="click")))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({frame.loc[0, "activation_id"] for frame in ordered}) == 1
    assert sum(bool(frame.loc[0, "is_new"]) for frame in ordered) == 1
    assert len(shop.purchases()) == 1


PROGRAM = """
import sys
from sms_notebook import Client
frame = Client(sys.argv[2], base_url=sys.argv[1]).order("tg", 2, key="shared")
print(frame.loc[0, "activation_id"], frame.loc[0, "is_new"])
"""


def test_kernels_that_order_at_the_same_time_get_the_same_number(url, shop, faults):
    faults.set(["latency@getNumberV2:1:0.5"])
    command = [sys.executable, "-c", PROGRAM, url, KEY]
    kernels = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = [kernel.communicate(timeout=240)[0].split() for kernel in kernels]
    assert len({number for number, _ in said}) == 1
    assert sorted(new for _, new in said) == ["False", "False", "True"]
    assert len(shop.purchases()) == 1


def test_a_restart_finds_the_same_activation(url, shop):
    with Client(KEY, base_url=url) as before:
        number = before.order("tg", 2, key="mine").loc[0, "activation_id"]
    with Client(KEY, base_url=url) as after:
        assert after.order("tg", 2, key="mine").loc[0, "activation_id"] == number
    assert len(shop.purchases()) == 1


def test_each_embedded_sandbox_has_orders_of_its_own(tmp_path):
    place = tmp_path / "ledger.sqlite"
    first = Client(sandbox=Sandbox(speed=0, start=START), ledger=place)
    second = Client(sandbox=Sandbox(speed=0, start=START), ledger=place)
    assert first.order("tg", 2, key="mine").loc[0, "is_new"]
    assert second.order("tg", 2, key="mine").loc[0, "is_new"]
    assert len(first.ledger()) == len(second.ledger()) == 1
    assert len(first.ledger(everywhere=True)) == 2


def test_where_there_is_no_get_number_v2_the_first_version_is_taken(wire):
    def answer(asked):
        if asked.action == "getNumberV2":
            return wire.http("BAD_ACTION")
        if asked.action == "getPrices":
            return wire.http('{"2": {"tg": {"cost": 0.5, "count": 9}}}')
        return wire.http("ACCESS_NUMBER:123:77001234567")

    wire.answer = answer
    with Client(KEY, base_url=wire.url) as sms:
        number = sms.order("tg", 2, key="mine")
        ledger = sms.ledger()
    assert number.loc[0, ["activation_id", "phone_number", "cost"]].tolist() == [
        "123",
        "77001234567",
        0.5,
    ]
    assert wire.actions() == ["getActiveActivations", "getNumberV2", "getPrices", "getNumber"]
    assert ledger["state"].tolist() == ["refused", "active"]


def until_sold(shop: Shop) -> None:
    while not shop.purchases():
        pass


@pytest.mark.usefixtures("hasty")
def test_a_cancelled_async_order_is_open_not_forgotten(url, shop, faults):
    faults.set(["latency@getNumberV2:1:5"])

    async def main():
        async with AsyncClient(KEY, base_url=url) as sms:
            task = asyncio.create_task(sms.order("tg", 2, key="mine"))
            async with asyncio.timeout(10):
                await asyncio.to_thread(until_sold, shop)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await sms.ledger())["state"].tolist() == ["uncertain"]
            return (await sms.order("tg", 2, key="mine")).loc[0, "activation_id"]

    assert asyncio.run(main()) == shop.purchases()[0].id
    assert len(shop.purchases()) == 1
