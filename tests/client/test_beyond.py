"""What several providers have beyond the 33 actions, against each as the sandbox speaks it."""

import json

import pytest

from sms_notebook import ActivationNotFound, BadAction, Client, NoNumbers, UsageProblem
from sms_notebook.protocol.actions import BEYOND
from sms_notebook.protocol.frames import tables
from sms_notebook.providers.providers import PROVIDERS
from sms_notebook.sandbox import Sandbox

KEY = "0123456789abcdef0123456789abcdef"
TIERS = ("reference", "herosms", "smsbower", "tiger-sms", "grizzlysms", "smshub", "virtualsms")
KINDS = {
    "herosms": "cumulative",
    "smsbower": "exact",
    "tiger-sms": "cumulative",
}
SUPPLIERS = ("smsbower", "tiger-sms", "grizzlysms")


class Shop(Sandbox):
    def __init__(self, dialect, **options):
        usual = {"speed": 0, "success": 0.0, "balance": "1000"}
        super().__init__(**{**usual, "dialect": dialect, **options})
        self.asked = []

    def respond(self, request):
        self.asked.append(dict(request.params))
        return super().respond(request)


@pytest.fixture
def at(opened):
    """Open a client at a provider as the sandbox speaks it."""
    return lambda dialect, **options: opened(sandbox=Shop(dialect, **options))


def column_names(schema):
    return [column.name for column in schema.columns]


# Prices by amount -------------------------------------------------------------------------------


@pytest.mark.alike
@pytest.mark.parametrize("dialect", TIERS)
def test_prices_by_amount_are_one_schema_everywhere(at, dialect):
    sms = at(dialect)
    everywhere = sms.get_price_tiers("tg")
    assert everywhere.columns.tolist() == column_names(tables.PRICE_TIERS)
    assert everywhere["country"].nunique() > 50
    here = sms.get_price_tiers("tg", "Indonesia")
    assert set(here["country"]) == {6}
    assert set(here["service"]) == {"tg"}
    assert here["price"].is_monotonic_increasing
    assert (here["count"] > 0).all()
    assert set(here["count_kind"]) == {KINDS.get(dialect, "not known")}
    assert here["provider_id"].isna().all()
    of_all = everywhere[everywhere["country"] == 6].reset_index(drop=True)
    assert of_all[["price", "count"]].equals(here[["price", "count"]])


@pytest.mark.alike
def test_cumulative_counts_grow_to_what_exact_ones_sum_up_to(at):
    exact = at("smsbower").get_price_tiers("tg", 6)
    cumulative = at("herosms").get_price_tiers("tg", 6)
    assert cumulative["count"].tolist() == exact["count"].cumsum().tolist()


@pytest.mark.parametrize("dialect", SUPPLIERS)
def test_whose_numbers_they_are_is_told_where_providers_name_them(at, dialect):
    tiers = at(dialect).get_price_tiers("tg", 6, by_supplier=True)
    assert tiers["provider_id"].notna().all()
    assert set(tiers["count_kind"]) == {"exact"}
    assert set(tiers["country"]) == {6}


@pytest.mark.alike
@pytest.mark.parametrize("dialect", [name for name in TIERS if name not in SUPPLIERS])
def test_elsewhere_suppliers_are_refused_in_one_line(at, dialect):
    sms = at(dialect)
    with pytest.raises(UsageProblem, match="ignore by_supplier") as refused:
        sms.get_price_tiers("tg", 6, by_supplier=True)
    assert "\n" not in str(refused.value)
    assert sms.client.sandbox.asked == []


def test_offers_with_the_service_first_are_read_as_well(wire):
    offers = {
        "data": {
            "tg": {
                "187": {
                    "prices": {"default": 0.25, "avg": 0.199, "retail": 0.25, "min": 0.25},
                    "counts": {"total": 44432, "defaultPrice": 22518},
                    "map": {"0.2500": 22518, "0.3": 44432},
                }
            }
        }
    }
    wire.says(json.dumps(offers))
    with Client(KEY, provider="tiger-sms", base_url=wire.url) as sms:
        tiers = sms.get_price_tiers("tg", 187)
    assert tiers[["country", "service", "price", "count"]].values.tolist() == [
        [187, "tg", 0.25, 22518],
        [187, "tg", 0.3, 44432],
    ]
    assert set(tiers["count_kind"]) == {"cumulative"}


