"""Countries side by side: price, stock and success, the best first."""

import inspect
import json
from pathlib import Path

import pandas as pd
import pytest

from sms_notebook import AsyncClient, Client, UsageProblem
from sms_notebook.client.comparing import ADVICE, COMPARISON
from sms_notebook.sandbox import Faults, Gateway, Sandbox
from sms_notebook.sandbox.dialects import TITLES

from .conftest import Counting

KEY = "0123456789abcdef0123456789abcdef"
KZ, UZ, DE = 2, 40, 43
COLUMNS = ["service", "country", "country_name", "price", "stock", "success", "seconds"]


@pytest.fixture
def sandbox() -> Counting:
    return Counting()


@pytest.fixture
def sms(sandbox):
    with Client(sandbox=sandbox) as sms:
        yield sms


def test_price_stock_and_success_stand_side_by_side_the_best_first(opened):
    sms = opened(sandbox=Sandbox(speed=0))
    frame = sms.compare("tg, Whatsapp", ["KZ", "Uzbekistan"])
    assert frame.columns.tolist() == COLUMNS
    assert set(zip(frame["service"], frame["country_name"], strict=True)) == {
        ("tg", "Kazakhstan"),
        ("tg", "Uzbekistan"),
        ("wa", "Kazakhstan"),
        ("wa", "Uzbekistan"),
    }
    prices = sms.get_prices("tg").set_index("country")
    rates = sms.get_delivery_rates("tg").set_index("country")["rate"]
    for row in frame[frame["service"] == "tg"].itertuples():
        assert row.price == prices.loc[row.country, "cost"]
        assert row.stock == prices.loc[row.country, "physical_count"]
        assert row.success == rates[row.country]
    assert (frame["price"] / frame["success"]).is_monotonic_increasing


def test_without_countries_all_that_have_it_are_compared(sms):
    frame = sms.compare("tg")
    assert set(frame["country"]) == set(sms.get_prices("tg")["country"])
    assert frame["country"].is_unique
    there = frame["stock"] > 0
    assert there.tolist() == sorted(there, reverse=True)
    assert (frame[there]["price"] / frame[there]["success"]).is_monotonic_increasing


def test_one_price_list_and_one_list_of_rates_for_each_service(sms, sandbox):
    sms.compare("tg,wa,ig", ["KZ", "UZ", "DE", "Indonesia", 16])
    asked = pd.Series(sandbox.asked).value_counts().to_dict()
    assert asked == {
        "getPrices": 3,
        "getListOfTopCountriesByService": 3,
        "getCountries": 1,
    }
    sms.compare("tg", "KZ")
    assert sandbox.asked.count("getCountries") == 1
    assert len(sandbox.asked) == 9


@pytest.mark.parametrize("services", ["tg", "full", "tg,wa"])
@pytest.mark.parametrize("countries", [None, "KZ", ["KZ", "UZ"]])
def test_the_frame_is_the_same_for_no_row_one_and_many(services, countries, sms):
    for frame, schema in (
        (sms.compare(services, countries), COMPARISON),
        (sms.advise(services.partition(",")[0], countries), ADVICE),
    ):
        assert frame.columns.tolist() == [column.name for column in schema.columns]
        assert [str(dtype) for dtype in frame.dtypes] == [
            str(pd.api.types.pandas_dtype(column.kind.dtype)) for column in schema.columns
        ]
        if services == "full" and countries is None:
            assert frame.empty


def test_a_country_that_was_asked_for_and_has_nothing_says_so(sms):
    frame = sms.compare("full", "KZ")
    assert frame[["country_name", "stock"]].to_numpy().tolist() == [["Kazakhstan", 0]]
    assert pd.isna(frame.loc[0, "price"])
    why = sms.advise("full", "KZ").loc[0, "why"]
    assert why == "none of yours; success is not known; no price; none in stock"


def test_what_is_offered_nowhere_is_said(sms, caplog):
    assert sms.compare("full").empty
    assert any("offers full nowhere" in line for line in caplog.messages)


def test_what_is_out_of_stock_comes_last():
    with Client(sandbox=Sandbox(speed=0, success=None)) as sms:  # as on a real market
        frame = sms.compare("ot")
        assert (frame["stock"] == 0).any()
        assert not (frame["stock"].head((frame["stock"] > 0).sum()) == 0).any()


