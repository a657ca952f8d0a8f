"""Time to code, against the ledger."""

from statistics import median

import pandas as pd
import pytest
from charts.conftest import notes, rows, title

from sms_notebook import charts


def groups(chart):
    return {row["group"]: row for row in rows(chart) if "got" in row}


def dots(chart):
    return [row for row in rows(chart) if "seconds" in row]


@pytest.fixture
def numbers(frames):
    """The activations that were bought."""
    return frames.ledger[frames.ledger["activation_id"].notna()].copy()


def test_each_group_has_its_median_and_its_share_of_codes(frames, numbers):
    chart = charts.time_to_code(frames.ledger)
    names = frames.countries.set_index("country")["eng"]
    drawn = groups(chart)
    assert set(drawn) == {names[country] for country in numbers["country"].unique()}
    for country, mine in numbers.groupby("country"):
        seconds = list(mine["seconds_to_code"].dropna())
        assert drawn[names[country]]["got"] == f"{len(seconds)} of {len(mine)}"
        assert drawn[names[country]]["median"] == median(seconds)


def test_every_code_is_a_dot(frames, numbers):
    chart = charts.time_to_code(frames.ledger, by="service")
    seconds = sorted(numbers["seconds_to_code"].dropna())
    assert sorted(row["seconds"] for row in dots(chart)) == seconds


def test_numbers_without_a_code_are_told(frames, numbers):
    chart = charts.time_to_code(frames.ledger)
    got = int(numbers["seconds_to_code"].notna().sum())
    without = numbers[numbers["seconds_to_code"].isna()]
    ended = int((without["state"] != "active").sum())
    assert ended
    assert f"{got} codes of {len(numbers)} numbers" in notes(chart)
    assert f"{ended} ended without one" in notes(chart)
    assert f"{len(without) - ended} without one yet" in notes(chart)


def test_orders_without_a_number_and_rents_are_counted(frames):
    refused = int(frames.ledger["bought_at"].isna().sum())
    assert refused
    said = f"left out: {refused} orders that brought no number, 1 rent or other purchase"
    assert said in notes(charts.time_to_code(frames.ledger))


def test_a_group_without_any_code_stays_and_comes_last(numbers):
    numbers.loc[numbers["country"] == 2, "seconds_to_code"] = pd.NA
    chart = charts.time_to_code(numbers)
    there = int((numbers["country"] == 2).sum())
    assert groups(chart)["Kazakhstan"]["got"] == f"0 of {there}"
    assert "median" not in groups(chart)["Kazakhstan"]
    assert list(groups(chart))[-1] == "Kazakhstan"


def test_no_code_at_all_is_still_a_chart(numbers):
    chart = charts.time_to_code(numbers.assign(seconds_to_code=pd.Series(dtype="Float64")))
    assert dots(chart) == []
    assert f"0 codes of {len(numbers)} numbers" in notes(chart)


@pytest.mark.parametrize("by", ["country", "operator", "service"])
def test_what_is_not_known_is_a_group_of_its_own(numbers, by):
    numbers[by] = pd.Series([pd.NA] * len(numbers), index=numbers.index, dtype=numbers[by].dtype)
    chart = charts.time_to_code(numbers, by=by)
    assert set(groups(chart)) == {f"{by} not known"}
    assert title(chart) == f"Time to the first code by {by}"


def test_of_very_many_groups_those_with_most_numbers_are_shown(numbers):
    one = numbers.head(1)
    many = pd.concat([one.assign(operator=f"o{at}") for at in range(30) for _ in range(at + 1)])
    chart = charts.time_to_code(many, by="operator")
    assert set(groups(chart)) == {f"o{at}" for at in range(10, 30)}
    assert "the 20 of 30 with most numbers" in notes(chart)


def test_ten_thousand_numbers_are_told_by_their_spread(numbers):
    with_code = numbers[numbers["seconds_to_code"].notna()]
    many = pd.concat([with_code] * (10_000 // len(with_code) + 1))
    chart = charts.time_to_code(many)
    assert len(rows(chart)) == with_code["country"].nunique()
    assert f"{len(many):,} codes of {len(many):,} numbers" in notes(chart)


def test_long_waits_among_short_ones_get_a_logarithmic_scale(numbers):
    def scale(seconds):
        frame = numbers.head(5).assign(seconds_to_code=pd.Series(seconds, index=numbers.index[:5]))
        return charts.time_to_code(frame).to_dict()["layer"][0]["encoding"]["x"]["scale"]["type"]

    assert scale([10.0, 12.0, 14.0, 20.0, 30.0]) == "linear"
    assert scale([0.0, 12.0, 14.0, 20.0, 900.0]) == "log"
