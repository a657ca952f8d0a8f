"""Panels without a kernel: widgets work all the same, and nobody has to look at a screen."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
import pytest

from sms_notebook import Client
from sms_notebook.sandbox import Sandbox


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
            return dict(ipywidgets.widgets.widget._instances)


def all_of(widget: Any) -> Iterator[Any]:
    """Yield a widget and all within it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from all_of(child)


class Looking:
    """Looks at a panel as a person does: by the words on it."""

    def __init__(self, panel: Any) -> None:
        self.panel = panel
        self.root = panel.root

    def html(self) -> str:
        """Return all HTML on it but the style."""
        values = [one.value for one in all_of(self.root) if isinstance(one, ipywidgets.HTML)]
        return "\n".join(value.partition("</style>")[2] or value for value in values)

    def named(self, words: str, which: int = 0) -> Any:
        """Return the button or field whose description begins so."""
        found = [
            one
            for one in all_of(self.root)
            if getattr(one, "description", "").startswith(words)
            or getattr(one, "placeholder", "").startswith(words)
        ]
        return found[which]

    def click(self, words: str, which: int = 0) -> None:
        def enabled() -> Any:
            button = self.named(words, which)
            return None if button.disabled else button

        self.until(enabled).click()  # as a person waits while the panel is busy

    def until(self, holds: Callable[[], Any], seconds: float = 30.0) -> Any:
        """Wait until something holds; return it."""
        end = time.monotonic() + seconds

        def looked() -> Any:
            with contextlib.suppress(IndexError):  # it is not there yet
                return holds()
            return None

        while not (found := looked()):
            assert time.monotonic() < end, f"not within {seconds} s:\n{self.html()}"
            time.sleep(0.02)
        return found

    def shows(self, words: str, seconds: float = 30.0) -> None:
        self.until(lambda: words in self.html(), seconds)

    def status(self) -> str:
        return str(self.panel._status.value)

    def says(self, words: str, seconds: float = 30.0) -> None:
        self.until(lambda: words in self.status(), seconds)


@pytest.fixture
def look() -> Iterator[Callable[[Any], Looking]]:
    """Open panels; they are closed after the test, and must leave nothing behind."""
    before, looked = widgets_alive(), []

    def open_one(panel: Any) -> Looking:
        looked.append(panel)
        return Looking(panel)

    yield open_one
    for panel in looked:
        panel.close()
    assert widgets_alive() == before


@pytest.fixture
def sms() -> Iterator[Client]:
    with Client(sandbox=Sandbox(speed=0, success=0)) as client:
        yield client
