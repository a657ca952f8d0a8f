"""Orders whose process ended: what was never sent is known, and nothing is guessed of it."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from sms_notebook import Client, LedgerProblem, PurchaseUncertain
from sms_notebook.ledger import dispatch, fulfillment, gate, ledger
from sms_notebook.ledger.ledger import AccountLedger, Ledger
from sms_notebook.ledger.schema import ORDERS
from sms_notebook.sandbox import serve

from .conftest import KEY


class KilledError(BaseException):
    """The process ends here, as far as its ledger is concerned."""


class Hold:
    """What is done when the next purchase has been written down, and waits for its turn."""

    def __init__(self, sms: Client, act: Callable[[], object]) -> None:
        self.act = act
        ledger = sms._session.ledgers.account_ledger
        self.rate_limiter, self.is_open = (
            sms._session.rate_limiter,
            lambda: bool(ledger.open_orders()),
        )
        self.reserve = self.rate_limiter.reserve

    def __enter__(self) -> None:
        def held() -> float:
            if self.is_open():
                self.rate_limiter.reserve = self.reserve
                self.act()
            return self.reserve()

        self.rate_limiter.reserve = held

    def __exit__(self, *failure: object) -> None:
        self.rate_limiter.reserve = self.reserve


@pytest.fixture
def opened(shop, faults, hasty, machine, tmp_path) -> Iterator[Callable[..., Client]]:
    """Return what makes clients that share nothing but the file of their ledger."""
    with serve(shop, faults) as url:
        place = {"base_url": url, "ledger": tmp_path / "ledger.sqlite", "retries": 0}
        yield lambda **options: machine(KEY, **{**place, **options})


def stop(error: type[BaseException]) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize("how", [KeyboardInterrupt, KilledError])
def test_what_a_stranger_buys_then_is_not_ours(how, opened, shop, monkeypatch):
    sms = opened()
    sms.order("wa", 2)
    with monkeypatch.context() as dying, Hold(sms, stop(how)):
        if how is KilledError:
            dying.setattr(dispatch, "_end", lambda *_: None)
        with pytest.raises(how):
            sms.order("tg", 2, key="mine")
    theirs = shop.ask("getNumber", service="tg", country="2").split(":")[1]
    later = opened()
    settled = later.reconcile()
    ledger = later.ledger().set_index("key")
    assert theirs not in [*settled["activation_id"].dropna(), *ledger["activation_id"].dropna()]
    assert set(settled["result"]) <= {"not bought"}
    assert ledger.loc["mine", "state"] == "not bought"
    assert "before it was sent" in ledger.loc["mine", "error"]
    bought = later.order("tg", 2, key="mine")
    assert bought.loc[0, "is_new"]
    assert bought.loc[0, "activation_id"] == shop.purchases()[-1].id
    assert len(shop.purchases()) == 3


def long_ago(sms: Client, seconds: float, which=ORDERS.c.id > 0) -> None:
    """Let orders have been made earlier."""
    names = ("begun_at", "sent_at", "listed_at", "open_until")
    found = select(ORDERS.c.id, *(ORDERS.c[name] for name in names)).where(which)

    def change(connection) -> None:
        for number, *times in connection.execute(found).all():
            earlier = [time - timedelta(seconds=seconds) for time in times]
            moved = update(ORDERS).where(ORDERS.c.id == number)
            connection.execute(moved.values(dict(zip(names, earlier, strict=True))))

    sms._session.ledgers.account_ledger.database.write(change)


@pytest.mark.parametrize(("known", "result"), [(30, "unknown"), (3600, "bought")])
def test_whose_process_ended_a_minute_ago_is_inferred_where_nobody_else_bought_for_long(
    known, result, opened, shop, request
):
    faults, monkeypatch = (request.getfixturevalue(name) for name in ("faults", "monkeypatch"))
    sms = opened()
    sms.order("wa", 2)
    long_ago(sms, known)
    faults.set(["drop-after@getNumberV2:1"])
    with monkeypatch.context() as dying:
        dying.setattr(dispatch, "_end", lambda *_: stop(KilledError)())
        with pytest.raises(KilledError):
            sms.order("tg", 2, key="mine")
    faults.clear()
    long_ago(sms, 60, ORDERS.c.key == "mine")
    row = opened().reconcile().iloc[0]
    mine = shop.purchases()[-1].id
    assert row["result"] == result
    if result == "bought":
        assert row[["activation_id", "certainty"]].tolist() == [mine, "inferred"]
    else:
        assert row["candidates"] == [mine]
        assert "has not known this account long enough" in row["why"]


def test_whoever_stood_still_until_others_made_it_sends_nothing(opened, shop, monkeypatch):
    slow, other = opened(), opened()
    orders = []

    def make_it() -> None:
        with monkeypatch.context() as away:  # as when nobody waits that long for another machine
            away.setattr(Ledger, "is_in_flight", lambda *_: False)
            orders.append(other.order("tg", 2, key="mine"))

    with Hold(slow, make_it), pytest.raises(LedgerProblem, match="was not sent"):
        slow.order("tg", 2, key="mine")
    assert [bought.id for bought in shop.purchases()] == [orders[0].loc[0, "activation_id"]]
    again = slow.order("tg", 2, key="mine")
    assert again.loc[0, "activation_id"] == orders[0].loc[0, "activation_id"]
    assert not again.loc[0, "is_new"]


def test_what_waits_for_its_turn_is_under_way_however_long_it_takes(
    opened, shop, monkeypatch, caplog
):
    """Two ledgers of one file in one process, as under two names: each knows of the other's."""
    slow, other = opened(), opened()
    looks, seen, go_on = [], threading.Event(), threading.Event()
    monkeypatch.setattr(fulfillment, "_LOOK_AGAIN", 0.02)
    same = fulfillment.Fulfillment._same

    def look(self, request):
        looks.append(request)
        if len(looks) > 20:
            seen.set()
        return same(self, request)

    monkeypatch.setattr(fulfillment.Fulfillment, "_same", look)
    orders: dict[str, object] = {}

    def order(name: str, sms: Client) -> threading.Thread:
        thread = threading.Thread(
            target=lambda: orders.update({name: sms.order("tg", 2, key="mine")})
        )
        thread.start()
        return thread

    held = threading.Event()

    def hold() -> None:
        held.set()
        assert go_on.wait(30)

    with Hold(slow, hold):
        threads = [order("slow", slow)]
        assert held.wait(30)
        threads.append(order("other", other))
        while not (seen.wait(0.02) or shop.purchases()):
            pass
        go_on.set()
        for thread in threads:
            thread.join(30)
    assert len(shop.purchases()) == 1
    assert orders["slow"].loc[0, "is_new"]
    assert not orders["other"].loc[0, "is_new"]
    assert "Another call is making the order 'mine'" in caplog.text


