"""Watching: who is told, what fails, and who comes late."""

import threading

import pytest

from sms_notebook import ActivationOver, BadKey, Client, UsageProblem
from sms_notebook.sandbox import serve
from sms_notebook.watching.loop import LOOP

from .conftest import QUICK, begin, bought, gateway, kinds, rest, take, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.fixture
def sms(shop):
    with Client(sandbox=shop) as sms:
        yield sms


def test_listeners_hear_all_on_the_loop_thread(sms, shop):
    ref = bought(sms)
    heard = []
    with sms.watch(ref, every=QUICK) as watch:
        watch.listen(lambda event: heard.append((event, threading.current_thread().name)))
        stop = watch.listen(lambda _event: heard.append("no more"))
        stop()
        stop()
        shop.say(ref, "01234")
        until(lambda: heard)
    until(lambda: len(heard) == 2)
    assert [(event and event.code, name) for event, name in heard] == [
        ("01234", "sms_notebook"),
        (None, "sms_notebook"),
    ]


def test_a_listener_that_fails_harms_nobody(sms, shop, caplog):
    ref = bought(sms)
    heard = []
    with sms.watch(ref, every=QUICK) as watch:
        watch.listen(lambda _event: 1 / 0)
        watch.listen(heard.append)
        shop.say(ref, "01234")
        assert kinds(take(watch, 1)) == ["code"]
        polls = shop.polls
        until(lambda: shop.polls > polls + 2)
    until(lambda: len(heard) == 2)
    assert "A listener of a watch failed." in caplog.text


def test_a_listener_may_look_at_the_frame_but_not_ask(sms, shop):
    ref = bought(sms)
    seen = []

    def listener(event):
        if event is None:
            return
        seen.append(watch.frame.loc[0, "code"])
        try:
            sms.get_balance()
        except UsageProblem as problem:
            seen.append(str(problem))

    with sms.watch(ref, every=QUICK) as watch:
        watch.listen(listener)
        shop.say(ref, "01234")
        until(lambda: len(seen) == 2)
    assert seen[0] == "01234"
    assert "on the thread that all waiting runs on" in seen[1]


def test_a_failure_that_stays_is_raised_while_iterating(shop):
    one = gateway(shop)
    with Client(sandbox=one) as sms, sms.watch(bought(sms), every=QUICK) as watch:
        until(lambda: shop.polls > 1)
        one.faults.set(["BAD_KEY:1"])
        with pytest.raises(BadKey):
            rest(watch)
        assert rest(watch) == []
        assert len(watch.frame) == 1


def test_a_passing_failure_is_named_and_borne(shop):
    one = gateway(shop)
    with Client(sandbox=one) as sms:
        ref = bought(sms)
        with sms.watch(ref, every=QUICK) as watch:
            until(lambda: shop.polls > 1)
            assert watch.trouble is None
            one.faults.set(["500-before:1"])
            until(lambda: watch.trouble is not None)
            assert "HTTP_500" in str(watch.trouble)
            one.faults.clear()
            until(lambda: watch.trouble is None)
            shop.say(ref, "01234")
            assert kinds(take(watch, 1)) == ["code"]


def test_a_watch_says_what_it_is(sms):
    watch = sms.watch(bought(sms), every=QUICK)
    assert repr(watch) == "<Watch, not started>"
    with watch:
        assert repr(watch) == "<Watch of 1 number>"
    assert repr(watch) == "<Watch of 1 number, ended>"


@pytest.mark.parametrize("ids", [3.5, [None], [""], [True]])
def test_ids_are_ids(sms, ids):
    with pytest.raises(UsageProblem):
        sms.watch(ids)


def test_ids_may_be_a_column_of_a_frame(sms, shop):
    for _ in range(3):
        bought(sms)
    with sms.watch(sms.ledger()["activation_id"], every=QUICK) as watch:
        until(lambda: shop.polls > 0)
        assert [*watch.frame["activation_id"]] == [*sms.ledger()["activation_id"]]


def test_waiting_for_an_event_is_refused_on_the_loop_thread(sms):
    watch = sms.watch(bought(sms), every=QUICK)

    async def on_the_loop():
        with pytest.raises(UsageProblem, match="Use AsyncClient"):
            next(watch)

    LOOP.run(on_the_loop())


def test_a_watch_over_http(shop):
    with serve(shop) as url, Client(base_url=url) as sms:
        ref = bought(sms)
        with sms.watch(ref, every=QUICK) as watch:
            shop.say(ref, "01234")
            assert take(watch, 1)[0].code == "01234"
            shop.tool("setStatus", id=ref, status=6)
            assert kinds(rest(watch)) == ["over"]


@pytest.mark.parametrize("code", ["01234", None])
def test_whoever_comes_after_the_end_is_told_of_it(sms, shop, code):
    ref = bought(sms)
    with sms.watch(every=QUICK) as watch:
        take(watch, 1)
        if code:
            shop.say(ref, code)
        shop.step(1200)
        while take(watch, 1)[0].kind != "over":
            pass
        waits = begin(sms.wait_code, ref, every=QUICK)
        if code:
            assert waits.result(60).loc[0, "code"] == code
        else:
            assert isinstance(waits.exception(60), ActivationOver)
        with sms.watch(ref, every=QUICK) as late:
            assert kinds(rest(late)) == (["code", "over"] if code else ["over"])


def test_leaving_in_the_middle_of_a_tick_disturbs_nobody_else(shop):
    shop._state.activations.success = 1.0
    one = gateway(shop, "latency@getStatusV2:1:0.4")
    with Client(sandbox=one) as sms:
        voice = sms.order("tg", 2, activation_type=2, language="en").loc[0, "activation_id"]
        shop._state.activations.success = 0.0
        other = bought(sms)
        with sms.watch(other, every=QUICK) as watch:
            with sms.watch(voice, every=QUICK):
                until(lambda: shop.polls > 1)
                shop.step(30)
                until(lambda: "getStatusV2" in shop.asked)
            polls = shop.polls
            until(lambda: shop.polls > polls + 2)
            shop.say(other, "01234")
            assert take(watch, 1)[0].code == "01234"
