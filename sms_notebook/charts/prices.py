"""Which countries are cheapest."""

import altair as alt
import pandas as pd

from sms_notebook.charts import look
from sms_notebook.charts.offers import PRICE, offers
from sms_notebook.charts.picture import Layers, Plot
from sms_notebook.charts.reading import Frame
from sms_notebook.charts.words import counted, left_out, money
from sms_notebook.protocol.errors import UsageProblem

SOURCE = (
    "sms.get_prices(service), get_prices_extended, get_prices_verification or "
    "get_top_countries_by_service"
)
_MOST_SERVICES = 6


def prices_by_country(frame: pd.DataFrame, *, top: int = 20) -> Layers | Plot:
    """Show the cheapest countries, the cheapest first.

    One service: a bar for each country. Several: a mark for each service, and the countries with
    the cheapest offers; of more than six services those with the most numbers. Only offers with a
    number in stock are shown: that is ``physical_count`` where it is known, else ``count``.

    Parameters
    ----------
    frame : DataFrame
        Of `get_prices`, `get_prices_extended`, `get_prices_verification`,
        `get_top_countries_by_service` or `..._rank`: needs ``country``, ``cost`` or ``price``
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
    found = offers(Frame("prices_by_country", frame, SOURCE))
    out = left_out(found.reasons)
    table, services, some = found.of(_MOST_SERVICES)
    if table.empty:
        return look.nothing("Cheapest countries", out)
    table = table.sort_values(["price", "stock"], ascending=[True, False], kind="stable")
    table = table.drop_duplicates(["country", "service"])
    countries = list(table["country"].unique())
    table = table[table["country"].isin(countries[:top])].reset_index(drop=True)
    rows = pd.DataFrame(
        {
            "country": table["country"],
            "series": table["service"],
            "price": table["price"],
            "said": table["price"].map(money),
            "stock": table["stock"].map("{:,.0f}".format),
        }
    )
    shown = min(top, len(countries))
    whole = counted(len(countries), "country", "countries")
    number = f"{shown:,} of {whole}" if shown < len(countries) else whole
    text = f"Cheapest countries for {services[0]}" if len(services) == 1 else "Cheapest countries"
    title = look.title(text, f"{number} with numbers in stock", some, out)
    cheapest = rows.iloc[0]
    description = f"{text}. {number}; the cheapest is {cheapest['country']} at {cheapest['said']}."
    drawn = _bars(rows) if len(services) == 1 else _marks(rows, services)
    return Layers(
        layer=drawn,
        data=look.data(rows),
        title=title,
        description=description,
        width=look.WIDTH,
        height=alt.Step(20),
    )


def _hints() -> list[alt.Tooltip]:
    return [
        look.hint("country", "country"),
        look.hint("series", "service"),
        look.hint("said", PRICE),
        look.hint("stock", "numbers in stock"),
    ]


def _y() -> alt.Y:
    return alt.Y("country:N", sort=None, title="country", axis=look.NAMES)


def _bars(rows: pd.DataFrame) -> list[alt.Chart]:
    x = alt.X("price:Q", title=PRICE, scale=alt.Scale(domain=look.headroom(rows["price"])))
    bars = alt.Chart().mark_bar(color=look.MAIN).encode(x=x, y=_y(), tooltip=_hints())
    words = alt.Chart().mark_text(color=look.WRITTEN, align="left", dx=4)
    return [bars, words.encode(x=x, y=_y(), text="said:N")]


def _marks(rows: pd.DataFrame, services: list[str]) -> list[alt.Chart]:
    x = alt.X("price:Q", title=PRICE, scale=alt.Scale(domain=look.headroom(rows["price"], 0.04)))
    from_to = alt.Chart().mark_rule(color="#888", opacity=0.6)
    spans = from_to.encode(x=alt.X("min(price):Q", title=PRICE), x2="max(price):Q", y=_y())
    marks = alt.Chart().mark_point(size=70, filled=True, opacity=1)
    points = marks.encode(
        x=x,
        y=_y(),
        color=look.series_colour(services, "service"),
        shape=look.series_shape(services, "service"),
        tooltip=_hints(),
    )
    return [spans, points]
