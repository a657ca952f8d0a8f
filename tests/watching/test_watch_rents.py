"""Watching rents: every message once and in order, page by page, until the rent ends."""

import pandas as pd
import pytest

from sms_notebook import BadAction, Client, UsageProblem
from sms_notebook.sandbox import serve

from .conftest import QUICK, Shop, begin, gateway, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def sms(shop):
    with Client(sandbox=shop) as sms:
        yield sms


def rented(sms, hours=24):
    return sms.rent("full", 2, hours).loc[0, "rent_id"]


def take(watch, count):
    return begin(lambda: [next(watch) for _ in range(count)]).result(10)


def rest(watch):
    return begin(list, watch).result(60)


def say(shop, rent, text):
    shop.step(1)
    shop.send_sms(rent, text)


def requests(shop):
    return shop.asked.count("getRentStatus")


def test_messages_of_a_rent_are_events(sms, shop):
    rent = rented(sms)
    shop.asked.clear()
    with sms.watch(rents=rent, every=QUICK) as watch:
        say(shop, rent, "Your code is 01234")
        event = take(watch, 1)[0]
        assert (event.kind, event.rent_id, event.activation_id) == ("message", rent, None)
        assert event.text == "Your code is 01234"
        assert event.phone_from
        row = watch.frame.iloc[0]
        assert (row["rent_id"], row["text"], row["messages"]) == (rent, event.text, 1)
        assert pd.isna(row["activation_id"])
        assert row["phone_number"] == sms.ledger().loc[0, "phone_number"]
        assert row["ends_at"] - row["since"] >= pd.Timedelta(hours=23)
    assert shop.polls == 0


def test_the_same_text_twice_is_two_messages(sms, shop):
    rent = rented(sms)
    with sms.watch(rents=rent, every=QUICK) as watch:
        for _ in range(2):
            say(shop, rent, "Your code is 01234")
            take(watch, 1)
        asked = requests(shop)
        until(lambda: requests(shop) > asked + 2)
        assert watch.frame.loc[0, "messages"] == 2


@pytest.mark.parametrize("count", [3, 10, 49, 50, 51, 120])
def test_what_came_before_is_read_page_by_page_and_told_in_order(sms, shop, count):
    rent = rented(sms)
    texts = [f"message {number}" for number in range(count)]
    for text in texts:
        say(shop, rent, text)
    with sms.watch(rents=rent, every=QUICK) as watch:
        assert [event.text for event in take(watch, count)] == texts
        row = watch.frame.iloc[0]
        assert (row["messages"], row["text"]) == (count, texts[-1])
        say(shop, rent, "the next")
        assert take(watch, 1)[0].text == "the next"
        before = watch._poller.ticks
        asked = requests(shop)
        until(lambda: watch._poller.ticks >= before + 4)
        asked = requests(shop) - asked
        assert asked <= watch._poller.ticks - before + 1, "one request a tick is enough"


def test_more_than_a_page_may_come_between_two_polls(sms, shop):
    rent = rented(sms)
    with sms.watch(rents=rent, every=QUICK) as watch:
        say(shop, rent, "first")
        take(watch, 1)
        texts = [f"message {number}" for number in range(120)]
        with shop.at_once():
            for text in texts:
                say(shop, rent, text)
        assert [event.text for event in take(watch, 120)] == texts


def test_a_rent_is_read_to_the_end_although_a_page_fails(shop):
    one = gateway(shop)
    with Client(sandbox=one) as sms:
        rent = rented(sms)
        texts = [f"message {number}" for number in range(120)]
        for text in texts:
            say(shop, rent, text)
        one.faults.set(["drop-before@getRentStatus:0.6"])
        with sms.watch(rents=rent, every=QUICK) as watch:
            assert sorted(event.text for event in take(watch, 120)) == sorted(texts)


class Pages:
    """A provider of one rent with pages of its own."""

    def __init__(self, wire, count, *, page=10, knows_page=True, knows_count=True):
        self.texts = [f"message {number}" for number in range(count)]
        self.asked = 0
        self.shown = page
        self.knows = (knows_page, knows_count)
        self.wire = wire
        wire.answer = self.answer

    def answer(self, asked):
        self.asked += 1
        knows_page, knows_count = self.knows
        page = int(asked.params.get("page", 1)) if knows_page else 1
        places = range(len(self.texts))[::-1][(page - 1) * self.shown : page * self.shown]
        values = ",".join(
            f'"{number}":{{"phoneFrom":"79001112233","text":"{self.texts[place]}",'
            f'"service":"tg","date":"2026-01-01 10:{place // 60:02}:{place % 60:02}"}}'
            for number, place in enumerate(places)
        )
        count = f'"quantity":"{len(self.texts)}",' if knows_count else ""
        return self.wire.http(f'{{"status":"success",{count}"values":{{{values}}}}}')


