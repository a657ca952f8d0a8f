"""How waiting is drawn: a line that fits into its terminal, a bar that becomes a line."""

from types import SimpleNamespace
from typing import Any

import pytest

from sms_notebook.magics import progress_bars as faces
from sms_notebook.watching.display import View

PHONE = "77001234567"
CODE = f"the code of {PHONE} (tg)"
VIEW = View(CODE, 5.0, 600.0, 1200.0, "stops only the wait")


class Screen:
    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing is kept back."""


@pytest.fixture
def screen(monkeypatch) -> Screen:
    screen = Screen()
    monkeypatch.setattr(faces, "sys", SimpleNamespace(stderr=screen, modules={}))
    monkeypatch.setenv("TERM", "xterm")
    return screen


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (120, f"Waiting for {CODE} [{'#' * 12}{'.' * 12}] 10:00 left. Ctrl-C stops only the wait"),
        (80, f"{CODE.capitalize()} [######......] 10:00 left. Ctrl-C stops"),
        (60, f"{CODE.capitalize()} 10:00 left. Ctrl-C stops"),
        (50, f"10:00 left: {CODE.capitalize()}"),
        (30, f"10:00 left: {CODE.capitalize()}"[:29]),
    ],
)
def test_a_line_fits_into_its_terminal(screen, monkeypatch, columns, line):
    monkeypatch.setenv("COLUMNS", str(columns))
    faces.TerminalLine().show(VIEW)
    assert screen.text == f"\r{line}"
    assert len(line) < columns


def test_a_line_is_written_over_and_leaves_room_for_others(screen, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    line = faces.TerminalLine()
    line.show(VIEW)
    first = screen.text[1:]
    line.show(VIEW)
    assert screen.text == f"\r{first}"
    line.rest()
    assert screen.text == f"\r{first}\r{'':<{len(first)}}\r"
    line.close("The end.")
    assert screen.text.endswith("\rThe end.\n")


def test_a_bar_with_no_end_moves_without_a_share(screen, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    faces.TerminalLine().show(View("HeroSMS to answer getPrices", 8.0, None, None, "stops it"))
    assert screen.text == "\rWaiting for HeroSMS to answer getPrices, 0:08 so far. Ctrl-C stops it"


@pytest.mark.parametrize(("left", "share"), [(600, 0.5), (1300, 1.0), (-5, 0.0)])
def test_a_bar_is_never_longer_than_itself(left, share):
    assert VIEW._replace(left=left).share == share


def notebook(monkeypatch) -> list[dict[str, Any]]:
    published: list[dict[str, Any]] = []
    pub = SimpleNamespace(publish=lambda **content: published.append(content))
    shell = SimpleNamespace(kernel=object(), display_pub=pub)
    monkeypatch.setattr(faces, "_shell", lambda: shell)
    return published


def test_a_notebook_has_a_bar_that_becomes_a_line(monkeypatch):
    published = notebook(monkeypatch)
    bar = faces.NotebookBar()
    bar.show(VIEW._replace(title="<b>$x$</b>"))
    bar.show(VIEW._replace(title="<b>$x$</b>"))
    bar.close("Over & <out>.")
    first, last = published
    assert 'value="0.500"' in first["data"]["text/html"]
    assert "&lt;b&gt;" in first["data"]["text/html"]
    assert "mathjax_ignore" in first["data"]["text/html"]
    assert first["data"]["text/plain"] == (
        "Waiting for <b>$x$</b>: 10:00 left. Interrupting the kernel (■) stops only the wait."
    )
    assert (first["update"], last["update"]) == (False, True)
    assert first["transient"] == last["transient"]
    assert last["data"]["text/plain"] == "Over & <out>."
    assert "<progress" not in last["data"]["text/html"]
    assert "Over &amp; &lt;out&gt;." in last["data"]["text/html"]


def test_it_is_drawn_in_a_kernel_and_in_a_terminal_and_nowhere_else(screen, monkeypatch):
    assert faces.face() is faces.TerminalLine
    monkeypatch.setenv("TERM", "dumb")
    assert faces.face() is None
    monkeypatch.setenv("TERM", "xterm")
    screen.isatty = lambda: False
    assert faces.face() is None
    notebook(monkeypatch)
    assert faces.face() is faces.NotebookBar


def test_under_pytest_it_goes_to_the_log(monkeypatch):
    notebook(monkeypatch)
    assert faces.face() is None
