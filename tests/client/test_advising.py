"""Where a code costs least: what is published and what came to one's own numbers, and why."""

import json
from random import Random

import pandas as pd
import pytest

from sms_notebook import Client
from sms_notebook.client.offers import Deliveries, estimated, wilson
from sms_notebook.sandbox import Faults, Gateway, Sandbox

from .conftest import Counting

KEY = "0123456789abcdef0123456789abcdef"
KZ, UZ, DE = 2, 40, 43


@pytest.fixture
def sandbox() -> Counting:
    return Counting()


@pytest.fixture
def sms(sandbox):
    with Client(sandbox=sandbox) as sms:
        yield sms


def delivered(sms, country=KZ, *, codes=0, cancelled=0, **options):
    """Order numbers, some of which get a code, and some are given back."""
    for place in range(codes + cancelled):
        ref = sms.order("tg", country, **options).loc[0, "activation_id"]
        if place < codes:
            sms.sandbox.send_sms(ref, "Your code is 12345")
            sms.get_status(ref)
            sms.finish(ref)
        else:
            sms.sandbox.step(121)
            sms.cancel(ref)


def of_country(advice):
    """Return the row of any operator."""
    return advice[advice["operator"].isna()].iloc[0]


def test_the_least_expensive_code_comes_first_as_in_compare(opened):
    sms = opened(sandbox=Sandbox(speed=0))
    advice = sms.advise("Telegram")
    assert advice["country"].tolist() == sms.compare("tg")["country"].tolist()
    best = advice.iloc[0]
    assert best.cost_per_code == round(100 * best.price / best.success, 4)
    assert (advice["cost_low"] <= advice["cost_per_code"]).all()
    assert (advice["cost_per_code"] <= advice["cost_high"].fillna(1e9)).all()
    assert (advice["success"] == advice["published"]).all()  # nothing of one's own yet


def test_own_numbers_count_beside_the_published_figure(sms):
    delivered(sms, codes=3, cancelled=1)
    row = of_country(sms.advise("tg", "KZ"))
    assert (row.codes, row.numbers, row.published) == (3, 4, 54)
    assert row.success == round(100 * (3 + 10 * 0.54) / 14, 1)
    assert row.why == "3 of 4 of your numbers got a code; published 54 %; 0.86 USD each"


def test_own_numbers_can_turn_the_order_round(sms):
    before = sms.advise("tg", ["KZ", "DE"])
    assert before["country"].tolist() == [KZ, DE]
    delivered(sms, "DE", codes=20)
    after = sms.advise("tg", ["KZ", "DE"])
    assert after.loc[0, "country"] == DE
    assert sms.compare("tg", ["KZ", "DE"]).loc[0, "country"] == DE


def test_an_operator_that_one_bought_from_has_a_row(sms):
    delivered(sms, codes=2, operator="kcell")
    delivered(sms, cancelled=1, operator="activ")
    advice = sms.advise("tg", "KZ").set_index("operator")
    assert set(advice.index.dropna()) == {"kcell", "activ"}
    assert advice.loc["kcell", "codes"] == 2
    assert advice.loc["kcell", "cost_per_code"] < advice.loc["activ", "cost_per_code"]
    assert advice.loc["kcell", "why"].startswith("2 of 2 of your numbers got a code")
    assert advice.loc["activ", "why"].startswith("your one number got no code")
    assert pd.isna(advice.loc["kcell", "stock"])
    everywhere = advice[advice.index.isna()].iloc[0]
    assert (everywhere.codes, everywhere.numbers) == (2, 3)


@pytest.mark.parametrize("operators", ["kcell,activ", "any"])
def test_an_operator_that_was_only_wished_for_is_no_evidence(operators, sms):
    ref = sms.get_number("tg", "KZ", operator=operators).loc[0, "activation_id"]
    sms.sandbox.send_sms(ref, "Your code is 12345")
    sms.get_status(ref)
    advice = sms.advise("tg", "KZ")
    assert advice["operator"].isna().all()
    assert advice.loc[0, "codes"] == 1


