"""The ledger, drawn: what was spent and when, and how long codes took to come."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import altair as alt
import pandas as pd

from sms_notebook.charts import look
from sms_notebook.charts.chart_frame import ChartFrame, drawable
from sms_notebook.charts.look import (
    Layers,
    Plot,
    Stack,
    amount,
    counted,
    display_name,
    money,
    plain,
)
from sms_notebook.protocol.errors import UsageProblem

_LEDGER, _LEDGER_OR_HISTORY = "sms.ledger()", "sms.ledger() or sms.get_history()"
_UNKNOWN = "currency not said"
_HISTORY = "what is alive or was cancelled counts 0 in a history"
_SPENT, _BACK = "spent", "came back"
_MOST_STEPS = 1_000  # purchases; more are added up by day
_MOST_DOTS = 60  # more would be a thick line
_FEW_MINUTES, _FEW_DAYS = pd.Timedelta("3min"), pd.Timedelta("4D")
_MOST_NAMED = 31  # days that each have a name; more stand on an axis of time
_WIDEST = 70  # of the bar of a day
_MOST_WRITTEN = 8  # days whose amount is written at the bar


def spending(frame: pd.DataFrame) -> Stack | Plot:
    """Show what was spent: in sum, and on each day (UTC); each currency by itself.

    Money that came back is not spent: the sum leaves it out, and the day of the purchase shows it
    apart. A history counts a number that is alive, or was cancelled, with 0.

    Parameters
    ----------
    frame : DataFrame
        Of `ledger` or `get_history`: needs ``cost`` (in ``currency``), ``currency``, and
        ``bought_at`` or ``date``; uses ``refunded``. Orders that brought nothing are counted, but
        not drawn.

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
    >>> number = sms.order("tg", "Kazakhstan").loc[0, "activation_id"]
    >>> charts.spending(sms.get_history())
    <chart: Spending, 2 rows>
    """
    needed = ("bought_at", "date"), ("cost",), ("currency",)
    chart_frame = ChartFrame("spending", frame, _LEDGER_OR_HISTORY, *needed)
    currency = chart_frame.texts("currency").astype(object)
    table = pd.DataFrame(
        {
            "time": chart_frame.times("bought_at", "date"),
            "cost": chart_frame.numbers("cost"),
            "refunded": chart_frame.numbers("refunded").fillna(0).clip(lower=0),
            "currency": currency.where(currency.notna(), _UNKNOWN),
        }
    )
    no_time = table["time"].isna()
    table, out = drawable(
        table,
        [
            (no_time, "order that bought nothing/orders that bought nothing"),
            (table["cost"].isna(), "without a price"),
        ],
    )
    table = table.sort_values("time", kind="stable").reset_index(drop=True)
    if table.empty:
        return look.nothing("Spending", out)
    of_history = "" if chart_frame.has("refunded") else _HISTORY
    return _drawn_spending(table, of_history, out)


def _drawn_spending(table: pd.DataFrame, *notes: str) -> Stack:
    parts, summary = [], []
    for own, mine in table.groupby("currency", sort=True):
        currency = plain(own)
        exact = mine.assign(
            cost=mine["cost"].map(amount), refunded=mine["refunded"].map(amount)
        ).reset_index(drop=True)
        paid, back = sum(exact["cost"], Decimal(0)), sum(exact["refunded"], Decimal(0))
        text = f"{money(paid - back)} {currency} spent"
        summary.append(f"{text}, {money(back)} came back" if back else text)
        parts += [_in_sum(exact, currency), _by_day(exact, currency)]
    number = counted(len(table), "purchase")
    return Stack(
        vconcat=parts,
        title=look.title("Spending", *summary, number, "days are UTC", *notes),
        description=f"Spending: {'; '.join(summary)}; {number}.",
        spacing=18,
    )


def _in_sum(exact: pd.DataFrame, currency: str) -> alt.LayerChart:
    """Draw how the money spent adds up."""
    spent = (exact["cost"] - exact["refunded"]).astype(object)
    time = exact["time"]
    if len(exact) > _MOST_STEPS:
        time = time.dt.floor("D")
    steps = pd.DataFrame({"time": time, "spent": spent}).groupby("time", sort=True).sum()
    sums = steps["spent"].cumsum()
    rows = pd.DataFrame(
        {
            "time": [_wire(moment) for moment in steps.index],
            "when": [f"{moment:%Y-%m-%d %H:%M} UTC" for moment in steps.index],
            "sum": [float(value) for value in sums],
            "label": [f"{money(value)} {currency}" for value in sums],
            "here": [f"{money(value)} {currency}" for value in steps["spent"]],
        }
    )
    domain, form = _times(pd.DatetimeIndex(steps.index))
    x = alt.X(
        "time:T",
        title="time of purchase, UTC",
        scale=alt.Scale(type="utc", nice=False, domain=domain),
        axis=alt.Axis(format=form, tickCount=6, labelOverlap=True),
    )
    y = alt.Y("sum:Q", title=f"spent in sum, {currency}", scale=_room(rows["sum"]))
    whole = alt.Chart()
    hints = look.hints(when="bought", here="spent then", label="spent in sum")
    area = whole.mark_area(
        interpolate="step-after", line={"color": look.MAIN}, color=look.MAIN, fillOpacity=0.2
    )
    few = len(rows) <= _MOST_DOTS
    dots = whole.mark_circle(size=40, color=look.MAIN, opacity=1 if few else 0)
    layers = [area.encode(x=x, y=y), dots.encode(x=x, y=y, tooltip=hints)]
    return alt.LayerChart(data=look.data(rows), layer=layers, width=look.WIDTH, height=160)


def _room(values: "pd.Series[float]", share: float = 0.06) -> alt.Scale:
    return alt.Scale(domainMax=look.headroom(values, share)[1])


def _times(steps: pd.DatetimeIndex) -> tuple[list[str], str]:
    """Return where the axis of time begins and ends, and how its times are written."""
    first, last = steps[0], steps[-1]
    room = max((last - first) * 0.02, pd.Timedelta(minutes=1))
    if last - first <= _FEW_MINUTES:
        form = "%H:%M:%S"
    elif first.date() == last.date():
        form = "%H:%M"
    else:
        form = "%-d %b %H:%M" if last - first <= _FEW_DAYS else "%-d %b %Y"
    return [_wire(first - room), _wire(last + room)], form


def _wire(time: pd.Timestamp) -> str:
    return time.isoformat().replace("+00:00", "Z")


def _by_day(exact: pd.DataFrame, currency: str) -> alt.LayerChart:
    """Draw each day."""
    days = exact.assign(day=exact["time"].dt.floor("D"), spent=exact["cost"] - exact["refunded"])
    sums = days.groupby("day", sort=True)[["spent", "refunded"]].sum()
    rows = pd.DataFrame(
        [
            {
                "day": f"{day:%Y-%m-%d}",
                "what": what,
                "money": float(value),
                "label": f"{money(value)} {currency}",
                "words": money(value),
                "top": float(spent + back),
            }
            for day, spent, back in sums.itertuples(name=None)
            for what, value in ((_SPENT, spent), (_BACK, back))
            if value or what == _SPENT
        ]
    )
    every = pd.date_range(sums.index[0], sums.index[-1], freq="D").strftime("%Y-%m-%d")
    title = "day of purchase, UTC"
    if len(every) <= _MOST_NAMED:
        step = min(look.WIDTH // len(every), _WIDEST)
        wide: int | alt.Step = alt.Step(step)
        bands = alt.Scale(domain=list(every), paddingInner=0.25)
        turned = alt.Axis(labelAngle=0 if step == _WIDEST else -40)
        x: alt.X = alt.X("day:O", title=title, scale=bands, axis=turned)
    else:
        wide = look.WIDTH
        x = alt.X("utcyearmonthdate(day):T", title=title, scale=alt.Scale(type="utc"))
    colour = alt.Color(
        "what:N",
        title="money",
        scale=alt.Scale(domain=[_SPENT, _BACK], range=[look.MAIN, look.SECOND]),
        legend=alt.Legend() if (rows["what"] == _BACK).any() else None,
    )
    y = alt.Y("money:Q", title=f"per day, {currency}", scale=_room(rows["top"], 0.2))
    hints = look.hints(day="day", what="money", label="amount")
    bars = alt.Chart().mark_bar().encode(x=x, y=y, color=colour, tooltip=hints)
    layers = [bars]
    if len(every) <= _MOST_WRITTEN:
        words = alt.Chart().mark_text(color=look.WRITTEN, align="center", dy=-8)
        words = words.transform_filter(f"datum.what === '{_SPENT}'")
        layers.append(words.encode(x=x, y=alt.Y("top:Q"), text="words:N"))
    return alt.LayerChart(data=look.data(rows), layer=layers, width=wide, height=120)


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
    chart_frame = ChartFrame("time_to_code", frame, _LEDGER, *needed)
    groups: Mapping[str, Callable[[], pd.Series[str]]] = {
        "country": chart_frame.countries,
        "operator": lambda: chart_frame.texts("operator").map(display_name, na_action="ignore"),
        "service": chart_frame.services,
    }
    is_bought = chart_frame.times("bought_at").notna()
    is_rent = (
        is_bought & chart_frame.texts("activation_id").isna() & chart_frame.has("activation_id")
    )
    named = groups[by]().astype(object)
    table = pd.DataFrame(
        {
            "group": named.where(named.notna(), f"{by} not known"),
            "seconds": chart_frame.amounts("seconds_to_code"),
            "waits": (chart_frame.texts("state") == _WAITING).fillna(value=False).astype(bool),
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
    return _drawn_times(table, by, text, out)


def _drawn_times(table: pd.DataFrame, by: str, text: str, out: str) -> Layers:
    spread = _spread(table)
    order = list(spread["group"])
    points = table[table["seconds"].notna() & table["group"].isin(order)][["group", "seconds"]]
    scale, longest = _time_scale(points["seconds"])
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
    measured = whole.transform_filter("isValid(datum.median)")
    bars = measured.mark_bar(size=12, color=look.MAIN, opacity=0.45, cornerRadius=2)
    middles = measured.mark_tick(size=18, thickness=3, color=look.MAIN, opacity=1)
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
    counts = table["group"].value_counts(sort=False)
    counts = counts.sort_values(ascending=False, kind="stable").head(_MOST_GROUPS)
    grouped = table[table["group"].isin(counts.index)].groupby("group", sort=False)
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
        f"{over:,} ended, {pending:,} waiting" for over, pending in zip(ended, waiting, strict=True)
    ]
    return spread[["group", "low", "median", "high", "got", "label", "half", "others"]]


def _time_scale(seconds: "pd.Series[float]") -> tuple[alt.Scale, float]:
    """Choose a scale that shows both the usual and the long; return the longest time too."""
    if seconds.empty:
        return alt.Scale(type="linear", domain=[0, 60]), 0.0
    longest = float(seconds.max())
    if longest > _LONG * max(float(seconds.median()), _SHORTEST):
        return alt.Scale(type="log", nice=False, domain=[_SHORTEST, longest * 1.2]), longest
    return alt.Scale(type="linear", domainMin=0, nice=True), longest
