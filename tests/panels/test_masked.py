"""Panels of a client that masks: no number, code or text of a message is to be seen or copied."""

import contextlib
import threading

import pytest
from panels import ordering
from panels.conftest import state_of_all, until
from playwright.sync_api import Error, expect

from sms_notebook import Dashboard, RentPanel, WatchPanel

TEXT = "Your code is 24680. Do not share it."


def everything(shown):
    """Return all that is on the page, in its state, and in what is saved with a notebook."""
    page = "document.documentElement.outerHTML + document.title + JSON.stringify(model.get('rent'))"
    fields = "[...document.querySelectorAll('input')].map((one) => one.value).join()"
    seen = [shown.page.evaluate(page), shown.page.evaluate(fields)]
    return "".join([*seen, state_of_all(), str(shown.panel._repr_mimebundle_())])


def hidden(shown, secrets):
    with contextlib.suppress(Error):
        seen = everything(shown)
        return not any(one in seen for one in secrets)
    return False


def test_masking_hides_all_of_a_rent_and_all_of_it_comes_back(sms, show):
    rent = sms.rent("full", "Kazakhstan", 24).loc[0]
    ref, bare = str(rent["rent_id"]), str(rent["phone_number"])
    secrets = [bare, f"{bare[1:4]} {bare[4:7]} {bare[7:]}", "24680", "Do not share"]
    shown = show(RentPanel(sms, every=0.2))
    sms.sandbox.send_sms(ref, TEXT)
    messages = shown.list("Messages")
    expect(messages).to_contain_text(TEXT)
    shown.button("Copy text").click()
    sms.mask()
    bundle = str(shown.panel._repr_mimebundle_())
    assert not any(one in bundle for one in secrets)  # not even in this very moment
    until(lambda: hidden(shown, secrets))
    expect(shown.row(f"+{bare[:4]}•••{bare[-4:]}")).to_be_visible()
    expect(messages).to_contain_text("•••")
    shown.shoot("rent-masked")
    sms.sandbox.step(5)
    sms.sandbox.send_sms(ref, "13579 came under the mask")
    expect(messages.get_by_role("listitem")).to_have_count(2)
    assert hidden(shown, [*secrets, "13579"])
    sms.mask(False)
    expect(messages).to_contain_text(TEXT)
    expect(messages).to_contain_text("13579 came under the mask")
    expect(messages.get_by_role("listitem")).to_have_count(2)
    expect(shown.row(f"+{bare[0]} {bare[1:4]}")).to_be_visible()


def test_what_was_said_of_a_rent_is_hidden_too(sms, show):
    shown = show(Dashboard(sms, every=0.2))
    shown.tab("Rent").click()
    shown.pick("Country", "KZ")
    expect(shown.page.get_by_text("services can be rented")).to_be_visible()
    shown.pick("Service", "tg")
    shown.textbox("Filter offers").fill("24")
    shown.button("Rent for").click()
    shown.says("Rented +7 ")
    bare = str(sms.ledger().loc[0, "phone_number"])
    sms.mask()
    until(lambda: hidden(shown, [bare, f"{bare[4:7]} {bare[7:]}"]))
    expect(shown.textbox("Filter offers")).to_have_value("")
    expect(shown.status().filter(has_text="Rented +")).to_have_count(0)
    expect(shown.button("Rent for")).to_be_enabled()
    shown.button("Rent for").click()
    shown.says("•••")


def test_what_a_page_sends_before_it_hears_of_the_mask_is_not_kept(sms):
    number = sms.order("tg", "Kazakhstan").loc[0]
    ref, bare = str(number["activation_id"]), str(number["phone_number"])
    panel = WatchPanel(sms)
    widget = panel.widget
    chosen = {"filter": bare, "open": ref, "selected": [ref], "state": "wait", "is_masked": False}
    widget.set_state({"watch_choice": chosen})
    assert widget.watch_choice == chosen
    sms.mask()
    until(lambda: widget.is_masked)
    widget.set_state({"watch_choice": {**chosen, "state": "over"}})  # it was on its way meanwhile
    assert bare not in state_of_all()
    assert widget.watch_choice == {"state": "over", "is_masked": True}
    widget.set_state({"watch_choice": {**chosen, "is_masked": True}})  # it has heard
    assert widget.watch_choice["filter"] == bare
    panel.close()


@pytest.mark.parametrize("action", ["cancel", "cancel_all"])
def test_what_was_asked_before_the_mask_is_answered_under_it(sms, monkeypatch, action):
    ref = str(sms.order("tg", "Kazakhstan").loc[0, "activation_id"])
    panel = WatchPanel(sms, every=3600)
    widget = panel.widget
    until(lambda: widget.watch.get("rows"))
    sms.sandbox.step(121)
    sms.sandbox.send_sms(ref, "Your code is 24680")
    cancel, has_come, is_masked = sms.cancel, threading.Event(), threading.Event()

    def asked_before(ref):
        frame = cancel(ref)
        has_come.set()
        assert is_masked.wait(60)
        return frame

    monkeypatch.setattr(sms, "cancel", asked_before)
    given = {"ref": ref} if action == "cancel" else {"refs": [ref]}
    widget._handle_custom_msg({"part": "watch", "action": action, "given": given}, [])
    assert has_come.wait(60)
    sms.mask()
    until(lambda: widget.is_masked)
    is_masked.set()
    until(lambda: "has come" in widget.status["text"])
    assert "24680" not in state_of_all()
    panel.close()


@pytest.mark.parametrize("kind", ["order", "rent"])
def test_what_was_bought_before_the_mask_is_said_under_it(sms, show, monkeypatch, kind):
    buy, has_come, is_masked = getattr(sms, kind), threading.Event(), threading.Event()

    def bought_before(*given, **options):
        frame = buy(*given, **options)
        has_come.set()
        assert is_masked.wait(60)
        return frame

    monkeypatch.setattr(sms, kind, bought_before)
    shown = show(Dashboard(sms, every=0.2))
    if kind == "order":
        ordering.pick(shown)
    else:
        shown.tab("Rent").click()
        shown.pick("Country", "KZ")
        shown.pick("Service", "tg")
    shown.button(f"{kind.capitalize()} for").first.click()
    until(has_come.is_set)
    bare = str(sms.ledger().loc[0, "phone_number"])
    sms.mask()
    until(lambda: shown.panel.widget.is_masked)
    is_masked.set()
    shown.says("•••")
    until(lambda: hidden(shown, [bare, f"{bare[4:7]} {bare[7:]}"]))


def test_a_mask_that_comes_and_goes_between_two_looks_leaves_nothing_masked(sms):
    sms.order("tg", "Kazakhstan")
    panel = WatchPanel(sms)
    until(lambda: panel.widget.watch.get("rows"))
    plain = panel.widget.watch["rows"]
    drawn = []

    async def twice() -> None:  # on the loop thread, where no look comes between
        watch = panel.section("watch")
        sms.mask()
        watch.take(watch._watches[0])
        watch.publish()
        drawn.append(str(panel.widget.watch))
        sms.mask(False)

    panel.run(twice).result(60)
    assert "•••" in drawn[0]
    until(lambda: panel.widget.watch["rows"] == plain)
    panel.close()
