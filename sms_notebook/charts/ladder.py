"""The FreePrice ladder: how many numbers there are at or below each price."""

from typing import Any

import altair as alt
import pandas as pd

from sms_notebook.charts import look
from sms_notebook.charts.picture import Layers, Plot
from sms_notebook.charts.reading import Frame
from sms_notebook.charts.words import counted, left_out, money

SOURCE = (
    "sms.get_prices_extended(service, country, free_price=True) or "
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
        Of `get_prices_extended`, or of `get_top_countries_by_service` or `..._rank`, asked with
        ``free_price=True``: needs ``country``, ``free_price`` (provider's currency) and
        ``free_price_count``; uses ``service``, ``eng``, ``name``.

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
    given = Frame("free_price_ladder", frame, SOURCE)
    given.needs(("country",), ("free_price",), ("free_price_count",))
    table = pd.DataFrame(
        {
            "country": given.countries(),
            "service": given.services() if given.has("service") else "any service",
            "price": given.numbers("free_price").where(lambda price: price >= 0),
            "count": given.numbers("free_price_count").where(lambda count: count >= 0),
        }
    ).astype({"country": object, "service": object})
    lacks_tier = table["price"].isna() | table["count"].isna()
    lacks_place = ~lacks_tier & (table["country"].isna() | table["service"].isna())
    out = left_out(
        [
            (int(lacks_tier.sum()), "without a tier"),
            (int(lacks_place.sum()), "without a country or service"),
        ]
    )
    table = table[~lacks_tier & ~lacks_place].drop_duplicates()
    if table.empty:
        hint = "ask with free_price=True for tiers" if int(lacks_tier.sum()) else ""
        return look.nothing("FreePrice", out, hint)
    return _ladder(table, out)


def _ladder(table: pd.DataFrame, out: str) -> Layers:
    places, services = table["country"].nunique(), table["service"].nunique()
    if services == 1:
        table["series"], what = table["country"], "country"
    elif places == 1:
        table["series"], what = table["service"], "service"
    else:
        table["series"] = table["country"] + " · " + table["service"]
        what = "country and service"
    names = [str(one) for one in table["series"].unique()]
    shown = names[: look.MOST_SERIES]
    table = table[table["series"].isin(shown)]
    rows = _steps(table, shown)
    first = table.iloc[0]
    of_what = f" for {first['service']}" if services == 1 else ""
    text = f"FreePrice{of_what}" + (f" in {first['country']}" if places == 1 else "")
    some = (
        f"the first {len(shown)} of {len(names):,} in the frame" if len(names) > len(shown) else ""
    )
    number = counted(len(rows), "tier")
    x = alt.X("price:Q", title=_PRICE, scale=look.around(rows["price"]), axis=look.FEW_TICKS)
    y = alt.Y("numbers:Q", title=_NUMBERS, axis=look.COUNTS)
    hints = [
        look.hint("series", what),
        look.hint("said", _PRICE),
        alt.Tooltip("numbers:Q", title=_NUMBERS, format=look.WHOLE),
        alt.Tooltip("here:Q", title="numbers at this tier", format=look.WHOLE),
    ]
    one = len(shown) == 1
    colour: Any = alt.value(look.MAIN) if one else look.series_colour(shown, what)
    shape: Any = alt.value("circle") if one else look.series_shape(shown, what)
    stairs = alt.Chart().mark_line(interpolate="step-after", strokeWidth=2)
    marks = alt.Chart().mark_point(size=70, filled=True, opacity=1)
    onwards = alt.Chart().mark_rule(strokeWidth=2).transform_filter("isValid(datum.until)")
    layers = [
        stairs.encode(x=x, y=y, color=colour),
        onwards.encode(x=x, x2="until:Q", y=y, color=colour),
        marks.encode(x=x, y=y, color=colour, shape=shape, tooltip=hints),
    ]
    if one and len(rows) <= _MOST_WRITTEN:
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
            "said": tiers["price"].map(money),
            "here": tiers["count"],
            "numbers": sums,
            "words": [
                f"{numbers:,.0f} at {money(price)}"
                for numbers, price in zip(sums, tiers["price"], strict=True)
            ],
            "until": pd.Series(tiers["price"].max(), tiers.index).where(last),
        }
    )
