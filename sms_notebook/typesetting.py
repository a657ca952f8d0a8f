r"""How frames are shown, in a page and as text: money with its decimals, long lists in part.

A message such as ``$\phantom{12345}\llap{99999}$`` would show another code than it says, once
MathJax has made of it what it asks for. pandas has an option against that, for all frames of a
person: ``display.html.use_mathjax``. All that is done here is for the frames of this package alone.
"""

import shutil
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from html import escape
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from sms_notebook.protocol.frames import Schema
from sms_notebook.protocol.frames.schema import whole_seconds

_FACTS = ("provider", "fetched_at")
_IDS = {"activation_id", "rent_id", "phone_number"}
_TEXTS = {"text", "sms_text", "sms", "code", "codes", "sms_code"}

_FLOATS = (pd.Float64Dtype(), np.dtype("float64"))
_SMALL = 1e-4
_HEIGHT = "30em"  # of a list that scrolls
_ROOM = {"display.max_colwidth": (50, 100), "display.max_columns": (20, 50)}  # pandas' and ours
_HARMLESS = "\u00a0\u200c\u200d"  # a wide blank; joiners inside of emoji and Persian words
_STYLE = "<style>.smsn-frame tbody td, .smsn-frame tbody th { white-space: nowrap; }</style>"
_UNTOUCHED = ("tex2jax_ignore", "mathjax_ignore")  # what MathJax 2 and 3 leave alone

Printer = Callable[[Any], Any]


class ShownRows(msgspec.Struct, frozen=True):
    """Which rows of a frame are shown, and what is said below them.

    Attributes
    ----------
    most : int or None
        So many; None for all, in a box that scrolls.
    from_the_end : bool
        Whether the last ones.
    note : str
        The line below; empty for none.
    """

    most: int | None = None
    from_the_end: bool = False
    note: str = ""

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the part of a frame that is shown."""
        if self.most is None:
            return frame
        return frame.tail(self.most) if self.from_the_end else frame.head(self.most)


_shown_rows: dict[int, tuple["weakref.ref[pd.DataFrame]", int, ShownRows]] = {}


def show_rows(frame: pd.DataFrame, rows: ShownRows) -> None:
    """Have a frame shown in part, or whole; this frame alone, and nothing that is made of it."""
    place = id(frame)
    reference = weakref.ref(frame, lambda _: _shown_rows.pop(place, None))
    _shown_rows[place] = (reference, len(frame), rows)


def rows_to_show(frame: pd.DataFrame) -> ShownRows | None:
    """Return how much of a frame is shown; None where that is pandas' affair."""
    reference, length, rows = _shown_rows.get(id(frame), (None, 0, None))
    is_it = reference is not None and reference() is frame and length == len(frame)
    return rows if is_it else None


@contextmanager
def all_rows() -> Iterator[None]:
    """Show all rows of a frame, and no line about its size."""
    with pd.option_context("display.max_rows", None, "display.show_dimensions", False):
        yield


@contextmanager
def more_room() -> Iterator[None]:
    """Show more columns and longer texts than pandas does; what a person has set stays."""
    with ExitStack() as stack:
        for name, (its, ours) in _ROOM.items():
            if pd.get_option(name) == its:
                stack.enter_context(pd.option_context(name, ours))
        yield


