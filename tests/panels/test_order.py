"""The order part: see the price, buy once."""

import re
from typing import Any

from panels.conftest import until
from panels.ordering import loaded, pick
from playwright.sync_api import expect

from sms_notebook import Client, OrderPanel
from sms_notebook.panels import order
from sms_notebook.sandbox import Faults, Gateway, Sandbox

WRONG = ("abc", "-1", "nan", "1e9999", "0", "0.00", "1.2.3", "\u0661")


def test_order_by_clicking_and_a_double_click_buys_once(sms, show):
    shown = loaded(show, sms)
    shown.shoot("order-empty")
    expect(shown.button("Order")).to_be_disabled()
    pick(shown)
    button = shown.button("Order for 0.86 USD")
    expect(button).to_be_enabled()
    shown.shoot("order-chosen")
    button.dblclick()
    shown.says("Ordered +7 ")
    shown.says("for 0.86 USD. Its code appears below.")
    shown.shoot("order-done")
    expect(button).to_be_enabled()  # it has rested
    assert len(sms.sandbox.purchases()) == 1
    with shown.panel.changing:  # the kernel has no time just now
        button.click()
        expect(button).to_be_disabled()
        expect(button).to_have_accessible_description("Sent to the kernel…")
    until(lambda: len(sms.sandbox.purchases()) == 2)
    section = shown.panel.section("order")
    until(lambda: not shown.panel.is_busy)
    for _ in range(3):  # also where the browser does not keep it from that
        section.act("buy", {"service": "tg", "country": "2", "operator": None, "most": "0.86"})
    until(lambda: not shown.panel.is_busy)
    assert len(sms.sandbox.purchases()) == 3
    until(lambda: len(shown.panel.section("watch").rows) == 3)


def test_it_can_be_done_with_keys_alone(sms, show):
    shown = loaded(show, sms)
    keys = shown.page.keyboard
    shown.combobox("Service").focus()
    keys.type("telegram")
    keys.press("Tab")
    expect(shown.textbox("Filter countries")).to_be_focused()
    expect(shown.row("Gambia")).to_be_visible()
    keys.type("kz")
    keys.press("Enter")
    expect(shown.row("Kazakhstan")).to_have_attribute("aria-selected", "true")
    keys.press("Escape")
    keys.press("ArrowDown")
    expect(shown.row("Kazakhstan")).to_be_focused()
    keys.press("Home")
    expect(shown.row("Gambia")).to_be_focused()
    keys.press("Enter")
    expect(shown.row("Gambia")).to_have_attribute("aria-selected", "true")
    expect(shown.button("Order for 0.28 USD")).to_be_enabled()
    keys.press("Tab")
    expect(shown.button("More prices")).to_be_focused()
    keys.press("Enter")
    expect(shown.grid("Price tiers").get_by_role("row", name="0.28 USD")).to_be_visible()
    keys.press("Enter")
    expect(shown.grid("Price tiers")).to_be_hidden()
    keys.press("Tab")
    expect(shown.combobox("Operator")).to_be_focused()
    keys.type("comi")
    keys.press("Enter")
    expect(shown.combobox("Operator")).to_have_value("comium")
    keys.press("Tab")
    expect(shown.textbox("Highest price")).to_be_focused()
    keys.press("Tab")
    expect(shown.button("Order for 0.28 USD")).to_be_focused()
    keys.press("Enter")
    shown.says("Ordered +220 ")
    assert sms.ledger().loc[0, "operator"] == "comium"


def test_a_highest_price_that_is_no_number_is_said_and_stops_the_button(sms, show):
    shown = loaded(show, sms)
    pick(shown)
    field, button = shown.textbox("Highest price"), shown.button("Order for")
    expect(button).to_be_enabled()
    for written in WRONG:
        field.fill(written)
        expect(button).to_be_disabled()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("^(This is no|Write an) amount"))
    field.fill("0,5")  # as much of the world writes it
    expect(button).to_have_text("Order for at most 0.50 USD")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(button).to_have_accessible_description("It costs 0.86 USD now.")
    button.click()
    expect(shown.alert()).to_contain_text("0.86")  # more is never paid
    assert not sms.sandbox.purchases()
    expect(button).to_be_enabled()
    field.fill(" 1.2 ")
    expect(button).to_have_text("Order for 0.86 USD, at most 1.20 USD")
    button.focus()
    until(lambda: shown.panel.widget.order_choice.get("highest") == " 1.2 ")
    shown.load()
    expect(field).to_have_value(" 1.2 ")


