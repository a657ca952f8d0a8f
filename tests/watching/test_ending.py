"""Ending activations: cancel as soon as it is allowed, never against a code that came."""

import pytest

from sms_notebook import (
    ActivationNotFound,
    ActivationOver,
    BadStatus,
    Client,
    CodeAlreadyReceived,
    ConnectionFailed,
    EarlyCancelDenied,
)
from sms_notebook.client import activation_steps

from .conftest import QUICK, Shop, begin, gateway, interrupt_when, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """What is tried again is tried soon."""
    monkeypatch.setattr(activation_steps, "EVERY", QUICK)
    monkeypatch.setattr(activation_steps, "_TRY_AGAIN", 4 * QUICK)


def bought(sms, **options):
    return sms.order("tg", 2, **options).loc[0, "activation_id"]


def ended(frame):
    assert [*frame.columns] == ["status", "code", "text", "activation_id"]
    assert [*frame.dtypes.astype(str)] == ["string"] * 4
    code = frame.loc[0, "code"]
    return frame.loc[0, "status"], code if isinstance(code, str) else None


def test_a_number_is_not_cancelled_in_its_first_two_minutes(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.step(119)
    with pytest.raises(EarlyCancelDenied) as denied:
        sms.cancel(ref)
    assert denied.value.retry_after == 120
    shop.step(1)
    assert ended(sms.cancel(ref)) == ("ACCESS_CANCEL", None)
    row = sms.ledger().iloc[0]
    assert (row["state"], row["refunded"]) == ("cancelled", row["cost"])
    assert shop.account.balance == 1000


def test_a_cancel_may_wait_until_it_is_allowed(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    cancels = begin(sms.cancel, ref, when_allowed=True)
    until(lambda: shop.asked.count("setStatus") > 1)
    assert not cancels.done()
    shop.step(120)
    assert ended(cancels.result(60)) == ("ACCESS_CANCEL", None)
    row = sms.ledger().iloc[0]
    assert (row["state"], row["refunded"]) == ("cancelled", row["cost"])


def test_a_cancel_waits_out_a_fast_clock(opened):
    shop = Shop(speed=200)
    sms = opened(sandbox=shop)
    assert ended(begin(sms.cancel, bought(sms), when_allowed=True).result(10)) == (
        "ACCESS_CANCEL",
        None,
    )


def test_a_code_that_came_before_is_returned_and_nothing_is_cancelled(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.step(120)
    shop.say(ref, "01234")
    assert ended(sms.cancel(ref)) == ("STATUS_OK", "01234")
    assert "setStatus" not in shop.asked
    assert shop.tool("getStatus", id=ref) == "STATUS_OK:01234"
    row = sms.ledger().iloc[0]
    assert (row["state"], row["codes"], row["refunded"]) == ("active", ["01234"], 0)


def test_a_code_that_comes_while_a_cancel_waits_is_returned(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    cancels = begin(sms.cancel, ref, when_allowed=True)
    until(lambda: shop.polls > 1)
    shop.say(ref, "01234")
    assert ended(cancels.result(60)) == ("STATUS_OK", "01234")
    assert shop.tool("getStatus", id=ref) == "STATUS_OK:01234"


def test_an_activation_that_ends_while_a_cancel_waits_is_returned_as_over(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    cancels = begin(sms.cancel, ref, when_allowed=True)
    until(lambda: shop.polls > 1)
    with shop.at_once():
        shop.step(120)
        shop.tool("setStatus", id=ref, status=8)
    assert ended(cancels.result(60)) == ("STATUS_CANCEL", None)


def test_a_cancel_that_waits_does_not_say_cancelled_where_nobody_tells_the_end(
    opened, shop, monkeypatch
):
    monkeypatch.setattr(activation_steps, "_TRY_AGAIN", 60.0)  # one wait, to its end
    one = gateway(shop)
    sms = opened(sandbox=one)
    ref = bought(sms)
    cancels = begin(sms.cancel, ref, when_allowed=True)
    until(lambda: shop.polls > 1)
    one.faults.set(["html-before@getHistory:1"])
    with shop.at_once():
        shop.say(ref, "01234")
        shop.tool("setStatus", id=ref, status=6)
    with pytest.raises(ActivationOver, match="is not known"):
        cancels.result(60)
    one.faults.clear()
    assert sms.wait_code(ref, every=QUICK, timeout=30).loc[0, "code"] == "01234"


def test_an_activation_that_is_over_is_not_cancelled(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.step(1200)
    assert ended(sms.cancel(ref)) == ("STATUS_CANCEL", None)
    assert "setStatus" not in shop.asked
    with pytest.raises(ActivationNotFound):
        sms.cancel("1")


RECEIVED = '{{"title":"OTP_RECEIVED","details":"a code came","info":{{"data":{}}}}}'


@pytest.mark.parametrize(
    "data",
    ['["01234"]', '[{"code":"01234","text":"Your code is 01234"}]', '[{"sms":1},{"code":"01234"}]'],
)
@pytest.mark.parametrize("status", ["STATUS_WAIT_CODE", "STATUS_OK:01234", "ERROR_SQL"])
def test_a_code_that_came_just_before_is_returned(opened, wire, data, status):
    asked = []

    def answer(request):
        asked.append(request.action)
        if request.action == "setStatus":
            return wire.http(RECEIVED.format(data), 409)
        if request.action == "getActiveActivations":
            return wire.http("NO_ACTIVATIONS")
        return wire.http(status if "setStatus" in asked else "STATUS_WAIT_CODE")

    wire.answer = answer
    sms = opened(KEY, base_url=wire.url, retries=0)
    assert ended(sms.cancel("77")) == ("STATUS_OK", "01234")
    assert asked.count("setStatus") == 1
    assert sms.wait_code("77", timeout=60, every=QUICK).loc[0, "code"] == "01234"


def test_a_refusal_that_shows_no_code_is_raised(opened, wire):
    def answer(request):
        if request.action == "setStatus":
            return wire.http(RECEIVED.format("[]"), 409)
        return wire.http("STATUS_WAIT_CODE")

    wire.answer = answer
    sms = opened(KEY, base_url=wire.url)
    with pytest.raises(CodeAlreadyReceived):
        sms.cancel("77")


def test_a_cancel_is_sent_once(opened, shop):
    one = gateway(shop)
    sms = opened(sandbox=one, retries=2)
    ref = bought(sms)
    shop.step(120)
    one.faults.set(["drop-before@setStatus:1"])
    with pytest.raises(ConnectionFailed, match=r"ook with sms\.get_status"):
        sms.cancel(ref)
    assert one.faults.fired() == {"drop-before@setStatus": 1}


def test_an_interrupt_of_a_cancel_that_waits_leaves_the_number_alive(shop):
    with Client(sandbox=shop) as sms:
        ref = bought(sms)

        pressed = begin(interrupt_when, lambda: shop.polls > 1)
        with pytest.raises(KeyboardInterrupt, match="is still alive"):
            sms.cancel(ref, when_allowed=True)
        pressed.result(60)
    assert shop.tool("getStatus", id=ref) == "STATUS_WAIT_CODE"


# again and finish -------------------------------------------------------------------------------


def test_one_more_code_needs_a_first_one(opened, shop):
    sms = opened(sandbox=shop)
    with pytest.raises(BadStatus):
        sms.again(bought(sms))


def test_a_code_nobody_has_seen_is_in_the_ledger_before_one_more_is_asked_for(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "01234")
    frame = sms.again(ref)
    assert frame.loc[0].tolist() == ["ACCESS_RETRY_GET", ref]
    assert sms.ledger().loc[0, "codes"] == ["01234"]


def test_finishing_ends_and_pays(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "01234")
    sms.wait_code(ref, every=QUICK)
    assert sms.finish(ref).loc[0].tolist() == ["ACCESS_ACTIVATION", ref]
    row = sms.ledger().iloc[0]
    assert (row["state"], row["refunded"]) == ("finished", 0)
    assert shop.tool("getActiveActivations") == "NO_ACTIVATIONS"


def test_finishing_a_second_time_changes_nothing(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "01234")
    first = sms.finish(ref)
    assert sms.finish(ref).equals(first)
    with pytest.raises(EarlyCancelDenied):  # what the ledger does not know as finished is asked for
        sms.finish(shop.foreign())


@pytest.mark.parametrize("do", ["again", "finish"])
def test_without_a_code_there_is_nothing_to_finish_or_to_follow(do, opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    refusal = {"again": BadStatus, "finish": EarlyCancelDenied}[do]
    with pytest.raises(
        refusal, match=rf"no code has come .* sms\.wait_code\('{ref}'\) waits"
    ) as no:
        getattr(sms, do)(ref)
    assert (no.value.action, no.value.provider) == ("setStatus", "sandbox")


def test_what_is_over_is_said_to_be_over(opened, shop):
    sms = opened(sandbox=shop)
    finished, cancelled = bought(sms), bought(sms)
    shop.say(finished, "01234")
    sms.finish(finished)
    shop.step(121)
    sms.cancel(cancelled)
    for do, ref in ((sms.again, finished), (sms.again, cancelled), (sms.finish, cancelled)):
        with pytest.raises(BadStatus, match=f"activation {ref} is over, nothing more comes"):
            do(ref)


def test_after_a_code_nothing_is_said_to_have_come_yet(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "01234")
    sms.again(ref)
    shop.tool("setStatus", id=ref, status=6)  # ends the wait for one more, not the activation
    with pytest.raises(BadStatus, match="this status is wrong, or not allowed now"):
        sms.again(ref)


def test_a_refusal_stays_one_where_its_reason_is_not_to_be_had(opened, shop, monkeypatch):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    answer = shop.answer

    def no_status(params):
        return answer({**params, "id": "1"} if params["action"] == "getStatus" else params)

    monkeypatch.setattr(shop, "answer", no_status)
    with pytest.raises(EarlyCancelDenied):
        sms.finish(ref)


def test_finishing_ends_also_what_waits_for_one_more_code(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "01234")
    sms.again(ref)
    assert sms.finish(ref).loc[0, "status"] == "ACCESS_ACTIVATION"
    assert shop.tool("getActiveActivations") == "NO_ACTIVATIONS"
    assert sms.ledger().loc[0, "state"] == "finished"