def test_whoever_is_interrupted_says_nothing_of_what_another_machine_makes(
    opened, shop, faults, monkeypatch
):
    """It waited so long that its order was settled and made anew, and that one's answer is lost."""
    slow, other = opened(), opened()
    lost = [f"{how}:1" for how in ("drop-after@getNumberV2", "drop-before@getActiveActivations")]

    def make_it() -> None:
        with monkeypatch.context() as away:
            away.setattr(Ledger, "is_in_flight", staticmethod(lambda _order: False))
            for module in (gate, ledger):
                away.setattr(module, "this_process", lambda: "elsewhere|1|1.00")
            faults.set(lost)
            with pytest.raises(PurchaseUncertain):
                other.order("tg", [2, 40], key="mine")
        raise KeyboardInterrupt

    with Hold(slow, make_it), pytest.raises(KeyboardInterrupt):
        slow.order("tg", [2, 40], key="mine")
    assert other.ledger()["state"].tolist() == ["uncertain"]
    faults.clear()
    with pytest.raises(PurchaseUncertain):  # nobody could look what there was before
        slow.order("tg", [2, 40], key="mine")
    assert len(shop.purchases()) == 1


@pytest.mark.parametrize("is_again", [False, True])
def test_what_an_older_version_makes_beside_this_one_may_have_been_sent(
    is_again, opened, shop, faults, monkeypatch
):
    """It knows no time of sending: it writes none, or leaves that of an order it makes anew."""
    sms = opened()
    sms.order("wa", 2)
    if is_again:
        with Hold(sms, stop(KeyboardInterrupt)), pytest.raises(KeyboardInterrupt):
            sms.order("tg", 2, key="mine")
    before = [order.sent_at for order in sms._session.ledgers.account_ledger.orders()][1:]
    faults.set(["drop-after@getNumberV2:1"])
    with monkeypatch.context() as older:
        older.setattr(AccountLedger, "sending", as_in_version_3(before[0] if before else None))
        older.setattr(dispatch, "_end", lambda *_: stop(KilledError)())
        with pytest.raises(KilledError):
            sms.order("tg", 2, key="mine")
    faults.clear()
    later = opened()
    assert later.order("tg", [2, 40], key="mine").loc[0, "country"] == 2
    assert later.ledger()["state"].tolist() == ["active", "active"]
    assert len(shop.purchases()) == 2


def as_in_version_3(sent_at: datetime | None) -> Callable[..., bool]:
    """Return what leaves an order as it was: the sending was not written."""

    def sending(self: AccountLedger, order: int, _open_until: datetime) -> bool:
        as_it_was = update(ORDERS).where(ORDERS.c.id == order).values(sent_at=sent_at)
        self.database.write(lambda connection: connection.execute(as_it_was))
        return True

    return sending
