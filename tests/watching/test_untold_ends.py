"""Where a provider tells nothing of what is over, nobody says how it ended, nor what came last."""

from concurrent.futures import Future

import pytest

from sms_notebook import ActivationOver, Client
from sms_notebook.client import activation_steps
from sms_notebook.client.ledger_access import LedgerAccess
from sms_notebook.ledger.ledger import AccountLedger
from sms_notebook.ledger.schema import NumberState

from .conftest import QUICK, Shop, begin, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")
CLIENTS = ("sync",)  # both wait for the same poller, see test_wait_code.py
TELLS_NOTHING = pytest.mark.parametrize("dialect", ["smshub", "smsbower", "vak-sms"])


@pytest.fixture
def shop(dialect) -> Shop:
    return Shop(dialect=dialect)


def ordered(sms) -> str:
    return sms.order("tg", "Kazakhstan").loc[0, "activation_id"]


def two_polls_pass(shop) -> None:
    before = len(shop.asked)
    until(lambda: len(shop.asked) > before + 3)


def finished_meanwhile(shop, ref, ask, *args, **options) -> Future:
    """Let a code come and be used by another program, between two polls of whoever asks here."""
    asked = begin(ask, *args, **options)
    two_polls_pass(shop)
    with shop.at_once():
        shop.say(ref, "01234")
        shop.tool("setStatus", id=ref, status=6)
    return asked


@TELLS_NOTHING
def test_a_wait_says_that_what_came_last_is_not_known(opened, shop):
    sms = opened(sandbox=shop)
    ref = ordered(sms)
    waits = finished_meanwhile(shop, ref, sms.wait_code, ref, every=QUICK)
    with pytest.raises(ActivationOver) as over:
        waits.result(60)
    assert "is over, and whether a code came at its end is not known" in str(over.value)
    assert "see its site before you order again" in str(over.value)
    assert "once more" not in str(over.value)  # that would tell nothing either
    assert (over.value.status, over.value.is_known) == ("", False)
    assert sms.ledger().loc[0, "state"] == "over"


@pytest.mark.parametrize("dialect", ["tiger-sms", "grizzlysms", "virtualsms"])
def test_a_code_at_the_very_end_is_not_lost_where_details_are_told(opened, shop):
    sms = opened(sandbox=shop)
    ref = ordered(sms)
    waits = finished_meanwhile(shop, ref, sms.wait_code, ref, every=QUICK)
    assert waits.result(60).loc[0, "code"] == "01234"


@TELLS_NOTHING
def test_a_watch_says_no_status_that_nobody_told(shop):
    with Client(sandbox=shop) as sms:
        ref = ordered(sms)
        watch = sms.watch(ref, every=QUICK)
        events = finished_meanwhile(shop, ref, list, watch)
        (event,) = events.result(60)
        assert (event.kind, event.status) == ("over", "")
        assert str(event).endswith(": how it ended is not known")
        assert watch.frame["is_over"].all()
        assert watch.frame["status"].isna().all()


@TELLS_NOTHING
def test_an_end_that_we_made_is_known_though_a_poll_comes_before_it_is_written(
    opened, shop, monkeypatch
):
    note = LedgerAccess.note

    def note_late(ledgers, call, frame):
        if call.action.name == "setStatus":
            before = len(shop.asked)
            until(lambda: len(shop.asked) > before)
        note(ledgers, call, frame)

    monkeypatch.setattr(LedgerAccess, "note", note_late)
    sms = opened(sandbox=shop)
    ref = ordered(sms)
    shop.step(600)
    waits = begin(sms.wait_code, ref, every=0.5)
    two_polls_pass(shop)
    sms.cancel(ref)
    with pytest.raises(ActivationOver, match="is cancelled, and no new code came") as over:
        waits.result(60)
    assert over.value.is_known
    assert over.value.status


@pytest.mark.parametrize("dialect", ["smshub"])
def test_how_it_ended_stays_though_a_poll_has_read_it_before_that_was_written(
    opened, shop, monkeypatch
):
    change = AccountLedger.change

    def change_late(account_ledger, number, **values):
        if values.get("state") == NumberState.OVER:
            change(account_ledger, number, state=NumberState.CANCELLED)
        change(account_ledger, number, **values)

    monkeypatch.setattr(AccountLedger, "change", change_late)
    sms = opened(sandbox=shop)
    ref = ordered(sms)
    waits = finished_meanwhile(shop, ref, sms.wait_code, ref, every=QUICK)
    with pytest.raises(ActivationOver, match="is cancelled"):
        waits.result(60)
    assert sms.ledger().loc[0, "state"] == "cancelled"


@pytest.mark.parametrize("dialect", ["smshub"])
def test_a_cancel_that_waits_does_not_say_cancelled(opened, shop, monkeypatch):
    monkeypatch.setattr(activation_steps, "_TRY_AGAIN", 60.0)  # one wait, to its end
    sms = opened(sandbox=shop)
    ref = ordered(sms)
    cancels = finished_meanwhile(shop, ref, sms.cancel, ref, when_allowed=True)
    with pytest.raises(ActivationOver, match="is not known"):
        cancels.result(60)
