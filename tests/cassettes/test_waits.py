"""A replay that asks more or less often than the recording hears the same codes."""

import asyncio
from collections.abc import AsyncIterator

from sms_notebook import AsyncClient
from sms_notebook.cassettes.cassette import Recording
from sms_notebook.watching.events import Event

FIRST, SECOND = ["11111", "22222", "33333"], ["44444", "55555", "66666"]


async def order_three(sms: AsyncClient) -> list[str]:
    return [(await sms.order("tg", 2, key=key)).loc[0, "activation_id"] for key in "abc"]


async def ask_again(sms: AsyncClient, refs: list[str]) -> None:
    for ref in refs:
        await sms.again(ref)
        await sms.get_status(ref)


def send(sms: AsyncClient, refs: list[str], codes: list[str]) -> None:
    for ref, code in zip(refs, codes, strict=True):
        sms.sandbox.send_sms(ref, f"Your code is {code}")


async def three_codes(events: AsyncIterator[Event]) -> list[str]:
    seen: list[str] = []
    async for event in events:
        if event.kind == "code":
            seen.append(event.code)
        if len(seen) == len(SECOND):
            break
    return sorted(seen)


def test_answers_to_waits_that_are_over_are_not_played_to_a_later_watch(shop, tape):
    async def record() -> None:
        async with AsyncClient(sandbox=shop, record=tape) as sms:
            refs = await order_three(sms)
            send(sms, refs, FIRST)
            for ref in refs:  # one question for each
                await sms.wait_code(ref)
            await ask_again(sms, refs)
            send(sms, refs, SECOND)
            assert await three_codes(sms.events(refs)) == SECOND

    async def replay() -> None:
        async with AsyncClient(replay=Recording(tape)) as sms:
            refs = await order_three(sms)
            found = await asyncio.gather(*map(sms.wait_code, refs))  # one question for all
            assert [code.loc[0, "code"] for code in found] == FIRST
            await ask_again(sms, refs)
            assert await three_codes(sms.events(refs)) == SECOND

    asyncio.run(record())
    asyncio.run(replay())


def test_a_watch_that_asks_for_each_number_hears_what_the_list_showed_later(shop, tape):
    async def record() -> None:
        async with AsyncClient(sandbox=shop, record=tape) as sms:
            refs = await order_three(sms)
            send(sms, refs, FIRST)
            assert await three_codes(sms.events()) == FIRST
            await ask_again(sms, refs)
            events = sms.events(every=0.1)  # of all: only the list is asked for
            assert (await anext(events)).kind == "new"
            send(sms, refs, SECOND)
            assert await three_codes(events) == SECOND

    async def replay() -> None:
        async with AsyncClient(replay=Recording(tape)) as sms:
            refs = await order_three(sms)
            assert await three_codes(sms.events()) == FIRST
            await ask_again(sms, refs)
            assert await three_codes(sms.events(refs)) == SECOND

    asyncio.run(record())
    asyncio.run(replay())


def test_a_code_comes_in_a_replay_however_short_the_wait(opened, played, shop, tape):
    sms = opened(sandbox=shop, record=tape)
    ref = sms.order("tg", 2, key="mine").loc[0, "activation_id"]
    shop.send_sms(ref, "Your code is 11111")
    sms.wait_code(ref)
    replay = played()
    replay.order("tg", 2, key="mine")
    assert replay.wait_code(ref, timeout=1e-9).loc[0, "code"] == "11111"
