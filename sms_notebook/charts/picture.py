"""How a chart is shown: as Vega-Lite and as a PNG beside it, with nothing from the network."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import altair as alt

from sms_notebook.charts.png import size, smaller

_MIME = "application/vnd.vegalite.v5+json"
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
"""What JupyterLab 4 has; altair 6 writes version 6, which it would not draw."""
_RENDERED_AS = "5.8"  # the version for the PNG: the nearest to JupyterLab's that vl-convert has
_SCALE = 2  # pixels of the PNG for one of the chart, for sharp letters
_ACTIONS = {"export": True, "source": False, "compiled": False, "editor": False}
"""The menu of a chart: the editor would send the data to a web site."""


_UNDRAWABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Picture(alt.TopLevelMixin):
    """A chart of altair that is shown without the network, and on GitHub too.

    It is a real `altair.Chart` (or `LayerChart`, `VConcatChart`, `HConcatChart`):
    ``.properties()``, ``.encode()``, ``.configure_axis()``, ``.to_dict()`` and the rest work and
    keep it. So do ``|``, ``&`` and ``+`` with one of these on the left. What else altair makes of
    it (``.facet()``, ``altair.hconcat()``) is altair's own, and is shown as its renderer says.

    - In JupyterLab it is Vega-Lite 5, which JupyterLab draws with what it has on board, in its
      light or dark theme. GitHub and nbviewer show the PNG, a terminal shows title and rows.
    - ``.save("chart.html")`` and ``.to_html()`` put the JavaScript into the page;
      ``inline=False`` takes it from a CDN.
    - altair's renderer, theme and data transformers are neither changed nor needed.

    Examples
    --------
    >>> from sms_notebook import charts
    >>> chart = charts.price_and_stock(sms.get_prices("tg")).properties(width=300)
    >>> chart | charts.prices_by_country(sms.get_prices("tg"), top=5)
    <chart: Price and stock of Telegram · Cheapest countries for Telegram, ... rows>
    """

    def _repr_mimebundle_(
        self, *_args: object, **_options: object
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        import vl_convert  # noqa: PLC0415 - only when it is drawn

        spec = self.to_dict() | {"$schema": _SCHEMA}
        png = smaller(vl_convert.vegalite_to_png(spec, vl_version=_RENDERED_AS, scale=_SCALE))
        width, height = size(png)
        data = {
            _MIME: spec,
            "image/png": base64.b64encode(png).decode("ascii"),
            "text/plain": repr(self),
        }
        metadata = {
            _MIME: {"embed_options": {"actions": _ACTIONS}},
            "image/png": {"width": width // _SCALE, "height": height // _SCALE},
        }
        return data, metadata

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
        if format == "html" or (format is None and str(fp).endswith(".html")):
            options = {"embed_options": {"actions": _ACTIONS}, "inline": inline} | options
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
        return super().to_html(*args, **options | {"inline": inline})

    def __repr__(self) -> str:
        spec = self.to_dict()
        titles = " · ".join(dict.fromkeys(_titles(spec))) or "untitled"
        rows = sum(1 for data in spec.get("datasets", {}).values() for row in data if row)
        return f"<chart: {titles}, {rows or 'no'} row{'' if rows == 1 else 's'}>"

    def __or__(self, other: Any) -> "Beside":
        return Beside(hconcat=_parts(self, other))

    def __and__(self, other: Any) -> "Below":
        return Below(vconcat=_parts(self, other))

    def __add__(self, other: Any) -> "Layers":
        return Layers(layer=_parts(self, other))


class Plot(Picture, alt.Chart):
    """One plot."""


class Layers(Picture, alt.LayerChart):
    """Plots on top of each other."""

    __add__ = alt.LayerChart.__add__


class Beside(Picture, alt.HConcatChart):
    """Charts side by side."""

    __or__ = alt.HConcatChart.__or__


class Below(Picture, alt.VConcatChart):
    """Charts one below the other."""

    __and__ = alt.VConcatChart.__and__


def _drawable(part: Any) -> Any:
    """Replace signs that no picture can hold: one of them in a text ends the whole process."""
    if isinstance(part, str):
        return _UNDRAWABLE.sub("�", part)
    if isinstance(part, dict):
        return {_drawable(key): _drawable(value) for key, value in part.items()}
    return [_drawable(one) for one in part] if isinstance(part, list) else part


def _parts(*charts: Any) -> list[Any]:
    return list(charts)


def _titles(part: Any) -> Iterator[str]:
    """Yield the titles of a chart and of those within it."""
    title = part.get("title")
    text = title.get("text") if isinstance(title, dict) else title
    if isinstance(text, str):
        yield text
    for within in ("hconcat", "vconcat", "concat", "layer"):
        for one in part.get(within, ()):
            yield from _titles(one)