def test_what_is_sent_is_what_stands_on_the_button(sms, show, monkeypatch):
    sent = []
    monkeypatch.setattr(sms, "order", lambda *asked, **how: sent.append((asked, how)) or 1 / 0)
    shown = loaded(show, sms)
    pick(shown)
    for written, words in (
        ("", "Order for 0.86 USD"),
        ("00,5", "Order for at most 0.50 USD"),
        ("123456789.123456789", "Order for 0.86 USD, at most 123456789.123456789 USD"),
    ):
        shown.textbox("Highest price").fill(written)
        shown.button(words, exact=True).click()
        expect(shown.alert()).to_contain_text("This did not work (ZeroDivisionError)")
        most = re.findall(r"[\d.]+", words)[-1]
        until(lambda most=most: sent[-1:] == [(("tg", "2"), {"max_price": most, "operator": None})])
    count = len(sent)
    odd = {"service": "tg", "country": "2", "operator": None}
    for most in ("nan", "-1", "1e5", 5, None, "", "0.5\n"):  # not of our page
        shown.panel.guard(shown.panel.section("order").act, "buy", {**odd, "most": most})
        assert "no amount" in shown.panel.widget.status["text"]
        shown.panel.say("")
    shown.panel.section("order").act("buy", {**odd, "service": None, "most": "1"})
    shown.panel.section("order").act("buy", {**odd, "country": ["2"], "most": "1"})
    shown.panel.section("order").act("tiers", {"service": 1, "country": {}})
    shown.panel.section("order").act("end", {})
    assert len(sent) == count
    for choice in ({"service": 7, "country": []}, {"filter": 3}, {"service": "x" * 999}):
        shown.panel.widget.order_choice = choice
    assert shown.panel.widget.order["service"] is None


def test_the_same_again_and_favourites(sms, show):
    shown = loaded(show, sms)
    again = shown.button("The same again", exact=True)
    expect(again).to_be_disabled()
    expect(again).to_have_accessible_description("Nothing was bought so far.")
    for country in ("UZ", "UZ", "KZ"):
        sms.order("tg", country, operator="kcell" if country == "KZ" else None)
    shown.panel.section("order")._remember()
    expect(again).to_have_text("The same again for at most 0.86 USD")
    expect(again).to_have_accessible_description(
        "Telegram · Kazakhstan · kcell for at most 0.86 USD"
    )
    favourites = shown.group("Favourites").get_by_role("button")
    expect(favourites.first).to_have_text("Telegram · Uzbekistan")  # bought most often
    again.dblclick()
    shown.says("Ordered +7 ")
    assert len(sms.sandbox.purchases()) == 4
    assert sms.ledger().iloc[-1]["operator"] == "kcell"
    favourites.first.click()
    expect(shown.button("Order for 0.27 USD")).to_be_enabled()
    expect(shown.combobox("Service")).to_have_value("Telegram (tg)")
    expect(shown.row("Uzbekistan")).to_have_attribute("aria-selected", "true")


def test_what_was_not_paid_for_certain_is_not_bought_again_unseen(sms, show):
    ledger, no_price = sms.ledger, []
    sms.order("tg", "UZ")

    def without_cost(**wanted: Any) -> Any:
        no_price.append(wanted)
        frame = ledger(**wanted)
        frame["cost"] = frame["cost"].mask(frame["cost"].notna())
        return frame

    sms.ledger = without_cost
    shown = loaded(show, sms)
    shown.button("The same again", exact=True).click()  # it names no price, and fills in
    expect(shown.button("Order for 0.27 USD")).to_be_enabled()
    assert len(sms.sandbox.purchases()) == 1
    assert all(wanted["limit"] for wanted in no_price if "kind" in wanted)  # not all of the ledger