# Delivery rates ---------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", ["reference", "virtualsms"])
def test_delivery_rates_by_country(at, dialect):
    sms = at(dialect)
    rates = sms.get_delivery_rates("tg")
    assert rates.columns.tolist() == column_names(tables.DELIVERY_RATES)
    assert rates["rate"].between(0, 100).all()
    assert set(rates["service"]) == {"tg"}
    assert rates["country"].nunique() == len(rates) > 50
    here = sms.get_delivery_rates("tg", "Indonesia")
    assert here["country"].tolist() == [6]
    assert here.loc[0, "rate"] == rates.loc[rates["country"] == 6, "rate"].item()


@pytest.mark.alike
def test_delivery_rates_by_supplier_say_of_no_country_what_nobody_said(at):
    rates = at("tiger-sms").get_delivery_rates("tg", "Indonesia")
    assert rates["provider_id"].notna().all()
    assert rates["country"].isna().all()
    assert rates.loc[0, "rate"] == 8.95
    assert rates["rate"].isna().any()  # there are suppliers without figures
    assert rates["count"].notna().all()


def test_delivery_rates_by_service(wire):
    rows = [
        {
            "id": "tg",
            "name": "Telegram",
            "price": 0.22,
            "quantity": "19",
            "deliverability": "25.82",
        },
        {"id": "wa", "name": "WhatsApp", "price": 0.3, "quantity": "7", "deliverability": "0"},
        None,
    ]
    wire.says(json.dumps(rows))
    with Client(KEY, provider="sms-verification-number", base_url=wire.url) as sms:
        rates = sms.get_delivery_rates("tg", 6)
        none_yet = sms.get_delivery_rates("wa", 6)
    assert rates[["service", "country", "rate", "count"]].values.tolist() == [["tg", 6, 25.82, 19]]
    assert rates.attrs["skipped"] == 1
    assert none_yet["rate"].isna().all()
    assert wire.asked[0].action == "getServicesAndCostWithStatistics"


# All messages -----------------------------------------------------------------------------------


def test_all_messages_of_a_number(at):
    sms = at("herosms")
    shop = sms.client.sandbox
    ref = sms.order("tg", "Indonesia").loc[0, "activation_id"]
    assert sms.get_all_sms(ref).empty
    shop.send_sms(ref, "Your code is 01234", "01234")
    sms.again(ref)
    shop.step(5)
    shop.send_sms(ref, "Your code is 56789", "56789")
    frame = sms.get_all_sms(ref)
    assert frame.columns.tolist() == column_names(tables.ALL_MESSAGES)
    assert frame["code"].tolist() == ["56789", "01234"]
    assert frame["channel"].tolist() == ["sms", "sms"]
    assert frame["date"].is_monotonic_decreasing
    assert frame.attrs["total"] == 2
    assert sms.get_all_sms(ref, page=2, size=1)["code"].tolist() == ["01234"]
    with pytest.raises(ActivationNotFound):
        sms.get_all_sms(123456)


def test_all_messages_of_what_is_over_are_an_error_of_its_own(at):
    sms = at("herosms")
    ref = sms.order("tg", "Indonesia").loc[0, "activation_id"]
    sms.client.sandbox.step(121)
    sms.cancel(ref)
    with pytest.raises(ActivationNotFound) as over:
        sms.get_all_sms(ref)
    assert over.value.is_over


@pytest.mark.parametrize(
    ("reply", "texts"),
    [
        ("FULL_SMS:Your code is 0417", ["Your code is 0417"]),
        ("STATUS_WAIT_CODE", []),
        ({"data": [{"text": "a"}, None, {"smsText": "b"}]}, ["a", "b"]),
    ],
)
def test_full_messages_as_other_providers_write_them(wire, reply, texts):
    wire.says(reply if isinstance(reply, str) else json.dumps(reply))
    with Client(KEY, provider="onlinesim", base_url=wire.url) as sms:
        frame = sms.get_all_sms(7)
    assert frame["text"].tolist() == texts
    assert wire.actions() == ["getFullSms"]


# Who lacks what ---------------------------------------------------------------------------------


