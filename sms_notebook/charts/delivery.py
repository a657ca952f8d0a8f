"""How long codes take to come."""

from collections.abc import Callable, Mapping

import altair as alt
import pandas as pd

from sms_notebook.charts import look
from sms_notebook.charts.look import Layers, Plot, counted, display_name
from sms_notebook.charts.reading import ChartFrame, drawable
from sms_notebook.protocol.errors import UsageProblem

SOURCE = "sms.ledger()"
_MOST_GROUPS = 20
_MOST_POINTS = 500  # more are told by the spread alone
_LONG = 15  # times the median: from there on the scale is logarithmic
_SHORTEST = 1.0  # second on that scale
_TIME = "seconds from buying to the first code"
_WAITING = "active"


def time_to_code(frame: pd.DataFrame, *, by: str = "country") -> Layers | Plot:
    """Show how long first codes took: each code, the median, and the middle half.

    Beside each group stands how many of its numbers got a code: what is fast for the few that
    got one is not fast. The quickest group comes first, those without any code last. Of more than
    twenty groups those with the most numbers are shown.

    Parameters
    ----------
    frame : DataFrame
        Of `ledger`: needs ``bought_at``, ``seconds_to_code`` (seconds), ``state`` and the column
        that it is drawn by; uses ``activation_id``, ``eng``, ``name``. Orders that brought no
        number, and rents, are counted but not drawn.
    by : {"country", "operator", "service"}
        What the groups are.

    Returns
    -------
    Picture
        A chart of altair.

    Raises
    ------
    UsageProblem
        If it is another frame, or ``by`` is none of the three.

    Examples
    --------
    >>> from sms_notebook import charts
    >>> number = sms.order("tg", "Kazakhstan").loc[0, "activation_id"]
    >>> charts.time_to_code(sms.ledger(), by="service")
    <chart: Time to the first code by service, 1 row>
    """
    if by not in ("country", "operator", "service"):
        raise UsageProblem("charts.time_to_code: by is one of country, operator, service.")
    needed = (by,), ("bought_at",), ("seconds_to_code",), ("state",)
    given = ChartFrame("time_to_code", frame, SOURCE, *needed)
    groups: Mapping[str, Callable[[], pd.Series[str]]] = {
        "country": given.countries,
        "operator": lambda: given.texts("operator").map(display_name, na_action="ignore"),
        "service": given.services,
    }
    is_bought = given.times("bought_at").notna()
    is_rent = is_bought & given.texts("activation_id").isna() & given.has("activation_id")
    named = groups[by]().astype(object)
    table = pd.DataFrame(
        {
            "group": named.where(named.notna(), f"{by} not known"),
            "seconds": given.amounts("seconds_to_code"),
            "waits": (given.texts("state") == _WAITING).fillna(value=False).astype(bool),
        }
    )
    table, out = drawable(
        table,
        [
            (~is_bought, "order that brought no number/orders that brought no number"),
            (is_rent, "rent or other purchase/rents and other purchases"),
        ],
    )
    text = f"Time to the first code by {by}"
    if table.empty:
        return look.nothing(text, out)
    return _drawn(table, by, text, out)


