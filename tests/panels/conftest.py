"""Panels in a real browser, on a page without JupyterLab; and what there is without a browser."""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
import pytest
from browser.jupyter import browser_at, needed_chromium
from panels.host import CUT_OFF, Host, hosted
from playwright.sync_api import Browser, Locator, Page, expect

from sms_notebook import Client
from sms_notebook.sandbox import Sandbox

expect.set_options(timeout=15_000)  # other tests run beside these


# ipywidgets 7 keeps them elsewhere.
_PLACE = ipywidgets.widgets.widget
_REGISTRY: dict[str, Any] = (
    _PLACE._instances if hasattr(_PLACE, "_instances") else ipywidgets.Widget.widgets
)


def widgets_alive() -> set[str]:
    """Return the widgets there are, with their kinds."""
    return {f"{type(one).__name__} {key}" for key, one in _instances().items()}


def state_of_all() -> str:
    """Return whatever a saved notebook could hold of the widgets there are."""
    return json.dumps([one.get_state() for one in _instances().values()], default=str)


def _instances() -> dict[str, Any]:
    """Return a copy; the loop thread may be making some just now."""
    while True:
        with contextlib.suppress(RuntimeError):
            return dict(_REGISTRY)


def until(holds: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait until something holds; return it."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
    return found


# A notebook of JupyterLab leaves a panel 284 of 400 pixels, and 204 of 320.
WIDTHS = (1300, 1000, 920, 905, 895, 700, 530, 510, 400, 330, 284, 204)


class Shown:
    """A panel in the browser, looked at as a person does: by roles and names."""

    def __init__(self, panel: Any, page: Page, host: Host) -> None:
        self.panel, self.page, self.host = panel, page, host
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def __getattr__(self, role: str) -> Callable[..., Locator]:
        """Find by role: ``shown.button("Finish")``, ``shown.row("+7 700")``."""
        return lambda name=None, **how: self.page.get_by_role(role, name=name, **how)

    def pick(self, label: str, text: str) -> None:
        """Type into a combobox, and take what it finds first."""
        field = self.page.get_by_role("combobox", name=label)
        field.fill(text)
        field.press("Enter")

    def says(self, words: str) -> None:
        """Wait until the status line says something."""
        expect(self.page.locator(".smsn-said")).to_contain_text(words)

    def load(self, width: int = 1000) -> None:
        """Load the page, or load it anew once all that was set has arrived."""
        self.page.evaluate("window.sent?.()")
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.goto(self.host.url)
        expect(self.page.locator(".smsn")).to_be_visible()

    def fits_everywhere(self) -> None:
        """Look whether all that has to be read whole can be, at any width."""
        root = self.page.locator(".smsn").element_handle()
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.evaluate(
                "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
            )
            assert (width, self.page.evaluate(CUT_OFF, root)) == (width, [])

    def shoot(self, name: str) -> None:
        """Keep a picture of the panel, where somebody wants to look at it."""
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.locator(".smsn").first.screenshot(path=f"{folder}/{name}.png")


@pytest.fixture(scope="module")  # while it is open no other test can run an event loop
def browser() -> Iterator[Browser]:
    with browser_at(needed_chromium()) as opened:
        yield opened


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosted() as serving:
        yield serving


@pytest.fixture
def show(browser, host) -> Iterator[Callable[..., Shown]]:
    """Show a panel in the browser; afterwards nothing of it is left, and nothing went wrong."""
    before, opened = widgets_alive(), []
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    outside: list[str] = []
    context.on(
        "request",
        lambda asked: None if asked.url.startswith(host.url) else outside.append(asked.url),
    )

    def open_one(panel: Any, width: int = 1000, **look: Any) -> Shown:
        host.put(panel.widget)
        page = context.new_page()
        page.emulate_media(**look)
        shown = Shown(panel, page, host)
        opened.append(shown)
        shown.load(width)
        return shown

    yield open_one
    context.close()
    for shown in opened:
        shown.panel.close()
    assert widgets_alive() == before
    assert [shown.errors for shown in opened if shown.errors] == []
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []


@pytest.fixture
def sms() -> Iterator[Client]:
    with Client(sandbox=Sandbox(speed=0, success=0)) as client:
        yield client
