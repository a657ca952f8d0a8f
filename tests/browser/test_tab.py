"""Tab in JupyterLab's own completer, by keys: what is offered first, and what a key writes."""

import pytest
from browser.jupyter import notebooks
from playwright.sync_api import expect

from sms_notebook.sandbox import Sandbox, serve

START = "%load_ext sms_notebook\n%sms sandbox start --speed 0;"
AT = 2  # the cell that is typed into


@pytest.fixture(scope="module")
def book(lab_page):
    """One notebook for all keys of this module."""
    with serve(Sandbox(success=0)) as url, notebooks(lab_page, url, "tab") as open_one:
        yield open_one(START, "")


@pytest.fixture
def keys(book):
    """Type into an empty cell and press Tab; return what the popup offers, with what it means."""

    def press(typed):
        book.write(AT, typed)
        book.page.keyboard.press("Tab")
        items = book.page.locator(".jp-Completer:visible .jp-Completer-item")
        expect(items.first).to_be_visible()
        # JupyterLab itself adds the words of the cell, behind; they have no meaning beside them.
        return book.page.evaluate(
            """() => [...document.querySelectorAll('.jp-Completer-item')].map((item) => [
                item.querySelector('.jp-Completer-match').textContent,
                item.querySelector('.jp-Completer-typeExtended')?.textContent ?? ''])"""
        )

    yield press
    book.page.keyboard.press("Escape")


def test_telegram_is_first_by_name_and_code(book, keys):
    offered = keys("%sms order te")
    assert offered[0] == ["Telegram", "tg"]
    assert ["te", "efood"] in offered
    book.page.keyboard.press("Enter")
    assert book.source(AT) == "%sms order Telegram"
    assert keys("%sms order ")[:4] == [
        ["Telegram", "tg"],
        ["tg", "telegram"],
        ["Whatsapp", "wa"],
        ["wa", "whatsapp"],
    ]
    assert keys("%%sms\norder te")[0] == ["Telegram", "tg"]
