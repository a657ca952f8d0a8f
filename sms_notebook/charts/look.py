"""How charts look, what stands on them, and how they are shown.

As Vega-Lite and as a PNG beside it, with nothing from the network.
"""

import base64
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import Enum, auto
from importlib import import_module
from textwrap import wrap
from typing import Any, TypeVar

import altair as alt
import pandas as pd

from sms_notebook.protocol.errors.missing_extra import extra

_MIME = "application/vnd.vegalite.v5+json"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
"""What JupyterLab 4 has; altair 6 writes version 6, which it would not draw."""
_RENDERED_AS = "5.8"  # the version for the PNG: the nearest to JupyterLab's that vl-convert has
_DRAWN = ("png", "svg", "pdf")
_UNCHOSEN = "default"
"""What altair's renderer is called until a person enables one."""
_ACTIONS = {"export": True, "source": False, "compiled": False, "editor": False}
"""The menu of a chart: the editor would send the data to a web site."""


_UNDRAWABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

WIDTH = 560
_LEGEND = alt.Legend(labelLimit=0)
COLOURS = ("#3b8fd4", "#d9701c", "#2f9e6e", "#a86fc9", "#d9534f", "#948a1e", "#d862a5", "#5f8a94")
"""Each is told from white and from the dark theme's grey."""
_FORMS = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
SHAPES = (*_FORMS, *_FORMS[:2])
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

_Channel = TypeVar("_Channel", alt.Color, alt.Fill, alt.Shape)
_LINE = 84  # characters of a line below the title
_FINEST = Decimal("0.000001")  # of an amount; what is finer is a float's noise
_CENTS = Decimal("0.01")
_LONGEST = 36  # characters of a name


# Words --------------------------------------------------------------------------------------------


