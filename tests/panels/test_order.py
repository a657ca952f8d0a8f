"""The order part: find a country in the table, see the price, buy once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from panels.conftest import Shown, until
from playwright.sync_api import expect

from sms_notebook import Client, OrderPanel
from sms_notebook.client.about import About
from sms_notebook.panels import order
from sms_notebook.sandbox import Faults, Gateway, Sandbox, serve

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
WRONG = ("abc", "-1", "nan", "1e9999", "0", "0.00", "1.2.3", "\u0661")
LOW_CONTRAST = """(root) => {
  const numbers = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = (rgb) => { const [r, g, b] = rgb.map((part) => part / 255).map(
    (part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (node) => { for (let at = node; at; at = at.parentElement) {
    const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
    if (a > 0) return [r, g, b]; }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255]; };
  return [...root.querySelectorAll("*")].filter((node) => node.checkVisibility() &&
    (node.placeholder || [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim())))
  .map((node) => { const style = getComputedStyle(node, node.placeholder && !node.value
      ? "::placeholder" : null);
    const both = [light(numbers(style.color).slice(0, 3)), light(ground(node))].sort();
    return [node.textContent || node.placeholder, (both[1] + 0.05) / (both[0] + 0.05)]; })
  .filter(([, ratio]) => !(ratio >= 4.5)); }"""


def loaded(show: Callable[..., Shown], sms: Client, **look: Any) -> Shown:
    shown = show(OrderPanel(sms, every=0.2), **look)
    expect(shown.page.get_by_text("Pick a service to see prices.")).to_be_visible()
    return shown


def pick(shown: Shown, service: str = "tg", country: str = "Kazakhstan") -> None:
    shown.pick("Service", service)
    shown.textbox("Filter countries").fill(country)
    shown.row(country).first.click()
    expect(shown.row(country).first).to_have_attribute("aria-selected", "true")


def offering(monkeypatch, change: Callable[[Any], Any]) -> None:
    """Let the provider offer something else."""
    told = About.offers
    monkeypatch.setattr(About, "offers", lambda about, *asked: [*map(change, told(about, *asked))])


def first_rows(shown: Shown, count: int = 3) -> list[str]:
    cells = shown.page.locator(
        ".smsn-countries [role=rowgroup]:nth-child(2) .smsn-cell-country bdi"
    )
    expect(cells.nth(count - 1)).to_be_visible()
    return cells.all_inner_texts()[:count]


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


def test_the_table_says_what_compare_says_and_sorts(sms, show, monkeypatch):
    ref = sms.order("tg", "KZ").loc[0, "activation_id"]
    sms.sandbox.send_sms(ref, "Your code is 12345")
    sms.wait_code(ref)
    frame = sms.compare("tg")
    changed = {2: {"seconds": 95}, 132: {"success": None}}
    offering(monkeypatch, lambda offer: offer._replace(**changed.get(offer.country, {})))
    shown = loaded(show, sms)
    shown.pick("Service", "tg")
    assert first_rows(shown) == frame["country_name"].tolist()[:3]  # the best first
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
    assert first_rows(shown)[0] == cheapest[0]
    price.press("Enter")
    expect(price).to_have_attribute("aria-sort", "descending")
    assert first_rows(shown)[0] == frame.loc[frame["price"].idxmax(), "country_name"]
    shown.columnheader("Time to code").click()
    assert first_rows(shown)[0] == "Kazakhstan"
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


@pytest.mark.parametrize("look", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark_wide_and_narrow(sms, show, look):
    for country in ("KZ", "KZ", "UZ"):
        sms.order("tg", country)
    shown = loaded(show, sms, color_scheme=look)
    account = {"provider": "sandbox", "balance": 49.14, "currency": "USD", "budget": 2.0}
    account |= {"spent": 0.86, "left": 1.14, "unknown": 0, "is_loading": False, "trouble": ""}
    shown.panel.widget.account = account
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
    for typed, name in FOUND.items():
        shown.textbox("Filter countries").fill(typed)
        assert first_rows(shown, 1)[0].startswith(name), typed
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
    assert offered.count() > 20
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
    again = shown.button("The same again")
    expect(again).to_be_disabled()
    expect(again).to_have_accessible_description("Nothing was bought so far.")
    for country in ("UZ", "UZ", "KZ"):
        sms.order("tg", country, operator="kcell" if country == "KZ" else None)
    shown.panel.section("order")._remember()
    expect(again).to_have_text("The same again for at most 0.86 USD")
    expect(again).to_have_accessible_description("Telegram · Kazakhstan · kcell")
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
    shown = loaded(show, sms)
    pick(shown)
    known = {"provider": "sandbox", "balance": 49.14, "currency": "USD", "budget": 1.0}
    known |= {"spent": 0.86, "left": 0.14, "unknown": 0, "is_loading": False, "trouble": ""}
    line = shown.page.locator(".smsn-line:has(.smsn-main)")
    shown.panel.widget.account = known
    expect(line).to_contain_text("Balance 49.14 USD · 0.14 USD left of today's budget (1.00 USD)")
    expect(line).to_contain_text("this is not enough")
    shown.panel.widget.account = known | {"left": None, "unknown": 1, "balance": None}
    expect(line).to_contain_text("Balance not known")
    expect(line).to_contain_text("not known what is left of today's budget (1.00 USD)")
    shown.panel.widget.account = known | {"left": None, "budget": None}
    expect(line).to_contain_text("Balance 49.14 USD")
    expect(line).not_to_contain_text("today")


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
    monkeypatch.setattr(order, "number", lambda _: 1 / 0)
    shown.button("Order for 0.86 USD").click()
    expect(shown.alert()).to_contain_text("This did not work (ZeroDivisionError)")
    assert "A panel failed" in caplog.text
