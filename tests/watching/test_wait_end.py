"""The end of an activation: without a code it ends the wait, with one the code is not lost."""

import threading

import pytest

from sms_notebook import ActivationOver, Client
from sms_notebook.sandbox import Faults, Gateway, serve

from .conftest import QUICK, begin, gateway, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")
CLIENTS = ("sync",)  # both wait for the same poller, see test_wait_code.py
KEY = "0123456789abcdef0123456789abcdef"
LINES = "Your code is {}\n\nDo not tell it to anybody."


class FaultsOnce(Faults):
    """Faults that strike one request, and no other."""

    def draw(self, action):
        struck = super().draw(action)
        if struck:
            self.clear()
        return struck


def bought(sms, own=True, **options):
    if own:
        return sms.order("tg", 2, **options).loc[0, "activation_id"]
    return None


def waits_on(sms, shop, ref):
    waits = begin(lambda: sms.wait_code(ref, every=QUICK).loc[0, "code"])
    polls = shop.polls
    until(lambda: shop.polls > polls + 1)
    assert not waits.done()
    return waits


def test_an_activation_that_ends_by_itself_ends_the_wait(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    waits = waits_on(sms, shop, ref)
    shop.step(1200)
    with pytest.raises(ActivationOver) as over:
        waits.result(60)
    assert (over.value.activation, over.value.status) == (ref, "STATUS_CANCEL")
    assert f"activation {ref} at sandbox is cancelled, and no new code came" in str(over.value)
    assert "The money came back." in str(over.value)
    assert over.value.is_known
    row = sms.ledger().iloc[0]
    assert (row["state"], row["refunded"]) == ("cancelled", row["cost"])


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
def test_an_activation_that_is_cancelled_elsewhere_ends_the_wait(opened, shop, own):
    sms = opened(sandbox=shop)
    ref = bought(sms) if own else shop.foreign()
    shop.step(130)
    waits = waits_on(sms, shop, ref)
    assert shop.tool("setStatus", id=ref, status=8) == "ACCESS_CANCEL"
    with pytest.raises(ActivationOver) as over:
        waits.result(60)
    assert over.value.status == "STATUS_CANCEL"


@pytest.mark.parametrize("id_", ["1", "99999999999999999999"])
def test_an_activation_that_nobody_knows_is_not_waited_for(opened, shop, id_):
    sms = opened(sandbox=shop)
    with pytest.raises(ActivationOver, match=f"activation {id_} at sandbox") as over:
        sms.wait_code(id_, every=QUICK, timeout=30)
    assert over.value.status == "NO_ACTIVATION"


def test_an_activation_that_was_over_before_is_not_waited_for(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.step(1200)
    with pytest.raises(ActivationOver):
        sms.wait_code(ref, every=60, timeout=30)


def test_the_code_of_an_activation_that_is_over_is_still_told(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "01234")
    sms.wait_code(ref, every=QUICK)
    sms.finish(ref)
    assert sms.wait_code(ref, every=60, timeout=30).loc[0, "code"] == "01234"


def finished_between_two_polls(shop, ref, *codes, text="Your code is {}"):
    with shop.at_once():
        for place, code in enumerate(codes):
            if place:
                shop.tool("setStatus", id=ref, status=3)
            shop.say(ref, code, text)
        assert shop.tool("setStatus", id=ref, status=6) == "ACCESS_ACTIVATION"


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
@pytest.mark.parametrize("text", ["Your code is {}", LINES, "{}"], ids=["line", "lines", "bare"])
def test_a_code_at_the_very_end_is_not_lost(opened, shop, own, text):
    sms = opened(sandbox=shop)
    ref = bought(sms) if own else shop.foreign()
    waits = begin(sms.wait_code, ref, every=QUICK)
    until(lambda: shop.polls > 1)
    finished_between_two_polls(shop, ref, "01234", text=text)
    row = waits.result(60).iloc[0]
    assert (row["code"], row["text"]) == ("01234", text.format("01234"))
    if own:
        row = sms.ledger().iloc[0]
        assert (row["state"], row["codes"], row["refunded"]) == ("finished", ["01234"], 0)
        assert row["texts"] == [text.format("01234")]


@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
@pytest.mark.parametrize("second", ["54321", "01234"], ids=["other digits", "the same digits"])
def test_a_second_code_at_the_very_end_is_not_lost(opened, shop, own, second):
    sms = opened(sandbox=shop)
    ref = bought(sms) if own else shop.foreign()
    shop.say(ref, "01234", LINES)
    sms.wait_code(ref, every=QUICK)
    sms.again(ref)
    waits = waits_on(sms, shop, ref)
    finished_between_two_polls(shop, ref, second)
    assert waits.result(60) == second


def test_an_old_code_is_not_taken_for_one_at_the_very_end(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "01234", LINES)
    sms.wait_code(ref, every=QUICK)
    sms.again(ref)
    waits = waits_on(sms, shop, ref)
    shop.step(1200)  # it ends with the code it had
    with pytest.raises(ActivationOver, match="is finished, and no new code came"):
        waits.result(60)
    assert sms.ledger().loc[0, "texts"] == [LINES.format("01234")]


@pytest.mark.parametrize("fault", ["drop-before", "ERROR_SQL", "cut-after", "html-before"])
def test_a_code_at_the_very_end_is_not_lost_for_a_passing_failure(opened, shop, fault):
    one = Gateway(shop, FaultsOnce())
    sms = opened(sandbox=one)
    ref = bought(sms)
    waits = waits_on(sms, shop, ref)
    one.faults.set([f"{fault}@getHistory:1"])
    finished_between_two_polls(shop, ref, "01234")
    assert waits.result(60) == "01234"
    assert list(one.faults.fired().values()) == [1]


def test_what_came_at_the_very_end_is_not_known_where_nobody_tells_it(opened, shop):
    one = gateway(shop)
    sms = opened(sandbox=one)
    ref = bought(sms)
    waits = waits_on(sms, shop, ref)
    one.faults.set(["html-before@getHistory:1"])
    finished_between_two_polls(shop, ref, "01234")
    with pytest.raises(ActivationOver) as over:
        waits.result(60)
    assert "whether a code came at its end is not known" in str(over.value)
    assert f"sms.wait_code('{ref}') asks for it once more" in str(over.value)
    assert "no new code came" not in str(over.value)
    assert "Order another number" not in str(over.value)
    assert not over.value.is_known
    one.faults.clear()
    assert sms.wait_code(ref, every=QUICK, timeout=30).loc[0, "code"] == "01234"


def test_a_watch_says_that_nobody_tells_what_came_at_the_very_end(shop, caplog):
    one = gateway(shop)
    with Client(sandbox=one) as sms:
        ref = bought(sms)
        watch = sms.watch(ref, every=QUICK)
        events = begin(list, watch)
        until(lambda: shop.polls > 1)
        one.faults.set(["html-before@getHistory:1"])
        finished_between_two_polls(shop, ref, "01234")
        assert [event.kind for event in events.result(60)] == ["over"]
        assert watch.frame["status"].isna().all()
        assert f"sms.wait_code('{ref}') asks for it once more." in caplog.text
        assert "Just a moment" not in caplog.text  # a reply may hold what the mask hides
        one.faults.clear()
        assert sms.wait_code(ref, every=QUICK, timeout=30).loc[0, "code"] == "01234"


def test_a_code_at_the_very_end_is_not_lost_where_there_is_no_list(opened, shop):
    with serve(shop) as url:
        sms = opened(KEY, provider="smsbower", base_url=url)
        ref = bought(sms)
        waits = begin(lambda: sms.wait_code(ref, every=QUICK).loc[0, "code"])
        until(lambda: shop.asked.count("getStatus") > 1)
        finished_between_two_polls(shop, ref, "01234")
        assert waits.result(60) == "01234"


def test_what_came_to_several_at_the_very_end_costs_one_look_at_the_history(shop, monkeypatch):
    answer, may_end = shop.answer, threading.Event()

    def end_before_the_list(params):  # all of a tick is asked after it
        if params.get("action") == "getActiveActivations" and may_end.is_set():
            may_end.clear()
            for place, ref in enumerate(refs):
                finished_between_two_polls(shop, ref, f"0000{place}")
        return answer(params)

    monkeypatch.setattr(shop, "answer", end_before_the_list)
    with Client(sandbox=shop) as sms:
        refs = [bought(sms) for _ in range(5)]
        waits = [begin(lambda ref=ref: sms.wait_code(ref, every=0.3)) for ref in refs]
        until(lambda: len(sms._poller_handle.poller._subscriptions) == 5 and shop.polls > 6)
        may_end.set()
        codes = [one.result(60).loc[0, "code"] for one in waits]
    assert codes == [f"0000{place}" for place in range(5)]
    assert shop.asked.count("getHistory") == 1


def test_money_is_not_said_to_be_back_while_the_history_lists_it_as_active(opened, wire):
    def answer(asked):
        replies = {
            "getNumberV2": '{"activationId":"77","phoneNumber":"79001234567",'
            '"activationCost":"0.50","currency":840,"countryCode":"0"}',
            "getActiveActivations": "NO_ACTIVATIONS",
            "getStatus": "STATUS_CANCEL",
            "getHistory": '[{"id":77,"date":"2026-01-01 00:00:00","phone":"79001234567",'
            '"sms":null,"cost":0,"status":"4","currency":840}]',
        }
        return wire.http(replies[asked.action])

    wire.answer = answer
    sms = opened(KEY, base_url=wire.url)
    ref = bought(sms)
    with pytest.raises(ActivationOver) as over:
        sms.wait_code(ref, every=QUICK, timeout=30)
    assert "money" not in str(over.value)
    row = sms.ledger().iloc[0]
    assert (row["state"], row["refunded"]) == ("over", 0)


def test_a_number_the_list_does_not_show_once_is_not_over(opened, shop):
    one = gateway(shop)
    sms = opened(sandbox=one)
    ref = bought(sms)
    waits = waits_on(sms, shop, ref)
    one.faults.set(["NO_ACTIVATIONS@getActiveActivations:1"])
    asked = shop.asked.count("getStatus")
    until(lambda: shop.asked.count("getStatus") > asked + 2)
    one.faults.clear()
    assert not waits.done()
    shop.say(ref, "01234")
    assert waits.result(60) == "01234"


def test_an_activation_that_keeps_its_old_code_but_is_not_listed_is_over(opened, wire):
    def answer(asked):
        replies = {
            "getActiveActivations": "NO_ACTIVATIONS",
            "getStatus": "STATUS_OK:01234",
            "getStatusV2": '{"verificationType":0,"sms":{"dateTime":"2026-01-01 00:00:00",'
            '"code":"01234","text":"Your code is 01234"},"call":null}',
            "setStatus": "ACCESS_RETRY_GET",
            "getHistory": '[{"id":77,"date":"2026-01-01 00:00:00","phone":"79001234567",'
            '"sms":"[\\"Your code is 01234\\"]","cost":0.5,"status":"6","currency":840}]',
        }
        return wire.http(replies[asked.action], x_sandbox="sms_notebook")

    wire.answer = answer
    sms = opened(KEY, base_url=wire.url)
    assert sms.wait_code("77", every=QUICK, timeout=30).loc[0, "code"] == "01234"
    with (
        sms.client.watch("77", every=QUICK)
        if isinstance(sms.client, Client)
        else Client(KEY, base_url=wire.url).watch("77", every=QUICK) as watch
    ):
        assert [event.kind for event in begin(list, watch).result(60)] == ["code", "over"]
