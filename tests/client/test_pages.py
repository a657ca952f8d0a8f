"""Long lists page by page, whatever a provider makes of pages."""

import asyncio

import pandas as pd
import pytest

from sms_notebook import AsyncClient, BadKey, ServerError, UsageProblem
from sms_notebook.sandbox import Sandbox

KEY = "0123456789abcdef0123456789abcdef"


def all_pages(sms, method, *args, **options) -> list[pd.DataFrame]:
    """Iterate as the client wants it."""
    pages = getattr(sms.client, method)(*args, **options)
    if not isinstance(sms.client, AsyncClient):
        return list(pages)

    async def collect():
        return [page async for page in pages]

    return sms.run(lambda _: collect())


def next_of(sms, pages) -> pd.DataFrame:
    return sms.run(lambda _: anext(pages)) if isinstance(sms.client, AsyncClient) else next(pages)


def history(first: int, last: int) -> str:
    rows = [
        f'{{"id": {n}, "phone": "7700{n:07d}", "cost": 1, "status": "4"}}'
        for n in range(first, last)
    ]
    return f"[{', '.join(rows)}]"


def test_the_history_of_the_sandbox_comes_whole(opened):
    market = Sandbox(speed=0, success=0, balance="100")
    sms = opened(sandbox=market)
    ids = [sms.get_number("tg", 2).loc[0, "activation_id"] for _ in range(7)]
    pages = all_pages(sms, "iter_history", size=3)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert set(pd.concat(pages)["activation_id"]) == set(ids)


def test_the_messages_of_a_rent_come_whole(opened):
    market = Sandbox(speed=0, success=0, balance="100")
    sms = opened(sandbox=market)
    rent = sms.rent("full", 4)
    for number in range(5):
        market.send_sms(rent.loc[0, "rent_id"], f"message {number}")
    pages = all_pages(sms, "iter_rent_messages", rent, size=2)
    assert [len(page) for page in pages] == [2, 2, 1]
    assert pd.concat(pages)["text"].tolist() == [f"message {number}" for number in range(4, -1, -1)]


@pytest.mark.parametrize("method", ["iter_history", "iter_rent_messages"])
def test_no_rows_are_one_page_with_columns(method, opened, wire):
    wire.says(
        "[]" if method == "iter_history" else '{"status": "success", "quantity": 0, "values": {}}'
    )
    sms = opened(KEY, base_url=wire.url)
    args = () if method == "iter_history" else ("5",)
    [page] = all_pages(sms, method, *args)
    assert page.empty
    assert "activation_id" in page or "rent_id" in page
    assert len(wire.asked) == 1


def test_it_stops_at_the_last_page(opened, wire):
    wire.answers_in_turn(
        wire.http(history(0, 3)), wire.http(history(3, 6)), wire.http(history(6, 7))
    )
    sms = opened(KEY, base_url=wire.url)
    assert [len(page) for page in all_pages(sms, "iter_history", size=3)] == [3, 3, 1]
    assert [(asked.params["limit"], asked.params.get("offset", "0")) for asked in wire.asked] == [
        ("3", "0"),
        ("3", "3"),
        ("3", "6"),
    ]


@pytest.mark.parametrize("most", [2, 100])
def test_a_provider_with_pages_of_its_own_loses_no_row(most, opened, wire):
    def answer(asked):
        first = int(asked.params.get("offset", 0)) if most == 2 else 0  # or it knows no pages
        return wire.http(history(first, min(first + most, 5)))

    wire.answer = answer
    pages = all_pages(opened(KEY, base_url=wire.url), "iter_history", size=4)
    assert sorted(pd.concat(pages)["activation_id"]) == list("01234")


def test_a_list_that_moves_on_names_no_row_twice(opened, wire):
    wire.answers_in_turn(wire.http(history(0, 3)), wire.http(history(2, 5)), wire.http("[]"))
    pages = all_pages(opened(KEY, base_url=wire.url), "iter_history", size=3)
    assert pd.concat(pages)["activation_id"].tolist() == list("01234")
    assert [page.index.tolist() for page in pages] == [[0, 1, 2], [0, 1]]


def test_a_page_that_fails_says_which_and_is_asked_for_again(opened, wire):
    wire.answers_in_turn(wire.http(history(0, 3)), wire.http("ERROR_SQL"), wire.http(history(3, 5)))
    sms = opened(KEY, base_url=wire.url, retries=0)
    pages = sms.client.iter_history(size=3)
    came = [next_of(sms, pages)]
    with pytest.raises(ServerError, match=r"[Tt]hat was page 2, after 3 rows"):
        next_of(sms, pages)
    assert repr(pages) == "<Pages: 1 with 3 rows so far>"
    came.append(next_of(sms, pages))
    assert pd.concat(came)["activation_id"].tolist() == list("01234")
    assert [asked.params.get("offset") for asked in wire.asked][1:] == ["3", "3"]


def test_what_is_wrong_is_said_before_anything_is_asked(opened, wire):
    sms = opened(KEY, base_url=wire.url)
    for wrong in ({"size": 0}, {"size": 101}, {"start": "soon"}):
        with pytest.raises(UsageProblem):
            sms.client.iter_history(**wrong)
    with pytest.raises(UsageProblem):
        sms.client.iter_rent_messages(None)
    assert wire.asked == []


def test_pages_of_the_async_client_are_awaited():
    async def wrong():
        async with AsyncClient() as sms:
            next(iter(sms.iter_history()))

    with pytest.raises(UsageProblem, match="async for page in"):
        asyncio.run(wrong())


def test_a_refusal_ends_it(opened, wire):
    wire.says("BAD_KEY")
    with pytest.raises(BadKey):
        all_pages(opened(KEY, base_url=wire.url), "iter_history")
    assert len(wire.asked) == 1


def test_pages_are_masked(opened):
    market = Sandbox(speed=0, success=0, balance="100")
    sms = opened(sandbox=market)
    sms.get_number("tg", 2)
    sms.client.mask()
    [page] = all_pages(sms, "iter_history")
    assert "•••" in page.loc[0, "phone_number"]
