"""Tab in JupyterLab's own completer, by keys: what is offered first, and what a key writes."""

import pytest
from browser.jupyter import notebooks
from magics.typist import with_meanings
from playwright.sync_api import expect

from sms_notebook.magics.commands import COMMANDS
from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.sandbox import Sandbox, serve

START = "%load_ext sms_notebook\n%sms sandbox start --speed 0;"
AT = 2  # the cell that is typed into
OFFERED = """() => [...document.querySelectorAll('.jp-Completer-item')].map((item) => [
    item.querySelector('.jp-Completer-match').textContent,
    item.querySelector('.jp-Completer-typeExtended')?.textContent ?? ''])"""


@pytest.fixture(scope="module")
def book(lab_page):
    """One notebook for all keys of this module."""
    with serve(Sandbox(success=0)) as url, notebooks(lab_page, url, "tab") as open_one:
        yield open_one(START, "")


@pytest.fixture
def offered(book):
    """Type into the empty cell and press Tab; return what the popup offers, with its meaning."""

    def press(typed):
        book.page.keyboard.press("Escape")
        book.write(AT, typed)
        book.page.keyboard.press("Tab")
        expect(book.page.locator(".jp-Completer:visible .jp-Completer-item").first).to_be_visible()
        assert book.source(AT) == typed  # Tab alone has written nothing
        return book.page.evaluate(OFFERED)

    yield press
    book.page.keyboard.press("Escape")


@with_meanings
def test_telegram_is_first_and_codes_and_names_are_offered_both(book, offered):
    assert offered("%sms order ")[:4] == [
        ["Telegram", "tg"],
        ["tg", "telegram"],  # JupyterLab writes meanings in small letters
        ["Whatsapp", "wa"],
        ["wa", "whatsapp"],
    ]
    found = offered("%sms order te")
    assert found[:2] == [["Telegram", "tg"], ["te", "efood"]]
    assert ["Temu", "ep"] in found
    book.page.keyboard.press("Enter")
    assert book.source(AT) == "%sms order Telegram"
    assert offered("%%sms\n# a remark\norder te")[0] == ["Telegram", "tg"]


@with_meanings
def test_what_buys_becomes_no_other_service_by_tab_alone(book, offered):
    for code in ("te", "ot", "tg", "wa"):
        found = offered(f"%sms order {code}")
        assert code in [word for word, _ in found]
        book.page.keyboard.press("Tab")  # writes what all have in common, or takes nothing
        assert book.source(AT).casefold() == f"%sms order {code}"
    assert offered("%sms order teleg") == [["Telegram", "tg"]]


@with_meanings
def test_after_sort_the_columns_come_first_and_no_word_of_python(offered):
    service, country, *others = ACTIONS["getPrices"].schema.names
    columns = [service, "service_name", country, "country_name", *others]
    found = offered("%sms prices tg --sort ")
    values = [word for word, meaning in found if meaning]
    assert values == [*columns, *(f"-{name}" for name in columns)]
    assert found[: len(values)] == [one for one in found if one[1]]
    # JupyterLab itself adds the other words of the cell, last and without a meaning.
    assert {word for word, _ in found[len(values) :]} <= {"%", "sms", "prices", "tg", "-", "sort"}
    # Of what has been typed in part JupyterLab chooses the order itself.
    assert {word for word, _ in offered("%sms prices tg --sort co")} == {
        name for name in columns if name.startswith("co")
    }


@with_meanings
def test_a_name_of_several_words_is_put_in_quotes(book, offered):
    assert offered("%sms order tg United K") == [["'United Kingdom'", "id 16"]]
    book.page.keyboard.press("Enter")
    assert book.source(AT) == "%sms order tg 'United Kingdom'"


@with_meanings
def test_commands_and_what_may_be_written_freely(offered):
    prices = COMMANDS["prices",].help
    assert offered("df = %sms pri") == [["prices", prices]]
    assert offered("%sms order tg --max-price 0.") == [["0.", "the most you pay (freeprice)"]]
