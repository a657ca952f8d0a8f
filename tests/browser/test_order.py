"""Ordering in the browser, as a person does it."""

import time

import pytest
from playwright.sync_api import expect


def pick(book, service="tg", country="KZ"):
    expect(book.page.get_by_text("Pick a service")).to_be_visible()
    book.pick("Service", service)
    book.pick("Country", country)
    expect(book.button("Order for 0.86")).to_be_enabled()


@pytest.mark.smoke
def test_order_by_clicking_and_the_code_appears(notebook, market):
    book = notebook("OrderPanel(sms)")
    pick(book)
    book.shoot("order-before")
    book.button("Order for 0.86").dblclick()
    expect(book.status()).to_contain_text("Ordered +7 ")
    expect(book.page.locator(".smsn-number")).to_be_visible(timeout=1500)
    time.sleep(2)
    assert len(market.purchases()) == 1  # a double click buys once
    text = "Your code is 01234. Do not share it."
    market.send_sms(book.execute("print(sms.ledger().loc[0, 'activation_id'])"), text)
    began = time.monotonic()
    expect(book.page.locator("input.smsn-code")).to_have_value("01234")
    print(f"from the SMS to the screen by polling: {time.monotonic() - began:.2f} s")
    book.shoot("order-after")
    book.page.locator("input.smsn-code").click()
    expect(book.page.get_by_text("Copied")).to_be_visible()
    assert book.page.evaluate("navigator.clipboard.readText()") == "01234"
    book.page.keyboard.press("Shift+Tab")  # to the number, without a mouse
    book.page.keyboard.press("Enter")
    bare = book.execute("print(sms.ledger().loc[0, 'phone_number'])")
    assert book.page.evaluate("navigator.clipboard.readText()") == bare
    assert "0f1e2d3c" not in str(book.outputs(1))


def test_no_money_is_said(notebook, market):
    book = notebook("OrderPanel(sms)")
    market.faults.set(["NO_BALANCE@getNumberV2:1"])
    pick(book)
    book.button("Order for 0.86").click()
    expect(book.status()).to_contain_text("money")
    market.faults.set(["NO_NUMBERS@getNumberV2:1"])
    expect(book.button("Order for 0.86")).to_be_enabled()
    book.button("Order for 0.86").click()
    expect(book.status()).to_contain_text("No number is left")
    assert not market.purchases()


def test_both_themes_can_be_read(notebook, market):
    book = notebook("Dashboard(sms)")
    pick(book)
    book.button("Order for 0.86").click()
    expect(book.page.locator(".smsn-number").first).to_be_visible()
    ref = book.execute("print(sms.ledger().loc[0, 'activation_id'])")
    market.send_sms(ref, "Your code is 01234")
    expect(book.page.locator("input.smsn-code").first).to_have_value("01234")
    for theme in ("Light", "Dark"):
        book.page.get_by_role("tab", name="Order").click()
        book.theme(f"JupyterLab {theme}")
        can_be_read(book, theme.lower())


def can_be_read(book, name):
    book.shoot(f"dashboard-order-{name}")
    book.page.get_by_role("tab", name="Numbers").click()
    book.shoot(f"dashboard-numbers-{name}")
    book.page.get_by_role("tab", name="Rent").click()
    book.shoot(f"dashboard-rent-{name}")
    light = book.page.evaluate(
        """() => { const brightness = (text) => { const [r, g, b] = text.match(/[\\d.]+/g);
            return (0.3 * r + 0.59 * g + 0.11 * b) / 255; };
            const style = getComputedStyle(document.querySelector('.smsn'));
            const page = getComputedStyle(document.body).getPropertyValue('--jp-layout-color1');
            const probe = document.createElement('i'); probe.style.color = page;
            document.body.append(probe); const back = getComputedStyle(probe).color;
            probe.remove(); return [brightness(style.color), brightness(back)]; }"""
    )
    assert abs(light[0] - light[1]) > 0.6


def test_narrow_pages_hold_it(notebook):
    book = notebook("Dashboard(sms)", width=520)
    pick(book)
    book.shoot("dashboard-narrow")
    wider = book.page.evaluate(
        "() => [...document.querySelectorAll('.smsn .smsn-fields')]"
        ".filter(one => one.scrollWidth > one.clientWidth + 2).length"
    )
    assert wider == 0


def test_it_can_be_done_without_a_mouse(notebook, market):
    book = notebook("OrderPanel(sms)")
    expect(book.page.get_by_text("Pick a service")).to_be_visible()
    keys = book.page.keyboard
    book.picker("Service").focus()
    keys.type("telegram")
    keys.press("Tab")
    expect(book.page.get_by_text("the cheapest of")).to_be_visible()
    expect(book.picker("Country")).to_be_focused()
    keys.type("kz")
    keys.press("Enter")
    expect(book.button("Order for 0.86")).to_be_enabled()
    keys.press("Tab")
    expect(book.picker("Operator")).to_be_focused()
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(book.picker("Operator")).not_to_have_value("")
    keys.press("Tab")
    expect(book.page.get_by_role("textbox", name="Max price")).to_be_focused()
    keys.press("Tab")
    expect(book.button("Order for 0.86")).to_be_focused()
    for key in "ddx":
        keys.press(key)  # none of them is one of the notebook's, which would delete the cell
    keys.press("Enter")
    expect(book.status()).to_contain_text("Ordered +7 ")
    assert len(market.purchases()) == 1
    assert book.outputs(1)
    keys.press("Control+s")  # but this one is
    expect(book.page.locator(".jp-mod-dirty")).to_have_count(0)


def test_tabs_of_the_dashboard_can_be_changed_without_a_mouse(notebook):
    book = notebook("Dashboard(sms)")
    expect(book.page.get_by_text("Pick a service")).to_be_visible()
    tab = book.page.get_by_role("tab", name="Order", exact=True)
    tab.focus()
    expect(tab).to_be_focused()
    book.page.keyboard.press("ArrowRight")
    book.page.keyboard.press("Enter")
    expect(book.page.get_by_role("tab", name="Numbers")).to_have_attribute("aria-selected", "true")
    expect(book.page.get_by_text("No active numbers").last).to_be_visible()
    assert book.page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex") == 1
