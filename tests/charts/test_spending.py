"""Spending, against what the shop sold."""

from decimal import Decimal

import pandas as pd
import pytest
from charts.conftest import notes, png, rows

from sms_notebook import charts
from sms_notebook.charts.look import money


def in_sum(chart):
    return [row for row in rows(chart) if "sum" in row]


def by_day(chart, what):
    return {row["day"]: row["words"] for row in rows(chart) if row.get("what") == what}


def test_it_says_to_the_cent_what_the_shop_kept_and_gave_back(sms, frames):
    bought = sms.sandbox.purchases()
    kept = sum((one.cost - one.refunded for one in bought), Decimal(0))
    back = sum((one.refunded for one in bought), Decimal(0))
    assert back
    chart = charts.spending(frames.ledger)
    assert f"{money(kept)} USD spent, {money(back)} came back" in notes(chart)
    assert in_sum(chart)[-1]["label"] == f"{money(kept)} USD"


def test_each_day_is_added_up_by_itself(sms, frames):
    chart = charts.spending(frames.ledger)
    days: dict[str, Decimal] = {}
    for row in frames.ledger.dropna(subset=["bought_at"]).to_dict("records"):
        day = f"{row['bought_at']:%Y-%m-%d}"
        spent = Decimal(str(row["cost"])) - Decimal(str(row["refunded"]))
        days[day] = days.get(day, Decimal(0)) + spent
    assert len(days) > 2
    assert by_day(chart, "spent") == {day: money(spent) for day, spent in days.items()}


def test_the_sum_grows_with_each_purchase_in_the_order_of_time(frames):
    shuffled = frames.ledger.sample(frac=1, random_state=1)
    sums = in_sum(charts.spending(shuffled))
    assert [row["time"] for row in sums] == sorted(row["time"] for row in sums)
    assert [row["sum"] for row in sums] == sorted(row["sum"] for row in sums)
    assert sums == in_sum(charts.spending(frames.ledger))


def test_a_history_is_enough(frames):
    chart = charts.spending(frames.history)
    total = sum((Decimal(str(cost)) for cost in frames.history["cost"]), Decimal(0))
    assert f"{money(total)} USD spent" in notes(chart)
    assert "came back" not in notes(chart)
    assert "cancelled counts 0 in a history" in notes(chart)
    assert "cancelled counts 0" not in notes(charts.spending(frames.ledger))


def test_orders_that_bought_nothing_are_counted(frames):
    refused = int(frames.ledger["bought_at"].isna().sum())
    said = f"left out: {refused} orders that bought nothing, 1 without a price"
    unknown = frames.ledger.copy()
    unknown.loc[0, "cost"] = pd.NA
    assert said in notes(charts.spending(unknown))


def test_currencies_are_never_added(frames):
    two = frames.ledger[frames.ledger["bought_at"].notna()].reset_index(drop=True)
    two["currency"] = two["currency"].where(two.index % 2 == 0, "RUB")
    two.loc[1, "currency"] = pd.NA
    chart = charts.spending(two)
    assert len(chart.vconcat) == 6
    for currency in ("RUB", "USD", "currency not said"):
        mine = two[two["currency"].fillna("currency not said") == currency]
        spent = sum(
            (
                Decimal(str(a)) - Decimal(str(b))
                for a, b in zip(mine["cost"], mine["refunded"], strict=True)
            ),
            Decimal(0),
        )
        assert f"{money(spent)} {currency} spent" in notes(chart)


@pytest.mark.parametrize("cents", [0.1, 0.7, 0.01])
def test_a_thousand_small_amounts_are_exact(frames, cents):
    one = frames.history.head(1).assign(cost=cents)
    many = pd.concat([one] * 1_000)
    exact = money(Decimal(str(cents)) * 1_000)
    assert f"{exact} USD spent" in notes(charts.spending(many))
    assert by_day(charts.spending(many), "spent") == {f"{one['date'].iloc[0]:%Y-%m-%d}": exact}


def test_years_of_purchases_stay_small(frames):
    times = pd.date_range("2020-01-01", periods=20_000, freq="3h", tz="UTC").astype(
        "datetime64[us, UTC]"
    )
    many = pd.DataFrame({"date": times, "cost": 0.01, "currency": "USD"})
    chart = charts.spending(many)
    assert "200.00 USD spent" in notes(chart)
    assert "20,000 purchases" in notes(chart)
    assert len(in_sum(chart)) == 2_500
    assert png(chart)


def test_times_of_another_zone_are_days_of_utc(frames):
    late = frames.history.head(1).copy()
    late["date"] = pd.Series([pd.Timestamp("2026-03-01 23:30", tz="America/New_York")])
    assert list(by_day(charts.spending(late), "spent")) == ["2026-03-02"]
    naive = late.assign(date=pd.Series([pd.Timestamp("2026-03-01 23:30")]))
    assert list(by_day(charts.spending(naive), "spent")) == ["2026-03-01"]