def for_people(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of ours as it is written: money has its decimals, seconds are whole.

    The numbers are texts in it, as far as pandas would show them.

    Examples
    --------
    >>> from sms_notebook.ledger.frame_schemas import BUDGET
    >>> from sms_notebook.protocol.replies import Context
    >>> for_people(BUDGET.frame({"budget": [5], "spent_today": ["1.5"]}, Context("budget")))
      budget spent_today  left  unknown
    0   5.00        1.50  <NA>     <NA>
    """
    if not _is_ours(frame) or not frame.columns.is_unique:
        return frame
    numbers = [name for name, dtype in frame.dtypes.items() if dtype in _FLOATS]
    result = whole_seconds(frame).copy(deep=False)
    for name in numbers:
        if (least := Schema.digits_of(name)) is not None:
            result[name] = _written(frame[name], least)
    return result


def _written(numbers: "pd.Series[Any]", least: int) -> "pd.Series[Any]":
    """Write the numbers of a column, as many as are shown, with as many decimals as they need."""
    texts = np.full(len(numbers), pd.NA, dtype=object)
    for part in _ends(len(numbers)):
        values = numbers.iloc[part]
        known = np.flatnonzero(values.notna().to_numpy())
        floats = values.iloc[known].to_numpy("float64")
        digits = max([least, *(map(_digits, floats) if least else ())])
        texts[np.arange(len(numbers))[part][known]] = [f"{value:.{digits}f}" for value in floats]
    return pd.Series(texts, index=numbers.index, dtype=object)


def _ends(length: int) -> Sequence[slice]:
    """Return the rows that pandas may show: of a long frame those at both ends."""
    most = pd.get_option("display.max_rows")
    if not most or length <= 2 * most:
        return (slice(None),)
    return (slice(0, most), slice(length - most, length))


def _digits(value: float) -> int:
    """Count the decimals that an amount needs."""
    most = 9 if 0 < abs(value) < _SMALL else 6
    return len(f"{value:.{most}f}".rstrip("0").partition(".")[2])


# As text -----------------------------------------------------------------------------------------


def printable(text: str, keep: str = "") -> str:
    r"""Write out what would control a terminal, or turn the direction of writing.

    Parameters
    ----------
    text : str
        Anybody's.
    keep : str
        Characters that are harmless where it is printed.

    Examples
    --------
    >>> printable("code\x1b7\n123")
    'code\\x1b7\\n123'
    """
    return "".join(
        character
        if character.isprintable() or character in _HARMLESS or character in keep
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def show_frame(frame: pd.DataFrame, printer: Any, _cycle: bool) -> None:
    """Show a frame as text; what strangers wrote controls no terminal."""
    printer.text(printable(_frame_text(frame), keep="\n"))


def _frame_text(frame: pd.DataFrame) -> str:
    """Write a frame, as much of it as was asked for, and below it how to see more."""
    rows = rows_to_show(frame)
    if rows is None:
        return _table(for_people(frame))
    with all_rows():
        text = _table(for_people(rows.of(frame)))
    return f"{text}\n\n{rows.note}" if rows.note else text


def _table(frame: pd.DataFrame) -> str:
    """Write a table: in a terminal an answer has all its columns, however narrow the window."""
    leaves_out_columns = pd.get_option("display.max_columns") == 0  # as pandas does in a terminal
    if "fetched_at" not in frame.attrs:
        return repr(frame)
    if not leaves_out_columns:
        with more_room():
            return repr(frame)
    width = shutil.get_terminal_size().columns
    if len(frame) == 1:
        whole = frame.to_string()
        is_narrow = all(len(line) <= width for line in whole.splitlines())
        return whole if is_narrow else frame.T.to_string(header=False)
    with more_room(), pd.option_context("display.max_columns", None, "display.width", width):
        return repr(frame)


# In a page ---------------------------------------------------------------------------------------


def protect_frames(shell: Any = None) -> None:
    """Show the frames of this package as people read them, and without MathJax.

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
            rows = rows_to_show(frame)
            if self._before is not None or rows is None:
                return self._written(frame)
            with all_rows():
                html = self._written(rows.of(frame))
        return _below(html, rows)

    def _written(self, frame: pd.DataFrame) -> Any:
        if self._before is not None:  # it may want numbers
            return self._before(frame)
        written: Printer = getattr(pd.DataFrame, "_repr_html_")  # noqa: B009 - stubs lack it
        if not _is_ours(frame):
            return written(frame)
        with more_room():
            html = written(for_people(frame))
        if html and _UNTOUCHED[1] not in html:  # pandas 2 knows only the older of the two
            html = html.replace(f'{_UNTOUCHED[0]}"', f'{" ".join(_UNTOUCHED)}"', 1)
        # JupyterLab breaks the lines of a wide table into slivers in place of scrolling.
        return html and f'<div class="smsn-frame">{_STYLE}\n{html}</div>'


def _below(html: Any, rows: ShownRows) -> Any:
    """Put a list into a box that scrolls, and the line below it."""
    if html is None:  # where frames are shown as text alone
        return None
    if rows.most is None:
        html = f'<div style="max-height: {_HEIGHT}; overflow: auto">{html}</div>'
    return f"{html}\n<p>{escape(rows.note)}</p>" if rows.note else html


def _is_ours(frame: pd.DataFrame) -> bool:
    """Tell whether a frame came from a client, or from its frames: attrs survive most changes."""
    if all(name in frame.attrs for name in _FACTS):
        return True
    columns = set(map(str, frame.columns))
    return not (_IDS.isdisjoint(columns) or _TEXTS.isdisjoint(columns))
