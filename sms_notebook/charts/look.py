"""The look that all charts share: colours, titles, and what is drawn where nothing is."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from sms_notebook.charts.picture import Plot
from sms_notebook.charts.words import lines

WIDTH = 560
_LEGEND = alt.Legend(labelLimit=0)
COLOURS = ("#3b8fd4", "#d9701c", "#2f9e6e", "#a86fc9", "#d9534f", "#948a1e", "#d862a5", "#5f8a94")
"""Each is told from white and from the dark theme's grey."""
SHAPES = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "circle",
    "square",
)
MAIN, SECOND = COLOURS[0], COLOURS[1]
MOST_SERIES = len(COLOURS)
WHOLE = ",.0f"
"""How numbers of things are written."""
COUNTS = alt.Axis(format=WHOLE)
NAMES = alt.Axis(labelLimit=0)
"""Names are short already; Vega cuts between the halves of a sign, which nobody can draw."""
FEW_TICKS = alt.Axis(tickCount=8)
_ROOM = 0.06  # of a scale, before the first value and after the last
WRITTEN = alt.ExprRef("background && luminance(background) < 0.5 ? '#fff' : '#000'")
"""The colour of words among marks; Vega-Lite knows no other way to follow the theme."""


def data(table: pd.DataFrame) -> alt.InlineData:
    """Hand rows to altair as plain values, which no setting of altair's can change."""
    columns = [(str(name), column.tolist()) for name, column in table.items()]
    present = [table[name].notna().tolist() for name in table]
    rows: list[dict[str, Any]] = [{} for _ in range(len(table))]
    for (name, values), is_there in zip(columns, present, strict=True):
        for row, value, there in zip(rows, values, is_there, strict=True):
            if there:
                row[name] = value
    return alt.InlineData(values=rows)


def title(text: str, *notes: str) -> alt.TitleParams:
    """Make a title, with notes below it."""
    return alt.TitleParams(text=text, subtitle=lines(*notes), anchor="start", offset=12)


def series_colour(names: Sequence[str], what: str) -> alt.Color:
    """Colour series by name, in their order."""
    return alt.Color("series:N", title=what, scale=_scale(names, COLOURS), legend=_LEGEND)


def series_fill(names: Sequence[str], what: str) -> alt.Fill:
    """Fill marks with the colour of their series."""
    return alt.Fill("series:N", title=what, scale=_scale(names, COLOURS), legend=_LEGEND)


def series_shape(names: Sequence[str], what: str) -> alt.Shape:
    """Shape series by name, in their order: not everybody sees colours."""
    return alt.Shape("series:N", title=what, scale=_scale(names, SHAPES), legend=_LEGEND)


def _scale(names: Sequence[str], marks: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(names), range=list(marks[: len(names)]))


def hint(column: str, words: str) -> alt.Tooltip:
    """Show a text when the mouse is over a mark; it is written already, exact to the cent."""
    return alt.Tooltip(f"{column}:N", title=words)


def nothing(text: str, *notes: str) -> Plot:
    """Draw that there is nothing to show."""
    said = ". ".join(["Nothing to show", *filter(None, notes)])
    return Plot(
        alt.InlineData(values=[{}]),
        mark=alt.MarkDef(type="text", text="nothing to show", color=WRITTEN, fontSize=14),
        title=title(text, *notes),
        description=f"{text}. {said}.",
        width=WIDTH,
        height=80,
    )


def around(values: "pd.Series[Any]") -> alt.Scale:
    """Make a scale around values; around a single one it begins at zero."""
    low, high = float(values.min()), float(values.max())
    if low == high:
        return alt.Scale(domain=[0, high * 2 or 1])
    room = (high - low) * _ROOM
    domain = [float(f"{edge:.4g}") for edge in (max(low - room, 0.0), high + room)]
    return alt.Scale(domain=domain, nice=False)


def headroom(values: "pd.Series[Any]", share: float = 0.12) -> list[float]:
    """Return a scale from zero that leaves room for words after the longest bar."""
    most = float(values.max())
    return [0.0, round(most * (1 + share), 6) or 1.0]
