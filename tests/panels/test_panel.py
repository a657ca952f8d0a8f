"""What all panels are, whatever is in them."""

import re

import nbformat
import pytest
from nbconvert import HTMLExporter
from panels.conftest import until, widgets_alive
from playwright.sync_api import expect

from sms_notebook import Client, Dashboard, OrderPanel, RentPanel, UsageProblem, WatchPanel
from sms_notebook.panels.widget import joined
from sms_notebook.sandbox import Sandbox

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


def test_it_ends_with_the_comm_that_its_front_end_closes(sms):
    panel = WatchPanel(sms)
    if panel.widget.comm._closed:
        panel.close()
        pytest.skip("without a kernel the comm of ipykernel 6.17 is never open")
    panel.widget.comm.close()  # as marimo does with its cell
    until(lambda: not panel.is_open)


def test_it_says_that_its_client_was_closed():
    with Client(sandbox=Sandbox(speed=0, success=0)) as sms:
        panel = Dashboard(sms)
        widget = panel.widget
    until(lambda: "closed" in widget.status.get("text", ""))
    panel.close()


def test_a_page_of_nbconvert_shows_how_things_stood_and_no_dead_widget(sms):
    sms.order("tg", "Kazakhstan")
    shown = {"application/vnd.jupyter.widget-view+json": {"model_id": "gone"}}
    bundle = WatchPanel(sms)._repr_mimebundle_() | shown  # as a kernel saves it
    cell = nbformat.v4.new_code_cell("WatchPanel(sms)")
    cell.outputs = [nbformat.v4.new_output("display_data", bundle)]
    page, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert "<td>+7 700 275 3027</td>" in page
    assert "widget-view+json" not in page


def test_the_page_of_a_panel_is_one_module_that_fetches_nothing():
    module = joined()
    fetched = r"^\s*import\b|\bimport\(|\bfetch\(|XMLHttpRequest|https?://(?!www\.w3\.org/2000/svg)"
    found = [
        module[one.start() - 60 : one.end() + 40]
        for one in re.finditer(fetched, module, re.MULTILINE)
    ]
    assert found == []
    assert module.count("export ") == 1
