"""``with sms.activation(…)``: a number for the length of a block, in both clients."""

import asyncio
import logging
import threading

import pytest

from sms_notebook import AsyncClient, Client, ConnectionFailed, NoNumbers, UsageProblem
from sms_notebook.client import activation_steps

from .conftest import QUICK, begin, gateway, interrupt_when, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """What is tried again is tried soon."""
    monkeypatch.setattr(activation_steps, "EVERY", QUICK)
    monkeypatch.setattr(activation_steps, "_TRY_AGAIN", 4 * QUICK)


class Block:
    """``with sms.activation(…)`` of either client."""

    def __init__(self, kind, client):
        self.kind = kind
        self.client = client

    def run(self, body=lambda _number: None, **options):
        if self.kind == "sync":
            with self.client.activation("tg", 2, **options) as number:
                body(number)
            return number

        async def use():
            async with self.client.activation("tg", 2, **options) as number:
                body(number)
            return number

        return asyncio.run(use())


@pytest.fixture(params=["sync", "async"])
def block(request, shop):
    if request.param == "sync":
        with Client(sandbox=shop) as sms:
            yield Block("sync", sms)
    else:
        sms = AsyncClient(sandbox=shop)
        yield Block("async", sms)
        asyncio.run(sms.aclose())


def state(shop, ref):
    if shop.tool("getStatus", id=ref) != "STATUS_CANCEL":
        return "alive"
    return shop._state.activations.all[int(ref)].stage.name


def later(seconds, function, *args):
    threading.Timer(seconds, function, args).start()


def test_a_block_finishes_with_a_code(block, shop):
    number = block.run(lambda number: shop.say(number.activation_id, "01234"))
    assert number.phone_number.startswith("7")
    assert number.order.loc[0, "activation_id"] == number.activation_id
    assert state(shop, number.activation_id) == "FINISHED"


def test_a_block_cancels_without_a_code(block, shop):
    number = block.run(lambda _number: shop.step(120))
    assert state(shop, number.activation_id) == "CANCELLED"
    assert shop.account.balance == 1000


def test_a_block_cancels_as_soon_as_that_is_allowed(block, shop, caplog):
    running = begin(block.run)
    until(lambda: "It can be cancelled in its third minute, and is then" in caplog.text)
    shop.step(120)
    number = running.result(10)
    assert state(shop, number.activation_id) == "CANCELLED"
    assert f"No code for activation {number.activation_id} yet." in caplog.text


def test_a_code_that_comes_while_a_block_ends_finishes_it(block, shop):
    refs = []
    running = begin(block.run, lambda number: refs.append(number.activation_id))
    until(lambda: refs and shop.polls > 1)
    shop.say(refs[0], "01234")
    running.result(10)
    assert state(shop, refs[0]) == "FINISHED"


def test_a_block_finishes_what_had_a_code_and_waits_for_one_more(block, shop):
    def body(number):
        shop.say(number.activation_id, "01234")
        shop.tool("setStatus", id=number.activation_id, status=3)

    number = block.run(body)
    assert state(shop, number.activation_id) == "FINISHED"


@pytest.mark.parametrize("code", [True, False])
def test_a_block_leaves_alone_what_is_over(block, shop, code):
    def body(number):
        if code:
            shop.say(number.activation_id, "01234")
        shop.step(1200)

    number = block.run(body)
    assert state(shop, number.activation_id) == ("FINISHED" if code else "RETURNED")
    assert "setStatus" not in shop.asked


def test_an_exception_in_a_block_is_not_masked(block, shop, caplog):
    refs = []

    def body(number):
        refs.append(number.activation_id)
        shop.step(120)
        shop.tool("getBalance")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        block.run(body)
    assert state(shop, refs[0]) == "CANCELLED"


def test_an_exception_is_not_masked_by_a_failure_of_the_end(shop, caplog):
    one = gateway(shop)
    with Client(sandbox=one, retries=0) as sms:
        number = sms.activation("tg", 2)

        def fail_in_it():
            with number:
                one.faults.set(["BAD_KEY:1"])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail_in_it()
        assert f"Activation {number.activation_id} may still be alive" in caplog.text
        assert f"sms.cancel('{number.activation_id}')" in caplog.text


