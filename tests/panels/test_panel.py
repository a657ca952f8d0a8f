"""What all panels are, whatever is in them."""

import pytest
from panels.conftest import widgets_alive
from playwright.sync_api import expect

from sms_notebook import Dashboard, OrderPanel, RentPanel, UsageProblem, WatchPanel

PANELS = (Dashboard, OrderPanel, RentPanel, WatchPanel)


def test_its_tabs_are_gone_through_by_keys_and_stay_after_a_reload(sms, show):
    shown = show(Dashboard(sms))
    expect(shown.tab("Order")).to_have_attribute("aria-selected", "true")
    shown.tab("Order").press("ArrowRight")
    expect(shown.tab("Watch")).to_be_focused()
    shown.tab("Watch").press("End")
    expect(shown.tab("Account")).to_have_attribute("aria-selected", "true")
    shown.load()
    expect(shown.tab("Account")).to_have_attribute("aria-selected", "true")


def test_a_restarted_kernel_dims_it_and_one_sentence_says_what_to_do(sms, show):
    shown = show(Dashboard(sms))
    shown.page.evaluate("window.restart()")
    expect(shown.alert().first).to_have_text("The kernel restarted: run this cell again.")
    assert shown.page.locator(".smsn-body").evaluate("(body) => body.inert")


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_is_one_widget(sms, show, panel):
    before = len(widgets_alive())
    show(panel(sms))
    assert len(widgets_alive()) == before + 1


@pytest.mark.parametrize("panel", PANELS)
def test_it_takes_a_client_only(panel):
    with pytest.raises(UsageProblem, match="takes a Client"):
        panel("tg")