@pytest.mark.parametrize("knows_count", [True, False])
@pytest.mark.parametrize("count", [5, 10, 11, 35])
def test_a_provider_may_ignore_the_size_of_a_page(wire, count, knows_count):
    pages = Pages(wire, count, knows_count=knows_count)
    with Client(KEY, base_url=wire.url) as sms, sms.watch(rents="7", every=QUICK) as watch:
        assert [event.text for event in take(watch, count)] == pages.texts
        pages.texts.append("the next")
        assert take(watch, 1)[0].text == "the next"
        ticks, asked = watch._poller.ticks, pages.asked
        until(lambda: watch._poller.ticks >= ticks + 4)
        asked = pages.asked - asked
        assert asked <= watch._poller.ticks - ticks + 2


def test_a_provider_may_ignore_pages_altogether(wire):
    pages = Pages(wire, 35, knows_page=False)
    with Client(KEY, base_url=wire.url) as sms, sms.watch(rents="7", every=QUICK) as watch:
        assert [event.text for event in take(watch, 10)] == pages.texts[-10:]
        ticks, asked = watch._poller.ticks, pages.asked
        until(lambda: watch._poller.ticks >= ticks + 3)
        asked = pages.asked - asked
        assert asked <= 3 * (watch._poller.ticks - ticks + 1)


@pytest.mark.parametrize("how", ["finish", "cancel", "revoke", "by itself"])
def test_a_rent_that_ends_ends_the_watch(sms, shop, how):
    rent = rented(sms)
    with sms.watch(rents=rent, every=QUICK) as watch:
        say(shop, rent, "Your code is 01234")
        take(watch, 1)
        end, status, state = {
            "finish": (lambda: shop.tool("setRentStatus", id=rent, status=1), "FINISH", "finished"),
            "cancel": (
                lambda: shop.tool("setRentStatus", id=rent, status=2),
                "CANCEL",
                "cancelled",
            ),
            "revoke": (lambda: shop.revoke(rent), "REVOKE", "cancelled"),
            "by itself": (lambda: shop.step(24 * 3600), "FINISH", "finished"),
        }[how]
        end()
        events = rest(watch)
        assert [(event.kind, event.status) for event in events[-1:]] == [
            ("over", f"STATUS_{status}")
        ]
        assert bool(watch.frame.loc[0, "is_over"])
        assert watch.frame.loc[0, "messages"] == 1
    row = sms.ledger().iloc[0]
    assert row["state"] == state
    assert (row["refunded"] > 0) == (state == "cancelled")


def test_a_rent_that_nobody_knows_is_over(sms):
    with sms.watch(rents="1", every=QUICK) as watch:
        assert [event.kind for event in rest(watch)] == ["over"]


def test_all_rents_appear(sms, shop):
    first = rented(sms)
    shop.asked.clear()
    with sms.watch(rents=True, every=QUICK) as watch:
        assert [(event.kind, event.rent_id) for event in take(watch, 1)] == [("new", first)]
        second = shop.tool("getRentNumber", service="full", country=2, rent_time=4)
        assert take(watch, 1)[0].kind == "new"
        other = str(max(map(int, watch.frame["rent_id"]), key=lambda ref: str(ref) in second))
        say(shop, other, "Your code is 01234")
        event = take(watch, 1)[0]
        assert (event.kind, event.rent_id) == ("message", other)
        assert watch.frame["phone_number"].notna().all()
        shop.tool("setRentStatus", id=other, status=1)
        assert [(event.kind, event.rent_id) for event in take(watch, 1)] == [("over", other)]
    assert shop.polls == 0


def test_activations_and_rents_are_watched_together(sms, shop):
    number, rent = sms.order("tg", 2).loc[0, "activation_id"], rented(sms)
    with sms.watch(number, rents=[rent], every=QUICK) as watch:
        say(shop, rent, "hello")
        assert take(watch, 1)[0].rent_id == rent
        shop.say(number, "01234")
        assert take(watch, 1)[0].activation_id == number
        frame = watch.frame
        assert frame["activation_id"].isna().tolist() == [False, True]
        assert frame["rent_id"].isna().tolist() == [True, False]


