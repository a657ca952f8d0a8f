"""What faces ask of a client, through one door."""

from datetime import timedelta

import pytest

from sms_notebook import AsyncClient, Client, NoNumbers, UsageProblem
from sms_notebook.protocol.actions import Calls
from sms_notebook.sandbox import Sandbox, serve

LIFE = timedelta(minutes=20)
KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
CALLS = Calls()


@pytest.fixture
def sms():
    with Client(sandbox=Sandbox(speed=0, success=0)) as client:
        yield client


def test_the_embedded_sandbox_costs_nothing_and_has_its_own_clock(sms):
    about = sms.about
    assert (about.spends_real_money, about.key, about.provider.name) == (False, None, "sandbox")
    assert about.label == "sandbox: no real money"
    before = about.now()
    sms.sandbox.step(60)
    assert about.now() - before == timedelta(seconds=60)
    assert about.gateway.sandbox is sms.sandbox


def test_a_provider_over_the_network_costs_money_and_its_key_is_not_shown():
    store = Sandbox(speed=0, api_key=KEY)
    with serve(store) as url, Client(KEY, provider="365sms", base_url=url) as sms:
        about = sms.about
        assert (about.spends_real_money, about.gateway) == (True, None)
        assert KEY not in f"{about.label} {about.key!r} {vars(about)!r}"


def test_names_become_ids_and_a_purchase_is_quoted_without_buying(sms):
    call = sms.about.resolve(CALLS.get_number_v2("Telegram", "Kazakhstan"))
    assert (call.params["service"], call.params["country"]) == ("tg", "2")
    quote = sms.about.quote(CALLS.get_number_v2("Telegram", "Kazakhstan"))
    assert str(quote.total) == "0.86"
    assert not sms.sandbox.purchases()


def test_what_is_not_on_sale_has_no_quote(sms):
    with pytest.raises(NoNumbers) as refused:
        sms.about.quote(CALLS.get_rent_number("zz", 4, country="2"))
    assert refused.value.code == "NO_PRICE"


def test_a_key_stands_for_what_was_bought_with_it(sms):
    call = CALLS.get_number_v2("tg", 2)
    assert not sms.about.is_bought(call, "mine")
    sms.order("tg", 2, key="mine")
    assert sms.about.is_bought(call, "mine")
    assert not sms.about.is_bought(call, "another")


def test_numbers_are_active_until_their_life_ends(sms):
    assert sms.about.active_numbers() == []
    order = sms.order("tg", 2).iloc[0]
    rent = sms.rent("full", 2, 4).iloc[0]
    assert [(n.ref, n.is_rent) for n in sms.about.active_numbers()] == [
        (rent["rent_id"], True),
        (order["activation_id"], False),
    ]
    assert sms.about.active_numbers()[1].label == f"{order['phone_number']} tg"
    left = sms.about.end_of(order["activation_id"]) - sms.about.now()
    assert abs(left - LIFE) < timedelta(seconds=1)  # times of activations are whole seconds
    sms.sandbox.step(LIFE.total_seconds() + 1)
    assert [n.ref for n in sms.about.active_numbers()] == [rent["rent_id"]]


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_says_what_its_provider_has_without_asking(kind):
    def has(provider: str, *methods: str) -> list[bool]:
        sms = kind(KEY, provider=provider)
        return [sms.has(method) for method in methods]

    assert has("herosms", "rent", "get_rent_list", "get_price_tiers", "ledger") == [True] * 4
    assert has("smsbower", "rent", "extend", "get_rent_list", "get_history") == [False] * 4
    assert has("sms-man", "again", "finish", "cancel", "get_all_sms") == [False, True, True, False]
    assert has("onlinesim", "again", "cancel") == [True, False]


@pytest.mark.parametrize("method", ["get_prises", "_session", "getPrices", ""])
def test_what_is_no_method_is_no_question(sms, method):
    with pytest.raises(UsageProblem, match="has no method"):
        sms.has(method)
