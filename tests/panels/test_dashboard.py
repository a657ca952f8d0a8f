"""The dashboard: three panels and the account as the tabs of one widget."""

import subprocess
import sys

import pytest
from panels.conftest import state_of_all, until
from playwright.sync_api import expect

from sms_notebook import Client, Dashboard, UsageProblem
from sms_notebook.sandbox import Sandbox, serve

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def test_all_is_there_and_money_is_told(sms, show):
    shown = show(Dashboard(sms, every=0.2))
    expect(shown.page.get_by_text("Balance 50.00 USD")).to_be_visible()
    shown.pick("Service", "tg")
    shown.textbox("Filter countries").fill("Kazakhstan")
    shown.row("Kazakhstan").click()
    shown.button("Order for 0.86 USD").click()
    expect(shown.page.get_by_text("Balance 49.14 USD").first).to_be_visible()
    shown.tab("Watch").click()
    expect(shown.row("+7 7").first).to_be_visible()
    shown.tab("Rent").click()
    expect(shown.combobox("Country")).to_be_visible()
    shown.tab("Account").click()
    expect(shown.region("Account")).to_contain_text("Balance49.14 USD")
    sms.order("tg", "KZ")  # of another cell
    expect(shown.region("Account")).to_contain_text("Balance48.28 USD")
    bundle = shown.panel._repr_mimebundle_()
    assert bundle["text/plain"].startswith("SMS dashboard")
    assert "Telegram" in bundle["text/html"]


def test_a_quiet_tick_sends_nothing_and_its_parts_are_one_widget(sms, show, host):
    sms.rent("full", "Kazakhstan", 24)
    shown = show(Dashboard(sms, every=0.2))
    shown.tab("Rent").click()
    expect(shown.button("Details")).to_be_visible()
    shown.tab("Account").click()
    until(lambda: shown.panel.widget.account["spent"] == 15.06)
    shown.page.wait_for_timeout(1000)
    before = [name for name in host.updates if name != "clock"]
    shown.page.wait_for_timeout(2500)
    assert [name for name in host.updates if name != "clock"] == before


def test_it_opens_again_after_closing(sms):
    panel = Dashboard(sms)
    for _ in range(3):
        until(lambda: panel.widget.account["balance"] == 50.0)
        panel.close()
        assert not panel.is_open


def test_a_key_is_nowhere_and_a_wrong_one_is_said(show):
    sandbox = Sandbox(api_key=KEY, speed=0, success=0)
    with serve(sandbox) as url, Client(KEY, base_url=url) as sms:
        panel = Dashboard(sms, every=0.2)
        until(lambda: panel.widget.account["balance"] == 50.0)
        sms.order("tg", "KZ")
        until(lambda: panel.widget.account["spent"] == 0.86)
        state = state_of_all()
        assert len(state) > 20_000
        assert KEY not in state + str(panel._repr_mimebundle_())
        panel.close()
    with serve(Sandbox(api_key="another", speed=0)) as url, Client(KEY, base_url=url) as sms:
        shown = show(Dashboard(sms, every=0.2))
        expect(shown.alert().filter(has_text="key").first).to_be_visible()
        shown.tab("Rent").click()
        expect(shown.page.get_by_text("No news just now")).to_be_visible()
        shown.tab("Account").click()
        expect(shown.region("Account")).to_contain_text("Balancenot known")
        assert KEY not in shown.page.content() + state_of_all()


def test_a_closed_client_is_said():
    sms = Client(sandbox=Sandbox(speed=0))
    sms.close()
    with pytest.raises(UsageProblem, match="closed"):
        Dashboard(sms).widget  # noqa: B018 - asking for it makes it


def test_a_program_that_ends_with_open_panels_ends_well():
    program = (
        "from sms_notebook import Client, Dashboard\nsms = Client()\nsms.order('tg', 'KZ')\n"
        "panels = [Dashboard(sms) for _ in range(3)]\nroots = [panel.widget for panel in panels]\n"
        "print('open')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "open\n", "")
