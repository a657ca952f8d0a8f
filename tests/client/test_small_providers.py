"""Small providers as they answer: what can be bought there, for how much, and what is found."""

import json
from datetime import datetime

import pytest

from sms_notebook import (
    ActivationNotFound,
    BadValue,
    Client,
    EarlyCancelDenied,
    PurchaseUncertain,
    UsageProblem,
)
from sms_notebook.client import ledger_access

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def at(wire):
    """Answer each action of a provider with a body; the others it does not have."""
    clients = []

    def opened(provider, *, lacking="BAD_ACTION", **bodies) -> Client:
        def answer(asked):
            body = bodies.get(asked.action, lacking)
            return wire.http(body(asked) if callable(body) else body)

        wire.answer = answer
        clients.append(Client(KEY, provider=provider, base_url=wire.url, retries=0))
        return clients[-1]

    yield opened
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    ("provider", "service", "country"), [("365sms", "tg", 6), ("onlinesim", "tg", 7)]
)
def test_a_number_can_be_bought_where_no_price_can_be_asked_for(
    provider, service, country, at, wire
):
    sms = at(provider, getNumber="ACCESS_NUMBER:234242:6281110001234")
    for _ in range(2):
        number = sms.order(service, country, key="mine").iloc[0]
        assert number["activation_id"] == "234242"
    assert wire.actions().count("getNumber") == 1
    assert sms.ledger()["cost"].isna().all()


def test_within_a_budget_it_cannot_unless_a_price_is_named(at, wire):
    at("365sms", getNumber="ACCESS_NUMBER:234242:6281110001234")
    with Client(KEY, provider="365sms", base_url=wire.url, budget=1) as careful:
        with pytest.raises(UsageProblem, match="its price is not known"):
            careful.order("tg", 6)
        assert "getNumber" not in wire.actions()
        assert len(careful.order("tg", 6, max_price="0.50")) == 1


LISTS = {
    "by country": {"0": {"vk": {"cost": "15", "count": 5}}, "4": {"vk": {"cost": "9", "count": 7}}},
    "by service": {"vk": {"4": {"cost": 9, "count": 5}, "0": {"cost": 15, "count": 5}}},
    "with others": {"4": {"vk": {"cost": "9", "count": 5}, "tg": {"cost": "2", "count": 5}}},
}


@pytest.mark.parametrize("prices", LISTS)
def test_a_price_is_that_of_what_was_wanted_whatever_else_is_listed(prices, at):
    sms = at(
        "sms-man",
        getNumber="ACCESS_NUMBER:234242:6281110001234",
        getPrices=json.dumps(LISTS[prices]),
        getCountries='[{"id": 0, "title": "Russia"}, {"id": 4, "title": "Indonesia"}]',
    )
    assert sms.order("vk", 4).loc[0, "cost"] == 9


def test_prices_by_service_alone_have_no_country(at):
    prices = {"tg": {"cost": "0.40", "count": 100}, "wa": {"cost": 0.6, "count": "3"}}
    frame = at("daisysms-io", getPrices=json.dumps(prices)).get_prices()
    assert frame["country"].isna().all()
    assert frame[["service", "cost", "count"]].values.tolist() == [["tg", 0.4, 100], ["wa", 0.6, 3]]


def test_words_of_a_provider_that_has_no_ids_are_sent_as_they_are(at, wire):
    sms = at(
        "5sim",
        getNumber="ACCESS_NUMBER:234242:447700900123",
        getNumbersStatus='{"whatsapp_0": "12"}',
    )
    assert sms.order("whatsapp", "england").loc[0, "activation_id"] == "234242"
    bought = next(asked for asked in wire.asked if asked.action == "getNumber")
    assert (bought.params["service"], bought.params["country"]) == ("whatsapp", "england")
    assert sms.get_numbers_status(country="england").loc[0, "count"] == 12


def test_a_key_stands_for_the_country_of_its_word(at, wire):
    sms = at("5sim", getNumber="ACCESS_NUMBER:234242:447700900123")
    for _ in range(2):
        assert len(sms.order("whatsapp", "england", key="mine")) == 1
    with pytest.raises(UsageProblem, match="Take another key"):
        sms.order("whatsapp", "russia", key="mine")
    assert wire.actions().count("getNumber") == 1


@pytest.mark.parametrize(("provider", "seconds"), [("virtualsms", 300), ("privatesms", 60)])
def test_an_early_cancel_says_the_time_of_its_provider(provider, seconds, at):
    sms = at(provider, getStatus="STATUS_WAIT_CODE", setStatus="EARLY_CANCEL_DENIED")
    with pytest.raises(EarlyCancelDenied) as refused:
        sms.cancel("234242")
    assert refused.value.retry_after == seconds
    assert "two minutes" not in str(refused.value)


def test_a_word_for_any_unknown_value_is_about_the_id_where_one_was_asked_for(at):
    sms = at("sms-verification-number", lacking="ERROR_API")
    for ask in (sms.get_status, lambda ref: sms.set_status(ref, 6), sms.cancel):
        with pytest.raises(ActivationNotFound):
            ask("999999")
    with pytest.raises(BadValue) as refused:
        sms.order("tg", 6)
    assert refused.value.is_definite


@pytest.mark.parametrize("number", ["9080000001", "79080000001"])
def test_a_rent_is_found_by_a_number_whose_country_has_an_id_of_the_providers_own(
    number, at, wire, monkeypatch
):
    monkeypatch.setattr(ledger_access, "_GRACE", 0.1)
    end = datetime.now().astimezone().isoformat(timespec="seconds")

    def listed(_asked):
        rents = {"0": {"id": 10001, "phone": number, "endDate": end}}
        is_rented = "getRentNumber" in wire.actions()
        return json.dumps({"status": "success", "values": rents if is_rented else []})

    sms = at(
        "onlinesim",
        getRentNumber="",
        getRentList=listed,
        getRentServicesAndCountries='{"services": {"full": {"cost": "42.93", "quant": 20}}}',
    )
    assert sms.rent("full", 7, 24, key="mine").loc[0, "rent_id"] == "10001"
    assert sms.rent("full", 7, 24, key="mine").loc[0, "phone_number"] == number
    assert wire.actions().count("getRentNumber") == 1


def test_a_list_on_this_machine_is_no_proof_unless_our_sandbox_answers(wire, monkeypatch):
    monkeypatch.setattr(ledger_access, "_GRACE", 0.05)
    bought = []

    def answer(asked):
        action = asked.params["action"]
        if action == "getNumberV2":
            bought.append(asked.params["service"])
            return b""  # the answer is lost
        return wire.http("NO_ACTIVATIONS" if action == "getActiveActivations" else "[]")

    wire.answer = answer
    with Client("f" * 32, base_url=wire.url, retries=0) as sms:
        for _ in range(3):
            with pytest.raises(PurchaseUncertain):
                sms.order("tg", 6, key="mine", max_price="1")
            sms.reconcile()
        assert len(bought) == 1
        assert sms.ledger()["state"].tolist() == ["uncertain"]