def amount(value: float | Decimal) -> Decimal:
    """Return an amount as it was written before it became a float.

    Examples
    --------
    >>> amount(0.1 + 0.2)
    Decimal('0.3')
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    return exact.quantize(_FINEST).normalize()


def money(value: float | Decimal) -> str:
    """Write an amount to the cent, or finer where it is.

    Examples
    --------
    >>> money(0.5), money(1234.5), money(0.0375), money(16)
    ('0.50', '1,234.50', '0.0375', '16.00')
    """
    exact = amount(value)
    return f"{exact:,.2f}" if exact == exact.quantize(_CENTS) else f"{exact:,f}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Write a number of things.

    Examples
    --------
    >>> counted(1, "country", "countries"), counted(1200, "number")
    ('1 country', '1,200 numbers')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def left_out(reasons: Iterable[tuple[int, str]]) -> str:
    """Say what was left out, and why; empty where nothing was.

    Examples
    --------
    >>> left_out([(3, "without a price"), (0, "without a country"), (1, "rent/rents")])
    'left out: 3 without a price, 1 rent'
    """
    texts = []
    for number, reason in reasons:
        single, _, many = reason.partition("/")
        texts += [counted(number, single, many or single)] if number else []
    return f"left out: {', '.join(texts)}" if texts else ""


def lines(*parts: str) -> list[str]:
    """Put what is said below a title into lines, each part whole where it fits.

    Examples
    --------
    >>> lines("2 offers", "", "left out: 1 without a price")
    ['2 offers · left out: 1 without a price']
    """
    packed: list[str] = []
    for part in filter(None, parts):
        if packed and len(packed[-1]) + len(part) < _LINE:
            packed[-1] += f" · {part}"
        else:
            packed += wrap(part, _LINE)
    return packed


def display_name(value: object) -> str:
    r"""Make a name from a stranger fit to be shown: one line of signs that can be seen.

    Examples
    --------
    >>> display_name("Tele\ngram\u202e"), display_name("x" * 50)
    ('Tele�gram�', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…')
    """
    text = "".join(sign if sign.isprintable() else "�" for sign in str(value)[: _LONGEST + 1])
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def plain(value: object) -> str:
    """Make a word from a stranger fit to be part of an axis' title.

    Vega-Lite puts titles into expressions, and its quoting can be left with a backslash.

    Examples
    --------
    >>> plain("USD"), plain('"+alert(1)+"')
    ('USD', '��alert�1���')
    """
    return "".join(sign if sign.isalnum() or sign == " " else "�" for sign in display_name(value))


# Pictures -----------------------------------------------------------------------------------------


class _FrontEnd(Enum):
    """Who draws a chart."""

    JUPYTER = auto()  # it draws Vega-Lite 5; whoever does not has the PNG
    MARIMO = auto()  # it draws Vega-Lite, in its own way of being told
    ALTAIR = auto()  # altair's renderer: one that was enabled, or the usual one in Colab


def _front_end() -> _FrontEnd:
    if alt.renderers.active != _UNCHOSEN or "google.colab" in sys.modules:
        return _FrontEnd.ALTAIR
    marimo = sys.modules.get("marimo")
    if marimo is not None and marimo.running_in_notebook():
        return _FrontEnd.MARIMO
    return _FrontEnd.JUPYTER


class Picture(alt.TopLevelMixin):
    """A chart of altair that is shown without the network, and on GitHub too.

    It is a real `altair.Chart` (or ``LayerChart``, ``VConcatChart``, ``HConcatChart``):
    ``.properties()``, ``.encode()``, ``.configure_axis()``, ``.to_dict()`` and the rest work and
    keep it. So do ``|``, ``&`` and ``+`` with one of these on the left. What else altair makes of
    it (``.facet()``, ``altair.hconcat()``) is altair's own, and is shown as its renderer says.

    - JupyterLab draws it as Vega-Lite 5 in its light or dark theme, with what it has on board.
      GitHub and nbviewer show the PNG, a terminal shows title and rows.
    - ``.save("chart.html")`` and ``.to_html()`` put the JavaScript into the page;
      ``inline=False`` takes it from a CDN.
    - marimo draws it, and in Colab altair's HTML renderer, with JavaScript from a CDN.
    - A renderer that you enabled (``altair.renderers.enable("svg")``) shows it instead.

    Examples
    --------
    >>> from sms_notebook import charts
    >>> chart = charts.price_and_stock(sms.get_prices("tg")).properties(width=300)
    >>> chart | charts.prices_by_country(sms.get_prices("tg"), top=5)
    <chart: Price and stock of Telegram · Cheapest countries for Telegram, ... rows>
    """

    def _repr_mimebundle_(self, *args: object, **options: object) -> Any:
        front_end = _front_end()
        if front_end is _FrontEnd.ALTAIR:
            return super()._repr_mimebundle_(*args, **options)
        spec, menu = self._spec(), {"actions": _ACTIONS}
        if front_end is _FrontEnd.MARIMO:  # takes one kind, and no metadata beside it
            return {_MIME: spec | {"usermeta": {"embedOptions": menu}}}
        return {_MIME: spec, "text/plain": _summary(spec)}, {_MIME: {"embed_options": menu}}

    def _repr_png_(self) -> tuple[str, dict[str, int]] | None:
        """Draw it where it can be drawn; a terminal, which has no use for it, does not ask."""
        if _front_end() is not _FrontEnd.JUPYTER:
            return None
        try:
            import vl_convert  # noqa: PLC0415 - only when it is drawn
        except ImportError:
            return None
        png = vl_convert.vegalite_to_png(self._spec(), vl_version=_RENDERED_AS)
        width, height = (int.from_bytes(png[at : at + 4]) for at in (16, 20))
        return base64.b64encode(png).decode("ascii"), {"width": width, "height": height}

    def _spec(self) -> dict[str, Any]:
        return self.to_dict() | {"$schema": _SCHEMA}

    def to_dict(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Return the specification, with all its texts such as can be drawn.

        Parameters
        ----------
        *args, **options
            As in `altair.Chart.to_dict`.
        """
        drawable: dict[str, Any] = _drawable(super().to_dict(*args, **options))
        return drawable

    def save(self, fp: Any, format: Any = None, *, inline: bool = True, **options: Any) -> None:  # type: ignore[override]  # noqa: A002 - as altair has it
        """Save it as html, png, svg, pdf or json; as altair does, but HTML needs no network.

        Parameters
        ----------
        fp : str, path or file
            Where to; its ending names the format.
        format : str, optional
            Where the ending does not.
        inline : bool
            Whether the JavaScript goes into the HTML.
        **options
            As in `altair.Chart.save`.
        """
        kind = format or str(fp).rpartition(".")[2]
        if kind == "html":
            options = {"embed_options": {"actions": _ACTIONS}, "inline": inline} | options
        if kind in _DRAWN or options.get("inline"):
            _need_vl_convert()
        super().save(fp, format, **options)

    def to_html(self, *args: Any, inline: bool = True, **options: Any) -> str:
        """Make a page of it; as altair does, but with the JavaScript inside.

        Parameters
        ----------
        *args, **options
            As in `altair.Chart.to_html`.
        inline : bool
            Whether the JavaScript goes into the page.
        """
        options.setdefault("embed_options", {"actions": _ACTIONS})
        if inline:
            _need_vl_convert()
        return super().to_html(*args, **options | {"inline": inline})

    def __repr__(self) -> str:
        return _summary(self.to_dict())

    def __or__(self: Any, other: Any) -> "Row":
        return Row(hconcat=[self, other])

    def __and__(self: Any, other: Any) -> "Stack":
        return Stack(vconcat=[self, other])

    def __add__(self: Any, other: Any) -> "Layers":
        return Layers(layer=[self, other])


class Plot(Picture, alt.Chart):
    """One plot."""


class Layers(Picture, alt.LayerChart):
    """Plots on top of each other."""

    __add__ = alt.LayerChart.__add__


class Row(Picture, alt.HConcatChart):
    """Charts side by side."""

    __or__ = alt.HConcatChart.__or__


class Stack(Picture, alt.VConcatChart):
    """Charts one below the other."""

    __and__ = alt.VConcatChart.__and__


def _need_vl_convert() -> None:
    """Insist on what draws pictures, and has the JavaScript for pages."""
    with extra("charts", "a picture, or a page that needs no network, needs vl-convert-python"):
        import_module("vl_convert")


def _drawable(part: Any) -> Any:
    """Replace signs that no picture can hold: one of them in a text ends the whole process."""
    if isinstance(part, str):
        return _UNDRAWABLE.sub("�", part)
    if isinstance(part, dict):
        return {_drawable(key): _drawable(value) for key, value in part.items()}
    return [_drawable(item) for item in part] if isinstance(part, list) else part


def _summary(spec: dict[str, Any]) -> str:
    titles = " · ".join(dict.fromkeys(_titles(spec))) or "untitled"
    rows = sum(1 for data in spec.get("datasets", {}).values() for row in data if row)
    return f"<chart: {titles}, {rows or 'no'} row{'' if rows == 1 else 's'}>"


def _titles(part: Any) -> Iterator[str]:
    """Yield the titles of a chart and of those within it."""
    title = part.get("title")
    text = title.get("text") if isinstance(title, dict) else title
    if isinstance(text, str):
        yield text
    for within in ("hconcat", "vconcat", "concat", "layer"):
        for chart in part.get(within, ()):
            yield from _titles(chart)


# Parts of them ------------------------------------------------------------------------------------


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


def series(
    channel: type[_Channel], names: Sequence[str], what: str, marks: Sequence[str] = COLOURS
) -> _Channel:
    """Tell series apart by name, in their order; by `SHAPES` too, as not everybody sees colours."""
    scale = alt.Scale(domain=list(names), range=list(marks[: len(names)]))
    return channel("series:N", title=what, scale=scale, legend=_LEGEND)


def hints(**columns: str) -> list[alt.Tooltip]:
    """Show texts when the mouse is over a mark; they are written already, exact to the cent."""
    return [alt.Tooltip(f"{column}:N", title=words) for column, words in columns.items()]


def count_hints(**columns: str) -> list[alt.Tooltip]:
    """Show numbers of things when the mouse is over a mark."""
    return [
        alt.Tooltip(f"{column}:Q", title=words, format=WHOLE) for column, words in columns.items()
    ]


def nothing(text: str, *notes: str) -> Plot:
    """Draw that there is nothing to show."""
    return Plot(
        alt.InlineData(values=[{}]),
        mark=alt.MarkDef(type="text", text="nothing to show", color=WRITTEN, fontSize=14),
        title=title(text, *notes),
        description=". ".join([text, "Nothing to show", *filter(None, notes), ""]).rstrip(),
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
