"""Frames that nobody would make: whatever stands in the columns, there is a chart."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
import vl_convert
from charts.conftest import parts, rows, spec_of
from hypothesis import given
from hypothesis import strategies as st

from sms_notebook import charts

HOSTILE = [
    '<img src=x onerror="alert(1)">',
    '<a href="https://evil.example">click</a>',
    "javascript:alert(1)",
    "https://evil.example/x.png",
    "=HYPERLINK(1)",
    "{datum.price}",
    "datum['country']",
    "line\nbreak\ttab\x00null",
    "\u202eright to left\u202c",
    "\ud800 half a sign",
    "\U0001f600" * 50,
    "x" * 100_000,
    "__proto__",
    "constructor",  # Vega 5 and 6 fail on it as a key
    "toString",
    '\\"+1+"',  # a backslash ends the quoting of Vega-Lite
    "null",
    "",
    " ",
]
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20), st.none())
NUMBERS = st.one_of(
    st.none(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([0.0, -0.0, 1e-9, 1e12, 1e300, 0.5, 0.05]),
    st.integers(-5, 10**6).map(float),
)
COUNTRIES = st.one_of(st.none(), st.integers(-3, 300).map(float))
TIMES = st.one_of(
    st.none(),
    st.datetimes(
        pd.Timestamp("2000-01-01").to_pydatetime(), pd.Timestamp("2040-01-01").to_pydatetime()
    ),
)
COLUMNS = {
    "country": COUNTRIES,
    "eng": NAMES,
    "service": NAMES,
    "name": NAMES,
    "operator": NAMES,
    "state": NAMES,
    "currency": st.one_of(st.sampled_from(["USD", "RUB"]), NAMES),
    "activation_id": NAMES,
    "cost": NUMBERS,
    "count": NUMBERS,
    "physical_count": NUMBERS,
    "free_price": NUMBERS,
    "free_price_count": NUMBERS,
    "seconds_to_code": NUMBERS,
    "refunded": NUMBERS,
    "bought_at": TIMES,
}
TEXTS = {"eng", "service", "name", "operator", "state", "currency", "activation_id"}


@st.composite
def frames_of_anything(draw):
    length = draw(st.integers(0, 6))
    made = {}
    for name, values in COLUMNS.items():
        column = draw(st.lists(values, min_size=length, max_size=length))
        if name in TEXTS:
            made[name] = pd.Series(column, dtype=object)
        elif name == "bought_at":
            made[name] = pd.to_datetime(pd.Series(column, dtype="datetime64[us]"), utc=True)
        else:
            made[name] = pd.Series(column, dtype="float64")
    return pd.DataFrame(made)


DRAW = {
    "prices": charts.prices_by_country,
    "stock": charts.price_and_stock,
    "ladder": charts.free_price_ladder,
    "country": charts.time_to_code,
    "operator": lambda frame: charts.time_to_code(frame, by="operator"),
    "service": lambda frame: charts.time_to_code(frame, by="service"),
    "spending": charts.spending,
}


def is_drawn(spec):
    json.dumps(spec, allow_nan=False).encode()
    assert not {"href", "url", "image"} & {key for part in parts(spec) for key in part}
    png = vl_convert.vegalite_to_png(spec, vl_version="5.8")
    assert png.startswith(b"\x89PNG")


@given(frame=frames_of_anything(), draw=st.sampled_from(list(DRAW.values())))
def test_there_is_a_chart_whatever_the_columns_hold(frame, draw):
    chart = draw(frame)
    is_drawn(spec_of(chart))
    assert repr(chart).startswith("<chart: ")


@pytest.mark.parametrize("value", [10**400, -(10**400), 10**30], ids=["huge", "below", "large"])
def test_a_number_beyond_all_numbers_is_left_out_alone(frames, value):
    for draw, frame, column in (
        (charts.prices_by_country, frames.prices, "cost"),
        (charts.price_and_stock, frames.prices, "count"),
        (charts.free_price_ladder, frames.tiers, "free_price_count"),
        (charts.spending, frames.ledger, "cost"),
    ):
        numbers = pd.Series([value, *frame[column].iloc[1:]], dtype=object)
        chart = draw(frame.reset_index(drop=True).assign(**{column: numbers}))
        assert rows(chart)


@pytest.mark.parametrize("kind", [[1], {"a": 1}])
def test_a_kind_that_is_no_word_is_none(frames, kind):
    plain = frames.tiers.assign(count_kind=None)
    odd = frames.tiers.assign(count_kind=pd.Series([kind] * len(plain), index=plain.index))
    assert rows(charts.free_price_ladder(odd)) == rows(charts.free_price_ladder(plain))


def all_charts(frame):
    """Draw every chart of a frame; their picture is rendered once."""
    # Not checked by altair: the picture tells, and frames of anything are.
    specs = [draw(frame).to_dict(validate=False) for draw in DRAW.values()]
    kept = ("layer", "vconcat", "mark", "encoding", "data", "title", "width", "height", "spacing")
    data = {name: rows for spec in specs for name, rows in spec.get("datasets", {}).items()}
    within = [{key: spec[key] for key in kept if key in spec} for spec in specs]
    is_drawn({"$schema": specs[0]["$schema"], "datasets": data, "vconcat": within})
    return specs


@pytest.mark.parametrize(
    "texts", [*itertools.zip_longest(*(HOSTILE[at::4] for at in range(4)), fillvalue="other")]
)
def test_a_hostile_name_is_a_short_line_of_signs(texts):
    names = pd.Series(texts, dtype=object)
    frame = pd.DataFrame(
        {
            "country": [1, 2, 6, 4],
            "service": ["tg", "wa", "ig", "vk"],
            "operator": names,
            "eng": names,
            "name": names,
            "state": names,
            "currency": names,
            "cost": [0.5, 1.5, 2.5, 3.5],
            "count": [3, 4, 5, 6],
            "free_price": [0.5, 1.5, 2.5, 3.5],
            "free_price_count": [3, 4, 5, 6],
            "bought_at": pd.Series([pd.Timestamp("2026-03-01", tz="UTC")] * 4),
            "seconds_to_code": [5.0, 6.0, 7.0, 8.0],
        }
    )
    specs = all_charts(frame)
    keys = {"country", "series", "group", "name"}
    named = [row for spec in specs for data in spec["datasets"].values() for row in data]
    drawn = {value for row in named for key, value in row.items() if key in keys}
    assert all(len(name) <= 80 and name.isprintable() for name in drawn)
    titles = [part["title"] for part in parts(specs) if isinstance(part.get("title"), str)]
    assert not [title for title in titles if '"' in title or "\\" in title]


def test_very_many_countries_services_and_operators(frames):
    count = 30_000
    chosen = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "country": chosen.integers(0, 9_000, count),
            "service": chosen.integers(0, 2_000, count).astype(str),
            "operator": chosen.integers(0, 5_000, count).astype(str),
            "cost": chosen.random(count).round(2) + 0.01,
            "count": chosen.integers(0, 1_000, count),
            "free_price": chosen.random(count).round(2) + 0.01,
            "free_price_count": chosen.integers(0, 1_000, count),
            "bought_at": pd.Timestamp("2026-03-01", tz="UTC"),
            "seconds_to_code": chosen.integers(1, 900, count).astype(float),
            "state": "finished",
            "currency": "USD",
        }
    )
    for spec in all_charts(frame):
        assert sum(len(data) for data in spec["datasets"].values()) <= 3_000
