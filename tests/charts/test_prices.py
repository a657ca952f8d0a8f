"""The cheapest countries, one by one against the frame."""

import pandas as pd
import pytest
from charts.conftest import notes, rows, spec_of, title

from sms_notebook import charts


def buyable(frame):
    """The offers that can be bought, the cheapest first."""
    stock = frame["physical_count"].fillna(frame["count"])
    return frame[stock > 0].sort_values("cost", kind="stable")


def test_it_shows_the_cheapest_with_a_number_in_stock(frames):
    drawn = rows(charts.prices_by_country(frames.prices, top=12))
    expected = buyable(frames.prices)["cost"].head(12)
    assert [row["price"] for row in drawn] == list(expected)
    names = frames.countries.set_index("country")["eng"]
    costs = {
        names[row["country"]]: row["cost"] for row in buyable(frames.prices).to_dict("records")
    }
    assert [costs[row["country"]] for row in drawn] == list(expected)


def test_amounts_are_written_to_the_cent_or_finer(frames):
    prices = frames.prices.head(5).assign(
        cost=[0.5, 0.0375, 1234.5, 2.0, 0.1 + 0.2], physical_count=9
    )
    said = {row["price"]: row["label"] for row in rows(charts.prices_by_country(prices))}
    assert said == {
        0.5: "0.50",
        0.0375: "0.0375",
        1234.5: "1,234.50",
        2.0: "2.00",
        0.3: "0.30",
    }


def test_what_is_left_out_is_counted(frames):
    prices = frames.prices.head(9).copy()
    prices["physical_count"] = pd.Series([5, 0, 0, pd.NA, pd.NA, 5, 5, 5, 5], dtype="Int64")
    prices["count"] = pd.Series([5, 5, 5, 0, pd.NA, 5, 5, 5, 5], dtype="Int64")
    prices["cost"] = pd.Series([1, 1, 1, 1, 1, pd.NA, 1, 1, -1], dtype="Float64")
    prices["country"] = pd.Series([0, 1, 2, 4, 5, 6, pd.NA, 9, 10], dtype="Int64")
    prices["service"] = pd.Series(["tg"] * 7 + [pd.NA, "tg"], dtype="string")
    chart = charts.prices_by_country(prices)
    assert len(rows(chart)) == 1
    said = "2 without a price, 1 without a country, 1 without a service, 1 without a stock"
    assert f"left out: {said}, 3 with no number in stock" in notes(chart).replace("\n", " ")


def test_a_country_whose_offers_are_all_sold_out_is_not_shown_as_cheap(frames):
    cheapest = buyable(frames.prices).iloc[0]
    sold_out = frames.prices.assign(
        physical_count=frames.prices["physical_count"].where(
            frames.prices["country"] != cheapest["country"], 0
        )
    )
    before, after = charts.prices_by_country(frames.prices), charts.prices_by_country(sold_out)
    assert rows(before)[0]["country"] not in {row["country"] for row in rows(after)}


def test_a_frame_with_tiers_has_each_country_once(frames):
    assert len(frames.top_tiers) > frames.top_tiers["country"].nunique()
    drawn = [row["country"] for row in rows(charts.prices_by_country(frames.top_tiers, top=500))]
    assert len(drawn) == len(set(drawn)) == frames.top_tiers["country"].nunique()


def test_several_services_are_told_apart_by_colour_and_shape(sms):
    prices = pd.concat([sms.get_prices("tg"), sms.get_prices("wa")])
    chart = charts.prices_by_country(prices, top=7)
    drawn = rows(chart)
    assert {row["series"] for row in drawn} == {"Telegram", "Whatsapp"}
    assert len({row["country"] for row in drawn}) == 7
    points = spec_of(chart)["layer"][1]["encoding"]
    assert points["color"]["scale"]["domain"] == points["shape"]["scale"]["domain"]
    assert len(set(points["color"]["scale"]["range"])) == 2
    assert len(set(points["shape"]["scale"]["range"])) == 2


def test_of_very_many_services_those_with_most_numbers_are_shown(frames):
    chart = charts.prices_by_country(frames.all_prices)
    prices = frames.all_prices[frames.all_prices["physical_count"] > 0]
    most = prices.groupby("service")["physical_count"].sum().nlargest(6).index
    names = frames.services.set_index("service")["name"]
    assert {row["series"] for row in rows(chart)} <= {names[code] for code in most}
    assert f"the 6 of {prices['service'].nunique():,} services with most numbers" in notes(chart)


def test_merged_names_are_used(frames):
    merged = frames.prices.merge(
        frames.countries[["country", "eng"]].assign(eng="Land " + frames.countries["eng"])
    ).assign(name="Telly")
    chart = charts.prices_by_country(merged, top=3)
    assert all(row["country"].startswith("Land ") for row in rows(chart))
    assert title(chart) == "Cheapest countries for Telly"


def test_countries_nobody_knows_have_their_id_and_two_of_one_name_stay_two(frames):
    prices = frames.prices.head(3).assign(country=[99_001, 99_002, 99_003], physical_count=1)
    shown = {row["country"] for row in rows(charts.prices_by_country(prices))}
    assert shown == {"99001", "99002", "99003"}
    same = {row["country"] for row in rows(charts.prices_by_country(prices.assign(eng="Congo")))}
    assert same == {"Congo", "Congo (99002)", "Congo (99003)"}


def test_ids_that_a_merge_made_floats_are_still_countries(frames):
    floats = frames.prices.assign(country=frames.prices["country"].astype(float))
    assert rows(charts.prices_by_country(floats)) == rows(charts.prices_by_country(frames.prices))


@pytest.mark.parametrize("top", [1, 500])
def test_fewer_or_all(frames, top):
    chart = charts.prices_by_country(frames.prices, top=top)
    there = len(buyable(frames.prices))
    assert len(rows(chart)) == min(top, there)
    said = f"1 of {there} countries" if top == 1 else f"{there} countries with numbers in stock"
    assert said in notes(chart)


def test_a_frame_without_service_is_enough(frames):
    chart = charts.prices_by_country(frames.prices[["country", "cost", "count"]], top=2)
    assert title(chart) == "Cheapest countries for any service"
