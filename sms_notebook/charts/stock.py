"""Price against stock: where there is much for little."""

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd

from sms_notebook.charts import look
from sms_notebook.charts.look import Layers, Plot, counted, money
from sms_notebook.charts.prices import PRICE, OfferTable

_Floats = npt.NDArray[np.float64]
_MOST_POINTS = 1_000  # more are counted in cells
_FAR, _POWERS = 100, 10  # of stocks
_ACROSS, _UP = 32, 18  # cells
_NAMED = 6  # of the offers that nothing beats
_NEAR_ACROSS, _NEAR_UP = 0.25, 0.06  # of the plot; what is nearer would cover another name
_WIDE = 30  # times the lowest price: from there on the scale of prices is logarithmic
_TITLE, _STOCK = "Price and stock", "numbers in stock"
_RINGED = "ringed: nothing is both cheaper and more"


def price_and_stock(frame: pd.DataFrame) -> Layers | Plot:
    """Show price against stock: each offer is a point, many are cells of a grid.

    The stock is what can really be bought, ``physical_count``, where the provider says it; a line
    leads from there to the stock as it is listed, ``count``. Where only that is known the mark is
    hollow. The scale of stock is logarithmic, that of prices where they differ much. Names are at
    offers that nothing beats in both price and stock.

    Parameters
    ----------
    frame : DataFrame
        Of `get_prices`, `get_prices_extended`, `get_prices_verification`,
        `get_top_countries_by_service` or its ``_rank``: needs ``country``, ``cost`` or ``price``
        (provider's currency), ``count``; uses ``service``, ``physical_count``, ``eng``, ``name``.

    Returns
    -------
    Picture
        A chart of altair.

    Raises
    ------
    UsageProblem
        If it is another frame.

    Examples
    --------
    >>> from sms_notebook import charts
    >>> charts.price_and_stock(sms.get_prices("tg"))
    <chart: Price and stock of Telegram, ... rows>
    """
    offers = OfferTable("price_and_stock", frame)
    out = offers.left_out
    if offers.table.empty:
        return look.nothing(_TITLE, out)
    table, services = offers.table, offers.services
    if len(table) > _MOST_POINTS:
        return _grid(table, services, out)
    table, services, some = offers.of_few()
    rows = pd.DataFrame(
        {
            "country": table["country"],
            "series": table["service"],
            "price": table["price"],
            "label": table["price"].map(money),
            "stock": table["stock"],
            "listed": table["listed"].where(table["is_sure"] & (table["listed"] > table["stock"])),
            "known": table["is_sure"].map({True: "can be bought now", False: "as listed"}),
            "name": table["country"].where(_best(table)),
        }
    )
    text = _TITLE + (f" of {services[0]}" if len(services) == 1 else "")
    number = counted(len(rows), "offer")
    title = look.title(text, number, *_meaning(rows), some, out)
    return Layers(
        layer=_points(rows, services),
        data=look.data(rows),
        title=title,
        description=f"{text}: {number}. Named are those that nothing beats in price and stock.",
        width=look.WIDTH,
        height=340,
    )


def _meaning(rows: pd.DataFrame) -> list[str]:
    """Say what the marks are."""
    known = set(rows["known"])
    if known == {"as listed"}:
        return ["stock as listed: how much of it can be bought is not known", _RINGED]
    meaning = ["a mark is what can be bought now"]
    if rows["listed"].notna().any():
        meaning.append("the line above it ends at the listed stock")
    if len(known) > 1:
        meaning.append("hollow: only the listed stock is known")
    return [*meaning, _RINGED]


def _best(table: pd.DataFrame) -> "pd.Series[bool]":
    """Tell which offers to name: nothing is both cheaper and more, and no name stands near."""
    by_price = table.sort_values(["price", "stock"], ascending=[True, False], kind="stable")
    before = by_price["stock"].cummax().shift(fill_value=-1)
    unbeaten = by_price[by_price["stock"] > before]
    across = unbeaten["price"] / (table["price"].max() or 1)
    up = np.log(unbeaten["stock"]) / (np.log(table["stock"].max()) or 1)
    named: list[int] = []
    for at in unbeaten.index:
        if all(
            abs(across[at] - across[other]) > _NEAR_ACROSS or abs(up[at] - up[other]) > _NEAR_UP
            for other in named
        ):
            named.append(at)
    return pd.Series(table.index.isin(named[:_NAMED]), index=table.index)


def _is_wide(prices: "pd.Series[float]") -> bool:
    low, high = float(prices.min()), float(prices.max())
    return low > 0 and high / low >= _WIDE


def _price_scale(prices: "pd.Series[float]") -> alt.Scale:
    if _is_wide(prices):
        return alt.Scale(type="log", nice=False, padding=20)
    return look.around(prices)


def _stock_axis(stocks: "pd.Series[float]") -> alt.Axis:
    """Name the powers of ten, and some between where there are few of them."""
    steps = (1,) if stocks.max() / stocks.min() >= _FAR else (1, 2, 5)
    values = [step * 10**power for power in range(_POWERS) for step in steps]
    return alt.Axis(format=look.WHOLE, values=values)


