r"""Frames are shown as they are: MathJax makes links, blocks and other codes of a stranger's text.

A message such as ``$\phantom{12345}\llap{99999}$`` would show another code than it says. pandas
has an option against that, ``display.html.use_mathjax``, for all frames of a person; here it holds
for the frames of this package alone.
"""

import sys
from collections.abc import Callable
from typing import Any

import pandas as pd

_FACTS = ("provider", "fetched_at")
_IDS = {"activation_id", "rent_id", "phone_number"}
_TEXTS = {"text", "sms_text", "sms", "code", "codes", "sms_code"}

Printer = Callable[[Any], Any]


def protect_frames(shell: Any = None) -> None:
    """Show the frames of this package without MathJax.

    All other frames are shown as before, by whatever was registered for them.

    Parameters
    ----------
    shell : InteractiveShell, optional
        Where; in the one that runs, if there is one, if not given.
    """
    if shell is None and (ipython := sys.modules.get("IPython")) is not None:
        shell = ipython.get_ipython()
    formatter = getattr(shell, "display_formatter", None)
    if formatter is None:
        return
    html = formatter.formatters["text/html"]
    before: Printer | None = html.for_type(pd.DataFrame)
    if not isinstance(before, _FramePrinter):
        html.for_type(pd.DataFrame, _FramePrinter(before))


class _FramePrinter:
    """Writes frames as HTML.

    Parameters
    ----------
    before : callable or None
        What was registered for frames.
    """

    def __init__(self, before: Printer | None) -> None:
        self._before = before

    def __call__(self, frame: pd.DataFrame) -> Any:
        if not _is_ours(frame):
            return self._written(frame)
        with pd.option_context("display.html.use_mathjax", False):
            return self._written(frame)

    def _written(self, frame: pd.DataFrame) -> Any:
        if self._before is not None:
            return self._before(frame)
        written: Printer = getattr(pd.DataFrame, "_repr_html_")  # noqa: B009 - stubs lack it
        return written(frame)


def _is_ours(frame: pd.DataFrame) -> bool:
    """Tell whether a frame came from a client, or from its frames: attrs survive most changes."""
    if all(name in frame.attrs for name in _FACTS):
        return True
    columns = set(map(str, frame.columns))
    return not (_IDS.isdisjoint(columns) or _TEXTS.isdisjoint(columns))