def test_services_and_countries_are_named_in_any_way(sms):
    wanted = sms.compare(["tg", "go"], [KZ, UZ])
    named = sms.compare(["Telegram", "Google,youtube,Gmail"], ["Kazakhstan", "uz"])
    assert named.equals(wanted)
    assert sms.compare("tg,telegram , go", "2, UZ,Kazakhstan").equals(wanted)
    assert sms.compare(pd.Series(["tg", "go"]), wanted).equals(wanted)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nosuchservice",), "unknown service 'nosuchservice'"),
        (("tg", "Atlantis"), "unknown country 'Atlantis'"),
        (("KZ",), "that is a country. The service comes first"),
        (([],), "services is an empty list"),
        (("tg", []), "country is an empty list"),
        (("tg", "KZ,,UZ"), "country is empty"),
        ((None,), "services is missing"),
    ],
)
def test_a_wrong_question_is_answered_in_one_line(arguments, words, sms, sandbox):
    with pytest.raises(UsageProblem, match=words):
        sms.compare(*arguments)
    assert "getPrices" not in sandbox.asked


def test_seconds_are_those_of_own_numbers(sms, sandbox):
    for seconds in (7, 9, 20):
        ref = sms.order("tg", "KZ", operator="silent").loc[0, "activation_id"]
        sandbox.step(seconds)
        sandbox.send_sms(ref, "Your code is 12345")
        sms.get_status_v2(ref)
    frame = sms.compare("tg,wa", "KZ,UZ").set_index(["service", "country"])
    assert frame.loc[("tg", KZ), "seconds"] == 9
    assert frame["seconds"].isna().sum() == 3


def test_both_clients_answer_the_same():
    for method in ("compare", "advise"):
        one, other = getattr(Client, method), getattr(AsyncClient, method)
        assert inspect.signature(one) == inspect.signature(other)


@pytest.mark.parametrize("dialect", TITLES)
def test_every_provider_answers_with_what_it_has(dialect, caplog):
    with Client(sandbox=Sandbox(speed=0, dialect=dialect)) as sms:
        frame = sms.compare("tg,wa", ["KZ", "UZ"])
        assert sorted(frame["country_name"]) == ["Kazakhstan"] * 2 + ["Uzbekistan"] * 2
        assert frame["price"].notna().all()
        assert (frame["stock"] > 0).all()
        said = [line for line in caplog.messages if "success is not known" in line]
        assert len(said) == frame["success"].isna().all()
        assert "\n" not in "".join(said)
        advice = sms.advise("tg", ["KZ", "UZ"])
        assert advice["cost_per_code"].isna().all() == frame["success"].isna().all()
        if said:
            assert advice["price"].is_monotonic_increasing
            assert advice["why"].str.contains("success is not known").all()


@pytest.mark.parametrize("fault", ["BAD_ACTION", "SERVER_ERROR", "html-before", "NO_NUMBERS"])
def test_rates_that_cannot_be_had_take_nothing_else(fault, caplog, sandbox):
    faults = Faults([f"{fault}@getListOfTopCountriesByService:1"])
    with Client(sandbox=Gateway(sandbox, faults), retries=0) as sms:
        frame = sms.compare("tg", "KZ")
    assert frame.loc[0, "price"] == 0.86
    assert frame["success"].isna().all()
    [line] = [text for text in caplog.messages if "so success is not known" in text]
    assert line.startswith("Sandbox ")


def test_without_a_price_list_the_best_other_list_is_taken(sandbox):
    with Client(sandbox=Gateway(sandbox, Faults(["BAD_ACTION@getPrices:1"]))) as sms:
        frame = sms.compare("tg", ["KZ", "UZ"])
    assert "getTopCountriesByService" in sandbox.asked
    assert frame["price"].notna().all()
    assert (frame["stock"] > 0).all()


def test_without_any_price_list_nothing_is_made_up(sandbox, caplog):
    nowhere = [
        f"BAD_ACTION@{name}:1"
        for name in ("getPrices", "getTopCountriesByService", "getPricesExtended")
    ]
    with Client(sandbox=Gateway(sandbox, Faults(nowhere))) as sms:
        frame = sms.compare("tg", ["KZ", "UZ"])
        assert frame[["price", "stock"]].isna().all(axis=None)
        assert frame["success"].notna().all()
        advice = sms.advise("tg", "KZ")
    assert pd.isna(advice.loc[0, "cost_per_code"])
    assert "the price is not known" in advice.loc[0, "why"]
    assert "Sandbox has no price list, so price and stock are not known." in caplog.messages


