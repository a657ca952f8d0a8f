"""The order part: find a service, and a country in the table."""

import re
import threading

import pytest
from panels.conftest import until
from panels.host import LOW_CONTRAST
from panels.ordering import loaded, offering, pick, shows_first
from playwright.sync_api import expect

from sms_notebook import Client, OrderPanel
from sms_notebook.client.about import About
from sms_notebook.panels import choices, order
from sms_notebook.sandbox import Faults, Sandbox, serve

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def test_the_table_says_what_compare_says_and_sorts(sms, show, monkeypatch):
    ref = sms.order("tg", "KZ").loc[0, "activation_id"]
    sms.sandbox.send_sms(ref, "Your code is 12345")
    sms.wait_code(ref)
    frame = sms.compare("tg")
    changed = {2: {"seconds": 95}, 132: {"success": None}}
    offering(monkeypatch, lambda offer: offer._replace(**changed.get(offer.country, {})))
    shown = loaded(show, sms)
    shown.pick("Service", "tg")
    shows_first(shown, *frame["country_name"].tolist()[:3])  # the best first
    iceland, moldova = shown.row("Iceland"), shown.row("Moldova")
    expect(iceland).to_contain_text("not known")  # never nothing, and no guess
    published = float(frame.set_index("country_name").loc["Moldova", "success"])
    expect(moldova).to_contain_text(f"{published:g} %")
    expect(moldova).to_contain_text("\U0001f1f2\U0001f1e9")  # a flag, as text
    price = shown.columnheader("Price")
    expect(price).to_have_attribute("aria-sort", "none")
    price.click()
    expect(price).to_have_attribute("aria-sort", "ascending")
    cheapest = frame.sort_values("price", kind="stable")["country_name"].tolist()
    shows_first(shown, cheapest[0])
    price.press("Enter")
    expect(price).to_have_attribute("aria-sort", "descending")
    shows_first(shown, frame.loc[frame["price"].idxmax(), "country_name"])
    shown.columnheader("Time to code").click()
    shows_first(shown, "Kazakhstan")
    expect(shown.row("Kazakhstan")).to_contain_text("1:35")
    success = shown.columnheader("Success")
    success.click()
    shown.grid("Countries").locator(".smsn-grid-body").evaluate("(one) => one.scrollTo(0, 1e6)")
    expect(shown.row("Iceland")).to_be_visible()  # what is not known stands last
    success.click()
    expect(shown.row("Iceland")).to_be_visible()
    shown.row("Kazakhstan").click()  # a row far off is there all the same
    expect(shown.row("Kazakhstan")).to_have_attribute("aria-selected", "true")
    shown.load()
    expect(shown.columnheader("Success")).to_have_attribute("aria-sort", "descending")
    expect(shown.combobox("Service")).to_have_value("Telegram (tg)")


@pytest.mark.parametrize("how", ["Enter", "Tab"])
def test_what_is_typed_before_the_services_are_there_waits_for_them(sms, show, monkeypatch, how):
    loading, may_come = choices.service_choices, threading.Event()
    monkeypatch.setattr(choices, "service_choices", lambda sms: may_come.wait(60) and loading(sms))
    shown = show(OrderPanel(sms, every=0.2))
    service = shown.combobox("Service")
    service.fill("telegram")
    service.press(how)
    expect(service).to_have_value("telegram")
    may_come.set()
    expect(service).to_have_value("Telegram (tg)")
    expect(shown.row("Kazakhstan")).to_be_attached()


@pytest.mark.parametrize("how", ["Enter", "Tab"])
def test_an_operator_that_is_typed_before_any_is_named_waits_for_them(sms, show, monkeypatch, how):
    naming, may_come = order._operators, threading.Event()
    monkeypatch.setattr(order, "_operators", lambda *asked: may_come.wait(60) and naming(*asked))
    shown = loaded(show, sms)
    pick(shown)
    operator = shown.combobox("Operator")
    operator.fill("kcell")
    operator.press(how)
    expect(operator).to_have_value("kcell")
    may_come.set()
    until(lambda: shown.panel.widget.order_choice.get("operator") == "kcell")
    expect(operator).to_have_value("kcell")


