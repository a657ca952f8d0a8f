"""Rents that are activations: the same methods and frames, at HeroSMS as the sandbox speaks."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from sms_notebook import (
    BadRentTime,
    BudgetExceeded,
    CannotCancelRent,
    Client,
    CodeAlreadyReceived,
    EarlyCancelDenied,
    PurchaseUncertain,
    RentNotFound,
    RentOver,
    ServerError,
    UsageProblem,
)
from sms_notebook.client import ledger_access
from sms_notebook.protocol.frames import tables
from sms_notebook.sandbox import Faults, Gateway, Sandbox, serve
from sms_notebook.sandbox.wire import Answer

KEY = "0123456789abcdef0123456789abcdef"
START = datetime(2026, 11, 28, 16, tzinfo=UTC)
HOURS = (24, 72, 168, 336, 720, 1440, 2160, 4320)


class Shop(Sandbox):
    """A HeroSMS that remembers what it was asked, and by which method."""

    def __init__(self, **options):
        usual = {
            "speed": 0,
            "start": START,
            "success": 0.0,
            "balance": "1000",
            "dialect": "herosms",
        }
        super().__init__(**{**usual, **options})
        self.asked = []
        self.lists = True

    def respond(self, request):
        self.asked.append((request.method, request.action, dict(request.params)))
        is_list = request.action == "getActiveActivations" or request.path.startswith("/api/")
        if is_list and not self.lists:
            return Answer("", 500)
        return super().respond(request)

    def actions(self):
        return [action for _, action, _ in self.asked]


@pytest.fixture
def shop():
    return Shop()


@pytest.fixture
def faults():
    return Faults()


@pytest.fixture
def sms(opened, shop, faults):
    return opened(sandbox=Gateway(shop, faults))


@pytest.fixture
def plain(shop, faults):
    """A client where both take the same steps."""
    with Client(sandbox=Gateway(shop, faults), retries=0) as sms:
        yield sms


def rented(sms, hours=24, **options):
    return str(sms.rent("full", "Indonesia", hours, **options).loc[0, "rent_id"])


def column_names(schema):
    return [column.name for column in schema.columns]


def test_what_can_be_rented_has_the_columns_of_the_reference(plain):
    offers = plain.get_rent_services_and_countries(country="Indonesia", rent_time=72)
    assert offers.columns.tolist() == column_names(tables.RENT_OFFERS)
    assert (offers["quant"] > 0).any()
    assert offers["cost"].notna().all()
    assert offers["currency"].unique().tolist() == ["USD"]
    assert "telkomsel" in offers.attrs["operators"]


def test_a_country_is_needed_and_hours_are_the_fewest_if_not_given(plain, shop):
    with pytest.raises(UsageProblem, match="needs a country"):
        plain.get_rent_services_and_countries(rent_time=24)
    assert shop.asked == []
    offers = plain.get_rent_services_and_countries(country=6)
    assert offers["cost"].equals(
        plain.get_rent_services_and_countries(country=6, rent_time=24)["cost"]
    )


def test_where_offers_are_missing_those_of_one_service_are_asked_for(plain, faults, shop):
    faults.set(["BAD_ACTION@getRentServicesAndCountries:1"])
    offers = plain.get_rent_services_and_countries(country=6, rent_time=72, service="full")
    assert offers["service"].tolist() == ["full"]
    assert shop.actions()[-1] == "serviceCountRent"
    bought = plain.rent("full", 6, 72)
    assert float(bought.loc[0, "cost"]) == float(offers.loc[0, "cost"])


def test_a_rent_is_bought_once_with_its_real_end_and_cost(sms, shop):
    rent = sms.rent("full", "Indonesia", 72, key="line")
    again = sms.rent("full", "Indonesia", 72, key="line")
    assert again.loc[0, "rent_id"] == rent.loc[0, "rent_id"]
    assert again.loc[0, "is_new"] == False  # noqa: E712 - a bool of NumPy
    [payment] = shop.purchases()
    row = rent.iloc[0]
    assert row["rent_id"] == payment.id
    assert float(row["cost"]) == float(payment.cost)
    assert row["currency"] == "USD"
    assert row["end_date"] == pd.Timestamp(START) + pd.Timedelta(hours=72)
    assert row["hours"] == 72


def test_a_rent_without_hours_is_the_shortest(plain):
    assert plain.rent("full", "Indonesia").loc[0, "hours"] == 24


def test_the_plain_action_answers_the_frame_of_a_rent(sms):
    frame = sms.get_rent_number("full", 24, country=6)
    assert frame.columns.tolist() == column_names(tables.RENT)
    assert frame.loc[0, "phone_number"].isdigit()
    with pytest.raises(UsageProblem, match="needs a country"):
        sms.get_rent_number("full", 24)


def test_hours_that_cannot_be_had_name_those_that_can(sms, shop):
    with pytest.raises(BadRentTime) as refused:
        sms.rent("full", "Indonesia", 5)
    assert refused.value.available == HOURS
    assert "24, 72, 168" in str(refused.value)
    with pytest.raises(BadRentTime) as refused:
        sms.get_rent_number("full", 5, country=6)
    assert refused.value.available == HOURS
    assert not shop.purchases()


def test_lists_of_activations_leave_rents_out_and_the_reverse(sms):
    ref = rented(sms)
    number = sms.order("tg", "Indonesia").loc[0, "activation_id"]
    assert sms.get_active_activations()["activation_id"].tolist() == [number]
    rents = sms.get_rent_list()
    assert rents["rent_id"].tolist() == [ref]
    assert rents.columns.tolist() == column_names(tables.RENT_LIST)
    assert (rents.loc[0, "service"], rents.loc[0, "country"]) == ("full", 6)
    assert rents.attrs["total"] == 1


def test_rents_are_found_on_every_page_of_the_list(plain, shop):
    refs = {rented(plain) for _ in range(3)}
    for _ in range(101):
        plain.get_number("tg", 6)
    refs |= {rented(plain) for _ in range(2)}
    rents = plain.get_rent_list()
    assert set(rents["rent_id"]) == refs
    assert rents.attrs["total"] == 5
    assert "start" in shop.asked[-1][2]
    second = plain.get_rent_list(length=2, page=2)
    assert second["rent_id"].tolist() == rents["rent_id"].tolist()[2:4]


def test_messages_of_a_rent_are_read_page_by_page(plain, shop):
    ref = rented(plain)
    for number in range(3):
        shop.step(60)
        shop.send_sms(ref, f"Your code is 0000{number}")
    frame = plain.get_rent_status(ref)
    assert frame.columns.tolist() == column_names(tables.RENT_MESSAGES)
    assert frame["text"].tolist()[0] == "Your code is 00002"
    assert frame.attrs["status"] == "STATUS_OK"
    assert frame.attrs["quantity"] == 3
    second = plain.get_rent_status(ref, page=2, size=2)
    assert second["text"].tolist() == ["Your code is 00000"]
    assert second.attrs["quantity"] == 3
    assert plain.ledger().loc[0, "texts"] == [f"Your code is 0000{number}" for number in range(3)]


def test_a_rent_without_messages_waits_and_an_unknown_one_is_no_rent(sms):
    frame = sms.get_rent_status(rented(sms))
    assert frame.empty
    assert frame.attrs["status"] == "STATUS_WAIT_CODE"
    with pytest.raises(RentNotFound):
        sms.get_rent_status(123456)


def test_the_price_of_an_extension_is_that_of_the_hours_asked_for(sms):
    ref = rented(sms)
    day = sms.continue_rent_info(ref, 24)
    three = sms.continue_rent_info(ref, 72)
    assert day.columns.tolist() == column_names(tables.RENT_INFO)
    assert day.loc[0, "hours"] == 24
    assert 0 < day.loc[0, "price"] < three.loc[0, "price"]
    assert day.loc[0, "currency"] == "USD"
    with pytest.warns(DeprecationWarning, match="use continue_rent_info"):
        price = sms.get_continue_rent_price_number(ref, 72)
    assert price.loc[0, "price"] == three.loc[0, "price"]
    with pytest.raises(BadRentTime) as refused:
        sms.continue_rent_info(ref, 5)
    assert refused.value.available == HOURS[:-1]


def test_an_extension_is_posted_once_and_told_in_the_history(sms, shop):
    ref = rented(sms)
    price = sms.continue_rent_info(ref, 72).loc[0, "price"]
    longer = sms.extend(ref, 72, key="longer")
    assert sms.extend(ref, 72, key="longer").loc[0, "order_id"] == longer.loc[0, "order_id"]
    assert longer.loc[0, "cost"] == price
    assert longer.loc[0, "end_date"] == pd.Timestamp(START) + pd.Timedelta(hours=96)
    assert [(how, name) for how, name, _ in shop.asked if name == "prolong"] == [
        ("POST", "prolong")
    ]
    assert len(shop.purchases()) == 2
    history = sms.continue_rent_info(ref, 24, need_history=True).attrs["history"]
    assert history == [{"createDate": "2026-11-28 16:00:00", "hours": 72, "price": float(price)}]


@pytest.mark.parametrize("fault", ["drop-after", "html-after", "500-after"])
def test_an_extension_with_a_lost_answer_is_found_in_the_history(plain, shop, faults, fault):
    ref = rented(plain)
    faults.set([f"{fault}@prolong:1"])
    longer = plain.extend(ref, 24, key="longer")
    assert longer.loc[0, "rent_id"] == ref
    assert len(shop.purchases()) == 2
    assert plain.extend(ref, 24, key="longer").loc[0, "is_new"] == False  # noqa: E712 - a bool of NumPy
    assert len(shop.purchases()) == 2


@pytest.mark.parametrize("fault", ["drop-after", "html-after", "500-after"])
def test_a_rent_with_a_lost_answer_is_found_in_the_list_and_never_bought_twice(
    plain, shop, faults, fault
):
    plain.order("tg", 6)  # an activation is none
    faults.set([f"{fault}@getRentNumber:1"])
    rent = plain.rent("full", "Indonesia", 24, key="line")
    assert rent.loc[0, "rent_id"] == shop.purchases()[-1].id
    assert len(shop.purchases()) == 2


@pytest.mark.parametrize("hours", [None, 72])
def test_another_activation_with_a_lost_answer_is_found(plain, shop, faults, hours):
    number = str(plain.order("tg", 6).loc[0, "activation_id"]) if hours is None else rented(plain)
    shop.send_sms(number, "Your code is 01234")
    plain.finish(number) if hours is None else plain.set_rent_status(number, 1)
    faults.set(["drop-after@reactivate:1"])
    with pytest.raises(PurchaseUncertain):
        plain.get_extra_activation(number, hours=hours)
    assert plain.reconcile(wait=False)["result"].tolist() == ["bought"]
    assert plain.ledger()["activation_id"].dropna().tolist()[-1] == shop.purchases()[-1].id


def test_a_lost_answer_stays_open_where_nobody_can_be_asked(plain, shop, faults):
    faults.set(["500-after@getRentNumber:1"])
    shop.lists = False
    with pytest.raises(PurchaseUncertain):
        plain.rent("full", "Indonesia", 24, key="line")
    with pytest.raises((PurchaseUncertain, ServerError)):
        plain.rent("full", "Indonesia", 24, key="line")
    assert len(shop.purchases()) == 1
    faults.clear()
    shop.lists = True
    mine = shop.purchases()[0].id
    with pytest.raises(PurchaseUncertain, match="what there was before") as said:
        plain.rent("full", "Indonesia", 24, key="line")
    assert [found.activation_id for found in said.value.candidates] == [mine]
    plain.reconcile(claim={plain.reconcile().loc[0, "order_id"]: mine})
    assert plain.rent("full", "Indonesia", 24, key="line").loc[0, "rent_id"] == mine
    assert len(shop.purchases()) == 1


def test_a_budget_counts_rents_and_extensions(shop):
    with Client(sandbox=shop, budget="12.00") as sms:
        ref = rented(sms)
        with pytest.raises(BudgetExceeded):
            sms.extend(ref, 24)
        assert len(shop.purchases()) == 1


def test_messages_are_read_before_a_rent_is_finished(sms, shop):
    ref = rented(sms)
    shop.send_sms(ref, "Your code is 01234")
    assert sms.set_rent_status(ref, 1).loc[0, "status"] == "success"
    assert shop.actions()[-2:] == ["getAllSms", "finishActivation"]
    row = sms.ledger().iloc[0]
    assert (row["state"], row["texts"]) == ("finished", ["Your code is 01234"])
    frame = sms.get_rent_status(ref)
    assert frame.attrs["status"] == "STATUS_FINISH"
    assert frame["text"].tolist() == ["Your code is 01234"]
    with pytest.raises(RentOver):
        sms.set_rent_status(ref, 1)


def test_a_cancel_has_limits_of_its_own(sms, shop):
    early, late = rented(sms), rented(sms)
    with pytest.raises(EarlyCancelDenied) as denied:
        sms.set_rent_status(early, 2)
    assert denied.value.retry_after == 120
    shop.step(121)
    sms.set_rent_status(early, 2)
    assert shop.purchases()[0].refunded == shop.purchases()[0].cost
    shop.step(1200)
    with pytest.raises(CannotCancelRent):
        sms.set_rent_status(late, 2)
    states = sms.ledger().set_index("rent_id")["state"]
    assert (states[early], states[late]) == ("cancelled", "active")
    assert sms.get_rent_status(early).attrs["status"] == "STATUS_CANCEL"


def test_a_message_just_before_the_cancel_is_kept(sms, shop):
    ref = rented(sms)
    shop.step(121)
    shop.send_sms(ref, "Your code is 01234")
    with pytest.raises(CodeAlreadyReceived, match="get_rent_status"):
        sms.set_rent_status(ref, 2)
    assert sms.ledger().loc[0, "texts"] == ["Your code is 01234"]
    assert sms.ledger().loc[0, "state"] == "active"


def test_another_activation_on_a_number(sms, shop):
    number = sms.order("tg", "Indonesia").loc[0, "activation_id"]
    shop.send_sms(number, "Your code is 01234")
    sms.finish(number)
    price = sms.check_extra_activation(number).loc[0, "cost"]
    again = sms.get_extra_activation(number)
    assert again.loc[0, "activation_id"] != number
    assert float(shop.purchases()[-1].cost) == price
    assert [how for how, name, _ in shop.asked if name == "reactivate"] == ["POST"]
    assert sms.ledger()["activation_id"].dropna().tolist() == [
        number,
        again.loc[0, "activation_id"],
    ]


def test_another_activation_of_the_hours_that_are_wanted(sms, shop):
    ref = rented(sms)
    shop.send_sms(ref, "Your code is 01234")
    sms.set_rent_status(ref, 1)
    day, three = (sms.check_extra_activation(ref, hours=hours).loc[0, "cost"] for hours in (24, 72))
    assert sms.check_extra_activation(ref).loc[0, "cost"] == day < three
    with pytest.raises(BadRentTime) as refused:
        sms.check_extra_activation(ref, hours=5)
    assert refused.value.available == HOURS
    sms.get_extra_activation(ref, hours=72)
    assert float(shop.purchases()[-1].cost) == three


def test_hours_of_another_activation_are_refused_where_they_would_be_ignored():
    with Client(sandbox=Sandbox()) as sms, pytest.raises(UsageProblem, match="ignore hours"):
        sms.get_extra_activation("1", hours=24)


def test_all_goes_over_http_too(monkeypatch):
    monkeypatch.setattr(ledger_access, "_GRACE", 0.1)
    sandbox = Sandbox(speed=0, start=START, api_key=KEY, dialect="herosms", balance="1000")
    with serve(sandbox) as url, Client(KEY, provider="herosms", base_url=url) as sms:
        ref = rented(sms, key="line")
        sandbox.send_sms(ref, "Your code is 01234")
        assert sms.get_rent_status(ref)["text"].tolist() == ["Your code is 01234"]
        sms.extend(ref, 24)
        assert sms.get_rent_list()["rent_id"].tolist() == [ref]
        sms.set_rent_status(ref, 1)
        assert len(sandbox.purchases()) == 2
        assert set(sms.ledger()["state"]) == {"finished"}
