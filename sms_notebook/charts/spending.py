"""What was spent, and when."""

from decimal import Decimal

import altair as alt
import pandas as pd

from sms_notebook.charts import look
from sms_notebook.charts.look import Below, Plot, amount, counted, money, plain
from sms_notebook.charts.reading import ChartFrame, drawable

SOURCE = "sms.ledger() or sms.get_history()"
_UNKNOWN = "currency not said"
_HISTORY = "what is alive or was cancelled counts 0 in a history"
_SPENT, _BACK = "spent", "came back"
_MOST_STEPS = 1_000  # purchases; more are added up by day
_MOST_DOTS = 60  # more would be a thick line
_FEW_MINUTES, _FEW_DAYS = pd.Timedelta("3min"), pd.Timedelta("4D")
_MOST_NAMED = 31  # days that each have a name; more stand on an axis of time
_WIDEST = 70  # of the bar of a day
_MOST_WRITTEN = 8  # days whose amount is written at the bar


def spending(frame: pd.DataFrame) -> Below | Plot:
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
    given = ChartFrame("spending", frame, SOURCE, *needed)
    currency = given.texts("currency").astype(object)
    table = pd.DataFrame(
        {
            "time": given.times("bought_at", "date"),
            "cost": given.numbers("cost"),
            "refunded": given.numbers("refunded").fillna(0).clip(lower=0),
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
    of_history = "" if given.has("refunded") else _HISTORY
    return _drawn(table, of_history, out)


def _drawn(table: pd.DataFrame, *notes: str) -> Below:
    parts, summary = [], []
    for own, mine in table.groupby("currency", sort=True):
        currency = plain(own)
        exact = mine.assign(
            cost=mine["cost"].map(amount), refunded=mine["refunded"].map(amount)
        ).reset_index(drop=True)
        paid, back = sum(exact["cost"], Decimal(0)), sum(exact["refunded"], Decimal(0))
        kept = f"{money(paid - back)} {currency} spent"
        summary.append(f"{kept}, {money(back)} came back" if back else kept)
        parts += [_in_sum(exact, currency), _by_day(exact, currency)]
    number = counted(len(table), "purchase")
    return Below(
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
