"""Prices: which countries are cheapest, and how many numbers there are at which price."""

from typing import Any

import altair as alt
import pandas as pd

from sms_notebook.charts import look
from sms_notebook.charts.chart_frame import ChartFrame, drawable
from sms_notebook.charts.look import Layers, Plot, counted, money
from sms_notebook.protocol.errors import UsageProblem

SOURCE = (
    "sms.get_prices(service), get_prices_extended, get_prices_verification or "
    "get_top_countries_by_service"
)
_MOST_SERVICES = 6


PRICE = "price, provider's currency"
_HINTS = look.hints(country="country", series="service", label=PRICE, stock="numbers in stock")


class OfferTable:
    """What a frame of prices offers: each offer that has a number in stock, once.

    Attributes
    ----------
    table : DataFrame
        country, service, price, stock, listed, is_sure (whether the stock is what can really be
        bought).
    services : list of str
        The services, those with the most numbers first.
    left_out : str
        What was left out, and why.
    """

    def __init__(self, chart: str, frame: pd.DataFrame) -> None:
        chart_frame = ChartFrame(chart, frame, SOURCE, ("country",), ("cost", "price"), ("count",))
        listed, sure = chart_frame.numbers("count"), chart_frame.numbers("physical_count")
        table = pd.DataFrame(
            {
                "country": chart_frame.countries().astype(object),
                "service": chart_frame.services(),
                "price": chart_frame.amounts("cost", "price"),
                "stock": sure.fillna(listed),
                "listed": listed,
                "is_sure": sure.notna(),
            }
        )
        # A frame of FreePrice tiers has an offer once for each of its tiers.
        is_known = table[["country", "service", "price", "stock"]].notna().all(axis=1)
        reasons = [
            (table["price"].isna(), "without a price"),
            (table["country"].isna(), "without a country"),
            (table["service"].isna(), "without a service"),
            (table["stock"].isna(), "without a stock"),
            (table["stock"] <= 0, "with no number in stock"),
        ]
        self.table, self.left_out = drawable(table[~(table.duplicated() & is_known)], reasons)
        stock = self.table.groupby("service", sort=True)["stock"].sum()
        stock = stock.sort_values(ascending=False, kind="stable")
        self.services = [str(service) for service in stock.index]

    def of_few(self) -> tuple[pd.DataFrame, list[str], str]:
        """Return the offers of a few services, their names, and what to say of the others."""
        names, few = self.services, self.services[:_MOST_SERVICES]
        if len(names) == len(few):
            return self.table, names, ""
        table = self.table[self.table["service"].isin(few)].reset_index(drop=True)
        return table, few, f"the {len(few)} of {len(names):,} services with most numbers"


def prices_by_country(frame: pd.DataFrame, *, top: int = 20) -> Layers | Plot:
    """Show the cheapest countries, the cheapest first.

    One service: a bar for each country. Several: a mark for each service, and the countries with
    the cheapest offers; of more than six services those with the most numbers. Only offers with a
    number in stock are shown: that is ``physical_count`` where it is known, else ``count``.

    Parameters
    ----------
    frame : DataFrame
        Of `get_prices`, `get_prices_extended`, `get_prices_verification`,
        `get_top_countries_by_service` or its ``_rank``: needs ``country``, ``cost`` or ``price``
        (provider's currency), ``count``; uses ``service``, ``physical_count``, ``eng``, ``name``.
    top : int
        Countries at most.

    Returns
    -------
    Picture
        A chart of altair.

    Raises
    ------
    UsageProblem
        If it is another frame, or ``top`` is not a whole number from 1.

    Examples
    --------
    >>> from sms_notebook import charts
    >>> charts.prices_by_country(sms.get_prices("tg"), top=10)
    <chart: Cheapest countries for Telegram, 10 rows>
    """
    if type(top) is not int or top < 1:
        raise UsageProblem("charts.prices_by_country: top is a number of countries, from 1.")
    offers = OfferTable("prices_by_country", frame)
    table, services, some = offers.of_few()
    if table.empty:
        return look.nothing("Cheapest countries", offers.left_out)
    table = table.sort_values(["price", "stock"], ascending=[True, False], kind="stable")
    table = table.drop_duplicates(["country", "service"])
    countries = list(table["country"].unique())
    table = table[table["country"].isin(countries[:top])].reset_index(drop=True)
    rows = pd.DataFrame(
        {
            "country": table["country"],
            "series": table["service"],
            "price": table["price"],
            "label": table["price"].map(money),
            "stock": table["stock"].map("{:,.0f}".format),
        }
    )
    count = min(top, len(countries))
    whole = counted(len(countries), "country", "countries")
    number = f"{count:,} of {whole}" if count < len(countries) else whole
    text = f"Cheapest countries for {services[0]}" if len(services) == 1 else "Cheapest countries"
    title = look.title(text, f"{number} with numbers in stock", some, offers.left_out)
    cheapest = rows.iloc[0]
    description = f"{text}. {number}; the cheapest is {cheapest['country']} at {cheapest['label']}."
    drawn = _bars(rows) if len(services) == 1 else _marks(rows, services)
    return Layers(
        layer=drawn,
        data=look.data(rows),
        title=title,
        description=description,
        width=look.WIDTH,
        height=alt.Step(20),
    )


