"""The numbers in a panel: codes appear by themselves, and nothing else is sent to the page."""

import pytest
from playwright.sync_api import expect

from sms_notebook import WatchPanel

EVERY = 0.2


def order(sms, service="tg", country="Kazakhstan"):
    return str(sms.order(service, country).loc[0, "activation_id"])


def test_pictures(sms, show):
    numbers = [order(sms, s) for s in ("tg", "wa", "ig", "go", "fb", "tg")]
    sms.sandbox.step(130)
    numbers += [order(sms) for _ in range(3)]
    sms.sandbox.step(10)
    shown = show(WatchPanel(sms, every=EVERY))
    expect(shown.row("+7")).to_have_count(9)
    sms.sandbox.send_sms(numbers[2], "Your code is 01234")
    sms.sandbox.send_sms(numbers[4], "Your code is 556677. See https://example.org/x?y=1 for more")
    expect(shown.grid("Numbers").get_by_text("01234")).to_be_visible()
    shown.button("Cancel (in").first.click()
    expect(shown.button("Undo")).to_be_visible()
    expect(shown.grid("Numbers").get_by_text("556677")).to_be_visible()
    shown.button("Details").first.click()
    shown.shoot("wide-light")
    shown.page.emulate_media(color_scheme="dark")
    shown.shoot("wide-dark")
    shown.page.set_viewport_size({"width": 700, "height": 900})
    shown.shoot("middle-dark")
    shown.page.set_viewport_size({"width": 320, "height": 900})
    shown.shoot("narrow-dark")
    shown.page.emulate_media(color_scheme="light")
    shown.shoot("narrow-light")