def test_a_provider_that_lists_everything_is_narrowed(wire):
    prices = {
        "2": {"tg": {"cost": 1, "count": 5}, "wa": {"cost": 3, "count": 1}},
        "40": {"tg_0": {"cost": 2, "count": 7}},
    }

    def answer(asked):
        listed = prices if asked.action == "getPrices" else []
        return wire.http(json.dumps(listed).encode())

    wire.answer = answer
    with Client(KEY, base_url=wire.url) as sms:
        frame = sms.compare("tg", "KZ")
        assert frame[["price", "stock"]].to_numpy().tolist() == [[1, 5]]
        assert sms.compare("tg", ["KZ", "UZ"])["price"].tolist() == [1, 2]


def test_of_several_prices_the_cheapest_that_can_be_had_counts(wire):
    tiers = {"2": {"tg": {"0.5": 0, "0.7": 3, "0.9": 100}}}

    def answer(asked):
        listed = tiers if asked.action == "getPrices" else []
        return wire.http(json.dumps(listed).encode())

    wire.answer = answer
    with Client(KEY, base_url=wire.url) as sms:
        frame = sms.compare("tg", "KZ")
        assert frame[["price", "stock"]].to_numpy().tolist() == [[0.7, 3]]


@pytest.mark.parametrize(
    ("listed", "offer", "others"),
    [
        ({"2": {"tg": {"cost": -1, "count": 5}}}, [None, 5], 0),
        ({"2": {"tg": {"cost": 1, "count": -3}}}, [1, None], 0),
        ({"2": {"tg": []}, "43": {"tg": {"cost": 1, "count": 1}}}, [None, None], None),
        ({"Kazakhstan": {"tg": {"cost": 1, "count": 5}}}, [None, None], None),
        ({"2": {"tg": {"cost": 0, "count": 5}}}, [0, 5], 0),
    ],
)
def test_what_cannot_be_read_of_a_price_list_is_not_known(listed, offer, others, wire, caplog):
    """A price below nothing would be the best of all, and a row that is lost is no empty stock."""
    wire.answer = lambda asked: wire.http(
        json.dumps(listed if asked.action == "getPrices" else []).encode()
    )
    with Client(KEY, base_url=wire.url) as sms:
        frame = sms.compare("tg", ["KZ", "UZ"]).set_index("country")
    found = frame[["price", "stock"]].astype(object).where(frame[["price", "stock"]].notna(), None)
    assert found.loc[KZ].tolist() == offer
    assert found.loc[UZ].tolist() == [None, others]
    assert ("nobody can read or place" in caplog.text) == (others is None)


def test_a_row_that_cannot_be_read_is_no_matter_where_all_that_was_asked_for_is_there(wire, caplog):
    listed = {"2": {"tg": {"cost": 1, "count": 5}}, "43": {"tg": []}}
    wire.answer = lambda asked: wire.http(
        json.dumps(listed if asked.action == "getPrices" else []).encode()
    )
    with Client(KEY, base_url=wire.url) as sms:
        assert sms.compare("tg", "KZ").loc[0, "stock"] == 5
        assert sms.compare("tg")["country"].tolist() == [KZ]
    assert "nobody can read or place" not in caplog.text


def test_a_ledger_that_cannot_be_read_takes_no_prices(tmp_path, caplog):
    broken = tmp_path / "ledger.sqlite"
    broken.write_bytes(b"no database" * 1000)
    with Client(sandbox=Sandbox(speed=0), ledger=broken) as sms:
        assert sms.compare("tg", "KZ").loc[0, "price"] == 0.86
    assert any("Your own numbers are not counted" in line for line in caplog.messages)


def test_reading_alone_makes_no_ledger(home_folder, wire):
    wire.answer = lambda _asked: wire.http(b"[]")
    with Client(KEY, base_url=wire.url) as sms:
        sms.compare("tg", "KZ")
    assert not [path for path in Path(home_folder).rglob("*") if path.is_file()]


def test_the_panel_shows_the_same_figures_in_the_same_order(sms):
    ref = sms.order("tg", "KZ").loc[0, "activation_id"]
    sms.sandbox.send_sms(ref, "Your code is 12345")
    sms.wait_code(ref)
    compared = sms.compare("tg").drop(columns="service")
    told = pd.DataFrame([offer[1:] for offer in sms.about.offers("tg", None)])
    told.columns = compared.columns
    pd.testing.assert_frame_equal(told, compared, check_dtype=False)
    assert compared["seconds"].notna().sum() == 1


def test_no_line_is_said_where_all_is_told(sms, caplog):
    sms.compare("tg", "KZ")
    sms.advise("tg", "KZ")
    assert not caplog.messages
