"""The order part at whatever a provider speaks: the same names, and what was bought is seen."""

import re

import pytest
from panels.ordering import loaded
from playwright.sync_api import expect

from sms_notebook import Client
from sms_notebook.sandbox import Sandbox
from sms_notebook.sandbox.dialects import DIALECTS

COLUMNS = ["Country", "Price", "Stock", "Success", "Time to code"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_number_is_chosen_ordered_seen_and_finished(show, dialect):
    shop = Sandbox(dialect=dialect, speed=0, success=0)
    with Client(sandbox=shop) as sms:
        shown = loaded(show, sms)
        for name in ("Filter countries", "Highest price"):
            expect(shown.textbox(name, exact=True)).to_be_editable()
        expect(shown.combobox("Operator", exact=True)).to_be_visible()
        shown.pick("Service", "tg")
        countries = shown.grid("Countries", exact=True)
        for name in COLUMNS:
            expect(countries.get_by_role("columnheader", name=name, exact=True)).to_be_visible()
        row = countries.get_by_role("row").nth(1)
        expect(row).to_be_visible()
        price = row.get_by_role("gridcell").nth(1).text_content()
        row.click()
        expect(row).to_have_attribute("aria-selected", "true")
        currency = sms.about.provider.currency
        words = f"Order for {price} {currency}" if currency else f"Order for {price}"
        shown.button(words, exact=True).click()
        number = shown.grid("Numbers", exact=True).get_by_role("row").nth(1)
        expect(number).to_have_accessible_name(re.compile(r"\+\d[\d -]+"))
        shown.says("Ordered +")
        shop.send_sms(sms.ledger().loc[0, "activation_id"], "Your code is 01234")
        expect(number.get_by_text("01234", exact=True)).to_be_visible()
        expect(shown.log("Codes", exact=True)).to_contain_text("01234 for +")
        number.get_by_role("button", name="Finish", exact=True).click()
        shown.says("Finished: the number is paid for.")
        expect(shown.button("The same again", exact=True)).to_be_enabled()