def _y() -> alt.Y:
    return alt.Y("country:N", sort=None, title="country", axis=look.NAMES)


def _bars(rows: pd.DataFrame) -> list[alt.Chart]:
    x = alt.X("price:Q", title=PRICE, scale=alt.Scale(domain=look.headroom(rows["price"])))
    bars = alt.Chart().mark_bar(color=look.MAIN).encode(x=x, y=_y(), tooltip=_HINTS)
    words = alt.Chart().mark_text(color=look.WRITTEN, align="left", dx=4)
    return [bars, words.encode(x=x, y=_y(), text="label:N")]


def _marks(rows: pd.DataFrame, services: list[str]) -> list[alt.Chart]:
    x = alt.X("price:Q", title=PRICE, scale=alt.Scale(domain=look.headroom(rows["price"], 0.04)))
    from_to = alt.Chart().mark_rule(color="#888", opacity=0.6)
    spans = from_to.encode(x=alt.X("min(price):Q", title=PRICE), x2="max(price):Q", y=_y())
    marks = alt.Chart().mark_point(size=70, filled=True, opacity=1)
    points = marks.encode(
        x=x,
        y=_y(),
        color=look.series(alt.Color, services, "service"),
        shape=look.series(alt.Shape, services, "service", look.SHAPES),
        tooltip=_HINTS,
    )
    return [spans, points]


_TIERS_SOURCE = (
    "sms.get_price_tiers(service), sms.get_prices_extended(service, country, free_price=True) or "
    "sms.get_top_countries_by_service(service, free_price=True)"
)
_PRICE = "price you offer (FreePrice), provider's currency"
_MOST_WRITTEN = 6  # tiers of a single staircase that are written at it
_NUMBERS = "numbers at or below that price"


def free_price_ladder(frame: pd.DataFrame) -> Layers | Plot:
    """Show how many numbers there are at or below each price: who offers more chooses from more.

    Each country (and service, where there are several) is a staircase; a mark is a tier. Of more
    than eight the first in the frame are shown: sort or filter it to choose others.

    Parameters
    ----------
    frame : DataFrame
        Of `get_price_tiers`: needs ``country``, ``price`` (provider's currency), ``count`` and
        ``count_kind``. Or of `get_prices_extended`, `get_top_countries_by_service` or its
        ``_rank``, asked with ``free_price=True``: ``free_price`` and ``free_price_count`` in their
        place.
        Uses ``service``, ``eng``, ``name``.

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
    >>> charts.free_price_ladder(sms.get_prices_extended("tg", "Indonesia", free_price=True))
    <chart: FreePrice for Telegram in Indonesia, 2 rows>
    """
    columns = set(getattr(frame, "columns", ()))
    is_own = {"price", "count", "count_kind"} <= columns and "free_price" not in columns
    price, count = ("price", "count") if is_own else ("free_price", "free_price_count")
    chart_frame = ChartFrame(
        "free_price_ladder", frame, _TIERS_SOURCE, ("country",), (price,), (count,)
    )
    table = pd.DataFrame(
        {
            "country": chart_frame.countries(),
            "service": chart_frame.services(),
            "price": chart_frame.amounts(price),
            "count": chart_frame.amounts(count),
            "kind": chart_frame.texts("count_kind"),
        }
    ).astype({"country": object, "service": object})
    lacks_tier = table["price"].isna() | table["count"].isna()
    lacks_place = table["country"].isna() | table["service"].isna()
    table, out = drawable(
        table,
        [(lacks_tier, "without a tier"), (lacks_place, "without a country or service")],
    )
    table = table.drop_duplicates()
    if table.empty:
        hint = "ask with free_price=True for tiers" if lacks_tier.any() else ""
        return look.nothing("FreePrice", out, hint)
    return _ladder(_single_tiers(table), out)