def test_one_rent_that_cannot_be_asked_for_holds_up_no_other(wire):
    def answer(asked):
        if asked.params["id"] == "1":
            return wire.http("<html>")
        return wire.http(
            '{"status":"success","quantity":"1","values":{"0":{"phoneFrom":"7","text":"hello",'
            '"service":"tg","date":"2026-01-01 10:00:00"}}}'
        )

    wire.answer = answer
    with Client(KEY, base_url=wire.url) as sms, sms.watch(rents=["1", "2"], every=QUICK) as watch:
        assert take(watch, 1)[0].rent_id == "2"
        until(lambda: watch.trouble is not None)


def test_extending_a_rent_moves_its_end(sms, shop):
    rent = rented(sms, 4)
    with sms.watch(rents=rent, every=QUICK) as watch:
        before = watch.frame.loc[0, "ends_at"]
        sms.extend(rent, 4)
        until(lambda: watch.frame.loc[0, "ends_at"] == before + pd.Timedelta(hours=4))


def test_a_provider_that_has_no_rents_says_so_and_disturbs_no_wait(shop):
    with serve(shop) as url, Client(KEY, provider="grizzlysms", base_url=url) as sms:
        ref = sms.order("tg", 2).loc[0, "activation_id"]
        waits = begin(sms.wait_code, ref, every=QUICK)
        with sms.watch(rents=True, every=QUICK) as watch, pytest.raises(UsageProblem, match="list"):
            rest(watch)
        polls = shop.polls
        until(lambda: shop.polls > polls + 2)
        shop.say(ref, "01234")
        assert waits.result(60).loc[0, "code"] == "01234"


def test_a_provider_that_cannot_tell_of_a_rent_says_so(wire):
    wire.says("BAD_ACTION")
    with (
        Client(KEY, base_url=wire.url) as sms,
        sms.watch(rents="7", every=QUICK) as watch,
        pytest.raises(BadAction),
    ):
        rest(watch)


# Rents that are activations ---------------------------------------------------------------------


@pytest.fixture
def hero():
    """A shop where a rent is an activation."""
    return Shop(dialect="herosms")


@pytest.fixture
def at_hero(hero):
    with Client(sandbox=hero) as sms:
        yield sms


def test_rents_that_are_activations_are_watched_with_every_message(at_hero, hero):
    rent = rented(at_hero)
    with at_hero.watch(rents=True, every=QUICK) as watch:
        say(hero, rent, "Your code is 01234")
        say(hero, rent, "Your code is 56789")
        events = [event for event in take(watch, 3) if event.kind == "message"]
        assert [event.text for event in events] == ["Your code is 01234", "Your code is 56789"]
        assert {event.rent_id for event in events} == {rent}
        later = rented(at_hero)
        until(lambda: later in watch.frame["rent_id"].tolist())


def test_activations_do_not_show_among_them_nor_they_among_activations(at_hero):
    rent = rented(at_hero)
    number = at_hero.order("tg", 2).loc[0, "activation_id"]
    with at_hero.watch(every=QUICK) as all_numbers, at_hero.watch(rents=True, every=QUICK) as rents:
        until(lambda: number in all_numbers.frame["activation_id"].tolist())
        until(lambda: rent in rents.frame["rent_id"].tolist())
        assert all_numbers.frame["rent_id"].isna().all()
        assert rents.frame["activation_id"].isna().all()


@pytest.mark.parametrize("way", ["finished", "cancelled", "run out"])
def test_they_are_watched_to_their_end(at_hero, hero, way):
    rent = rented(at_hero)
    watch = at_hero.watch(rents=rent, every=QUICK)
    if way == "run out":
        say(hero, rent, "Your code is 01234")
        hero.step(24 * 3600 + 60)
    else:
        hero.step(121)
        hero.tool("finishActivation" if way == "finished" else "cancelActivation", id=rent)
    events = rest(watch)
    assert events[-1].kind == "over"
    row = watch.frame.iloc[0]
    assert row["is_over"]
    assert row["status"] == ("STATUS_CANCEL" if way == "cancelled" else "STATUS_FINISH")
    expected = "cancelled" if way == "cancelled" else "finished"
    assert at_hero.ledger().loc[0, "state"] == expected
    refunded = float(at_hero.ledger().loc[0, "refunded"])
    assert refunded == sum(float(payment.refunded) for payment in hero.purchases())
