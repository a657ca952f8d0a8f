"""What the tests of the order part do before they look."""

from collections.abc import Callable
from typing import Any

import pytest
from panels.conftest import Shown
from playwright.sync_api import expect

from sms_notebook import Client, OrderPanel
from sms_notebook.client.about import About


def loaded(show: Callable[..., Shown], sms: Client, **look: Any) -> Shown:
    shown = show(OrderPanel(sms, every=0.2), **look)
    expect(shown.page.get_by_text("Pick a service to see prices.")).to_be_visible()
    return shown


def pick(shown: Shown, service: str = "tg", country: str = "Kazakhstan") -> None:
    shown.pick("Service", service)
    shown.textbox("Filter countries").fill(country)
    shown.row(country).first.click()
    expect(shown.row(country).first).to_have_attribute("aria-selected", "true")


def offering(monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any]) -> None:
    """Let the provider offer something else."""
    told = About.offers
    monkeypatch.setattr(About, "offers", lambda about, *asked: [*map(change, told(about, *asked))])


def shows_first(shown: Shown, *names: str) -> None:
    """Wait until the table of countries begins with these; a row far off has no `innerText`."""
    cells = shown.page.locator(
        ".smsn-countries [role=rowgroup]:nth-child(2) .smsn-cell-country bdi"
    )
    for at, name in enumerate(names):
        expect(cells.nth(at)).to_have_text(name)