def test_an_operator_may_be_typed_before_the_country(sms, show):
    shown = loaded(show, sms)
    shown.pick("Operator", "kcell")
    pick(shown)
    until(lambda: shown.panel.widget.order_choice.get("operator") == "kcell")
    expect(shown.combobox("Operator")).to_have_value("kcell")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark_wide_and_narrow(sms, show, look):
    sms.set_budget("10")
    for country in ("KZ", "KZ", "UZ"):
        sms.order("tg", country)
    shown = loaded(show, sms, color_scheme=look)
    pick(shown)
    shown.button("More prices").click()
    expect(shown.grid("Price tiers")).to_be_visible()
    shown.textbox("Highest price").fill("abc")
    root = shown.page.locator(".smsn-order")
    for width in (1000, 320):
        shown.page.set_viewport_size({"width": width, "height": 900})
        shown.shoot(f"order-{look}-{width}")
        assert root.evaluate(LOW_CONTRAST) == []
        assert root.evaluate("(one) => one.scrollWidth <= one.clientWidth")


FOUND = {
    "kz": "Kazakhstan",
    " KAZAK": "Kazakhstan",
    "\u041a\u0410\u0417\u0410\u0425": "Kazakhstan",
    "2": "Kazakhstan",
    "uk": "United Kingdom",
    "kingdom": "United Kingdom",
    "congo (dem": "DR Congo",
}


def test_countries_and_services_are_found_by_all_their_names(sms, show):
    shown = loaded(show, sms)
    field, offered = shown.combobox("Service"), shown.listbox("Service").get_by_role("option")
    for typed in ("tg", "telegr"):
        field.fill(typed)
        expect(offered.first).to_have_text("Telegram (tg)")
    field.press("Enter")
    expect(shown.row("Gambia")).to_be_visible()  # the offers have come
    for typed, name in FOUND.items():
        shown.textbox("Filter countries").fill(typed)
        shows_first(shown, name)
    shown.textbox("Filter countries").fill("no such place")
    expect(shown.page.get_by_text("No country matches.")).to_be_visible()
    expect(shown.page.get_by_text("0 of 204 countries")).to_be_visible()
    field.press("Tab")  # away: it is remembered what stands there
    until(lambda: shown.panel.widget.order_choice.get("filter") == "no such place")
    shown.load()
    expect(shown.textbox("Filter countries")).to_have_value("no such place")


def test_every_key_and_the_mouse_do_what_a_person_expects(sms, show):
    shown = loaded(show, sms)
    field, keys, page = shown.combobox("Service"), shown.page.keyboard, shown.page
    listed = shown.listbox("Service")
    offered = listed.get_by_role("option")
    before = shown.button("Order", exact=True).bounding_box()
    field.focus()
    expect(field).to_have_attribute("aria-expanded", "false")
    keys.press("ArrowDown")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(offered.first).to_have_attribute("aria-selected", "true")
    keys.press("ArrowDown")
    second = listed.get_by_role("option", selected=True)
    expect(second).to_have_text(offered.nth(1).inner_text())
    assert field.get_attribute("aria-activedescendant") == second.get_attribute("id")
    keys.press("ArrowUp")
    keys.press("ArrowUp")  # round to the end
    expect(offered.last).to_have_attribute("aria-selected", "true")
    keys.press("Escape")
    expect(offered).to_have_count(0)
    keys.type("whats")
    expect(listed.get_by_role("option", selected=True)).to_have_text("Whatsapp (wa)")
    keys.press("Enter")
    until(lambda: shown.panel.widget.order_choice.get("service") == "wa")
    keys.type("nothing like it")  # over what was there
    expect(listed.get_by_text("Nothing matches.")).to_be_visible()
    keys.press("Escape")
    expect(field).to_have_value("Whatsapp (wa)")
    keys.press("Control+a")
    keys.press("Delete")
    keys.press("Tab")
    expect(page.get_by_text("Pick a service to see prices.")).to_be_visible()
    field.click()
    expect(offered.nth(20)).to_be_attached()
    expect(page.get_by_text("more: type to find them")).to_be_attached()
    assert shown.button("Order", exact=True).bounding_box() == before  # it is in nobody's way
    third = offered.nth(2).inner_text()
    offered.nth(2).click()
    expect(field).to_have_value(third)
    field.fill("tg")  # a whole code
    page.get_by_text("Order a number").click()
    expect(field).to_have_value("Telegram (tg)")
    field.fill("t")  # many things
    page.get_by_text("Order a number").click()
    expect(field).to_have_value("Telegram (tg)")


