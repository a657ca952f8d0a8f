"""How numbers ended is looked up: what cannot be asked of one leaves the others, and the orders."""

import pytest

from sms_notebook import Client, PurchaseUncertain, RateLimited
from sms_notebook.sandbox import Faults, serve
from sms_notebook.sandbox.wire import Answer

from .conftest import KEY, Shop

REFUSED = "ERROR_SQL"
UNREADABLE = '{"sms": {"code": '


class OddShop(Shop):
    """A shop that answers as it pleases, where it is asked for one number or rent."""

    def __init__(self, **options):
        super().__init__(**options)
        self.odd: dict[tuple[str, str], str] = {}

    def answer(self, params):
        if (word := self.odd.get((params.get("action"), params.get("id")))) is not None:
            return Answer(word)
        return super().answer(params)


@pytest.fixture
def shop() -> OddShop:
    return OddShop()


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def sms(shop, faults, hasty):
    with serve(shop, faults) as url, Client(KEY, base_url=url, alone=True) as sms:
        yield sms


def ended_elsewhere(sms, shop) -> str:
    """Order a number to which a code comes, and which another tool finishes."""
    ref = sms.order("tg", 2).loc[0, "activation_id"]
    shop.send_sms(ref, "Your code is 01234")
    assert shop.ask("setStatus", id=ref, status="6") == "ACCESS_ACTIVATION"
    return ref


def lost(sms, faults) -> None:
    faults.set(["drop-after@getNumberV2:1"])
    with pytest.raises(PurchaseUncertain):
        sms.get_number_v2("wa", 2)
    faults.clear()


def states(sms) -> dict[str, str]:
    ledger = sms.ledger()
    return dict(zip(ledger["activation_id"], ledger["state"], strict=True))


def codes(sms, ref: str) -> list[str]:
    return sms.ledger().set_index("activation_id").loc[ref, "codes"]


def test_a_number_whose_last_message_cannot_be_read_keeps_no_other_from_its_end(sms, shop):
    first, second = (ended_elsewhere(sms, shop) for _ in range(2))
    shop.odd["getStatusV2", first] = UNREADABLE
    sms.reconcile()
    assert states(sms) == {first: "finished", second: "finished"}
    assert codes(sms, second) == ["01234"]
    assert sms.ledger().set_index("activation_id").loc[first, "texts"] == ["Your code is 01234"]


def test_a_code_that_could_not_be_asked_for_is_asked_for_the_next_time(sms, shop):
    ref = ended_elsewhere(sms, shop)
    shop.odd["getStatusV2", ref] = "RATE_LIMIT"
    with pytest.raises(RateLimited):
        sms.reconcile()
    assert states(sms) == {ref: "active"}
    shop.odd.clear()
    sms.reconcile()
    assert (states(sms), codes(sms, ref)) == ({ref: "finished"}, ["01234"])


@pytest.mark.parametrize("word", [REFUSED, UNREADABLE])
def test_a_rent_that_cannot_be_asked_about_keeps_no_other_from_its_end(sms, shop, word):
    first, second = sorted(sms.rent("full", 2, 4).loc[0, "rent_id"] for _ in range(2))
    for ref in (first, second):
        shop.step(1)
        assert "success" in shop.ask("setRentStatus", id=ref, status="2")
    shop.odd["getRentStatus", first] = word
    with pytest.raises(Exception, match="getRentStatus"):
        sms.reconcile()
    ledger = sms.ledger().set_index("rent_id")["state"]
    assert ledger.to_dict() == {first: "active", second: "cancelled"}


@pytest.mark.parametrize("word", [REFUSED, UNREADABLE])
def test_orders_that_were_settled_are_told_though_the_history_cannot_be_asked(
    sms, shop, faults, word, caplog
):
    gone = ended_elsewhere(sms, shop)
    lost(sms, faults)
    shop.odd["getHistory", None] = word
    settled = sms.reconcile()
    assert settled["result"].tolist() == ["bought"]
    assert "how numbers ended could not be asked" in caplog.text
    assert states(sms)[gone] == "active"
    shop.odd.clear()
    assert sms.reconcile().empty
    assert states(sms)[gone] == "finished"
