"""Providers that go on saying the old code after one more was asked for."""

import json
from datetime import timedelta

import pytest

from sms_notebook import ActivationOver, CodeTimeout
from sms_notebook.providers.providers import SANDBOX
from sms_notebook.watching import activation_checks

from .conftest import QUICK, begin, crossed, until
from .script import LIST, Script

pytestmark = pytest.mark.usefixtures("nothing_left_running")
CLIENTS = ("sync",)  # both wait for the same poller, see test_wait_code.py
KEY = "0123456789abcdef0123456789abcdef"
LIFE = timedelta(seconds=2 * SANDBOX.life)
OLD, WAIT = "STATUS_OK:111", "STATUS_WAIT_CODE"


def listed(**fields):
    row = {"activationId": "5", "phoneNumber": "79990000001", "serviceCode": "tg", **fields}
    return json.dumps({"status": "success", "activeActivations": [row]})


def detail(date):
    sms = {"dateTime": date, "code": "111", "text": "Your code is 111"}
    return json.dumps({"verificationType": 0, "sms": sms, "call": None})


LISTS = {
    "no list": "BAD_ACTION",
    "a list that is silent": "NO_ACTIVATIONS",
    "a list that fails": (500, ""),
    "a list without codes": listed(),
    "a list with the old code": listed(smsCode="111", smsText="Your code is 111"),
    "a list with no code any more": listed(smsCode=None, smsText=None),
}


@pytest.fixture(params=LISTS.values(), ids=LISTS.keys())
def list_(request):
    return request.param


def test_an_old_message_in_place_of_its_code_is_not_new(opened, wire):
    whole = f"STATUS_OK:{json.loads(detail('2026-11-28 16:00:00'))['sms']['text']}"
    script = Script(
        wire,
        getStatus=whole,
        getStatusV2=detail("2026-11-28 16:00:00"),
        setStatus="ACCESS_RETRY_GET",
        **{LIST: "NO_ACTIVATIONS"},
    )
    sms = opened(KEY, base_url=wire.url)
    ref = sms.order("tg", 2).loc[0, "activation_id"]
    assert sms.wait_code(ref, timeout=60, every=QUICK).loc[0, "code"] == "111"
    sms.again(ref)
    waits = begin(sms.wait_code, ref, timeout=60, every=QUICK)
    until(lambda: script.times("getStatus") > 6)
    assert not waits.done()
    script.set(getStatus="STATUS_OK:Your code is 222")
    assert waits.result(60).loc[0, "code"] == "222"


ASKED = {
    "a word": "ACCESS_RETRY_GET",
    "204": (204, ""),
    "a success": '{"status":"success"}',
    "ACCESS_READY": "ACCESS_READY",
}


@pytest.mark.parametrize(("listed", "word"), crossed(LISTS, ASKED))
def test_an_old_code_is_not_delivered_again(opened, wire, listed, word):
    script = Script(wire, getStatus=OLD, setStatus=word, **{LIST: listed})
    sms = opened(KEY, base_url=wire.url)
    ref = sms.order("tg", 2).loc[0, "activation_id"]
    assert sms.wait_code(ref, timeout=60, every=QUICK).loc[0, "code"] == "111"
    sms.again(ref)
    waits = begin(sms.wait_code, ref, every=QUICK)
    asked = script.times("getStatus")
    until(lambda: script.times("getStatus") > asked + 4 or waits.done())
    assert not waits.done()
    script.set(getStatus="STATUS_OK:222")
    assert waits.result(60).loc[0, "code"] == "222"
    assert sms.ledger().loc[0, "codes"] == ["111", "222"]


WAITS = {word: word for word in (WAIT, "STATUS_WAIT_RETRY:111", "STATUS_WAIT_RETRY")}


@pytest.mark.parametrize(("listed", "word"), crossed(LISTS, WAITS))
def test_the_same_digits_after_a_wait_are_a_new_code(opened, wire, listed, word):
    Script(wire, getStatus=OLD, setStatus="ACCESS_RETRY_GET", **{LIST: listed})
    sms = opened(KEY, base_url=wire.url)
    ref = sms.order("tg", 2).loc[0, "activation_id"]
    assert sms.wait_code(ref, timeout=60, every=QUICK).loc[0, "code"] == "111"
    sms.again(ref)
    Script(wire, getStatus=[word, word, OLD], **{LIST: listed})
    assert sms.wait_code(ref, timeout=60, every=QUICK).loc[0, "code"] == "111"
    assert sms.ledger().loc[0, "codes"] == ["111", "111"]


def test_the_time_of_a_message_tells_the_same_digits_apart(opened, wire):
    script = Script(
        wire,
        getStatus=OLD,
        getStatusV2=detail("2026-11-28 16:00:00"),
        setStatus="ACCESS_RETRY_GET",
    )
    sms = opened(KEY, base_url=wire.url)
    ref = sms.order("tg", 2).loc[0, "activation_id"]
    assert sms.wait_code(ref, timeout=60, every=QUICK).loc[0, "code"] == "111"
    sms.again(ref)
    waits = begin(sms.wait_code, ref, every=QUICK)
    until(lambda: script.times("getStatusV2") > 3 or waits.done())
    assert not waits.done()
    script.set(getStatusV2=detail("2026-11-28 16:05:00"))
    row = waits.result(60).iloc[0]
    assert (row["code"], str(row["received_at"])) == ("111", "2026-11-28 16:05:00+00:00")


def test_a_kernel_that_is_started_anew_knows_the_old_code(opened, wire, list_):
    script = Script(wire, getStatus=OLD, setStatus="ACCESS_RETRY_GET", **{LIST: list_})
    first = opened(KEY, base_url=wire.url)
    ref = first.order("tg", 2).loc[0, "activation_id"]
    first.wait_code(ref, timeout=60, every=QUICK)
    first.again(ref)
    first.close()
    second = opened(KEY, base_url=wire.url)
    with pytest.raises(CodeTimeout):
        second.wait_code(ref, timeout=8 * QUICK, every=QUICK)
    script.set(getStatus="STATUS_OK:222")
    assert second.wait_code(ref, timeout=60, every=QUICK).loc[0, "code"] == "222"


def test_an_old_code_that_is_said_for_ever_ends_with_the_life(opened, wire, monkeypatch):
    script = Script(wire, getStatus=OLD, setStatus="ACCESS_RETRY_GET")
    sms = opened(KEY, provider="smsbower", base_url=wire.url)
    ref = sms.order("tg", 2).loc[0, "activation_id"]
    sms.wait_code(ref, timeout=60, every=QUICK)
    sms.again(ref)
    account_ledger = sms.client._session.ledgers.account_ledger
    monkeypatch.setattr(type(account_ledger), "clock_agrees", True)
    waits = begin(sms.wait_code, ref, every=QUICK)
    asked = script.times("getStatus")
    until(lambda: script.times("getStatus") > asked + 4)
    assert not waits.done()
    monkeypatch.setattr(activation_checks, "_AFTER_LIFE", -LIFE)
    assert isinstance(waits.exception(60), ActivationOver)
