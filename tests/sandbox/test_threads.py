import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from sms_notebook.sandbox import Gateway, Sandbox

THREADS, EACH = 8, 60


def test_eight_threads_buying_agree_with_the_wallet(open_shop):
    shop = open_shop(balance="5000")
    before = shop.ask_json("getPrices", service="tg", country=2)["2"]["tg"]["count"]

    def buy_some(_):
        return [shop.buy() for _ in range(EACH)]

    with ThreadPoolExecutor(THREADS) as pool:
        ids = [number for some in pool.map(buy_some, range(THREADS)) for number in some]
    purchases = shop.sandbox.purchases()
    assert len(set(ids)) == len(purchases) == THREADS * EACH
    assert {purchase.id for purchase in purchases} == set(ids)
    assert len({purchase.phone_number for purchase in purchases}) == len(ids)
    assert shop.balance() == 5000 - sum(purchase.cost for purchase in purchases)
    after = shop.ask_json("getPrices", service="tg", country=2)["2"]["tg"]["count"]
    assert int(before) - int(after) == len(ids)
    shop.sandbox.step(1200)
    assert shop.ask("getActiveActivations") == "NO_ACTIVATIONS"


def test_eight_threads_with_one_order_id_buy_once(shop):
    with ThreadPoolExecutor(THREADS) as pool:
        replies = list(
            pool.map(
                lambda _: shop.ask("getNumberV2", service="tg", country=2, orderId="one"),
                range(THREADS),
            )
        )
    assert replies.count("ORDER_ALREADY_EXISTS") == THREADS - 1
    assert len(shop.sandbox.purchases()) == 1


def test_a_running_clock_and_threads_that_ask_get_along():
    sandbox = Sandbox(
        speed=5000, start=datetime(2026, 3, 1, tzinfo=UTC), success=0.0, balance="900"
    )

    def live(_):
        for _ in range(30):
            sandbox.answer({"action": "getNumber", "service": "tg", "country": "2"})
            sandbox.answer({"action": "getActiveActivations"})
            sandbox.advance()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(live, range(THREADS)))
    sandbox.step(1200)
    assert sandbox.account.balance == 900
    assert len(sandbox.purchases()) == THREADS * 30


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # newer Pythons warn of forks
def test_a_child_is_answered_that_was_forked_while_threads_asked():
    gateway = Gateway(Sandbox(speed=0, webhook_url="http://127.0.0.1:9/"))
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            gateway.handle({"action": "getBalance"})

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        try:
            endings = {ending_of_a_child(gateway.handle) for _ in range(40)}
        finally:
            over.set()
    for each in asking:
        each.result()
    gateway.close()
    assert endings == {0}


def ending_of_a_child(ask_once: Callable[[dict[str, str]], object]) -> int:
    if not (child := os.fork()):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, 20)
        try:
            ask_once({"action": "getBalance"})
            os._exit(0)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
