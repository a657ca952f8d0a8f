"""Opening, closing, sharing and waiting."""

import asyncio
import gc
import itertools
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from sms_notebook import AsyncClient, Client, ConnectionFailed, UsageProblem
from sms_notebook.sandbox import Sandbox, serve

KEY = "0123456789abcdef0123456789abcdef"
BALANCE = "ACCESS_BALANCE:1.00"


def closed(sms):
    sms.close() if isinstance(sms.client, Client) else sms.aclose()


def test_a_closed_client_refuses_to_work(opened, wire):
    wire.says(BALANCE)
    sms = opened(KEY, base_url=wire.url)
    sms.get_balance()
    closed(sms)
    for ask in (sms.get_balance, lambda: sms.call("getBalance")):
        with pytest.raises(UsageProblem, match="this client is closed"):
            ask()
    assert len(wire.asked) == 1
    assert "closed" in repr(sms.client)


def test_closing_twice_is_fine(opened):
    sms = opened()
    closed(sms)
    closed(sms)


def test_a_client_that_was_never_used_is_closed(opened, wire):
    closed(opened(KEY, base_url=wire.url))
    assert wire.asked == []


def test_a_context_manager_closes():
    with Client() as sms:
        assert len(sms.get_balance()) == 1
    with pytest.raises(UsageProblem, match="closed"):
        sms.get_balance()


def test_an_async_context_manager_closes():
    async def use() -> AsyncClient:
        async with AsyncClient() as sms:
            assert len(await sms.get_balance()) == 1
        return sms

    sms = asyncio.run(use())
    with pytest.raises(UsageProblem, match="closed"):
        asyncio.run(sms.get_balance())


def test_a_context_manager_closes_after_an_error():
    with pytest.raises(ZeroDivisionError), Client() as sms:
        1 / 0  # noqa: B018 - it fails
    assert "closed" in repr(sms)


def test_a_client_closed_in_the_middle_of_a_call_ends_it(wire):
    wire.answer = lambda _asked: wire.silence()
    sms = Client(KEY, base_url=wire.url, timeout=0.3)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(sms.get_balance)
        while not wire.asked:
            time.sleep(0.001)
        sms.close()
        with pytest.raises((ConnectionFailed, UsageProblem)):
            waiting.result(60)


def test_16_threads_share_one_client():
    sandbox = Sandbox(balance="1000", speed=0)
    start = threading.Barrier(16)
    with serve(sandbox) as url, Client(base_url=url) as sms, ThreadPoolExecutor(16) as pool:

        def buy(_number: int) -> list[str]:
            start.wait()
            return [sms.get_number("Telegram", "KZ").loc[0, "activation_id"] for _ in range(5)]

        bought = [number for numbers in pool.map(buy, range(16)) for number in numbers]
    assert len(set(bought)) == 80
    assert len(sandbox.purchases()) == 80


def test_100_calls_at_once_share_one_async_client():
    sandbox = Sandbox(balance="1000", speed=0)

    async def buy(url: str) -> list[str]:
        async with AsyncClient(base_url=url) as sms:
            frames = await asyncio.gather(*(sms.get_number("Telegram", "KZ") for _ in range(100)))
        return [frame.loc[0, "activation_id"] for frame in frames]

    with serve(sandbox) as url:
        bought = asyncio.run(buy(url))
    assert len(set(bought)) == 100
    assert len(sandbox.purchases()) == 100


def test_an_async_client_serves_several_event_loops():
    with serve(Sandbox()) as url:
        sms = AsyncClient(base_url=url)
        for _ in range(4):
            assert len(asyncio.run(sms.get_balance())) == 1
        asyncio.run(sms.aclose())


def test_an_event_loop_that_ended_leaves_no_open_connection():
    with warnings.catch_warnings(record=True) as told, serve(Sandbox()) as url:
        warnings.simplefilter("always")
        sms = AsyncClient(base_url=url)
        for _ in range(3):
            asyncio.run(sms.get_balance())
            gc.collect()
        asyncio.run(sms.aclose())
        del sms
        gc.collect()
    assert [str(one.message) for one in told] == []


def test_an_async_client_serves_several_event_loops_at_once():
    with serve(Sandbox()) as url, ThreadPoolExecutor(4) as pool:
        sms = AsyncClient(base_url=url)

        def ask(_number: int) -> int:
            return len(asyncio.run(sms.get_balance()))

        assert list(pool.map(ask, range(12))) == [1] * 12
        asyncio.run(sms.aclose())


def test_a_client_works_inside_a_running_event_loop():
    async def cell() -> int:
        with Client() as sms:
            return len(sms.get_balance())

    assert asyncio.run(cell()) == 1


def test_a_client_works_on_any_thread_without_an_event_loop():
    with Client() as sms, ThreadPoolExecutor(1) as pool:
        assert len(pool.submit(sms.get_balance).result(60)) == 1


def test_one_slow_call_does_not_hold_up_another(wire):
    arrived = threading.Event()

    def answer(asked):
        arrived.set()
        return wire.silence() if asked.action == "getSlow" else wire.http(BALANCE)

    wire.answer = answer

    async def race() -> bool:
        async with AsyncClient(KEY, base_url=wire.url) as sms:
            slow = asyncio.create_task(sms.call("getSlow"))
            await asyncio.to_thread(arrived.wait)
            await sms.get_balance()
            ended = slow.done()
            slow.cancel()
            return ended

    assert asyncio.run(race()) is False


def drip(wire, whole: bytes, pause: float):
    for at in range(len(whole)):
        yield whole[at : at + 1]
        if wire.over.wait(pause):
            return


def given_up(sms) -> ConnectionFailed:
    """Return how a call fails; on a busy machine, once it does not fail as it connects."""
    for _ in range(100):
        with pytest.raises(ConnectionFailed, match="took too long") as failed:
            sms.get_balance()
        if "connecting took too long" not in str(failed.value):
            break
    return failed.value


def test_a_server_that_never_answers_is_given_up(opened, wire):
    wire.answer = lambda _asked: wire.silence()
    sms = opened(KEY, base_url=wire.url, timeout=0.2, retries=0)
    begin = time.monotonic()
    failure = given_up(sms)
    assert "it took too long" in str(failure)
    assert failure.sent is True
    assert time.monotonic() - begin > 0.15


def test_a_body_that_drips_is_given_up(opened, wire):
    head, body = wire.http("x" * 2000).split(b"\r\n\r\n")
    wire.answer = lambda _asked: itertools.chain([head, b"\r\n\r\n"], drip(wire, body, 0.02))
    sms = opened(KEY, base_url=wire.url, timeout=0.1, retries=0)
    # Read to its end, which takes 40 seconds, it would be no failure of the connection.
    assert "it took too long" in str(given_up(sms))


def test_a_reply_in_pieces_is_put_together(opened, wire):
    wire.answer = lambda _asked: drip(wire, wire.http(BALANCE), 0.001)
    assert len(opened(KEY, base_url=wire.url).get_balance()) == 1


@pytest.mark.parametrize("name", ["close", "aclose"])
def test_an_async_client_is_closed_by_either_name(name):
    async def use() -> None:
        sms = AsyncClient()
        await sms.get_balance()
        await getattr(sms, name)()
        with pytest.raises(UsageProblem, match="closed"):
            await sms.get_balance()

    asyncio.run(use())
