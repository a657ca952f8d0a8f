"""The rent panel: offers in a table, messages as they come, more hours with the price before."""

import threading

import pytest
from panels.conftest import until
from panels.host import LOW_CONTRAST
from playwright.sync_api import expect

from sms_notebook import Client, RentPanel
from sms_notebook.panels import choices
from sms_notebook.sandbox import Faults, Gateway, Sandbox, serve

HOSTILE = "<img src=x onerror=window.hacked=1> \u202egnp.exe <b>56789</b>"


def shown_in(show, sms, **look):
    return show(RentPanel(sms, every=0.2), **look)


def pick(shown, country="KZ", service="full"):
    shown.pick("Country", country)
    expect(shown.page.get_by_text("services can be rented")).to_be_visible()
    shown.pick("Service", service)


def rented(sms, hours=24):
    return str(sms.rent("full", "Kazakhstan", hours).loc[0, "rent_id"])


def opened(show, sms, hours=24, **look):
    ref = rented(sms, hours)
    shown = shown_in(show, sms, **look)
    expect(shown.button("See price")).to_be_enabled()
    return ref, shown


def test_rent_by_clicking_and_messages_arrive(sms, show):
    shown = shown_in(show, sms)
    pick(shown)
    button = shown.button("Rent for 15.06 USD")
    expect(shown.row("Full rent, 24 hours")).to_have_attribute("aria-selected", "true")
    button.dblclick()  # rents once
    shown.says("for 15.06 USD")
    expect(shown.row("+7 7").first).to_be_visible()
    assert len(sms.sandbox.purchases()) == 1
    ref = sms.ledger().loc[0, "rent_id"]
    expect(shown.page.get_by_text("No messages yet: they appear")).to_be_visible()  # it is open
    sms.sandbox.send_sms(ref, "Your code is 01234")
    messages = shown.list("Messages").get_by_role("listitem")
    expect(messages.first).to_contain_text("Your code is 01234")
    sms.sandbox.step(5)
    sms.sandbox.send_sms(ref, HOSTILE)
    expect(messages).to_have_count(2)
    expect(messages.first).to_contain_text("<b>56789</b>")  # the newest first
    expect(messages.last).to_contain_text("Your code is 01234")
    expect(shown.row("+7 7").first).to_contain_text("2 messages")
    assert shown.page.evaluate("window.hacked") is None
    assert messages.locator("img, b").count() == 0
    assert messages.first.locator("bdi.smsn-text").count() == 1
    shown.button("Copy text").last.click()
    expect(messages.last).to_contain_text("Copied")
    assert shown.page.evaluate("navigator.clipboard.readText()") == "Your code is 01234"
    shown.button("Copy number").click()
    shown.says("Copied.")
    number = str(sms.ledger().loc[0, "phone_number"])
    assert shown.page.evaluate("navigator.clipboard.readText()") == number


def test_a_click_is_on_its_way_until_the_kernel_answers(sms, show):
    shown = shown_in(show, sms)
    pick(shown)
    with shown.panel.changing:  # as a kernel that computes
        shown.button("Rent for 15.06 USD").dblclick()
        expect(shown.page.get_by_text("Sent to the kernel…")).to_be_visible()
        expect(shown.button("Rent for 15.06 USD")).to_be_disabled()
    shown.says("for 15.06 USD")
    expect(shown.page.get_by_text("Sent to the kernel…")).to_have_count(0)
    assert len(sms.sandbox.purchases()) == 1


def test_offers_are_sorted_filtered_and_chosen_by_keys_alone(sms, show):
    shown = shown_in(show, sms)
    country = shown.combobox("Country")
    country.focus()
    shown.page.keyboard.type("KZ")
    shown.page.keyboard.press("Enter")
    grid = shown.grid("Offers")
    expect(grid.get_by_role("row", name="Full rent, 24 hours, 15.06 USD")).to_be_visible()
    price = grid.get_by_role("columnheader", name="Price")
    price.press("Enter")
    expect(price).to_have_attribute("aria-sort", "ascending")
    first = grid.get_by_role("row").nth(1)
    expect(first).to_contain_text("3.12 USD")
    first.press("Enter")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(shown.button("Rent for 3.12 USD")).to_be_enabled()
    field = shown.textbox("Filter offers")
    field.fill("whatsapp")
    expect(grid.get_by_role("row")).to_have_count(2)
    expect(shown.button("Rent for 3.12 USD")).to_be_enabled()  # what was chosen stays so


