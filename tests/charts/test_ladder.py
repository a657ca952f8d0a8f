"""The FreePrice ladder, added up by hand."""

from itertools import pairwise

import pandas as pd
from charts.conftest import notes, rows, title

from sms_notebook import charts


def test_each_step_is_all_numbers_at_or_below_its_price(frames):
    chart = charts.free_price_ladder(frames.tiers)
    tiers = frames.tiers.to_dict("records")
    assert len(tiers) > 1
    for row in rows(chart):
        below = [tier["free_price_count"] for tier in tiers if tier["free_price"] <= row["price"]]
        assert row["numbers"] == sum(below)
    assert title(chart) == "FreePrice for Telegram in Indonesia"
    assert rows(chart)[-1]["numbers"] == frames.tiers["count"].iloc[0]


def test_several_countries_are_steps_of_their_own(frames):
    first = list(frames.top_tiers["country"].unique()[:8])
    chart = charts.free_price_ladder(frames.top_tiers)
    kept = frames.top_tiers[frames.top_tiers["country"].isin(first)]
    assert len(rows(chart)) == len(kept)
    assert f"the first 8 of {frames.top_tiers['country'].nunique()} in the frame" in notes(chart)
    names = frames.countries.set_index("country")["eng"]
    for country, tiers in kept.groupby("country"):
        mine = [row for row in rows(chart) if row["series"] == names[country]]
        assert mine[-1]["numbers"] == tiers["free_price_count"].sum()
        assert all(low["price"] < high["price"] for low, high in pairwise(mine))
        assert [row for row in mine if "until" in row] == [mine[-1]]
        assert mine[-1]["until"] == kept["free_price"].max()


def test_sorting_the_frame_chooses_what_is_shown(frames):
    dear = frames.top_tiers.sort_values("price", ascending=False)
    names = frames.countries.set_index("country")["eng"]
    shown = {row["series"] for row in rows(charts.free_price_ladder(dear))}
    assert shown == {names[country] for country in dear["country"].unique()[:8]}


def test_several_services_in_several_countries_have_both_names(sms):
    tiers = pd.concat(
        sms.get_prices_extended(service, country, free_price=True)
        for service in ("tg", "wa")
        for country in ("KZ", "ID")
    )
    chart = charts.free_price_ladder(tiers)
    assert {row["series"] for row in rows(chart)} == {
        f"{country} · {service}"
        for country in ("Kazakhstan", "Indonesia")
        for service in ("Telegram", "Whatsapp")
    }


def test_prices_without_tiers_say_how_to_ask(frames):
    chart = charts.free_price_ladder(frames.extended)
    assert rows(chart) == []
    assert "ask with free_price=True" in notes(chart)
    assert f"left out: {len(frames.extended)} without a tier" in notes(chart)


def test_tiers_at_one_price_are_added(frames):
    twice = pd.concat([frames.tiers, frames.tiers.assign(free_price_count=1)])
    last = rows(charts.free_price_ladder(twice))[-1]
    assert last["numbers"] == frames.tiers["free_price_count"].sum() + len(frames.tiers)


def test_tiers_of_any_provider_are_taken_and_cumulative_counts_hold_the_cheaper_ones(sms):
    tiers = sms.get_price_tiers("tg", "Indonesia")
    exact = rows(charts.free_price_ladder(tiers.assign(count_kind="exact")))
    assert [row["here"] for row in exact] == tiers["count"].tolist()
    upto = tiers.assign(count=tiers["count"].cumsum(), count_kind="cumulative")
    assert rows(charts.free_price_ladder(upto)) == exact
