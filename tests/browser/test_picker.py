"""The picker in the browser: what it finds, how fast, and that every way of picking works."""

from pathlib import Path

import pytest
from panels_in_the_browser import reactions
from playwright.sync_api import expect

import sms_notebook.panels
from sms_notebook import Client
from sms_notebook.panels.picker import country_choices, service_choices
from sms_notebook.sandbox import Sandbox

MODULE = (Path(sms_notebook.panels.__file__).parent / "picker.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def found(browser):
    """Return how to ask the picker's own code what it finds."""
    with Client(sandbox=Sandbox(speed=0)) as sms:
        offered = {
            "countries": country_choices(sms.get_countries()),
            "services": service_choices(sms.get_services_list()),
        }
    page = browser.new_page()
    page.evaluate(
        "async (code) => { window.picker = await import('data:text/javascript;charset=utf-8,'"
        " + encodeURIComponent(code)); }",
        MODULE,
    )

    def ask(kind, typed):
        choices = [[one.value, one.label, list(one.words)] for one in offered[kind]]
        indexes = page.evaluate(
            "([choices, typed]) => window.picker.match(choices, typed).map((one) => one.index)",
            [choices, typed],
        )
        return [offered[kind][index].label for index in indexes]

    yield ask
    page.close()


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("kz", "Kazakhstan (KZ, 2)"),
        (" KAZAK", "Kazakhstan (KZ, 2)"),
        ("\u041a\u0410\u0417\u0410\u0425", "Kazakhstan (KZ, 2)"),
        ("2", "Kazakhstan (KZ, 2)"),
        ("uk", "United Kingdom (GB, 16)"),
        ("kingdom", "United Kingdom (GB, 16)"),
    ],
)
def test_countries_are_found_by_name_iso_and_id(found, typed, first):
    assert found("countries", typed)[0] == first


def test_services_are_found_by_name_and_code(found):
    assert found("services", "tg")[0] == found("services", "telegr")[0] == "Telegram (tg)"
    assert found("services", "no such thing") == []
    assert len(found("services", "")) > 300


def test_a_key_is_answered_within_a_tenth_of_a_second(notebook):
    took = reactions(notebook)
    print("ms from a key to the painted list:", [round(one) for one in took])
    assert len(took) >= 5
    assert max(took) < 100


@pytest.fixture
def book(notebook):
    book = notebook("panel = OrderPanel(sms)\npanel", "import time\ntime.sleep(6)")
    expect(book.page.get_by_text("Pick a service")).to_be_visible()
    return book


def options(book, **which):
    return book.page.get_by_role("listbox", name="Service").get_by_role("option", **which)


def chosen(book):
    return book.execute("print(panel._service.value)")


@pytest.mark.smoke
def test_every_key_does_what_a_person_expects(book):
    field, keys, page = book.picker("Service"), book.page.keyboard, book.page
    offered = options(book)
    field.focus()
    expect(field).to_have_attribute("aria-expanded", "false")
    keys.press("ArrowDown")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("listbox", name="Service")).to_be_visible()
    expect(offered.first).to_have_attribute("aria-selected", "true")
    keys.press("ArrowDown")
    second = options(book, selected=True)
    expect(second).to_have_text(offered.nth(1).inner_text())
    assert field.get_attribute("aria-activedescendant") == second.get_attribute("id")
    keys.press("ArrowUp")
    keys.press("ArrowUp")  # round to the end
    expect(offered.last).to_have_attribute("aria-selected", "true")
    keys.press("Escape")
    expect(offered).to_have_count(0)
    expect(field).to_have_value("")
    keys.type("whats")
    expect(options(book, selected=True)).to_have_text("Whatsapp (wa)")
    keys.press("Enter")
    expect(field).to_have_value("Whatsapp (wa)")
    expect(page.get_by_text("the cheapest of")).to_be_visible()
    assert chosen(book) == "wa"
    keys.type("nothing like it")  # over what was there
    expect(page.get_by_role("listbox").get_by_text("Nothing matches.")).to_be_visible()
    keys.press("Escape")
    expect(field).to_have_value("Whatsapp (wa)")
    field.select_text()
    keys.type("tele")
    keys.press("Tab")
    expect(field).to_have_value("Telegram (tg)")
    expect(book.picker("Country")).to_be_focused()
    field.focus()
    keys.press("Delete")
    keys.press("Tab")
    expect(page.get_by_text("Pick a service")).to_be_visible()
    assert chosen(book) == "None"
    assert (
        book.page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex") == 1
    )  # no arrow moved the notebook


def test_the_mouse_and_leaving_the_field(book):
    field, page = book.picker("Service"), book.page
    field.click()
    assert options(book).count() > 20
    expect(page.get_by_text("more: type to find them")).to_be_attached()
    third = options(book).nth(2).inner_text()
    options(book).nth(2).click()
    expect(field).to_have_value(third)
    field.fill("tg")  # a whole code
    page.get_by_text("Order a number").click()
    expect(field).to_have_value("Telegram (tg)")
    field.fill("t")  # many things
    page.get_by_text("Order a number").click()
    expect(field).to_have_value("Telegram (tg)")
    expect(options(book)).to_have_count(0)


def test_it_finds_while_a_cell_computes(book):
    book.start_cell(2)
    book.picker("Service").fill("whats")
    expect(options(book, selected=True)).to_have_text("Whatsapp (wa)", timeout=500)
    book.picker("Service").press("Enter")
    expect(book.picker("Service")).to_have_value("Whatsapp (wa)")
    expect(book.page.get_by_text("the cheapest of")).to_be_visible(timeout=10_000)


def test_the_list_is_in_nobodys_way(book):
    """Nothing moves when it opens or closes: who clicks a button then does not miss it."""
    button = book.button("Order")
    before = button.bounding_box()
    book.picker("Service").click()
    assert button.bounding_box() == before
    assert book.page.get_by_role("listbox", name="Service").bounding_box()["height"] > 100
