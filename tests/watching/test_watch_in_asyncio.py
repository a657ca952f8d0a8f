"""Watching from asyncio: ``async with``, ``async for``, ``sms.events()``."""

import asyncio
import gc

import pytest

from sms_notebook import AsyncClient, Client

from .conftest import QUICK, begin, tasks, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")


def in_a_loop(shop, use):
    async def main():
        async with asyncio.timeout(10), AsyncClient(sandbox=shop) as sms:
            ref = (await sms.order("tg", 2)).loc[0, "activation_id"]
            return await use(sms, ref)

    return asyncio.run(main())


def test_async_with_and_async_for(shop):
    async def use(sms, ref):
        events = []
        async with sms.watch(ref, every=QUICK) as watch:
            shop.say(ref, "01234")
            async for event in watch:
                events.append(event.kind)
                shop.step(1200)
            assert len(watch.frame) == 1
            events += [event.kind async for event in watch]
        return events

    assert in_a_loop(shop, use) == ["code", "over"]


def test_events_end_with_the_numbers(shop):
    async def use(sms, ref):
        events = []
        shop.say(ref, "01234")
        async for event in sms.events(ref, every=QUICK):
            events.append((event.kind, event.code))
            shop.step(1200)
        return events

    assert in_a_loop(shop, use) == [("code", "01234"), ("over", None)]


def test_leaving_events_stops_polling(shop):
    async def use(sms, ref):
        shop.say(ref, "01234")
        async for _event in sms.events(ref, every=QUICK):
            break
        gc.collect()
        await asyncio.to_thread(until, lambda: not tasks())

    in_a_loop(shop, use)


def test_cancelling_a_task_that_watches_stops_polling(shop):
    async def use(sms, ref):
        async def watch():
            async with sms.watch(ref, every=QUICK) as watch:
                async for _event in watch:
                    pass

        task = asyncio.create_task(watch())
        await asyncio.to_thread(until, lambda: shop.polls > 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(until, lambda: not tasks())

    in_a_loop(shop, use)


def test_one_watch_serves_both_ways(shop):
    with Client(sandbox=shop) as sms:
        ref = sms.order("tg", 2).loc[0, "activation_id"]

        async def use(watch):
            async with asyncio.timeout(5):
                return await anext(aiter(watch))

        with sms.watch(ref, every=QUICK) as watch:
            shop.say(ref, "01234")
            assert asyncio.run(use(watch)).code == "01234"
            sms.again(ref)
            shop.say(ref, "54321")
            assert begin(next, watch).result(60).code == "54321"
