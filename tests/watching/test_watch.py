"""Watching: events as they come, a frame of how things stand, and an end."""

import gc
import threading
import time

import pandas as pd
import pytest

from sms_notebook import Client
from sms_notebook.watching.watch import WATCHED

from .conftest import QUICK, begin, bought, kinds, rest, take, tasks, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.fixture
def sms(shop):
    with Client(sandbox=shop) as sms:
        yield sms


def test_codes_come_as_events_until_all_is_over(sms, shop):
    first, second = bought(sms), bought(sms)
    with sms.watch([first, second], every=QUICK) as watch:
        shop.say(second, "22222")
        event = take(watch, 1)[0]
        assert (event.kind, event.activation_id, event.rent_id) == ("code", second, None)
        assert (event.code, event.text) == ("22222", "Your code is 22222")
        assert (event.service, event.channel, event.status) == ("tg", "sms", "STATUS_OK")
        assert event.phone_number == watch.frame.loc[1, "phone_number"]
        assert "22222" in str(event)
        shop.say(first, "01111")
        assert take(watch, 1)[0].code == "01111"
        shop.step(1200)
        ends = rest(watch)
    assert sorted((event.kind, event.activation_id) for event in ends) == sorted(
        [("over", first), ("over", second)]
    )


def test_iterating_begins_the_watch(sms, shop):
    ref = bought(sms)
    shop.say(ref, "01234")
    for event in sms.watch(ref, every=QUICK):
        assert event.code == "01234"
        break


def test_a_watch_that_nobody_holds_any_more_stops(sms, shop):
    ref = bought(sms)
    shop.say(ref, "01234")
    for _event in sms.watch(ref, every=QUICK):
        break
    gc.collect()
    until(lambda: not tasks())


def test_a_watch_with_a_listener_goes_on_though_nobody_holds_it(sms, shop):
    ref = bought(sms)
    heard = []
    sms.watch(ref, every=QUICK).start().listen(heard.append)
    gc.collect()
    polls = shop.polls
    until(lambda: shop.polls > polls + 2)
    shop.say(ref, "01234")
    until(lambda: heard)
    shop.step(1200)
    until(lambda: heard[-1] is None)
    assert kinds(heard[:-1]) == ["code", "over"]


def test_several_codes_of_one_number_come_each_once(sms, shop):
    ref = bought(sms)
    with sms.watch(ref, every=QUICK) as watch:
        for code in ("11111", "22222", "22222"):
            shop.say(ref, code)
            assert take(watch, 1)[0].code == code
            polls = shop.polls
            until(lambda polls=polls: shop.polls > polls + 1)
            sms.again(ref)
        assert watch.frame.loc[0, "codes"] == ["11111", "22222", "22222"]
        messages = watch.messages(ref)
        assert messages["code"].tolist() == ["11111", "22222", "22222"]
        assert messages["text"].str.contains("22222").tolist() == [False, True, True]
        assert set(messages["activation_id"]) == {ref}
        assert len(watch.messages("1")) == 0
        sms.mask()
        assert set(watch.messages(ref)["code"]) == {"•••"}
        sms.mask(False)
        until(lambda: pd.isna(watch.frame.loc[0, "code"]))
        until(lambda: watch.frame.loc[0, "status"] == "STATUS_WAIT_RETRY")
        shop.step(1200)
        assert kinds(rest(watch)) == ["over"]


def test_a_code_that_was_there_before_is_told(sms, shop):
    ref = bought(sms)
    shop.say(ref, "01234")
    with sms.watch(ref, every=60) as watch:
        assert take(watch, 1)[0].code == "01234"


def test_two_watches_and_a_wait_hear_the_same_code_each(sms, shop):
    ref = bought(sms)
    with sms.watch(ref, every=QUICK) as one, sms.watch(every=QUICK) as other:
        waits = begin(sms.wait_code, ref, every=QUICK)
        until(lambda: shop.polls > 2)
        shop.say(ref, "01234")
        assert kinds(take(one, 1)) == ["code"]
        assert kinds(take(other, 2)) == ["new", "code"]
        assert waits.result(60).loc[0, "code"] == "01234"


def test_new_activations_appear_where_no_ids_are_given(sms, shop):
    first = bought(sms)
    with sms.watch(every=QUICK) as watch:
        assert [(event.kind, event.activation_id) for event in take(watch, 1)] == [("new", first)]
        foreign = shop.foreign()
        shop.say(foreign, "01234")
        events = take(watch, 2)
        assert [(event.kind, event.activation_id) for event in events] == [
            ("new", foreign),
            ("code", foreign),
        ]
        assert [*watch.frame["activation_id"]] == [first, foreign]
        shop.step(1200)
        assert kinds(take(watch, 2)) == ["over", "over"]
        bought(sms)
        assert kinds(take(watch, 1)) == ["new"]
        watch.close()
        assert rest(watch) == []


