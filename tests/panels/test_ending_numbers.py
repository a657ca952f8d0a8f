"""Finishing and cancelling in the watch panel: one, many, before the time, and undone."""

import logging

import pytest
from panels.numbers import EVERY, number_of, order
from playwright.sync_api import expect

from sms_notebook import Client, WatchPanel
from sms_notebook.sandbox import Sandbox, serve


def test_another_code_and_finish(sms, show):
    number = order(sms)
    sms.sandbox.send_sms(number, "Your code is 11111")
    shown = show(WatchPanel(sms, every=EVERY))
    row = shown.row("+7")
    expect(row.get_by_text("11111", exact=True)).to_be_visible()
    row.get_by_role("button", name="Another code").click()
    shown.says("One more code was asked for")
    expect(row).to_contain_text("Waiting for another code")
    expect(row).to_contain_text("before: 11111")
    sms.sandbox.step(5)
    sms.sandbox.send_sms(number, "Your code is 22222")
    expect(row.get_by_text("22222", exact=True)).to_be_visible()
    row.get_by_role("button", name="Finish").dblclick()
    shown.says("Finished: the number is paid for")
    for name in ("Finish", "Another code", "Cancel"):
        expect(row.get_by_role("button", name=name)).to_be_disabled()
    expect(row.get_by_text("22222", exact=True)).to_be_visible()
    expect(row.locator(".smsn-state")).to_have_text("Finished")  # the provider's word is for both


def test_a_cancel_before_its_time_is_scheduled_and_can_be_undone(sms, show):
    number = order(sms)
    shown = show(WatchPanel(sms, every=EVERY))
    row = shown.row("+7")
    cancel = row.get_by_role("button", name="Cancel", exact=True)  # a name that does not tick
    expect(cancel).to_have_text("Cancel (in 2:00)")
    cancel.click()
    expect(row).to_contain_text("Cancels in 2:00")
    shown.says("is cancelled as soon as that is allowed, while this panel is open")
    sms.sandbox.step(65)
    expect(row).to_contain_text("Cancels in 55 s")
    expect(cancel).to_be_hidden()
    row.get_by_role("button", name="Undo").click()
    shown.says("It is not cancelled.")
    sms.sandbox.step(60)
    expect(cancel).to_have_text("Cancel")
    assert sms.get_status(number).loc[0, "status"] == "STATUS_WAIT_CODE"
    other = order(sms, "wa")
    early = shown.button("Cancel").filter(has_text="(in 2:00)")
    early.press("Enter")
    expect(shown.button("Undo")).to_be_focused()
    sms.sandbox.step(121)
    expect(shown.row(number_of(sms, other))).to_contain_text("Cancelled")
    shown.says("Cancelled: the money is back")
    shown.page.evaluate("ref => model.send({part: 'watch', action: 'undo', given: {ref}})", other)
    shown.says("Too late to undo: cancelled.")
    first = shown.row(number_of(sms, number))
    first.get_by_role("button", name="Cancel", exact=True).click()
    expect(first).to_contain_text("Cancelled")


def test_the_clock_of_a_sandbox_elsewhere_is_known_to_that_alone(show):
    market = Sandbox(speed=0, success=0)
    with serve(market) as url, Client(base_url=url) as sms:
        number = order(sms)
        shown = show(WatchPanel(sms, every=EVERY))
        shown.row("+7").get_by_role("button", name="Cancel").click()
        expect(shown.button("Undo")).to_be_visible()
        market.step(125)
        expect(shown.row("+7")).to_contain_text("Cancelled")
        shown.says("Cancelled: the money is back")
        assert sms.ledger().set_index("activation_id").loc[number, "state"] == "cancelled"


def test_a_code_that_comes_first_is_not_cancelled(sms, show):
    number, other = order(sms), order(sms, "wa")
    shown = show(WatchPanel(sms, every=EVERY))
    shown.row(number_of(sms, number)).get_by_role("button", name="Cancel").click()
    expect(shown.button("Undo")).to_be_visible()
    sms.sandbox.send_sms(number, "Your code is 33333")
    shown.says("Not cancelled: the code 33333 has come")
    expect(shown.button("Undo")).to_be_hidden()
    shown.panel.close()
    sms.sandbox.step(130)
    slow = show(WatchPanel(sms, every=60.0))
    cancel = slow.row(number_of(sms, other)).get_by_role("button", name="Cancel", exact=True)
    expect(cancel).to_be_enabled()
    sms.sandbox.send_sms(other, "Your code is 44444")
    cancel.click()
    slow.says("Not cancelled: the code 44444 has come")


@pytest.mark.parametrize("how", ["a message came", "it was finished elsewhere"])
def test_money_is_said_to_be_back_only_where_the_number_was_taken_back(sms, show, monkeypatch, how):
    number, honest = order(sms), sms.sandbox.answer
    sms.sandbox.step(130)
    shown = show(WatchPanel(sms, every=60.0))
    cancel = shown.row("+7").get_by_role("button", name="Cancel", exact=True)
    expect(cancel).to_be_enabled()

    def answer(params):
        if (params.get("action"), params.get("id")) == ("getStatus", number):
            return type(honest({}))("STATUS_OK:Call us back soon.")
        return honest(params)

    if how == "a message came":
        monkeypatch.setattr(sms.sandbox, "answer", answer)
    else:
        sms.sandbox.send_sms(number, "Your code is 55555")
        finish = {"action": "setStatus", "id": number, "status": "6"}
        assert honest(finish).text == "ACCESS_ACTIVATION"  # another tool's
    cancel.click()
    shown.says(
        "Not cancelled: a message has come"
        if how == "a message came"
        else "It was over already, so nothing was cancelled"
    )