def test_other_hours_stand_side_by_side_on_demand(sms, show):
    asked = []
    ask = sms.get_rent_services_and_countries
    sms.get_rent_services_and_countries = lambda **given: (
        asked.append(given["rent_time"]) or ask(**given)
    )
    shown = shown_in(show, sms)
    pick(shown)
    expect(shown.button("Rent for 15.06 USD")).to_be_enabled()
    assert asked == [24]
    shown.button("Compare other hours").click()
    shown.textbox("Filter offers").fill("full")
    expect(shown.row("Full rent, 720 hours")).to_be_visible()
    assert sorted(asked) == [4, 12, 24, 48, 72, 168, 336, 720]
    shown.shoot("rent-compared")
    shown.row("Full rent, 48 hours").click()
    expect(shown.spinbutton("Hours", exact=True)).to_have_value("48")
    button = shown.button("Rent for")
    expect(button).not_to_have_text("Rent for 15.06 USD")
    expect(button).to_be_enabled()
    assert len(asked) == 8  # known already
    button.click()
    shown.says("Rented +7 ")
    assert sms.sandbox.purchases()[0].cost > 20


def test_hours_operator_and_calls_change_the_price(sms, show, monkeypatch):
    shown = shown_in(show, sms)
    pick(shown)
    hours = shown.spinbutton("Hours", exact=True)
    hours.press("ArrowUp")
    expect(hours).to_have_value("48")  # from a day on, whole days
    expect(shown.button("Rent for")).not_to_have_text("Rent for 15.06 USD")
    hours.fill("0")
    expect(shown.button("Rent", exact=True)).to_be_disabled()
    expect(shown.page.get_by_text("Whole hours from 2 to 1344.")).to_be_visible()
    hours.fill("48")
    shown.pick("Operator", "kcell")
    expect(shown.button("Rent for")).to_be_enabled()
    ask, is_seen = sms.get_rent_services_and_countries, threading.Event()
    monkeypatch.setattr(
        sms,
        "get_rent_services_and_countries",
        lambda **given: is_seen.wait(60) and ask(**given),
    )
    shown.checkbox("Numbers that can be called").check()
    expect(shown.page.get_by_text("Asking for prices…")).to_be_visible()
    is_seen.set()
    expect(shown.button("Rent for")).to_be_enabled()
    shown.button("Rent for").click()
    shown.says("Rented +7 ")
    assert sms.ledger().loc[0, "operator"] == "kcell"
    shown.load()
    expect(shown.combobox("Operator")).to_have_value("kcell")  # what was set is there again
    expect(hours).to_have_value("48")


@pytest.mark.parametrize("how", ["Enter", "Tab"])
def test_what_is_typed_before_it_can_be_chosen_waits_for_it(sms, show, monkeypatch, how):
    load, asking = choices.country_choices, sms.get_rent_services_and_countries
    has_countries, has_prices = threading.Event(), threading.Event()
    monkeypatch.setattr(choices, "country_choices", lambda of: has_countries.wait(60) and load(of))
    monkeypatch.setattr(
        sms,
        "get_rent_services_and_countries",
        lambda **given: has_prices.wait(60) and asking(**given),
    )
    shown = shown_in(show, sms)
    typed = {"Country": "KZ", "Service": "full", "Operator": "kcell"}
    for label, words in typed.items():
        field = shown.combobox(label)
        field.fill(words)
        field.press(how)
        expect(field).to_have_value(words)
        if label == "Country":
            has_countries.set()
            expect(field).to_have_value("Kazakhstan (KZ, 2)")
    has_prices.set()
    expect(shown.combobox("Service")).to_have_value("Full rent (full)")
    expect(shown.button("Rent for")).to_be_enabled()
    until(lambda: shown.panel.widget.rent_choice.get("operator") == "kcell")


def test_service_and_operator_may_be_typed_before_the_country(sms, show):
    shown = shown_in(show, sms)
    for label, words in {"Operator": "kcell", "Service": "full", "Country": "KZ"}.items():
        shown.pick(label, words)
    expect(shown.combobox("Service")).to_have_value("Full rent (full)")
    expect(shown.button("Rent for")).to_be_enabled()
    until(lambda: shown.panel.widget.rent_choice.get("operator") == "kcell")


