"""One more code: the old one is not taken for it, whoever asked."""

import pytest

from sms_notebook import Client, CodeTimeout, ConnectionFailed

from .conftest import QUICK, begin, gateway, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")
CLIENTS = ("sync",)  # both wait for the same poller, see test_wait_code.py


def bought(sms):
    return sms.order("tg", 2).loc[0, "activation_id"]


def waits_for(sms, shop, ref, code):
    """Check that a wait goes on until this code comes."""
    waits = begin(lambda: sms.wait_code(ref, every=QUICK).loc[0, "code"])
    polls = shop.polls
    until(lambda: shop.polls > polls + 2 or waits.done())
    assert not waits.done(), f"an old code was returned: {waits.result()}"
    shop.say(ref, code)
    assert waits.result(60) == code


@pytest.mark.parametrize("second", ["54321", "12345"], ids=["other digits", "the same digits"])
def test_after_again_only_the_new_code_is_returned(opened, shop, second):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "12345")
    assert sms.wait_code(ref, every=QUICK).loc[0, "code"] == "12345"
    assert sms.again(ref).loc[0, "status"] == "ACCESS_RETRY_GET"
    waits_for(sms, shop, ref, second)
    assert sms.ledger().loc[0, "codes"] == ["12345", second]


def test_after_again_a_new_code_that_is_there_is_returned_at_once(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "12345")
    sms.again(ref)
    shop.say(ref, "54321")
    assert sms.wait_code(ref, timeout=30, every=60).loc[0, "code"] == "54321"


def test_a_third_code_is_waited_for(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "12345")
    for _ in range(2):
        sms.again(ref)
        waits_for(sms, shop, ref, "12345")
    assert sms.ledger().loc[0, "codes"] == ["12345"] * 3


@pytest.mark.parametrize("second", ["54321", "12345"], ids=["other digits", "the same digits"])
@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "never seen"])
def test_another_tool_may_ask_for_one_more_code(opened, shop, own, is_known, second):
    sms = opened(sandbox=shop)
    ref = bought(sms) if own else shop.foreign()
    shop.say(ref, "12345")
    if is_known:
        assert sms.wait_code(ref, every=QUICK).loc[0, "code"] == "12345"
    assert shop.tool("setStatus", id=ref, status=3) == "ACCESS_RETRY_GET"
    waits_for(sms, shop, ref, second)


@pytest.mark.parametrize("second", ["54321", "12345"], ids=["other digits", "the same digits"])
def test_again_works_for_a_foreign_number(opened, shop, second):
    sms = opened(sandbox=shop)
    ref = shop.foreign()
    shop.say(ref, "12345")
    sms.again(ref)
    waits_for(sms, shop, ref, second)


def test_all_codes_before_the_last_request_for_one_more_are_old(opened, shop):
    sms = opened(sandbox=shop)
    ref = shop.foreign()
    for code in ("11111", "22222"):
        shop.say(ref, code)
        shop.tool("setStatus", id=ref, status=3)
    waits_for(sms, shop, ref, "33333")


def test_what_another_tool_asked_for_twice_is_known_when_we_ask_too(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "11111")
    shop.tool("setStatus", id=ref, status=3)
    shop.say(ref, "22222")
    sms.again(ref)
    waits_for(sms, shop, ref, "33333")


def test_a_code_is_old_also_while_somebody_watches_the_number(shop):
    with Client(sandbox=shop) as sms, sms.watch(every=QUICK) as watch:
        ref = bought(sms)
        shop.say(ref, "12345")
        while next(watch).kind != "code":
            pass
        shop.tool("setStatus", id=ref, status=3)
        waits_for(sms, shop, ref, "54321")


def test_a_code_that_came_while_nobody_waited_is_not_lost(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "12345")
    sms.wait_code(ref, every=QUICK)
    sms.again(ref)
    shop.say(ref, "12345")
    shop.say(bought(sms), "99999")
    sms.get_active_activations()
    assert sms.wait_code(ref, timeout=30, every=60).loc[0, "code"] == "12345"
    assert sms.ledger().loc[0, "codes"] == ["12345", "12345"]


def test_a_lost_reply_to_again_makes_no_old_code_new(opened, shop):
    one = gateway(shop)
    sms = opened(sandbox=one)
    ref = bought(sms)
    shop.say(ref, "12345")
    sms.wait_code(ref, every=QUICK)
    one.faults.set(["drop-after@setStatus:1"])
    with pytest.raises(ConnectionFailed):
        sms.again(ref)
    one.faults.set(["drop-before@getStatus:1"])  # so nobody tells that the code is old
    waits = begin(lambda: sms.wait_code(ref, every=QUICK).loc[0, "code"])
    until(lambda: one.faults.fired().get("drop-before@getStatus", 0) >= 2)
    one.faults.clear()
    polls = shop.polls
    until(lambda: shop.polls > polls + 2)
    assert not waits.done()
    shop.say(ref, "54321")
    assert waits.result(60) == "54321"


@pytest.mark.parametrize("who", ["somebody else", "who waited before"])
def test_a_late_reply_makes_no_old_code_new(shop, who):
    one = gateway(shop)
    with Client(sandbox=one) as sms:
        ref, other = bought(sms), bought(sms)
        shop.say(ref, "12345")
        sms.get_status(ref)
        keeps_polling = begin(sms.wait_code, other, every=QUICK)
        until(lambda: shop.polls > 1)
        asked = shop.asked.count("getStatus")
        one.faults.set(["latency@getStatus:1:0.6"])
        timeout = 0.2 if who == "who waited before" else None
        first = begin(sms.wait_code, ref, timeout, every=QUICK)
        until(lambda: shop.asked.count("getStatus") > asked)  # STATUS_OK is on its way
        one.faults.clear()
        if timeout:
            assert isinstance(first.exception(60), CodeTimeout)
        shop.tool("setStatus", id=ref, status=3)
        waits_for(sms, shop, ref, "54321")
        if not timeout:
            assert first.result(60).loc[0, "code"] == "54321"
        shop.say(other, "99999")
        keeps_polling.result(60)
