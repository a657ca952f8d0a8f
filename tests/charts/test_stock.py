"""Price against stock."""

import pandas as pd
from charts.conftest import notes, rows, spec_of

from sms_notebook import charts


def test_a_mark_is_what_can_be_bought_where_that_is_known(frames):
    drawn = rows(charts.price_and_stock(frames.prices))
    there = frames.prices[frames.prices["physical_count"] > 0]
    assert sorted((row["price"], row["stock"]) for row in drawn) == sorted(
        zip(there["cost"], there["physical_count"], strict=True)
    )
    assert {row["known"] for row in drawn} == {"can be bought now"}
    offers = set(zip(there["cost"], there["physical_count"], there["count"], strict=True))
    longer = {(row["price"], row["stock"], row["listed"]) for row in drawn if "listed" in row}
    assert longer == {offer for offer in offers if offer[2] > offer[1]}


def test_a_mark_is_the_listed_stock_where_only_that_is_known(frames):
    chart = charts.price_and_stock(frames.extended)
    assert {row["known"] for row in rows(chart)} == {"as listed"}
    assert "how much of it can be bought is not known" in notes(chart)


def test_both_kinds_in_one_frame_are_told_apart(frames):
    both = pd.concat([frames.prices.head(5), frames.extended.tail(5)])
    chart = charts.price_and_stock(both)
    assert {row["known"] for row in rows(chart)} == {"can be bought now", "as listed"}
    assert "hollow: only the listed stock is known" in notes(chart)


def test_names_stand_at_offers_that_nothing_beats(frames):
    drawn = rows(charts.price_and_stock(frames.prices))
    named = [row for row in drawn if "name" in row]
    assert 1 <= len(named) <= 6
    for row in named:
        assert not [
            one
            for one in drawn
            if one["price"] <= row["price"] and one["stock"] >= row["stock"] and one is not row
        ]


def test_offers_without_stock_are_counted_not_drawn(frames):
    none = int((frames.prices["physical_count"] == 0).sum())
    assert none
    assert f"left out: {none} with no number in stock" in notes(
        charts.price_and_stock(frames.prices)
    )


def test_tens_of_thousands_of_offers_are_cells_that_add_up(frames):
    chart = charts.price_and_stock(frames.all_prices)
    there = frames.all_prices[frames.all_prices["physical_count"] > 0]
    assert len(there) > 5_000
    assert sum(row["offers"] for row in rows(chart)) == len(there)
    assert f"{len(there):,} offers" in notes(chart)
    low = min(row["from_price"] for row in rows(chart))
    assert low <= there["cost"].min() * 1.01
    counts = {(row["from_price"], row["from_stock"]): row["offers"] for row in rows(chart)}
    cell = max(rows(chart), key=lambda row: row["offers"])
    inside = there["cost"].between(cell["from_price"], cell["to_price"])
    inside &= there["physical_count"].between(cell["from_stock"], cell["to_stock"])
    assert abs(int(inside.sum()) - cell["offers"]) <= 0.2 * cell["offers"]  # edges are rounded
    assert len(counts) == len(rows(chart))


def test_many_offers_of_one_price_are_drawn_too(frames):
    same = pd.concat([frames.prices] * 12).assign(
        cost=0.5, count=7, physical_count=7, country=range(12 * len(frames.prices))
    )
    chart = charts.price_and_stock(same)
    assert [row["offers"] for row in rows(chart)] == [len(same)]


def scale(chart, axis):
    return spec_of(chart)["layer"][1]["encoding"][axis]["scale"]


def test_the_scale_of_prices_is_logarithmic_only_where_they_differ_much(frames):
    assert scale(charts.price_and_stock(frames.prices), "y")["type"] == "log"
    assert "type" not in scale(charts.price_and_stock(frames.prices), "x")
    wide = frames.prices.assign(cost=[0.05 * (at + 1) for at in range(len(frames.prices))])
    assert scale(charts.price_and_stock(wide), "x")["type"] == "log"
    free = wide.assign(cost=wide["cost"] - 0.05)  # zero has no place on such a scale
    assert "type" not in scale(charts.price_and_stock(free), "x")
