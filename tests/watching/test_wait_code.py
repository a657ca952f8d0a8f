"""Waiting for a code: it is there, it comes late, it does not come."""

import time

import pandas as pd
import pytest

from sms_notebook import CodeTimeout, UsageProblem
from sms_notebook.sandbox import serve
from sms_notebook.watching.code_wait import CODE

from .conftest import QUICK, begin, until

pytestmark = pytest.mark.usefixtures("nothing_left_running")
KEY = "0123456789abcdef0123456789abcdef"


def bought(sms, **options):
    return sms.order("tg", 2, **options).loc[0, "activation_id"]


def waiting(sms, ref, **options):
    return begin(lambda: sms.wait_code(ref, every=QUICK, **options).loc[0, "code"])


def test_a_code_that_is_there_is_returned_at_once(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "12345")
    assert sms.wait_code(ref, timeout=30, every=60).loc[0, "code"] == "12345"


def test_a_code_is_waited_for(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    waits = waiting(sms, ref)
    until(lambda: shop.polls > 2)
    assert not waits.done()
    shop.say(ref, "12345")
    assert waits.result(60) == "12345"


def test_a_code_comes_as_one_row_that_says_all(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "01234", "Kód {}\nneříkejte")
    frame = sms.wait_code(ref, every=QUICK)
    assert [*frame.columns] == [column.name for column in CODE.columns]
    assert [*frame.dtypes.astype(str)] == [
        *["string"] * 5,
        *["datetime64[us, UTC]"] * 2,
        "string",
    ]
    assert frame.index.equals(pd.RangeIndex(1))
    row = frame.iloc[0]
    assert [row["activation_id"], row["code"], row["text"], row["channel"]] == [
        ref,
        "01234",
        "Kód 01234\nneříkejte",
        "sms",
    ]
    assert row[["phone_from", "url"]].isna().all()
    assert row["seen_at"] == shop.clock.now().replace(microsecond=0)
    assert frame.attrs["provider"] == "sandbox"


@pytest.mark.parametrize("code", ["0000", "007", "0123456789"])
def test_leading_zeros_are_kept(opened, shop, code):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, code)
    assert sms.wait_code(ref, every=QUICK).loc[0, "code"] == code


def test_an_id_is_a_text_or_a_number(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "12345")
    assert sms.wait_code(int(ref), every=QUICK).loc[0, "activation_id"] == ref


def test_a_number_that_another_tool_bought_is_waited_for(opened, shop):
    sms = opened(sandbox=shop)
    ref = shop.foreign()
    waits = waiting(sms, ref)
    until(lambda: shop.polls > 1)
    shop.say(ref, "00042")
    assert waits.result(60) == "00042"


def test_waiting_twice_gives_the_same_code(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "12345")
    assert [sms.wait_code(ref, every=QUICK).loc[0, "code"] for _ in range(2)] == ["12345"] * 2


def test_there_is_no_limit_but_the_life_of_the_activation(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    waits = waiting(sms, ref)
    for _ in range(9):  # 1,190 of 1,200 seconds
        polls = shop.polls
        shop.step(119 if shop.polls else 238)
        until(lambda polls=polls: shop.polls > polls + 1)
        assert not waits.done()
    shop.say(ref, "12345")
    assert waits.result(60) == "12345"


def test_a_wait_that_ends_too_early_leaves_the_activation_alive(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    with pytest.raises(CodeTimeout) as late:
        sms.wait_code(ref, timeout=0.2, every=QUICK)
    assert late.value.activation == ref
    assert f"no code for activation {ref} at sandbox in 0.2 seconds" in str(late.value)
    assert f"sms.wait_code('{ref}') goes on waiting" in str(late.value)
    assert shop.tool("getStatus", id=ref) == "STATUS_WAIT_CODE"
    waits = waiting(sms, ref)
    until(lambda: shop.polls > 5)
    shop.say(ref, "12345")
    assert waits.result(60) == "12345"


def test_a_timeout_holds_while_the_provider_says_nothing(opened, wire):
    wire.answer = lambda _asked: wire.silence()
    sms = opened(KEY, base_url=wire.url)
    failure = begin(sms.wait_code, "1", timeout=0.3, every=QUICK).exception(60)
    assert isinstance(failure, CodeTimeout)


@pytest.mark.parametrize("timeout", [0, -1, True, "5", float("nan")])
def test_a_timeout_is_a_number_of_seconds(opened, shop, timeout):
    sms = opened(sandbox=shop)
    with pytest.raises(UsageProblem, match="timeout takes seconds above zero"):
        sms.wait_code("1", timeout=timeout)


@pytest.mark.parametrize("every", [0, None, "quick"])
def test_every_is_a_number_of_seconds(opened, shop, every):
    sms = opened(sandbox=shop)
    with pytest.raises(UsageProblem, match="every takes seconds"):
        sms.wait_code("1", every=every)


def test_nothing_is_asked_any_more_when_the_code_has_come(opened, shop):
    sms = opened(sandbox=shop)
    ref = bought(sms)
    shop.say(ref, "12345")
    sms.wait_code(ref, every=QUICK)
    asked = len(shop.asked)
    time.sleep(5 * QUICK)
    assert len(shop.asked) == asked


class TestProviderWithoutAList:
    """SMSBower has no getActiveActivations."""

    @pytest.fixture
    def sms(self, opened, shop):
        with serve(shop) as url:
            yield opened(KEY, provider="smsbower", base_url=url)

    def test_its_numbers_are_asked_for_one_by_one(self, sms, shop):
        first, second = bought(sms), bought(sms)
        waits = waiting(sms, first)
        until(lambda: shop.asked.count("getStatus") > 2)
        assert not waits.done()
        shop.say(second, "54321")
        shop.say(first, "01234")
        assert waits.result(60) == "01234"
        assert sms.wait_code(second, every=QUICK).loc[0, "code"] == "54321"
        assert shop.polls == 0

    def test_one_more_code_is_waited_for_also_the_same_digits(self, sms, shop):
        ref = bought(sms)
        shop.say(ref, "01234")
        sms.wait_code(ref, every=QUICK)
        sms.again(ref)
        waits = waiting(sms, ref)
        asked = len(shop.asked)
        until(lambda: len(shop.asked) > asked + 3)
        assert not waits.done()
        shop.say(ref, "01234")
        assert waits.result(60) == "01234"
        assert sms.ledger().loc[0, "codes"] == ["01234", "01234"]

    def test_one_more_code_of_a_foreign_number_with_the_same_digits(self, sms, shop):
        ref = shop.foreign()
        shop.say(ref, "01234")
        assert sms.wait_code(ref, every=QUICK).loc[0, "code"] == "01234"
        sms.again(ref)
        waits = waiting(sms, ref)
        asked = len(shop.asked)
        until(lambda: len(shop.asked) > asked + 3)
        assert not waits.done()
        shop.say(ref, "01234")
        assert waits.result(60) == "01234"
        assert shop.polls == 0
