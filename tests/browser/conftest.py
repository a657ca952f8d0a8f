"""A real JupyterLab in a real Chromium, and the sandbox as a server: tests that click."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.jupyter import (
    KEY,
    LabPage,
    Notebook,
    browser_at,
    lab_in,
    needed_chromium,
    notebooks,
    page_of,
)
from playwright.sync_api import Browser, expect

from sms_notebook.sandbox import Faults, Sandbox, serve

expect.set_options(timeout=15_000)  # other tests run beside these


@pytest.fixture(scope="module")  # while it is open no other test can run an event loop
def browser() -> Iterator[Browser]:
    with browser_at(needed_chromium()) as opened:
        yield opened


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    with lab_in(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def lab_page(browser, lab) -> Iterator[LabPage]:
    """Load JupyterLab once for the tests of a module; each opens a notebook of its own in it."""
    with page_of(lab, browser) as page:
        yield page


@pytest.fixture
def market() -> Iterator[Sandbox]:
    """Serve a sandbox whose messages the test sends; ``market.url``, ``market.faults``."""
    sandbox, faults = Sandbox(success=0, api_key=KEY), Faults()
    with serve(sandbox, faults) as url:
        sandbox.url, sandbox.faults = url, faults
        yield sandbox


@pytest.fixture
def notebook(lab_page, market, request) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook with cells; the first makes the client."""
    with notebooks(lab_page, market.url, request.node.name) as open_one:
        yield open_one