def test_a_number_that_is_over_is_not_called_alive(shop, caplog, monkeypatch):
    monkeypatch.setattr(activation_steps, "_TRY_AGAIN", 60.0)  # one wait, to its end
    one = gateway(shop)
    with Client(sandbox=one) as sms:
        number = sms.activation("tg", 2)

        def fail_in_it():
            with number:
                one.faults.set(["html-before@getHistory:1"])
                raise ZeroDivisionError

        failing = begin(fail_in_it)
        until(lambda: shop.polls > 1)
        with shop.at_once():
            shop.say(number.activation_id, "01234")
            shop.tool("setStatus", id=number.activation_id, status=6)
        with pytest.raises(ZeroDivisionError):
            failing.result(60)
    assert "whether a code came at its end is not known" in caplog.text
    assert "may still be alive" not in caplog.text


def test_a_failure_of_the_end_is_raised_where_nothing_else_is(shop):
    one = gateway(shop)
    with (
        Client(sandbox=one, retries=0) as sms,
        pytest.raises(ConnectionFailed),
        sms.activation("tg", 2),
    ):
        one.faults.set(["drop-before:1"])


def test_a_block_that_cannot_begin_ends_nothing(shop):
    one = gateway(shop, "NO_NUMBERS@getNumberV2:1", "NO_NUMBERS@getNumber:1")
    with Client(sandbox=one) as sms, pytest.raises(NoNumbers), sms.activation("tg", 2):
        pytest.fail("it has no number")
    assert "setStatus" not in shop.asked


def test_an_interrupt_of_the_end_of_a_block_says_what_is_alive(shop, caplog):
    caplog.set_level(logging.WARNING)
    with Client(sandbox=shop) as sms:
        with pytest.raises(KeyboardInterrupt), sms.activation("tg", 2) as number:
            pressed = begin(interrupt_when, lambda: shop.polls > 1)
        pressed.result(60)
    assert f"Activation {number.activation_id} may still be alive" in caplog.text
    assert state(shop, number.activation_id) == "alive"


def test_a_number_waits_and_asks_for_one_more(block, shop):
    if block.kind == "sync":
        with block.client.activation("tg", 2) as number:
            later(0.2, shop.say, number.activation_id, "01234")
            assert number.wait_code(every=QUICK).loc[0, "code"] == "01234"
            assert number.again().loc[0, "status"] == "ACCESS_RETRY_GET"
            later(0.2, shop.say, number.activation_id, "01234")
            assert number.wait_code(every=QUICK).loc[0, "code"] == "01234"
    else:

        async def use():
            async with block.client.activation("tg", 2) as number:
                later(0.2, shop.say, number.activation_id, "01234")
                assert (await number.wait_code(every=QUICK)).loc[0, "code"] == "01234"
                assert (await number.again()).loc[0, "status"] == "ACCESS_RETRY_GET"
                later(0.2, shop.say, number.activation_id, "01234")
                assert (await number.wait_code(every=QUICK)).loc[0, "code"] == "01234"
            return number

        number = asyncio.run(use())
    assert state(shop, number.activation_id) == "FINISHED"


def test_a_block_leaves_a_call_that_has_come_alone(block, shop):
    shop._state.activations.success = 1.0
    number = block.run(lambda _number: shop.step(30), activation_type=1)
    assert shop.tool("getStatus", id=number.activation_id).startswith("STATUS_OK")


def test_a_block_with_a_key_holds_the_same_number_again(shop):
    with Client(sandbox=shop) as sms:
        ref = sms.order("tg", 2, key="docs").loc[0, "activation_id"]
        with sms.activation("tg", 2, key="docs") as number:
            assert number.activation_id == ref
            shop.say(ref, "01234")
    assert state(shop, ref) == "FINISHED"


def test_a_block_that_is_entered_again_says_so_and_buys_nothing(shop):
    with Client(sandbox=shop) as sms:
        block = sms.activation("tg", 2)
        with block as number:
            shop.say(number.activation_id, "01234")
        with pytest.raises(UsageProblem, match="is entered once"), block:
            pass
        assert len(shop.purchases()) == 1
        assert len(block.order) == 1
