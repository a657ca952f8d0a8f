"""No guess is told as a fact: a stranger's number is never ours, and what may be ours is named."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pandas as pd
import pytest

from sms_notebook import Client, PurchaseUncertain, UsageProblem
from sms_notebook.client import ledger_access
from sms_notebook.sandbox import Faults, serve

from .conftest import KEY, Shop

BUYS = "getNumberV2"


class Peers(Shop):
    """A shop where others buy on the same account, while ours is on its way."""

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.theirs: list[str] = []
        self.during = 0

    def answer(self, params):
        if params.get("action") == BUYS:
            for _ in range(self.during):
                self.peer()
        return super().answer(params)

    def peer(self, service: str = "tg", country: str = "2") -> str:
        asked = {"api_key": KEY, "action": "getNumber", "service": service, "country": country}
        self.theirs.append(Shop.answer(self, asked).text.split(":")[1])
        return self.theirs[-1]

    def ours(self) -> list[str]:
        return [bought.id for bought in self.purchases() if bought.id not in self.theirs]


@pytest.fixture
def shop() -> Peers:
    return Peers()


@pytest.fixture
def opened(shop, faults, hasty) -> Iterator[Callable[..., Client]]:
    clients = []
    with serve(shop, faults) as url:

        def open_client(**options) -> Client:
            clients.append(Client(KEY, base_url=url, retries=0, **options))
            return clients[-1]

        yield open_client
    for client in clients:
        client.close()


def lose(sms: Client, faults: Faults, fault: str, key: str = "mine"):
    """Lose the answer to an order; return it where it is found, else the error."""
    faults.set([f"{fault}@{BUYS}:1"])
    try:
        return sms.order("tg", 2, key=key)
    except PurchaseUncertain as uncertain:
        return uncertain
    finally:
        faults.clear()


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "500-after"])
@pytest.mark.parametrize("when", ["before", "during", "after", "all the time"])
def test_where_others_buy_the_same_their_number_is_never_ours(when, fault, opened, shop, faults):
    sms = opened()
    sms.order("wa", 2)
    if when in ("before", "all the time"):
        shop.peer()
    shop.during = 2 if when in ("during", "all the time") else 0
    outcome = lose(sms, faults, fault)
    if when in ("after", "all the time"):
        shop.peer()
    settled = sms.reconcile()
    with suppress(PurchaseUncertain):
        sms.order("tg", 2, key="mine")
    ledger = sms.ledger()
    assert not set(ledger["activation_id"].dropna()) & set(shop.theirs)
    ours = shop.ours()[1:]
    mine = ledger[ledger["key"] == "mine"].iloc[0]
    if mine["activation_id"] is pd.NA or mine["activation_id"] not in ours:
        candidates = settled["candidates"].iloc[0] if len(settled) else []
        assert set(ours) <= set(candidates)
        if isinstance(outcome, PurchaseUncertain) and when != "after" and ours:
            assert set(ours) <= {found.activation_id for found in outcome.candidates}
            assert all(found.phone_number for found in outcome.candidates)
            assert ours[0] in str(outcome) or len(outcome.candidates) > 5
    assert len(ours) <= 1


def test_in_a_quiet_account_what_fits_is_ours_and_marked(opened, shop, faults, caplog):
    sms = opened()
    number = lose(sms, faults, "drop-after")
    assert number.loc[0, ["activation_id", "certainty"]].tolist() == [shop.ours()[0], "inferred"]
    assert f"{shop.ours()[0]} is inferred" in caplog.text
    assert sms.ledger()["certainty"].tolist() == ["inferred"]
    assert sms.order("wa", 2).loc[0, "certainty"] == "read"


def test_others_who_buy_something_else_do_not_matter(opened, shop, faults):
    sms = opened()
    shop.peer("ig")
    number = lose(sms, faults, "drop-after")
    assert number.loc[0, "activation_id"] == shop.ours()[0]


def test_others_are_distrusted_for_a_day_though_their_numbers_are_over(opened, shop, faults):
    sms = opened()
    shop.peer()
    sms.get_active_activations()  # nothing is ordered yet: there is no ledger
    sms.order("wa", 2)
    shop.step(1300)
    assert isinstance(lose(sms, faults, "drop-after"), PurchaseUncertain)


def test_alone_nobody_else_buys_and_no_list_is_read_before(opened, shop, faults):
    sms = opened(alone=True)
    assert lose(sms, faults, "drop-after").loc[0, "activation_id"] == shop.ours()[0]


def test_what_is_inferred_is_said_before_anything_is_done_with_it(opened, shop, faults, caplog):
    sms = opened()
    number = lose(sms, faults, "drop-after").loc[0, "activation_id"]
    for act in (
        lambda: sms.again(number),
        lambda: sms.set_status(number, 6),
        lambda: sms.cancel(number),
    ):
        caplog.clear()
        with suppress(Exception):
            act()
        assert f"{number} is inferred" in caplog.text
    caplog.clear()
    sms.order("tg", 2, key="mine")
    assert f"{number} is inferred" in caplog.text


# What a person says -------------------------------------------------------------------------------


@pytest.fixture
def unsure(opened, shop, faults) -> tuple[Client, str, str]:
    """Return a client with an order that nobody can settle, its id, and what it bought."""
    sms = opened()
    shop.peer()
    assert isinstance(lose(sms, faults, "drop-after"), PurchaseUncertain)
    return sms, sms.reconcile().loc[0, "order_id"], shop.ours()[0]


def test_a_claim_is_no_inference_and_says_so(unsure, shop):
    sms, order_id, mine = unsure
    row = sms.reconcile(claim={order_id: mine}).iloc[0]
    assert row[["result", "activation_id", "certainty"]].tolist() == ["bought", mine, "claimed"]
    assert row["phone_number"] == shop.purchases()[-1].phone_number
    assert sms.order("tg", 2, key="mine").loc[0, "certainty"] == "claimed"
    assert sms.reconcile(claim={order_id: mine})["result"].tolist() == ["bought"]


REFUSED = {
    "what another order has": (
        lambda sms, _shop: sms.order("wa", 2).loc[0, "activation_id"],
        "is that of order",
    ),
    "what is not listed": (lambda _sms, _shop: "123456", "does not list 123456"),
    "another service": (lambda _sms, shop: shop.peer("ig"), "is for ig, and order"),
    "several": (lambda _sms, shop: [shop.peer(), shop.peer()], "brings 1 activations, not 2"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_claim_that_cannot_be_is_refused_in_one_line(what, unsure, shop):
    sms, order_id, _ = unsure
    claimed, line = REFUSED[what]
    ids = claimed(sms, shop)
    with pytest.raises(UsageProblem, match=line) as refused:
        sms.reconcile(claim={order_id: ids})
    assert "\n" not in str(refused.value)
    assert sms.reconcile()["result"].tolist() == ["unknown"]
    with pytest.raises(UsageProblem, match="waits for nothing"):
        sms.reconcile(claim={"nothing": "1"})


def test_one_look_proves_nothing_however_long_it_takes(opened, faults, monkeypatch):
    monkeypatch.setattr(ledger_access, "_GRACE", 0.0)
    sms = opened()
    uncertain = lose(sms, faults, "drop-before")
    assert "waits in the ledger" in str(uncertain)
    assert sms.ledger()["state"].tolist() == ["uncertain"]
    assert sms.reconcile(wait=False)["result"].tolist() == ["not bought"]  # the second one


def test_a_claim_takes_back_what_was_only_inferred(opened, shop, faults):
    sms = opened()
    mine = lose(sms, faults, "drop-after", "first").loc[0, "activation_id"]
    assert isinstance(lose(sms, faults, "drop-before", "second"), PurchaseUncertain)
    order_id = sms.ledger().set_index("key").loc["second", "order_id"]
    sms.reconcile(claim={order_id: mine}, wait=False)
    ledger = sms.ledger().set_index("key")
    assert ledger.loc["second", ["activation_id", "certainty"]].tolist() == [mine, "claimed"]
    assert ledger.loc["first", "state"] == "uncertain"


def test_what_was_inferred_can_be_dismissed(opened, shop, faults):
    sms = opened()
    order_id = lose(sms, faults, "drop-after").loc[0, "order_id"]
    assert sms.reconcile(dismiss=order_id)["result"].tolist() == ["dismissed"]
    assert sms.ledger()["activation_id"].isna().all()
    assert sms.order("tg", 2, key="mine").loc[0, "is_new"]


def test_the_numbers_of_candidates_are_masked(unsure):
    sms, _, _ = unsure
    sms.mask()
    with pytest.raises(PurchaseUncertain) as said:
        sms.order("tg", 2, key="mine")
    phones = [found.phone_number for found in said.value.candidates]
    phones += sms.reconcile()["candidate_numbers"].iloc[0]
    assert all("\u2022" in phone for phone in phones)
