"""Ordering in JupyterLab, as a person does it: with the mouse, and without."""

import time

import pytest
from playwright.sync_api import expect


def choose(book):
    """Choose a service and a country."""
    expect(book.page.get_by_text("Pick a service to see prices.")).to_be_visible()
    book.pick("Service", "tg")
    book.page.get_by_role("textbox", name="Filter countries").fill("kaz")
    book.row("Countries", "Kazakhstan").click()
    expect(book.button("Order for 0.86")).to_be_enabled()


@pytest.mark.smoke
def test_order_by_clicking_and_the_code_appears(notebook, market):
    book = notebook("OrderPanel(sms)")
    choose(book)
    book.shoot("order-before")
    book.button("Order for 0.86").dblclick()
    expect(book.status()).to_contain_text("Ordered +7 ")
    row = book.row("Numbers", "+7 ")
    expect(row).to_be_visible()
    time.sleep(2)
    assert len(market.purchases()) == 1  # a double click buys once
    text = "Your code is 01234. Do not share it."
    market.send_sms(book.execute("print(sms.ledger().loc[0, 'activation_id'])"), text)
    began = time.monotonic()
    expect(row).to_contain_text("01234")
    print(f"from the SMS to the screen by polling: {time.monotonic() - began:.2f} s")
    book.shoot("order-after")
    row.get_by_role("button", name="Copy code").click()
    book.page.wait_for_function("async () => await navigator.clipboard.readText() === '01234'")
    assert "0f1e2d3c" not in str(book.outputs(1))


@pytest.mark.smoke
def test_it_can_be_done_without_a_mouse_and_the_notebook_hears_no_key(notebook, market):
    book = notebook("OrderPanel(sms)")
    expect(book.page.get_by_text("Pick a service to see prices.")).to_be_visible()
    keys = book.page.keyboard
    book.picker("Service").focus()
    keys.type("telegram")
    keys.press("Enter")
    expect(book.row("Countries", "Kazakhstan")).to_be_attached()
    book.page.get_by_role("textbox", name="Filter countries").focus()
    keys.type("kaz")
    expect(book.page.get_by_role("grid", name="Countries").get_by_role("row")).to_have_count(2)
    row = book.row("Countries", "Kazakhstan")
    row.focus()
    keys.press("Enter")
    expect(row).to_have_attribute("aria-selected", "true")
    button = book.button("Order for 0.86")
    expect(button).to_be_enabled()
    button.focus()
    for key in "ddxjk":
        keys.press(key)  # none of them is one of the notebook's, which would delete the cell
    keys.press("Enter")
    expect(book.status()).to_contain_text("Ordered +7 ")
    assert len(market.purchases()) == 1
    assert book.outputs(1)
    keys.press("Control+s")  # but this one is
    expect(book.page.locator(".jp-mod-dirty")).to_have_count(0)


@pytest.mark.smoke
def test_a_page_that_is_loaded_anew_has_the_panel_with_its_values(notebook, market):
    book = notebook("panel = Dashboard(sms)\npanel")
    choose(book)
    book.page.get_by_role("textbox", name="Highest price").fill("0,9")
    expect(book.button("Order for 0.86, at most 0.90")).to_be_enabled()
    for _ in range(100):  # what was set is under way; a page that is left sends no more
        if "0,9" in book.execute("print(panel.widget.order_choice)"):
            break
    book.command("docmanager:save")
    book.reload()
    expect(book.picker("Service")).to_have_value("Telegram (tg)")
    expect(book.row("Countries", "Kazakhstan")).to_have_attribute("aria-selected", "true")
    expect(book.page.get_by_role("textbox", name="Highest price")).to_have_value("0,9")
    book.button("Order for").click()
    expect(book.status()).to_contain_text("Ordered +7 ")
    assert len(market.purchases()) == 1