def _single_tiers(table: pd.DataFrame) -> pd.DataFrame:
    """Take the cheaper numbers off counts that have them in them."""
    is_cumulative = table["kind"].eq("cumulative").fillna(value=False).astype(bool)
    if not is_cumulative.any():
        return table
    steps = table[is_cumulative].sort_values("price", kind="stable")
    before = steps.groupby(["country", "service"])["count"].shift(fill_value=0)
    single = (steps["count"] - before).clip(lower=0)
    return table.assign(count=table["count"].where(~is_cumulative, single))


def _ladder(table: pd.DataFrame, out: str) -> Layers:
    places, services = table["country"].nunique(), table["service"].nunique()
    if services == 1:
        table["series"], what = table["country"], "country"
    elif places == 1:
        table["series"], what = table["service"], "service"
    else:
        table["series"] = table["country"] + " · " + table["service"]
        what = "country and service"
    names = [str(name) for name in table["series"].unique()]
    drawn = names[: look.MOST_SERIES]
    table = table[table["series"].isin(drawn)]
    rows = _steps(table, drawn)
    first = table.iloc[0]
    of_what = f" for {first['service']}" if services == 1 else ""
    text = f"FreePrice{of_what}" + (f" in {first['country']}" if places == 1 else "")
    some = (
        f"the first {len(drawn)} of {len(names):,} in the frame" if len(names) > len(drawn) else ""
    )
    number = counted(len(rows), "tier")
    x = alt.X("price:Q", title=_PRICE, scale=look.around(rows["price"]), axis=look.FEW_TICKS)
    y = alt.Y("numbers:Q", title=_NUMBERS, axis=look.COUNTS)
    hints = [
        *look.hints(series=what, label=_PRICE),
        *look.count_hints(numbers=_NUMBERS, here="numbers at this tier"),
    ]
    single = len(drawn) == 1
    colour: Any = alt.value(look.MAIN) if single else look.series(alt.Color, drawn, what)
    shape: Any = alt.value("circle")
    if not single:
        shape = look.series(alt.Shape, drawn, what, look.SHAPES)
    stairs = alt.Chart().mark_line(interpolate="step-after", strokeWidth=2)
    marks = alt.Chart().mark_point(size=70, filled=True, opacity=1)
    onwards = alt.Chart().mark_rule(strokeWidth=2).transform_filter("isValid(datum.until)")
    layers = [
        stairs.encode(x=x, y=y, color=colour),
        onwards.encode(x=x, x2="until:Q", y=y, color=colour),
        marks.encode(x=x, y=y, color=colour, shape=shape, tooltip=hints),
    ]
    if single and len(rows) <= _MOST_WRITTEN:
        words = alt.Chart().mark_text(color=look.WRITTEN, align="left", dx=6, dy=12)
        layers.append(words.encode(x=x, y=y, text="words:N"))
    return Layers(
        layer=layers,
        data=look.data(rows),
        title=look.title(text, number, some, out),
        description=f"{text}: {number}. The dearest, {money(rows['price'].max())}, included.",
        width=look.WIDTH,
        height=300,
    )


def _steps(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Add the tiers up, from the cheapest."""
    tiers = table.groupby(["series", "price"], as_index=False).agg({"count": "sum"})
    tiers["series"] = pd.Categorical(tiers["series"], categories=names)
    tiers = tiers.sort_values(["series", "price"], kind="stable").reset_index(drop=True)
    sums = tiers.groupby("series", observed=True)["count"].cumsum()
    last = ~tiers["series"].duplicated(keep="last")
    return pd.DataFrame(
        {
            "series": tiers["series"].astype(object),
            "price": tiers["price"],
            "label": tiers["price"].map(money),
            "here": tiers["count"],
            "numbers": sums,
            "words": [
                f"{numbers:,.0f} at {money(price)}"
                for numbers, price in zip(sums, tiers["price"], strict=True)
            ],
            "until": pd.Series(tiers["price"].max(), tiers.index).where(last),
        }
    )
