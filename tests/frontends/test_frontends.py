"""A panel is live in other front ends: what comes is drawn, and clicks are heard."""

import os

import pytest
from browser.jupyter import KEY
from playwright.sync_api import expect

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


def test_a_cell_of_marimo_that_runs_again_leaves_one_panel(opened):
    page = opened("marimo-edit")
    run = page.get_by_test_id("run-all-button").or_(page.get_by_role("button", name="Run all"))
    run.first.click(timeout=60_000)
    expect(page.locator(".smsn")).to_have_count(1)
    expect(page.get_by_role("tab", name="Watch")).to_be_visible()
