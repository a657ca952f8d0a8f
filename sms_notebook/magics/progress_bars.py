"""What calls wait for, drawn where somebody looks: a bar in a notebook, a line in a terminal."""

import html
import os
import shutil
import sys
import uuid
from collections.abc import Callable
from typing import Any

from sms_notebook.watching.display import Display, View

_WIDTHS = (24, 12)  # of a bar in a terminal, in characters


def face() -> type[Display] | None:
    """Return how it is drawn here; None where nobody looks, and it goes to the log."""
    if _is_tested():
        return None
    if hasattr(_shell(), "kernel"):
        return NotebookBar
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    return TerminalLine if is_terminal and os.environ.get("TERM") != "dumb" else None


def _shell() -> Any:
    """Return the shell that runs; None where there is no IPython."""
    if (interactive := sys.modules.get("IPython.core.interactiveshell")) is None:
        return None
    shells = interactive.InteractiveShell
    return shells.instance() if shells.initialized() else None


def _at_the_end(failure: BaseException, do: Callable[[bool], None]) -> bool:
    """Tell at the cell's end whether a failure was shown there; False where there is no IPython."""
    if (shell := _shell()) is None:
        return False
    events = shell.events

    def ended(result: Any) -> None:
        events.unregister("post_run_cell", ended)
        do(result.error_in_exec is failure)

    events.register("post_run_cell", ended)
    return True


def _is_tested() -> bool:
    """Tell whether pytest runs in this process: what is shown there is the test's."""
    return "_pytest" in sys.modules and "PYTEST_CURRENT_TEST" in os.environ


class NotebookBar(Display):
    """A bar beneath the cell; a line of text stays in its place, and shows where HTML does not.

    It is plain HTML: it needs no widgets, and a saved notebook keeps the last line alone.
    """

    most = 5

    def __init__(self) -> None:
        self._display: Any = _shell().display_pub
        self._id = uuid.uuid4().hex
        self._line = ""

    def show(self, view: View) -> None:
        """Show the time that is left, where it has changed."""
        line = f"Waiting for {view.title}: {view.clock}{view.others}."
        stop = f"Interrupting the kernel (\N{BLACK SQUARE}) {view.stop}."
        if line == self._line:
            return
        value = "" if view.share is None else f' value="{view.share:.3f}"'
        bar = f'<progress max="1"{value} style="width:16em;vertical-align:middle"></progress>'
        words = f"{html.escape(line)} <small>{html.escape(stop)}</small>"
        block = f'<div class="tex2jax_ignore mathjax_ignore" role="status">{bar} {words}</div>'
        self._publish({"text/plain": f"{line} {stop}", "text/html": block})
        self._line = line

    def close(self, line: str) -> None:
        """Leave a line in place of the bar."""
        if self._line:
            block = f'<div class="tex2jax_ignore mathjax_ignore">{html.escape(line)}</div>'
            self._publish({"text/plain": line, "text/html": block})

    def fail(self, line: str, failure: BaseException) -> None:
        """Leave a line, and take it away if the same stands in red below it."""
        self.close(line)
        _at_the_end(failure, lambda is_shown: self.vanish() if is_shown else None)

    def vanish(self) -> None:
        """Take the bar away."""
        if self._line:
            self._publish({"text/plain": "", "text/html": ""})

    def _publish(self, data: dict[str, str]) -> None:
        self._display.publish(
            data=data,
            metadata={},
            transient={"display_id": self._id},
            update=bool(self._line),
        )


class TerminalLine(Display):
    """A line of text on the error output, written over as time goes by."""

    most = 1

    def __init__(self) -> None:
        self._line = ""

    def show(self, view: View) -> None:
        """Write how much is left, where that has changed."""
        text = _fitting(view, shutil.get_terminal_size().columns - 1)
        if text != self._line:
            self._write(f"\r{text:<{len(self._line)}}")
            self._line = text

    def rest(self) -> None:
        """Take the line away."""
        if self._line:
            self._write(f"\r{'':<{len(self._line)}}\r")
            self._line = ""

    def close(self, line: str) -> None:
        """Leave a line in its place."""
        self.rest()
        self._write(f"{line}\n")

    def fail(self, line: str, failure: BaseException) -> None:
        """Leave a line, unless IPython shows the same."""
        self.rest()
        if not _at_the_end(failure, lambda is_shown: None if is_shown else self.close(line)):
            self.close(line)

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def _fitting(view: View, columns: int) -> str:
    """Write how it stands in one line of a terminal: in a narrow one with less of it."""
    clock = f"{view.clock}{view.others}"
    short = view.title[:1].upper() + view.title[1:]
    bars = [_bar(view.share, width) for width in _WIDTHS]
    candidates = (
        f"Waiting for {view.title}{bars[0]} {clock}. Ctrl-C {view.stop}",
        f"{short}{bars[1]} {clock}. Ctrl-C {view.stop}",
        f"{short}{bars[1]} {clock}. Ctrl-C stops",
        f"{short} {clock}. Ctrl-C stops",
        f"{clock}: {short}",
    )
    return next((text for text in candidates if len(text) <= columns), candidates[-1][:columns])


def _bar(share: float | None, width: int) -> str:
    if share is None:
        return ","
    full = round(width * share)
    return f" [{'#' * full}{'.' * (width - full)}]"
