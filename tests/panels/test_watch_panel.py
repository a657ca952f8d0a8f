"""The watch panel: codes appear by themselves, and nothing else is sent to the page."""

import time
from collections import Counter

import ipywidgets
import pytest

from sms_notebook import Client, UsageProblem
from sms_notebook.panels import WatchPanel
from sms_notebook.sandbox import Faults, Gateway, Sandbox
from sms_notebook.watching.loop import LOOP

EVERY = 0.2


def order(sms, service="tg"):
    return str(sms.order(service, "Kazakhstan").loc[0, "activation_id"])


def test_a_code_appears_with_the_next_poll(sms, look):
    number = order(sms)
    seen = look(WatchPanel(sms, number, every=1.0))
    seen.shows("Waiting for a code")
    sms.sandbox.send_sms(number, "Your code is 01234")
    seen.shows('value="01234"')
    assert "Your code is 01234" in seen.html()
    assert "Code received" in seen.html()


def test_a_number_is_formatted_and_bare_for_copying(sms, look):
    frame = sms.order("tg", "Kazakhstan")
    bare = frame.loc[0, "phone_number"]
    seen = look(WatchPanel(sms, frame.loc[0, "activation_id"], every=EVERY))
    seen.shows(f'value="{bare}"')
    assert f"+7 {bare[1:4]} {bare[4:7]} {bare[7:]}" in seen.html()
    assert "Telegram · Kazakhstan" in seen.html()


def test_new_activations_appear_by_themselves(sms, look):
    seen = look(WatchPanel(sms, every=EVERY))
    seen.shows("No active numbers")
    number = order(sms)
    seen.shows(f"id {number}")
    assert "No active numbers" not in seen.html()


def test_another_code_and_finish(sms, look):
    number = order(sms)
    sms.sandbox.send_sms(number, "Your code is 11111")
    seen = look(WatchPanel(sms, every=EVERY))
    seen.shows('value="11111"')
    seen.click("Another code")
    seen.says("One more code was asked for")
    seen.shows("Waiting for another code")
    sms.sandbox.step(5)
    sms.sandbox.send_sms(number, "Your code is 22222")
    seen.shows('value="22222"')
    assert seen.html().index("22222") < seen.html().index("earlier:") < seen.html().index("11111")
    seen.click("Finish")
    seen.says("Finished")
    seen.until(lambda: seen.named("Finish").disabled and seen.named("Another").disabled)
    assert 'value="22222"' in seen.html()


def test_cancel_counts_down_refuses_and_then_cancels(sms, look):
    order(sms)
    seen = look(WatchPanel(sms, every=EVERY))
    seen.until(lambda: seen.named("Cancel").description == "Cancel (in 2:00)")
    seen.click("Cancel")
    seen.says("A number cannot be cancelled in its first two minutes")
    assert "waits for that" not in seen.status()  # no button does
    sms.sandbox.step(65)
    seen.until(lambda: seen.named("Cancel").description == "Cancel (in 1:00)", 3)
    sms.sandbox.step(60)
    seen.until(lambda: seen.named("Cancel").description == "Cancel", 3)
    seen.click("Cancel")
    seen.says("Cancelled: the money is back")
    seen.shows(">Cancelled<")
    seen.until(lambda: seen.named("Cancel").disabled)


def test_a_code_that_came_first_is_not_cancelled(sms, look):
    number = order(sms)
    seen = look(WatchPanel(sms, every=60.0))
    seen.shows(f"id {number}")
    sms.sandbox.send_sms(number, "Your code is 33333")
    seen.click("Cancel")
    seen.says("Not cancelled: the code 33333 has come")


def test_a_call_is_heard_again(sms, look):
    bought = sms.get_number_v2("tg", "Kazakhstan", activation_type=2, language="en")
    number = str(bought.loc[0, "activation_id"])
    sms.sandbox.send_sms(number, "Your code is 4 4 4 4", "4444")
    seen = look(WatchPanel(sms, number, every=EVERY))
    seen.shows("Recording of the call")
    seen.until(lambda: seen.named("Hear again"))
    seen.named("Language").value = "ru"
    seen.click("Hear again")
    seen.until(lambda: "Asking" not in seen.status())
    assert seen.status()


def test_an_end_by_itself_is_shown(sms, look):
    order(sms)
    seen = look(WatchPanel(sms, every=EVERY))
    seen.shows("left</span>")
    sms.sandbox.step(1201)
    seen.shows(">Cancelled<")
    assert "left</span>" not in seen.html()


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> 12345",
        '"><img src=x onerror=alert(1)> 12345',
        "<a href='javascript:alert(1)'>x</a> 12345",
        "</textarea></style><svg onload=alert(1)> 12345",
    ],
)
def test_texts_of_strangers_are_text(sms, look, text):
    number = order(sms)
    sms.sandbox.send_sms(number, text, '9"><b>9')
    seen = look(WatchPanel(sms, every=EVERY))
    seen.shows("12345")
    low = seen.html().lower()
    assert not any(tag in low for tag in ("<script", "<img", "<a ", "<svg", "<b>", "<textarea"))
    assert "&lt;" in low
    plain = seen.panel._repr_mimebundle_()
    assert not any(tag in plain["text/html"] for tag in ("<script", "<img", "<b>"))


def test_offline_is_said_and_passes(look):
    faults = Faults()
    with Client(sandbox=Gateway(Sandbox(speed=0, success=0), faults)) as sms:
        order(sms)
        faults.set(["503-before:1"])
        seen = look(WatchPanel(sms, every=EVERY))
        seen.shows("No news just now")
        faults.clear()
        seen.until(lambda: "No news just now" not in seen.html())


def test_a_tick_sends_only_what_changed(sms, look):
    numbers = [order(sms) for _ in range(20)]
    seen = look(WatchPanel(sms, every=EVERY))
    seen.until(lambda: len(seen.panel._rows) == 20)
    time.sleep(2.5)
    sent = Counter()
    for number, row in seen.panel._rows.items():
        for widget in (row._facts, row._state, row.root, row._actions, *row._buttons.values()):
            widget.observe(lambda _, number=number: sent.update([number]))
    time.sleep(2.5)
    assert not sent
    sms.sandbox.send_sms(numbers[12], "Your code is 55555")
    seen.shows('value="55555"')
    time.sleep(1.5)
    assert set(sent) == {numbers[12]}


def test_closing_ends_the_watch_and_frees_the_widgets(sms):
    before = set(ipywidgets.widgets.widget._instances)
    order(sms)
    panel = WatchPanel(sms, every=EVERY)
    for _ in range(20):
        assert panel.root is panel.root
        time.sleep(0.05)
        panel.close()
    assert not panel.is_open
    assert set(ipywidgets.widgets.widget._instances) == before
    poller = sms._poller_handle.poller
    end = time.monotonic() + 5
    while poller._subscriptions and time.monotonic() < end:
        time.sleep(0.02)
    assert not poller._subscriptions
    assert not panel._running
    assert LOOP.loop.is_running()


def test_without_a_kernel_a_terminal_shows_something_true(sms):
    number = order(sms)
    sms.sandbox.send_sms(number, "Your code is 66666")
    sms.get_active_activations()
    bundle = WatchPanel(sms)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "+7 " in bundle["text/plain"]
    assert "66666" in bundle["text/plain"]
    assert "<td>66666</td>" in bundle["text/html"]


def test_it_takes_a_client_only():
    with pytest.raises(UsageProblem, match="takes a Client"):
        WatchPanel("tg")