def test_where_wishes_are_ignored_no_operator_is_told():
    with Client(sandbox=Sandbox(speed=0, dialect="smsbower")) as sms:
        with pytest.warns(UserWarning, match="takes no notice of operator"):
            ref = sms.order("tg", "KZ", operator="kcell").loc[0, "activation_id"]
        sms.sandbox.send_sms(ref, "Your code is 12345")
        sms.get_status(ref)
        assert sms.advise("tg", "KZ")["operator"].isna().all()


def test_what_is_not_known_yet_is_no_evidence(sms):
    sms.order("tg", "KZ", operator="silent")
    row = of_country(sms.advise("tg", "KZ"))
    assert (row.codes, row.numbers, row.success) == (0, 0, 54)
    assert row.why == "1 of yours not known yet; published 54 %; 0.86 USD each"


def test_a_number_that_was_only_inferred_is_no_evidence(sandbox):
    faults = Faults()
    with Client(sandbox=Gateway(sandbox, faults)) as sms:
        faults.set(["drop-after@getNumberV2:1"])
        order = sms.order("tg", "KZ")
        assert order.loc[0, "certainty"] == "inferred"
        faults.clear()
        sandbox.send_sms(order.loc[0, "activation_id"], "Your code is 12345")
        sms.get_status(order)
        assert sms.advise("tg", "KZ").loc[0, "numbers"] == 0


def test_where_nothing_is_known_nothing_is_guessed():
    with Client(sandbox=Counting(dialect="herosms")) as sms:
        row = of_country(sms.advise("tg", "KZ"))
        assert row[["cost_per_code", "cost_low", "cost_high", "success"]].isna().all()
        assert row.why == "none of yours; success is not known; 0.91 USD each"
        delivered(sms, codes=2)
        row = of_country(sms.advise("tg", "KZ"))
        assert row.success == round(100 * 2.5 / 3, 1)
        assert row.why == "2 of 2 of your numbers got a code; no published figure; 0.91 USD each"


def test_where_no_code_ever_came_nothing_bounds_the_cost():
    with Client(sandbox=Counting(dialect="herosms")) as sms:
        delivered(sms, cancelled=2)
        row = of_country(sms.advise("tg", "KZ"))
        assert row.cost_low < row.cost_per_code
        assert pd.isna(row.cost_high)
        assert row.why.startswith("none of 2 of your numbers got a code")


def test_a_published_zero_is_no_unknown(wire):
    prices = {str(country): {"tg": {"cost": 1, "count": 9}} for country in (KZ, UZ, DE)}
    rates = [{"country": KZ, "share": 1, "rate": 0}, {"country": DE, "share": 1, "rate": 10}]

    def answer(asked):
        listed = prices if asked.action == "getPrices" else []
        return wire.http(json.dumps(rates if "TopCountries" in asked.action else listed).encode())

    wire.answer = answer
    with Client(KEY, base_url=wire.url) as sms:
        advice = sms.advise("tg", [KZ, UZ, DE])
    assert advice["country"].tolist() == [DE, UZ, KZ]  # known, not known, never
    assert pd.isna(advice.loc[2, "cost_per_code"])
    assert "published 0 %" in advice.loc[2, "why"]


def test_a_price_of_less_than_a_cent_is_not_told_as_nothing(wire):
    listed = {"2": {"tg": {"cost": 0.004, "count": 5}}}
    wire.answer = lambda asked: wire.http(
        json.dumps(listed if asked.action == "getPrices" else []).encode()
    )
    with Client(KEY, base_url=wire.url) as sms:
        assert "0.004" in sms.advise("tg", "KZ").loc[0, "why"]


def test_the_range_holds_the_true_share_nine_times_of_ten():
    chance = Random(7)
    for share in (0.2, 0.5, 0.78, 0.95):
        for numbers in (5, 20, 100):
            held = 0
            for _ in range(400):
                codes = sum(chance.random() < share for _ in range(numbers))
                low, high = wilson(codes, numbers)
                held += low <= share <= high
            assert held / 400 > 0.8, (share, numbers)


def test_more_evidence_narrows_the_range():
    widths = []
    for many in (0, 4, 40, 400):
        estimate = estimated(Deliveries(many, many // 2), 50.0)
        assert 0 <= estimate.low <= estimate.share <= estimate.high <= 1
        widths.append(estimate.high - estimate.low)
    assert widths == sorted(widths, reverse=True)
    assert estimated(Deliveries(), None) is None