def _points(rows: pd.DataFrame, services: list[str]) -> list[alt.Chart]:
    x = alt.X("price:Q", title=PRICE, scale=_price_scale(rows["price"]), axis=look.FEW_TICKS)
    stocks = pd.concat([rows["stock"], rows["listed"]])
    scale = alt.Scale(type="log", nice=False, domain=[stocks.min() / 1.6, stocks.max() * 1.6])
    axis = _stock_axis(stocks)
    y = alt.Y("stock:Q", title=_STOCK, scale=scale, axis=axis)
    lines = alt.Chart().mark_rule(opacity=0.5, color="#888")
    upwards = lines.encode(x=x, y=alt.Y("listed:Q", title=_STOCK, axis=axis), y2="stock:Q")
    upwards = upwards.transform_filter("isValid(datum.listed)")
    marks = alt.Chart().mark_point(size=55, opacity=0.9, strokeWidth=1.5)
    fill = alt.FillOpacity(
        "known:N",
        scale=alt.Scale(domain=["can be bought now", "as listed"], range=[0.75, 0]),
        legend=None,
    )
    hints = [
        *look.hints(country="country", series="service", label=PRICE),
        *look.count_hints(stock=_STOCK),
        *look.hints(known="stock"),
    ]
    points = marks.encode(x=x, y=y, fillOpacity=fill, tooltip=hints)
    if len(services) > 1:
        points = points.encode(
            color=look.series(alt.Color, services, "service"),
            fill=look.series(alt.Fill, services, "service"),
            shape=look.series(alt.Shape, services, "service", look.SHAPES),
        )
    else:
        points = points.encode(color=alt.value(look.MAIN), fill=alt.value(look.MAIN))
    rings = alt.Chart().mark_point(size=150, color=look.SECOND, strokeWidth=2, opacity=1)
    words = alt.Chart().mark_text(color=look.WRITTEN, align="left", dx=9, dy=-9)
    is_named = "isValid(datum.name)"
    return [
        upwards,
        points,
        rings.encode(x=x, y=y).transform_filter(is_named),
        words.encode(x=x, y=y, text="name:N").transform_filter(is_named),
    ]


def _grid(table: pd.DataFrame, services: list[str], out: str) -> Layers:
    """Count offers in cells."""
    is_log = _is_wide(table["price"])
    across = _edges(table["price"], _ACROSS, is_log=is_log)
    up = _edges(table["stock"], _UP, is_log=True)
    cells = pd.DataFrame(
        {"column": _cell(table["price"], across), "row": _cell(table["stock"], up)}
    )
    counts = cells.value_counts().sort_index().reset_index(name="offers")
    rows = pd.DataFrame(
        {
            "from_price": across[counts["column"]],
            "to_price": across[counts["column"] + 1],
            "from_stock": up[counts["row"]],
            "to_stock": up[counts["row"] + 1],
            "offers": counts["offers"],
        }
    )
    edges = list(rows.columns[:-1])
    rows[edges] = rows[edges].map(lambda edge: float(f"{edge:.4g}"))
    text = _TITLE + (f" of {services[0]}" if len(services) == 1 else "")
    number = counted(len(table), "offer")
    many = counted(len(services), "service")
    tooltip = [
        alt.Tooltip("from_price:Q", title="price from", format=",.3~f"),
        alt.Tooltip("to_price:Q", title="price to", format=",.3~f"),
        *look.count_hints(from_stock="stock from", to_stock="stock to", offers="offers"),
    ]
    scale = alt.Scale(type="log" if is_log else "linear", zero=False, nice=False)
    drawn = alt.Chart().mark_rect()
    drawn = drawn.encode(
        x=alt.X("from_price:Q", title=PRICE, scale=scale),
        x2="to_price:Q",
        y=alt.Y(
            "from_stock:Q",
            title=_STOCK,
            scale=alt.Scale(type="log", nice=False),
            axis=_stock_axis(table["stock"]),
        ),
        y2="to_stock:Q",
        color=alt.Color(
            "offers:Q",
            title="offers",
            scale=alt.Scale(type="log", range=["#c9dff2", "#0d4f8b"]),
            legend=alt.Legend(format=look.WHOLE),
        ),
        tooltip=tooltip,
    )
    return Layers(
        layer=[drawn],
        data=look.data(rows),
        title=look.title(text, f"{number} of {many}, counted in cells", out),
        description=f"{text}: {number} of {many}, counted in cells of price and stock.",
        width=look.WIDTH,
        height=340,
    )


def _edges(values: "pd.Series[float]", number: int, *, is_log: bool) -> _Floats:
    low, high = float(values.min()), float(values.max())
    if low == high:
        low, high = low * 0.9, high * 1.1 or 1.0
    return np.geomspace(low, high, number + 1) if is_log else np.linspace(low, high, number + 1)


def _cell(values: "pd.Series[float]", edges: _Floats) -> npt.NDArray[np.intp]:
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
