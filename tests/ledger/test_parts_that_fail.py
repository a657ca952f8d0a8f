"""What cannot be asked about one order, number or rent keeps nobody from finding out the others."""

import pytest

from sms_notebook import Client, PurchaseUncertain, RateLimited, ServerError
from sms_notebook.sandbox.wire import Answer

from .conftest import KEY, Shop, written

REFUSED = "ERROR_SQL"
UNREADABLE = '{"sms": {"code": '
BOUGHT_BY = ("getNumberV2", "getRentNumber", "continueRentNumber")


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
def sms(url, hasty):
    with Client(KEY, base_url=url, alone=True) as sms:
        yield sms


def ended_elsewhere(sms, shop) -> str:
    """Order a number to which a code comes, and which another tool finishes."""
    ref = sms.order("tg", 2).loc[0, "activation_id"]
    shop.send_sms(ref, "Your code is 01234")
    assert shop.ask("setStatus", id=ref, status="6") == "ACCESS_ACTIVATION"
    return ref


def lost(faults, order, *args, fault="drop-after", **options) -> None:
    """Order something whose answer is lost."""
    faults.set([f"{fault}@{name}:1" for name in BOUGHT_BY])
    with pytest.raises(PurchaseUncertain):
        order(*args, **options)
    faults.clear()


def results(settled) -> dict[str, str]:
    return dict(zip(settled["action"], settled["result"], strict=True))


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


@pytest.mark.parametrize("word", [REFUSED, UNREADABLE, "WHATEVER_THAT_MEANS"])
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
    lost(faults, sms.get_number_v2, "wa", 2)
    shop.odd["getHistory", None] = word
    settled = sms.reconcile()
    assert settled["result"].tolist() == ["bought"]
    assert "how numbers ended could not be asked" in caplog.text
    assert states(sms)[gone] == "active"
    shop.odd.clear()
    assert sms.reconcile().empty
    assert states(sms)[gone] == "finished"


@pytest.mark.parametrize("word", [REFUSED, UNREADABLE])
def test_a_number_is_found_though_the_rents_cannot_be_listed(sms, shop, faults, word):
    lost(faults, sms.get_number_v2, "wa", 2)
    lost(faults, sms.get_rent_number, "full", 4, country=2)
    shop.odd["getRentList", None] = word
    settled = sms.reconcile()
    assert results(settled) == {"getNumberV2": "bought", "getRentNumber": "unknown"}
    assert "getRentList" in settled.set_index("action").loc["getRentNumber", "why"]
    shop.odd.clear()
    assert results(sms.reconcile()) == {"getRentNumber": "bought"}
    assert written(sms.ledger()) == shop.sold()


@pytest.mark.parametrize("word", [REFUSED, UNREADABLE])
def test_a_rent_is_found_though_the_history_cannot_be_read(sms, shop, faults, word):
    lost(faults, sms.get_number_v2, "wa", 2, fault="drop-before")
    lost(faults, sms.get_rent_number, "full", 4, country=2)
    shop.odd["getHistory", None] = word
    settled = sms.reconcile()
    assert results(settled) == {"getNumberV2": "unknown", "getRentNumber": "bought"}
    assert "getHistory" in settled.set_index("action").loc["getNumberV2", "why"]
    shop.odd.clear()
    assert results(sms.reconcile()) == {"getNumberV2": "not bought"}
    assert written(sms.ledger()) == shop.sold()


def test_what_is_alive_is_found_though_the_history_cannot_be_read(sms, shop, faults):
    lost(faults, sms.get_number_v2, "tg", 2)
    gone = shop.purchases()[-1].id
    shop.send_sms(gone, "Your code is 01234")
    shop.ask("setStatus", id=gone, status="6")
    lost(faults, sms.get_number_v2, "wa", 2)
    shop.odd["getHistory", None] = REFUSED
    assert sms.reconcile().set_index("service")["result"].to_dict() == {
        "tg": "unknown",
        "wa": "bought",
    }
    shop.odd.clear()
    assert sms.reconcile()["activation_id"].tolist() == [gone]
    assert written(sms.ledger()) == shop.sold()


@pytest.mark.parametrize("word", [REFUSED, UNREADABLE])
def test_an_extension_is_found_though_that_of_another_rent_cannot_be_asked_for(
    sms, shop, faults, word
):
    rents = sorted(sms.rent("full", 2, 4).loc[0, "rent_id"] for _ in range(2))
    for rent in rents:
        lost(faults, sms.continue_rent_number, rent, 4)
    shop.odd["continueRentInfo", rents[0]] = word
    settled = sms.reconcile()
    assert dict(zip(settled["result"], settled["rent_id"], strict=True))["bought"] == rents[1]
    assert sorted(settled["result"]) == ["bought", "unknown"]
    shop.odd.clear()
    assert sms.reconcile()["rent_id"].tolist() == [rents[0]]
    assert written(sms.ledger()) == shop.sold()


def test_the_warning_holds_nothing_of_the_reply(sms, shop, faults, caplog):
    ended_elsewhere(sms, shop)
    lost(faults, sms.get_number_v2, "wa", 2)
    shop.odd["getHistory", None] = '[{"phone": "77012345678", "sms": "code 98765"'
    sms.mask()
    assert sms.reconcile()["result"].tolist() == ["bought"]
    assert "getHistory" in caplog.text
    assert not [secret for secret in ("77012345678", "98765") if secret in caplog.text]


def test_where_nothing_can_be_asked_that_is_said(sms, shop, faults):
    lost(faults, sms.get_number_v2, "wa", 2, fault="drop-before")
    shop.odd["getHistory", None] = REFUSED
    with pytest.raises(ServerError, match="getHistory"):
        sms.reconcile()
    assert sms.ledger().loc[0, "state"] == "uncertain"