@pytest.mark.alike
@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_what_a_provider_lacks_is_refused_in_one_line_and_not_sent(wire, opened, provider):
    if provider.closed or not provider.needs_key:
        pytest.skip("is asked by nobody")
    wire.says("BAD_ACTION")
    sms = opened(KEY, provider=provider.name, base_url=wire.url)
    for action in BEYOND.values():
        first = "7" if action.method == "get_all_sms" else "tg"
        if action.name not in provider.beyond:
            with pytest.raises(UsageProblem, match="does not have this") as refused:
                getattr(sms, action.method)(first)
            assert provider.title in str(refused.value)
    assert wire.asked == []


# Filters of a purchase --------------------------------------------------------------------------

FILTERS = {
    "minPrice": {"min_price": "0.01"},
    "fixedPrice": {"fixed_price": True, "max_price": "9"},
    "providerIds": {"provider_ids": [14, 27]},
    "exceptProviderIds": {"except_provider_ids": "5,6"},
}
each_filter = pytest.mark.parametrize("name", FILTERS)
DIALECTS = (*TIERS, "sms-man", "vak-sms")


@each_filter
@pytest.mark.alike
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_filter_is_sent_where_it_counts_and_refused_where_it_would_be_ignored(at, dialect, name):
    sms = at(dialect)
    shop = sms.client.sandbox
    ways = (sms.get_number, sms.get_number_v2, sms.order)
    if name not in sms.client.about.provider.filters:
        for buy in ways:
            with pytest.raises(UsageProblem, match=r"ignore \w+, so nothing was sent") as refused:
                buy("tg", 6, **FILTERS[name])
            assert "\n" not in str(refused.value)
        assert shop.asked == []
        assert sms.ledger().empty
        return
    for buy in ways:
        try:
            buy("tg", 6, **FILTERS[name])
        except NoNumbers:  # as no number costs just that
            pass
        except BadAction:
            pytest.fail("it is there")
        sent = next(params for params in reversed(shop.asked) if "getNumber" in params["action"])
        assert sent[name]


def test_a_fixed_price_is_no_ceiling_so_it_needs_one(at):
    sms = at("herosms")
    for buy in (sms.get_number, sms.get_number_v2, sms.order):
        with pytest.raises(UsageProblem, match="it is no ceiling"):
            buy("tg", 6, fixed_price=True)
    assert sms.client.sandbox.asked == []


@pytest.mark.alike
def test_a_fixed_price_buys_at_exactly_that(at):
    sms = at("herosms")
    tiers = sms.get_price_tiers("tg", 6)["price"].tolist()
    bought = sms.order("tg", 6, fixed_price=True, max_price=tiers[1])
    assert bought.loc[0, "cost"] == tiers[1] > tiers[0]
    with pytest.raises(NoNumbers):
        sms.order("tg", 6, fixed_price=True, max_price=tiers[1] + 0.001)


@pytest.mark.alike
def test_the_budget_counts_the_fixed_price(at, opened):
    sms = opened(sandbox=Shop("herosms"), budget="5.00")
    dearest = sms.get_price_tiers("tg", 6)["price"].max()
    sms.order("tg", 6, fixed_price=True, max_price=dearest)
    assert float(sms.budget().loc[0, "spent_today"]) == dearest


@pytest.mark.alike
def test_cheaper_numbers_are_passed_over(at):
    sms = at("smsbower")
    tiers = sms.get_price_tiers("tg", 6)["price"].tolist()
    bought = sms.order("tg", 6, min_price=tiers[1], max_price=tiers[1])
    assert bought.loc[0, "cost"] == tiers[1]
    with pytest.raises(UsageProblem, match="min_price is above max_price"):
        sms.order("tg", 6, min_price="2", max_price="1.5")


@pytest.mark.alike
def test_only_the_numbers_of_some_suppliers_are_bought(at):
    sms = at("smsbower")
    [first, second, *_] = sms.get_price_tiers("tg", 6, by_supplier=True)["provider_id"].tolist()
    assert len(sms.order("tg", 6, provider_ids=first)) == 1
    with pytest.raises(NoNumbers):
        sms.get_number_v2("tg", 6, provider_ids=[first], except_provider_ids=[first])
    assert len(sms.get_number("tg", 6, provider_ids=[second], max_price="9")) == 1