def test_no_money_and_no_numbers_are_said_in_plain_words(show):
    faults = Faults()
    with Client(sandbox=Gateway(Sandbox(speed=0, balance="0.10"), faults)) as sms:
        shown = loaded(show, sms)
        pick(shown)
        button = shown.button("Order for 0.86 USD")
        button.click()
        expect(shown.alert()).to_contain_text(re.compile("balance|money", re.IGNORECASE))
        faults.set(["NO_NUMBERS@getNumberV2:1"])
        expect(button).to_be_enabled()
        button.click()
        expect(shown.alert()).to_contain_text("No number is left")
        for word in ("NO_NUMBERS", "get_", "max_price"):  # those of the wire and of Python
            expect(shown.alert()).not_to_contain_text(word)
        assert not sms.sandbox.purchases()


def test_money_and_budget_stand_beside_the_button(sms, show):
    sms.set_budget("1.00")
    shown = loaded(show, sms)
    pick(shown)
    line = shown.page.locator(".smsn-line:has(.smsn-main)")
    expect(line).to_contain_text("Balance 50.00 USD · 1.00 USD left of today's budget (1.00 USD)")
    button = shown.button("Order for 0.86 USD")
    button.click()
    expect(line).to_contain_text("Balance 49.14 USD · 0.14 USD left of today's budget (1.00 USD)")
    expect(line).to_contain_text("this is not enough")
    expect(button).to_be_enabled()  # the gate of all purchases decides, not a line of text
    button.click()
    expect(shown.alert()).to_contain_text("left of today")
    assert len(sms.sandbox.purchases()) == 1
    until(lambda: not shown.panel.is_busy)
    known = dict(shown.panel.widget.account)
    shown.panel.widget.account = known | {"left": None, "unknown": 1, "balance": None}
    expect(line).to_contain_text("Balance not known")
    expect(line).to_contain_text("not known what is left of today's budget (1.00 USD)")


def test_what_could_not_be_loaded_is_said_and_tried_again_by_itself(show, monkeypatch):
    monkeypatch.setattr(order, "_AGAIN", 0.2)
    monkeypatch.setattr(order, "_ANEW", 0.2)
    faults = Faults(["503-before:1"])
    with Client(sandbox=Gateway(Sandbox(speed=0), faults), retries=0) as sms:
        shown = show(OrderPanel(sms))
        expect(
            shown.page.get_by_text("Services and countries could not be loaded.")
        ).to_be_visible()
        trouble = shown.page.locator(".smsn-order > [role=alert]")
        expect(trouble).to_contain_text("Trying again by itself.")
        faults.clear()
        expect(shown.page.get_by_text("Pick a service to see prices.")).to_be_visible()
        expect(trouble).to_be_hidden()
        faults.set(["503-before@getPrices:1"])
        shown.pick("Service", "tg")
        expect(trouble).to_contain_text("Trying again by itself.")
        faults.clear()
        expect(shown.row("Gambia")).to_be_visible()
        expect(trouble).to_be_hidden()


def test_under_the_mask_nothing_true_is_said(sms, show):
    shown = loaded(show, sms)
    pick(shown)
    shown.button("Order for").click()
    shown.says("Ordered +7 ")
    number = sms.ledger().loc[0, "phone_number"]
    shown.textbox("Filter countries").fill(number)
    until(lambda: shown.panel.widget.order_choice["filter"] == number)
    shown.combobox("Service").focus()
    sms.mask()
    expect(shown.textbox("Filter countries")).to_have_value("")
    expect(shown.page.locator(".smsn-said")).not_to_contain_text("Ordered")
    button = shown.button("Order for 0.86 USD")
    expect(button).to_be_enabled()
    button.click()
    shown.says("•••")
    shown.says("for 0.86 USD")
    number = sms.sandbox.purchases()[-1].phone_number
    assert number not in str(shown.panel.widget.get_state())
    assert number not in shown.page.content()


def test_a_mistake_of_ours_is_shown_and_not_swallowed(sms, show, monkeypatch, caplog):
    shown = loaded(show, sms)
    pick(shown)
    monkeypatch.setattr(order, "purchase_words", lambda *_, **__: 1 / 0)
    shown.button("Order for 0.86 USD").click()
    expect(shown.alert()).to_contain_text("This did not work (ZeroDivisionError)")
    assert "A panel failed" in caplog.text