def test_a_number_that_is_waited_for_already_appears_too(sms, shop):
    ref = bought(sms)
    waits = begin(sms.wait_code, ref, every=QUICK)
    until(lambda: shop.polls > 1)
    with sms.watch(every=QUICK) as watch:
        assert kinds(take(watch, 1)) == ["new"]
        assert [*watch.frame["activation_id"]] == [ref]
        shop.say(ref, "01234")
        assert kinds(take(watch, 1)) == ["code"]
    waits.result(60)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_the_frame_has_one_schema(sms, shop, count):
    refs = [bought(sms) for _ in range(count)]
    for ref in refs[1:3]:
        shop.say(ref, "01234")
    with sms.watch(refs or [], every=QUICK) as watch:
        if refs:
            until(lambda: watch.frame["codes"].map(len).sum() == len(refs[1:3]))
        frame = watch.frame
    for shown in (frame, watch.frame):
        assert [*shown.columns] == [column.name for column in WATCHED.columns]
        assert shown.dtypes.astype(str).tolist() == [
            *("string", "string", "Int64", "string", "boolean"),
            *("string", "object", "string", "string", "Int64"),
            *["datetime64[us, UTC]"] * 2,
            "Float64",
            *["string"] * 2,
        ]
        assert shown.index.equals(pd.RangeIndex(count))
        assert [*shown["activation_id"]] == refs
    if count == 5:
        assert [*frame["codes"]] == [[], ["01234"], ["01234"], [], []]
        assert [*frame["messages"]] == [0, 1, 1, 0, 0]
        assert [*frame["status"]] == [
            f"STATUS_{word}" for word in ("WAIT_CODE", "OK", "OK", "WAIT_CODE", "WAIT_CODE")
        ]
        assert [*frame["code"].isna()] == [True, False, False, True, True]
        assert frame.loc[0, ["service", "country"]].tolist() == ["tg", 2]
        assert frame["seconds_left"].between(1199, 1200).all()
        assert not frame["is_over"].any()


def test_the_frame_counts_down_and_shows_the_end(sms, shop):
    ref = bought(sms)
    with sms.watch(ref, every=QUICK) as watch:
        until(lambda: watch.frame.loc[0, "country"] == 2)
        shop.step(200)
        row = watch.frame.iloc[0]
        assert 999 <= row["seconds_left"] <= 1000
        assert row["ends_at"] - row["since"] == pd.Timedelta(minutes=20)
        shop.step(1000)
        rest(watch)
        row = watch.frame.iloc[0]
        assert (bool(row["is_over"]), row["status"]) == (True, "STATUS_CANCEL")
        assert pd.isna(row["seconds_left"])


def test_a_watch_of_nothing_ends_at_once(sms, shop):
    with sms.watch([], every=QUICK) as watch:
        assert rest(watch) == []
    assert shop.asked == []


def test_closing_from_another_thread_ends_the_iteration(sms, shop):
    ref = bought(sms)
    with sms.watch(ref, every=QUICK) as watch:
        events = begin(list, watch)
        until(lambda: shop.polls > 2)
        assert not events.done()
        closing = threading.Thread(target=watch.close)
        closing.start()
        assert events.result(60) == []
        closing.join(5)


def test_a_listener_may_close_the_watch(sms, shop):
    ref = bought(sms)
    watch = sms.watch(ref, every=QUICK)
    watch.listen(lambda event: watch.close() if event else None)
    with watch:
        shop.say(ref, "01234")
        assert kinds(rest(watch)) == ["code"]


def test_leaving_the_block_stops_polling(sms, shop):
    ref = bought(sms)
    with sms.watch(ref, every=QUICK):
        until(lambda: shop.polls > 2)
    polls = shop.polls
    time.sleep(5 * QUICK)
    assert shop.polls == polls


def test_an_exception_in_the_block_stops_polling(sms, shop):
    ref = bought(sms)
    with pytest.raises(ZeroDivisionError), sms.watch(ref, every=QUICK):
        1 / 0  # noqa: B018 - it fails
    until(lambda: not tasks())


def test_a_watch_may_be_closed_twice_and_is_empty_after_it(sms):
    watch = sms.watch(bought(sms), every=QUICK).start()
    watch.close()
    watch.close()
    assert rest(watch) == []
    assert rest(watch) == []


def test_a_code_is_told_although_one_more_was_asked_for_before_anybody_looked(sms, shop):
    with sms.watch(every=QUICK) as watch:
        until(lambda: shop.polls > 1)
        with shop.at_once():  # no poll in between
            ref = bought(sms)
            shop.say(ref, "01234")
            sms.again(ref)
        assert [event.code for event in take(watch, 2)] == [None, "01234"]
        shop.say(ref, "54321")
        assert take(watch, 1)[0].code == "54321"