def test_an_extension_is_priced_then_paid_once(sms, show):
    _, shown = opened(show, sms)
    expect(shown.button("Extend", exact=True)).to_be_disabled()
    shown.button("See price").click()
    expect(
        shown.page.get_by_text("24 hours more cost 6.03 USD; 1320 hours at most")
    ).to_be_visible()
    expect(shown.page.get_by_text("Not extended so far")).to_be_visible()
    before = sms.ledger()["cost"].sum()
    shown.button("Extend for 6.03 USD").dblclick()
    shown.says("Extended by 24 hours for 6.03 USD")
    expect(shown.button("Extend", exact=True)).to_be_disabled()
    expect(shown.page.get_by_text("2 d 0 h left")).to_be_visible()
    assert round(float(sms.ledger()["cost"].sum() - before), 2) == 6.03
    shown.button("See price").click()
    expect(shown.table("Extensions so far").get_by_role("cell", name="6.03")).to_be_visible()
    shown.shoot("rent-extended")
    hours = shown.spinbutton("Hours more")
    hours.fill("48")
    expect(shown.button("Extend", exact=True)).to_be_disabled()  # its price was not seen
    hours.fill("1344")
    shown.button("See price").click()
    shown.says("Ask for 1296 hours at most")
    expect(shown.button("Extend", exact=True)).to_be_disabled()


def test_what_is_paid_is_what_was_priced_last(sms, show, monkeypatch):
    _, shown = opened(show, sms)
    ask, may_answer = sms.continue_rent_info, threading.Event()

    def slowly(*args, **options):
        assert may_answer.wait(30)
        return ask(*args, **options)

    monkeypatch.setattr(sms, "continue_rent_info", slowly)
    hours = shown.spinbutton("Hours more")
    hours.fill("48")
    shown.button("See price").click()
    hours.fill("72")  # before the answer
    may_answer.set()
    until(lambda: (shown.panel.widget.rent["opened"] or {}).get("quote"))
    expect(shown.button("Extend", exact=True)).to_be_disabled()
    hours.fill("48")
    expect(shown.button("Extend for 12.05 USD")).to_be_enabled()
    sent = {"rent": shown.panel.widget.rent["opened"]["id"], "hours": 72, "words": "12.05 USD"}
    shown.host.ask({"part": "rent", "action": "extend", "given": sent})  # not of this page
    assert len(sms.sandbox.purchases()) == 1


def test_the_rent_that_is_open_is_the_one_whose_messages_are_listed(sms, show):
    first = rented(sms)
    sms.sandbox.step(60)
    second = rented(sms, 4)
    shown = shown_in(show, sms)
    expect(shown.region("Messages of +7")).to_contain_text(f"rent {second}")  # the latest
    sms.sandbox.send_sms(first, "To the first")
    expect(shown.grid("Rents").get_by_text("1 message")).to_be_visible()
    expect(shown.page.get_by_text("To the first")).to_have_count(0)
    shown.row("+7 7").last.press("Enter")
    expect(shown.list("Messages")).to_contain_text("To the first")
    expect(shown.row("+7 7").last).to_have_attribute("aria-selected", "true")
    shown.button("Close").click()
    expect(shown.region("Messages of +7")).to_be_hidden()
    expect(shown.button("Details").last).to_be_focused()
    shown.button("Details").first.click()
    expect(shown.region("Messages of +7")).to_contain_text(f"rent {second}")


def test_no_money_and_nothing_to_rent_are_said(show):
    faults = Faults()
    with Client(sandbox=Gateway(Sandbox(speed=0, balance="0.10"), faults)) as sms:
        shown = shown_in(show, sms)
        expect(shown.page.get_by_text("No rents.")).to_be_visible()
        expect(shown.page.get_by_text("Balance 0.10 USD")).to_be_visible()
        pick(shown)
        shown.button("Rent for").click()
        expect(shown.alert().filter(has_text="Not enough money")).to_be_visible()
        faults.set(["NO_NUMBERS@getRentServicesAndCountries:1"])
        shown.spinbutton("Hours", exact=True).fill("48")
        expect(shown.page.get_by_text("Nothing to rent like that")).to_be_visible()
        expect(shown.button("Rent", exact=True)).to_be_disabled()