def _drawn(table: pd.DataFrame, by: str, text: str, out: str) -> Layers:
    spread = _spread(table)
    order = list(spread["group"])
    points = table[table["seconds"].notna() & table["group"].isin(order)][["group", "seconds"]]
    scale, longest = _scale(points["seconds"])
    if scale.to_dict()["type"] == "log":
        points = points.assign(seconds=points["seconds"].clip(lower=_SHORTEST))
        times = ["low", "median", "high"]
        spread[times] = spread[times].clip(lower=_SHORTEST)
    points = points.head(0) if len(points) > _MOST_POINTS else points
    x = alt.X("seconds:Q", title=_TIME, scale=scale)
    y = alt.Y("group:N", title=by, scale=alt.Scale(domain=order), axis=look.NAMES)
    hints = look.hints(
        group=by,
        got="got a code",
        label="median, seconds",
        half="the middle half, seconds",
        others="without a code",
    )
    whole = alt.Chart(look.data(spread))
    got = whole.transform_filter("isValid(datum.median)")
    bars = got.mark_bar(size=12, color=look.MAIN, opacity=0.45, cornerRadius=2)
    middles = got.mark_tick(size=18, thickness=3, color=look.MAIN, opacity=1)
    dots = alt.Chart(look.data(points)).mark_circle(size=26, color=look.SECOND, opacity=0.75)
    words = whole.mark_text(color=look.WRITTEN, align="left")
    layers = [
        bars.encode(x=alt.X("low:Q", title=_TIME, scale=scale), x2="high:Q", y=y, tooltip=hints),
        dots.encode(x=x, y=y, tooltip=look.hints(group=by, seconds="seconds")),
        middles.encode(x=alt.X("median:Q", title=_TIME, scale=scale), y=y, tooltip=hints),
        words.encode(x=alt.value(look.WIDTH + 8), y=y, text="got:N", tooltip=hints),
    ]
    numbers, codes = len(table), int(table["seconds"].notna().sum())
    waiting = int((table["seconds"].isna() & table["waits"]).sum())
    facts = [
        f"{counted(codes, 'code')} of {counted(numbers, 'number')}",
        f"{numbers - codes - waiting:,} ended without one" if numbers - codes - waiting else "",
        f"{waiting:,} without one yet" if waiting else "",
    ]
    groups = table["group"].nunique()
    some = f"the {len(order)} of {groups:,} with most numbers" if groups > len(order) else ""
    how = "bar: the middle half; tick: the median; at the right: how many got a code"
    return Layers(
        layer=layers,
        title=look.title(text, *facts, some, out, how),
        description=f"{text}: {'; '.join(filter(None, facts))}. The longest took {longest:,.0f} s.",
        width=look.WIDTH,
        height=alt.Step(26),
    )


def _spread(table: pd.DataFrame) -> pd.DataFrame:
    """Say how the times of each group are spread, the quickest group first."""
    kept = table["group"].value_counts(sort=False)
    kept = kept.sort_values(ascending=False, kind="stable").head(_MOST_GROUPS)
    grouped = table[table["group"].isin(kept.index)].groupby("group", sort=False)
    seconds = grouped["seconds"]
    spread = pd.DataFrame(
        {
            "low": seconds.quantile(0.25),
            "median": seconds.median(),
            "high": seconds.quantile(0.75),
            "codes": seconds.count(),
            "numbers": grouped.size(),
            "waiting": (table["waits"] & table["seconds"].isna()).groupby(table["group"]).sum(),
        }
    ).loc[lambda frame: frame["numbers"].notna()]
    spread = spread.sort_values(["median", "numbers"], kind="stable").rename_axis("group")
    spread = spread.reset_index().round({"low": 2, "median": 2, "high": 2})
    waiting = spread["waiting"].astype(int)
    ended = (spread["numbers"] - spread["codes"]).astype(int) - waiting
    spread["got"] = [
        f"{codes:,.0f} of {numbers:,.0f}"
        for codes, numbers in zip(spread["codes"], spread["numbers"], strict=True)
    ]
    spread["label"] = spread["median"].map("{:g}".format, na_action="ignore")
    spread["half"] = [
        f"{low:g} to {high:g}" for low, high in zip(spread["low"], spread["high"], strict=True)
    ]
    spread["others"] = [
        f"{done:,} ended, {left:,} waiting" for done, left in zip(ended, waiting, strict=True)
    ]
    return spread[["group", "low", "median", "high", "got", "label", "half", "others"]]


def _scale(seconds: "pd.Series[float]") -> tuple[alt.Scale, float]:
    """Choose a scale that shows both the usual and the long; return the longest time too."""
    if seconds.empty:
        return alt.Scale(type="linear", domain=[0, 60]), 0.0
    longest = float(seconds.max())
    if longest > _LONG * max(float(seconds.median()), _SHORTEST):
        return alt.Scale(type="log", nice=False, domain=[_SHORTEST, longest * 1.2]), longest
    return alt.Scale(type="linear", domainMin=0, nice=True), longest
