"""Another frame is one line that says what is missing and what to call."""

import pandas as pd
import pytest

from sms_notebook import UsageProblem, charts

PRICES = (
    "Take the frame of sms.get_prices(service), get_prices_extended, get_prices_verification or "
    "get_top_countries_by_service."
)
TIERS = (
    "Take the frame of sms.get_price_tiers(service), "
    "sms.get_prices_extended(service, country, free_price=True) or "
    "sms.get_top_countries_by_service(service, free_price=True)."
)
LEDGER = "Take the frame of sms.ledger()."
SPENT = "Take the frame of sms.ledger() or sms.get_history()."
LINES = [
    (
        "prices_by_country",
        "balance",
        f"this frame lacks the columns country, cost or price, count. {PRICES}",
    ),
    ("prices_by_country", "ledger", f"this frame lacks the column count. {PRICES}"),
    ("prices_by_country", "share", f"this frame lacks the columns cost or price, count. {PRICES}"),
    ("price_and_stock", "status", f"this frame lacks the columns country, cost or price. {PRICES}"),
    (
        "price_and_stock",
        "countries",
        f"this frame lacks the columns cost or price, count. {PRICES}",
    ),
    (
        "free_price_ladder",
        "prices",
        f"this frame lacks the columns free_price, free_price_count. {TIERS}",
    ),
    (
        "time_to_code",
        "history",
        f"this frame lacks the columns country, bought_at, seconds_to_code, state. {LEDGER}",
    ),
    (
        "time_to_code",
        "prices",
        f"this frame lacks the columns bought_at, seconds_to_code, state. {LEDGER}",
    ),
    ("spending", "prices", f"this frame lacks the columns bought_at or date, currency. {SPENT}"),
    (
        "spending",
        "balance",
        f"this frame lacks the columns bought_at or date, cost, currency. {SPENT}",
    ),
]


@pytest.mark.parametrize(("chart", "frame", "line"), LINES)
def test_a_frame_of_another_schema(frames, chart, frame, line):
    for given in (getattr(frames, frame), getattr(frames, frame).head(0)):
        with pytest.raises(UsageProblem) as problem:
            getattr(charts, chart)(given)
        assert str(problem.value) == f"charts.{chart}: {line}"


@pytest.mark.parametrize("thing", [None, [1], "tg", pd.Series([1.0], name="cost")])
@pytest.mark.parametrize("chart", charts.__all__[1:])
def test_no_frame_at_all(chart, thing):
    with pytest.raises(UsageProblem, match="it takes a DataFrame, not "):
        getattr(charts, chart)(thing)


OTHERWISE_FILLED = {
    "words as prices": (
        "prices_by_country",
        "prices",
        "cost",
        "cheap",
        "cost does not hold numbers",
    ),
    "lists as stock": ("price_and_stock", "prices", "count", [1], "count does not hold numbers"),
    "words as tiers": ("free_price_ladder", "tiers", "free_price", "a", "free_price does not hold"),
    "words as money": ("spending", "history", "cost", "much", "cost does not hold numbers"),
    "numbers as times": ("spending", "history", "date", 5, "date does not hold times"),
    "words as times": ("spending", "history", "date", "once", "date does not hold times"),
    "words as seconds": (
        "time_to_code",
        "ledger",
        "seconds_to_code",
        "soon",
        "does not hold numbers",
    ),
}


@pytest.mark.parametrize("case", OTHERWISE_FILLED.values(), ids=OTHERWISE_FILLED)
def test_a_column_that_holds_something_else(frames, case):
    chart, frame, column, value, line = case
    changed = getattr(frames, frame).head(1).assign(**{column: pd.Series([value])})
    with pytest.raises(UsageProblem, match=line):
        getattr(charts, chart)(changed)


def test_a_column_that_is_there_twice(frames):
    twice = pd.concat([frames.prices, frames.prices[["cost"]]], axis=1)
    with pytest.raises(UsageProblem, match="the column cost is there twice"):
        charts.prices_by_country(twice)


@pytest.mark.parametrize("top", [0, -1, 1.5, "3", True, None])
def test_a_number_of_countries_that_is_none(frames, top):
    with pytest.raises(UsageProblem, match="top is a number of countries, from 1"):
        charts.prices_by_country(frames.prices, top=top)


@pytest.mark.parametrize("by", ["state", "", None, "Country"])
def test_a_grouping_that_is_none(frames, by):
    with pytest.raises(UsageProblem, match="by is one of country, operator, service"):
        charts.time_to_code(frames.ledger, by=by)
