"""Waiting at a provider that stumbles: what passes is borne, what stays ends the wait."""

import time
from datetime import timedelta

import pytest

from sms_notebook import (
    AccountBlocked,
    BadAction,
    BadKey,
    Banned,
    Client,
    ConnectionFailed,
    UsageProblem,
)
from sms_notebook.providers.providers import SANDBOX
from sms_notebook.sandbox import Faults, serve
from sms_notebook.watching import code_wait, queries

from .conftest import QUICK, begin, gateway, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")
CLIENTS = ("sync",)  # both wait for the same poller, see test_wait_code.py
KEY = "0123456789abcdef0123456789abcdef"
PASSING = ["drop-before", "drop-after", "500-before", "503-after", "429:1:0", "cut-after"]
PASSING += ["html-before", "ERROR_SQL", "SERVER_ERROR"]
LIST = "getActiveActivations"
LIFE = timedelta(seconds=SANDBOX.life)


def bought(sms):
    return sms.order("tg", 2).loc[0, "activation_id"]


def waits_on(sms, ref, **options):
    return begin(lambda: sms.wait_code(ref, **{"every": QUICK, **options}).loc[0, "code"])


@pytest.fixture
def patient(monkeypatch):
    """A provider that asks for patience is asked again soon all the same."""
    monkeypatch.setattr(queries, "SLOWEST", QUICK)


@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("over", ["embedded", "http"])
@pytest.mark.usefixtures("patient")
def test_a_passing_failure_does_not_end_a_wait(opened, shop, fault, over):
    name, _, rest = fault.partition(":")
    broken = f"{name}:1{rest.removeprefix('1')}"
    faults = Faults()
    if over == "http":
        with serve(shop, faults) as url:
            waits_in_spite_of(opened(base_url=url), shop, faults, broken)
    else:
        one = gateway(shop)
        waits_in_spite_of(opened(sandbox=one), shop, one.faults, broken)


def waits_in_spite_of(sms, shop, faults, broken):
    ref = bought(sms)
    faults.set([broken])
    waits = waits_on(sms, ref)
    until(lambda: sum(faults.fired().values()) > 3)
    assert not waits.done()
    shop.say(ref, "01234")
    faults.clear()
    assert waits.result(10) == "01234"


@pytest.mark.usefixtures("patient")
def test_a_code_comes_through_where_every_second_reply_is_lost(opened, shop):
    one = gateway(shop)
    sms = opened(sandbox=one)
    for code in ("01234", "43210", "00000"):
        ref = bought(sms)
        one.faults.set(["drop-after:0.5", "ERROR_SQL:0.3"])
        waits = waits_on(sms, ref)
        until(lambda: sum(one.faults.fired().values()) > 3)
        shop.say(ref, code)
        assert waits.result(10) == code
        one.faults.clear()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("BAD_KEY", BadKey),
        ("BANNED", Banned),
        ("ACCOUNT_INACTIVE", AccountBlocked),
        ("BAD_ACTION", BadAction),
    ],
)
@pytest.mark.parametrize("when", ["at the start", "later"])
def test_a_failure_that_stays_ends_a_wait(opened, shop, fault, kind, when):
    one = gateway(shop)
    sms = opened(sandbox=one)
    ref = bought(sms)
    if when == "at the start":
        one.faults.set([f"{fault}:1"])
    waits = waits_on(sms, ref)
    if when == "later":
        until(lambda: shop.polls > 2)
        one.faults.set([f"{fault}:1"])
    with pytest.raises(kind):
        waits.result(60)


def test_several_waits_fail_each_on_its_own(opened, shop):
    one = gateway(shop)
    sms = opened(sandbox=one)
    refs = [bought(sms) for _ in range(2)]
    one.faults.set(["BAD_KEY:1"])
    failures = [waits_on(sms, refs[0]).exception(60), waits_on(sms, refs[1]).exception(5)]
    assert [type(failure) for failure in failures] == [BadKey] * 2
    assert failures[0] is not failures[1]


def retry_after(seconds):
    return f"429@{LIST}:1:{seconds}"


def test_the_provider_is_given_the_time_it_asks_for(opened, shop):
    one = gateway(shop)
    sms = opened(sandbox=one)
    ref = bought(sms)
    one.faults.set([retry_after(1)])
    shop.say(ref, "01234")
    began = time.monotonic()
    waits = waits_on(sms, ref)
    until(one.faults.fired)
    one.faults.clear()
    assert waits.result(10) == "01234"
    assert time.monotonic() - began > 0.9