def test_messages_from_before_are_there_when_it_is_opened_again(sms, show):
    ref, shown = opened(show, sms)
    sms.sandbox.send_sms(ref, "Your code is 01234")
    expect(shown.page.get_by_text("Your code is 01234")).to_be_visible()
    shown.load()
    expect(shown.page.get_by_text("Your code is 01234")).to_be_visible()
    shown.panel.close()
    again = show(shown.panel)
    expect(again.page.get_by_text("Your code is 01234")).to_be_visible()


def test_a_snapshot_tells_the_rents_that_are_alive(sms):
    panel = RentPanel(sms)
    assert "nothing as of" in panel._repr_mimebundle_()["text/plain"]
    sms.rent("full", "Kazakhstan", 4)
    bundle = panel._repr_mimebundle_()
    assert "Full rent" in bundle["text/plain"]
    assert "<td>active</td>" in bundle["text/html"]


def test_rents_that_are_activations_are_alike(show):
    with Client(sandbox=Sandbox(dialect="herosms", speed=0, success=0.0, balance="1000")) as sms:
        shown = shown_in(show, sms)
        pick(shown, country="6")
        hours = shown.spinbutton("Hours", exact=True)
        hours.press("ArrowUp")
        expect(hours).to_have_value("72")
        hours.fill("48")
        expect(shown.page.get_by_text("Hours can be 24, 72, 168, 336")).to_be_visible()
        hours.fill("24")
        shown.button("Rent for").click()
        shown.says("Rented +62 ")
        ref = sms.ledger().loc[0, "rent_id"]
        cancel = shown.button("Cancel", exact=True)
        expect(cancel).to_contain_text("(in ")
        expect(cancel).to_be_disabled()  # two minutes, as activations
        sms.sandbox.send_sms(ref, "Your code is 01234")
        expect(shown.page.get_by_text("Your code is 01234")).to_be_visible()
        shown.spinbutton("Hours more").fill("72")
        shown.button("See price").click()
        expect(shown.page.get_by_text("72 hours more cost")).to_be_visible()
        expect(shown.page.get_by_text("2160 hours at most")).to_be_visible()
        shown.button("Extend for").click()
        shown.says("Extended by 72 hours")
        assert len(sms.sandbox.purchases()) == 2
        sms.sandbox.step(121)
        expect(cancel).to_contain_text("(for ")
        shown.button("Finish").click()
        shown.button("Confirm").click()
        shown.says("Finished.")
        expect(shown.row("+62").first).to_contain_text("Finished")
        assert set(sms.ledger()["state"]) == {"finished"}


def test_a_provider_without_rents_is_said(show):
    key = "0123456789abcdef0123456789abcdef"
    shop = Sandbox(dialect="daisysms-io", api_key=key, speed=0)
    with serve(shop) as url, Client(key, provider="daisysms-io", base_url=url) as sms:
        shown = shown_in(show, sms)
        expect(shown.page.get_by_text("DaisySMS (daisysms.io) rents no numbers.")).to_be_visible()
        expect(shown.button("Rent")).to_have_count(0)


def test_no_number_no_offer_and_no_button_is_cut_at_any_width(sms, show):
    ref, shown = opened(show, sms)
    sms.sandbox.send_sms(ref, "Your code is 12345678")
    pick(shown)
    shown.button("See price").click()
    expect(shown.button("Extend for 6.03 USD")).to_be_visible()
    expect(shown.grid("Rents").get_by_text("1 message")).to_be_visible()
    shown.fits_everywhere()


def test_it_fits_and_reads_in_either_theme(sms, show):
    ref, shown = opened(show, sms)
    sms.sandbox.send_sms(ref, "Your code is 01234. " + "Long text without an end " * 12)
    pick(shown)
    shown.button("See price").click()
    expect(shown.button("Extend for 6.03 USD")).to_be_visible()
    panel = shown.page.locator(".smsn")
    for scheme in ("light", "dark"):
        shown.page.emulate_media(color_scheme=scheme)
        for width in (1000, 320):
            shown.page.set_viewport_size({"width": width, "height": 900})
            assert shown.page.evaluate("document.documentElement.scrollWidth") <= width
            assert panel.evaluate(LOW_CONTRAST) == []
            shown.shoot(f"rent-{scheme}-{width}")
