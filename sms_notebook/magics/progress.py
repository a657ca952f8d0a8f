"""A bar with the time that is left, in a notebook or a terminal."""

import shutil
import sys
import threading
from typing import Any, Protocol

_WIDTH = 24


class Bar(Protocol):
    """Shows how much time is left."""

    def show(self, left: float, of: float) -> None:
        """Change what is shown; once closed, nothing is."""

    def close(self) -> None:
        """Show it no more."""


class TextBar:
    """A line of text on the error output; in a terminal it is written over.

    Parameters
    ----------
    title : str
        What is waited for.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown = ""
        self._changing = threading.Lock()
        self._is_over = False

    def show(self, left: float, of: float) -> None:
        """Write how much is left, where that has changed; into a file only once."""
        full = round(_WIDTH * _share(left, of))
        text = f"{self._title} [{'#' * full}{'.' * (_WIDTH - full)}] {_clock(left)} left"
        text = text[: shutil.get_terminal_size().columns - 1]
        with self._changing:
            if self._is_over or text == self._shown:
                return
            if not sys.stderr.isatty():
                self._is_over = True
                sys.stderr.write(f"{text}\n")
            else:
                sys.stderr.write(f"\r{text:<{len(self._shown)}}")
            self._shown = text
            sys.stderr.flush()

    def close(self) -> None:
        """Take the line away."""
        with self._changing:
            if self._shown and sys.stderr.isatty():
                sys.stderr.write(f"\r{'':<{len(self._shown)}}\r")
                sys.stderr.flush()
            self._is_over = True


class WidgetBar:
    """A widget in a notebook; a line of text stays in its place.

    Parameters
    ----------
    title : str
        What is waited for.
    """

    def __init__(self, title: str) -> None:
        import ipywidgets  # noqa: PLC0415 - only where a notebook shows it
        from IPython.display import display  # noqa: PLC0415 - likewise

        self._title = title
        self._changing = threading.Lock()
        self._left = ""
        self._is_over = False
        self._bar: Any = ipywidgets.FloatProgress(min=0.0, max=1.0, layout={"width": "16em"})
        self._label: Any = ipywidgets.Label("")
        self._box: Any = ipywidgets.HBox([ipywidgets.Label(title), self._bar, self._label])
        self._display: Any = display(self._box, display_id=True)  # type: ignore[no-untyped-call]  # IPython does not say

    def show(self, left: float, of: float) -> None:
        """Move the bar."""
        with self._changing:
            if not self._is_over:
                self._left = f"{_clock(left)} left"
                self._bar.value = _share(left, of)
                self._label.value = self._left

    def close(self) -> None:
        """Take the widgets away."""
        with self._changing:
            self._is_over = True
            said = {"text/plain": f"{self._title}: over with {self._left}."}
            self._display.update(said, raw=True)
            for widget in (*self._box.children, self._box):
                for model in (widget, widget.layout, getattr(widget, "style", None)):
                    if model is not None:
                        model.close()


def _share(left: float, of: float) -> float:
    return min(max(left / of, 0.0), 1.0) if of else 0.0


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(int(seconds), 0), 60)
    return f"{minutes}:{rest:02}"
