"""The order part: choose, see the price, buy once."""

from playwright.sync_api import expect

from sms_notebook import OrderPanel


def test_order_by_clicking(sms, show):
    shown = show(OrderPanel(sms, every=0.2))
    shown.shoot("order-empty")
    shown.pick("Service", "tg")
    expect(shown.row("Gambia")).to_be_visible()
    shown.shoot("order-service")
    shown.textbox("Filter countries").fill("kaz")
    shown.row("Kazakhstan").click()
    button = shown.button("Order for 0.86 USD")
    expect(button).to_be_enabled()
    shown.shoot("order-chosen")
    button.dblclick()
    shown.says("Ordered +7 ")
    shown.button("More prices").click()
    shown.row("Kazakhstan").press("ArrowDown")
    shown.shoot("order-done")


def test_narrow(sms, show):
    shown = show(OrderPanel(sms, every=0.2), width=320, color_scheme="dark")
    shown.pick("Service", "tg")
    shown.row("Gambia").click()
    shown.textbox("Highest price").fill("abc")
    shown.button("More prices").click()
    expect(shown.grid("Price tiers")).to_be_visible()
    shown.shoot("order-narrow")