def test_a_new_wait_does_not_disturb_a_provider_that_asks_for_time(opened, shop):
    one = gateway(shop)
    sms = opened(sandbox=one)
    ref = bought(sms)
    one.faults.set([retry_after(60)])
    for _ in range(3):
        with pytest.raises(Exception, match="no code for activation"):
            sms.wait_code(ref, timeout=0.2, every=QUICK)
    assert one.faults.fired() == {f"429@{LIST}": 1}


def test_a_provider_that_says_too_many_without_a_time_is_asked_less_often(opened, wire):
    asked = []

    def answer(_asked):
        asked.append(time.monotonic())
        return wire.http("Too Many Requests", 429)

    wire.answer = answer
    sms = opened(KEY, base_url=wire.url)
    with pytest.raises(Exception, match="no code for activation"):
        sms.wait_code("1", timeout=6.1, every=0.1)
    assert 3 <= len(asked) <= 7  # after 0.2, 0.4, 0.8, 1.6 seconds


def test_seldom_stays_seldom(shop, monkeypatch, opened):
    monkeypatch.setattr(queries, "SLOWEST", QUICK)
    sms = opened(sandbox=shop)
    ref = bought(sms)
    polls = shop.polls
    with pytest.raises(Exception, match="no code for activation"):
        sms.wait_code(ref, timeout=10 * QUICK, every=100)
    assert shop.polls == polls + 1


def test_a_provider_that_is_gone_for_good_ends_the_wait_after_its_life(opened, shop, monkeypatch):
    monkeypatch.setattr(code_wait, "MARGIN", timedelta(seconds=1) - LIFE)
    one = gateway(shop)
    sms = opened(sandbox=one)
    ref = bought(sms)
    one.faults.set(["drop-before:1"])
    began = time.monotonic()
    with pytest.raises(ConnectionFailed, match=f"activation {ref} at sandbox must be over") as gone:
        sms.wait_code(ref, every=QUICK)
    assert time.monotonic() - began > 0.9
    assert "no answer" in str(gone.value)


def test_a_provider_that_answers_is_waited_for_beyond_a_usual_life(opened, shop, monkeypatch):
    monkeypatch.setattr(code_wait, "MARGIN", -LIFE)
    sms = opened(sandbox=shop)
    ref = bought(sms)
    waits = waits_on(sms, ref)
    until(lambda: shop.polls > 10)
    shop.say(ref, "01234")
    assert waits.result(60) == "01234"


def test_closing_the_client_ends_the_wait(shop):
    with Client(sandbox=shop) as sms:
        ref = bought(sms)
        waits = waits_on(sms, ref)
        until(lambda: shop.polls > 1)
    with pytest.raises(UsageProblem, match=f"the client was closed. Activation {ref} is still"):
        waits.result(60)
    assert shop.tool("getStatus", id=ref) == "STATUS_WAIT_CODE"


def test_one_number_that_cannot_be_asked_for_holds_up_no_other(wire):
    def answer(asked):
        if asked.action == LIST:
            return wire.http("NO_ACTIVATIONS")
        if asked.action == "getStatus":
            good = asked.params["id"] == "2"
            return wire.http("STATUS_OK:01234" if good else "<html>?</html>")
        return wire.http("[]")

    wire.answer = answer
    with Client(KEY, base_url=wire.url) as sms:
        stuck = begin(sms.wait_code, "1", every=QUICK)
        until(lambda: len(wire.asked) > 3)
        assert sms.wait_code("2", every=QUICK).loc[0, "code"] == "01234"
        assert not stuck.done()
    assert isinstance(stuck.exception(60), UsageProblem)


@pytest.mark.parametrize("word", ["STATUS_WAIT_RESEND", "STATUS_WAIT_RETRY", "STATUS_WAIT_FOR_IT"])
def test_every_word_for_waiting_is_waited_with(opened, wire, word):
    words = [word]

    def answer(asked):
        return wire.http("NO_ACTIVATIONS" if asked.action == LIST else words[0])

    wire.answer = answer
    sms = opened(KEY, base_url=wire.url)
    waits = waits_on(sms, "7")
    until(lambda: len(wire.asked) > 6)
    assert not waits.done()
    words[0] = "STATUS_OK:01234"
    assert waits.result(60) == "01234"
