"""The dashboard: three panels, one account line."""

import subprocess
import sys

import pytest
from panels.conftest import state_of_all

from sms_notebook import Client, UsageProblem
from sms_notebook.panels import Dashboard
from sms_notebook.sandbox import Sandbox, serve


def test_all_is_there_and_money_is_told(sms, look):
    seen = look(Dashboard(sms, every=0.2))
    seen.shows("Pick a service")
    seen.shows("Pick a country")
    seen.shows("balance 50.00")
    assert seen.html().count("balance") == 1
    seen.named("Name or code").value = "tg"
    seen.named("Name, ISO").value = "2"
    seen.until(lambda: not seen.named("Order").disabled)
    seen.click("Order")
    seen.shows("balance 49.14")
    ref = sms.ledger().loc[0, "activation_id"]
    seen.until(lambda: seen.html().count(f"id {ref}") == 2)
    sms.sandbox.step(121)
    seen.until(lambda: seen.named("Cancel").description == "Cancel")
    seen.click("Cancel")
    seen.shows("balance 50.00")
    bundle = seen.panel._repr_mimebundle_()
    assert bundle["text/plain"].startswith("Dashboard")


def test_the_balance_knows_of_what_is_bought_in_another_cell(sms, look):
    seen = look(Dashboard(sms, every=0.2))
    seen.shows("balance 50.00")
    ref = sms.order("tg", "KZ").loc[0, "activation_id"]
    seen.shows("balance 49.14")
    sms.sandbox.step(121)
    sms.cancel(ref)
    seen.shows("balance 50.00")


def test_it_opens_again_after_closing(sms, look):
    panel = Dashboard(sms)
    for _ in range(3):
        look(panel).shows("Pick a service")
        panel.close()
    assert not panel._watch.is_open


def test_no_key_is_in_the_state_of_any_widget(look):
    key = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    sandbox = Sandbox(api_key=key, speed=0, success=0)
    with serve(sandbox) as url, Client(key, base_url=url) as sms:
        seen = look(Dashboard(sms, every=0.2))
        seen.shows("Pick a service")
        sms.order("tg", "KZ")
        seen.shows(">Waiting for a code<")
        state = state_of_all()
        assert len(state) > 20_000
        assert key not in state
        assert key not in str(seen.panel._repr_mimebundle_())


def test_a_wrong_key_is_said_and_not_shown(look):
    key = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    sandbox = Sandbox(api_key="another", speed=0)
    with serve(sandbox) as url, Client(key, base_url=url) as sms:
        seen = look(Dashboard(sms, every=0.2))
        seen.shows("smsn-bad")
        seen.until(lambda: seen.html().count("No news just now") == 3)  # each of the panels
        assert key not in seen.html()


def test_a_closed_client_is_said(look):
    sms = Client(sandbox=Sandbox(speed=0))
    sms.close()
    with pytest.raises(UsageProblem, match="closed"):
        Dashboard(sms).root  # noqa: B018 - asking for it makes the widgets


def test_a_program_that_ends_with_open_panels_ends_well():
    program = (
        "from sms_notebook import Client, Dashboard\nsms = Client()\nsms.order('tg', 'KZ')\n"
        "panels = [Dashboard(sms) for _ in range(3)]\nroots = [panel.root for panel in panels]\n"
        "print('open')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "open\n", "")