def test_a_number_of_which_nobody_tells_how_it_ended_is_not_called_cancelled(
    sms, show, monkeypatch
):
    number, honest = order(sms), sms.sandbox.answer
    shown = show(WatchPanel(sms, every=EVERY))
    expect(shown.row("+7")).to_be_visible()

    def answer(params):
        if params.get("action") == "getHistory":
            return type(honest({}))("ERROR_SQL")
        return honest(params)

    monkeypatch.setattr(sms.sandbox, "answer", answer)
    finish = {"action": "setStatus", "id": number, "status": "6"}
    with sms.sandbox._lock:
        sms.sandbox.send_sms(number, "Your code is 55555")
        assert honest(finish).text == "ACCESS_ACTIVATION"  # another tool's
    expect(shown.row("+7").locator(".smsn-state")).to_have_text("Over")


@pytest.mark.parametrize("by_us", [True, False])
def test_where_there_is_no_history_cancelled_is_what_we_cancelled(show, by_us):
    with Client(sandbox=Sandbox(dialect="smshub", speed=0, success=0.0)) as sms:
        number = order(sms)
        shown = show(WatchPanel(sms, every=EVERY))
        expect(shown.row("+7")).to_be_visible()
        sms.sandbox.step(600)
        if by_us:
            shown.button("Cancel", exact=True).click()
            shown.says("Cancelled: the money is back.")
        else:
            cancel = {"action": "setStatus", "id": number, "status": "8"}
            assert sms.sandbox.answer(cancel).text == "ACCESS_CANCEL"
        expect(shown.row("+7").locator(".smsn-state")).to_have_text(
            "Cancelled" if by_us else "Over"
        )


def test_a_panel_that_is_gone_cancels_nothing_and_says_so(sms, show, caplog):
    number = order(sms)
    shown = show(WatchPanel(sms, every=EVERY))
    shown.button("Cancel", exact=True).click()
    expect(shown.button("Undo")).to_be_visible()
    shown.page.evaluate("window.restart()")
    expect(shown.row("+7")).to_contain_text("Not cancelled: this panel is gone")
    with caplog.at_level(logging.WARNING, "sms_notebook"):
        shown.panel.close()
    assert f"nothing cancels {number}: sms.cancel(id, when_allowed=True)" in caplog.text
    sms.sandbox.step(130)
    assert sms.get_status(number).loc[0, "status"] == "STATUS_WAIT_CODE"


def test_many_are_ended_with_one_confirmation_and_each_has_its_own_trouble(sms, show, monkeypatch):
    coded = [order(sms) for _ in range(3)]
    for ref in coded:
        sms.sandbox.send_sms(ref, "Your code is 12345")
    old = order(sms, "wa")
    sms.sandbox.step(130)
    young = order(sms, "ig")
    shown = show(WatchPanel(sms, every=EVERY))
    expect(shown.button("Copy code").and_(shown.page.locator(":enabled"))).to_have_count(3)
    expect(shown.button("Finish selected")).to_be_disabled()
    shown.checkbox("Select all").check()
    shown.button("Finish selected").click()
    group = shown.group("To confirm")
    expect(group).to_be_focused()
    expect(group).to_contain_text("Finish 3 numbers? What is finished is paid for.")
    expect(group).to_contain_text("The other 2 selected cannot be finished now")
    group.press("Escape")
    expect(shown.button("Confirm")).to_be_hidden()
    shown.button("Finish selected").click()
    shown.shoot("confirm-light")
    finish = sms.finish
    monkeypatch.setattr(sms, "finish", lambda ref: finish("1" if ref == coded[1] else ref))
    shown.button("Confirm").click()
    shown.says("Finished 2 of 3. +7")
    expect(shown.page.locator(".smsn-note:visible")).to_have_count(1)
    assert sorted(sms.ledger().groupby("state").size().to_dict().values()) == [2, 3]
    shown.checkbox("Select all").check()
    shown.button("Cancel selected").click()
    expect(group).to_contain_text("1 of them as soon as that is allowed, while this panel is open")
    shown.button("Confirm").click()
    shown.says("Cancelled 1 of 1. To be cancelled as soon as that is allowed: 1.")
    expect(shown.row(number_of(sms, old))).to_contain_text("Cancelled")
    expect(shown.row(number_of(sms, young))).to_contain_text("Cancels in 2:00")


def test_what_is_no_number_of_ours_is_not_asked_for(sms, show):
    number = order(sms)
    shown = show(WatchPanel(sms, number, every=60.0))
    expect(shown.row("+7")).to_be_visible()
    said = shown.panel.widget.status
    for given in ({"ref": "12"}, {"ref": ["x"]}, {"refs": "12"}, {"refs": [{}, "12"]}, {}):
        for action in ("finish", "undo", "again", "hear", "end", "act"):
            shown.host.ask({"part": "watch", "action": action, "given": given})
    shown.host.ask({"part": "watch", "action": "hear", "given": {"ref": number, "language": [1]}})
    assert shown.panel.widget.status == said