def test_offers_are_looked_at_anew_without_a_word(sms, show, monkeypatch):
    monkeypatch.setattr(order, "_ANEW", 0.1)
    more, counted = [], []
    count = About.deliveries
    monkeypatch.setattr(
        About, "deliveries", lambda about, code: counted.append(code) or count(about, code)
    )
    offering(monkeypatch, lambda offer: offer._replace(price=offer.price + len(more)))
    shown = loaded(show, sms)
    pick(shown)
    button = shown.button("Order for 0.86 USD")
    expect(button).to_be_enabled()
    until(lambda: shown.panel.widget.order["operators"])
    shown.host.updates.clear()
    shown.page.wait_for_timeout(500)
    assert "order" not in shown.host.updates  # what is as it was is not sent
    assert len(counted) < 3  # nor is a long ledger counted where nothing came
    more.append(1)
    expect(shown.button("Order for 1.86 USD")).to_be_enabled()
    expect(shown.row("Kazakhstan")).to_have_attribute("aria-selected", "true")


def test_where_there_is_no_list_of_prices_it_is_chosen_by_what_is_known(show):
    faults = Faults(
        f"BAD_ACTION@{action}:1" for action in ("getPrices", "getTopCountriesByService")
    )
    with (
        serve(Sandbox(api_key=KEY, speed=0), faults) as url,
        Client(KEY, provider="receivesms-store", base_url=url) as sms,
    ):
        shown = loaded(show, sms)
        pick(shown)
        expect(shown.row("Kazakhstan")).to_contain_text("not known")
        button = shown.button("Order")
        expect(button).to_be_disabled()
        expect(button).to_have_accessible_description(re.compile("names no price here: write the"))
        expect(shown.button("More prices")).to_be_hidden()
        shown.textbox("Highest price").fill("2")
        shown.button("Order for at most 2.00", exact=True).click()
        shown.says("Ordered +7 ")


def test_where_places_are_words_they_are_written(show, monkeypatch):
    asked = []
    monkeypatch.setattr(About, "offers", lambda _, *place: asked.append(place[:2]) or [])
    with serve(Sandbox(api_key=KEY)) as url, Client(KEY, provider="5sim", base_url=url) as sms:
        shown = loaded(show, sms)
        shown.pick("Service", "telegram")
        expect(shown.combobox("Service")).to_have_value("telegram")
        expect(shown.page.get_by_text("has no list of countries")).to_be_visible()
        shown.textbox("Filter countries").fill("England")
        shown.textbox("Filter countries").press("Enter")
        expect(shown.row("england")).to_have_attribute("aria-selected", "true")
        until(lambda: asked == [("telegram", "england")])
        shown.textbox("Highest price").fill("0.25")
        expect(shown.button("Order for at most 0.25", exact=True)).to_be_enabled()


def test_names_of_strangers_are_text(sms, show, monkeypatch):
    countries, services = sms.get_countries(), sms.get_services_list()
    hostile = "<img src=x onerror=alert(1)> \u202eABC " + "long " * 60
    countries.loc[countries["country"] == 28, "eng"] = hostile
    services.loc[services["service"] == "tg", "name"] = "<script>alert(1)</script>"
    monkeypatch.setattr(sms, "get_countries", lambda: countries)
    monkeypatch.setattr(sms, "get_services_list", lambda: services)
    shown = loaded(show, sms, width=320)
    shown.pick("Service", "tg")
    shown.row("<img src=x").click()
    place = shown.page.locator(".smsn-place")
    expect(place).to_contain_text("<script>alert(1)</script> (tg)")
    expect(place).to_contain_text("<img src=x onerror=alert(1)>")
    assert shown.page.locator(".smsn img, .smsn script").count() == 0
    expect(place.locator("bdi")).to_have_count(2)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 320
