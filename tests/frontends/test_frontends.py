"""A panel is live in other front ends: what comes is drawn, and clicks are heard."""

import contextlib
import os

import pytest
from browser.jupyter import KEY
from playwright.sync_api import Error, expect

from sms_notebook import Client


def shoot(page, name):
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


@pytest.mark.parametrize("name", ["marimo", "voila", "notebook", "lab-7.7"])
def test_a_number_and_its_code_appear_and_a_click_is_heard(opened, market, tmp_path, name):
    page = opened(name)
    page.get_by_role("tab", name="Watch").click(timeout=60_000)
    with Client(KEY, base_url=market.url, ledger=tmp_path / "ledger.sqlite") as sms:
        number = sms.order("tg", "KZ").loc[0]
    row = page.get_by_role("grid", name="Numbers").get_by_role("row", name="+7 700")
    expect(row).to_contain_text("Waiting")
    market.send_sms(number["activation_id"], "Your code is 13579")
    expect(row).to_contain_text("13579")
    shoot(page, name)
    row.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("status").filter(has_text="Finished")).to_be_visible()
    assert page.locator(".jupyter-widgets-disconnected").count() == 0


def test_a_cell_of_marimo_that_runs_again_has_one_panel_and_it_is_live(opened, market, tmp_path):
    page = opened("marimo-edit")
    tab = page.get_by_role("tab", name="Watch")
    for _ in range(12):  # nothing is run before its kernel is there
        with contextlib.suppress(Error):
            page.get_by_test_id("run-button").last.click(timeout=5_000)
        with contextlib.suppress(AssertionError):
            expect(tab).to_be_visible(timeout=5_000)
            break
    expect(tab).to_be_visible()
    page.locator(".cm-content").last.click()
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(2000)  # the first panel goes away
    expect(page.locator(".smsn")).to_have_count(1)
    tab.click()
    with Client(KEY, base_url=market.url, ledger=tmp_path / "ledger.sqlite") as sms:
        sms.order("tg", "KZ")
    row = page.get_by_role("grid", name="Numbers").get_by_role("row", name="+7 700")
    expect(row).to_contain_text("Waiting")
    shoot(page, "marimo-edit")
