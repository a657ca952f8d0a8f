"""A sandbox that ticks: time passes for those who look, and for nobody else."""

import pytest

from sms_notebook import Client, UsageProblem
from sms_notebook.sandbox import Sandbox, embedded, rehearse
from sms_notebook.sandbox.provider import WAITING_ACTIONS

BUY = {"action": "getNumber", "service": "tg", "country": "2"}


def test_each_look_at_numbers_moves_the_clock_and_nothing_else_does():
    sandbox = Sandbox(speed=0, tick=30)
    begun = sandbox.clock.now()
    number = sandbox.answer(BUY).text.split(":")[1]
    for action in ("getBalance", "getPrices", "getHistory", "getRentList", "setStatus"):
        sandbox.answer({"action": action, "country": "2"})
    assert sandbox.clock.now() == begun
    for looked, action in enumerate(sorted(WAITING_ACTIONS), start=1):
        sandbox.answer({"action": action, "id": number})
        assert (sandbox.clock.now() - begun).total_seconds() == 30 * looked


def test_a_code_is_there_when_it_is_first_asked_for():
    sandbox = Sandbox(speed=0, tick=30, success=1)
    number = sandbox.answer(BUY).text.split(":")[1]
    assert sandbox.answer({"action": "getStatus", "id": number}).text.startswith("STATUS_OK:")


@pytest.mark.parametrize("tick", [-1, 3601, float("nan")])
def test_a_tick_is_seconds_up_to_an_hour(tick):
    with pytest.raises(ValueError, match="3600"):
        Sandbox(tick=tick)


def test_a_rehearsal_gives_the_same_each_time():
    def rehearsed() -> list[str]:
        rehearse("2026-02-03T04:05")
        sms = Client()
        order = sms.order("tg", "Poland", key="mine")
        code = sms.wait_code(order.loc[0, "activation_id"])
        seconds = sms.ledger()["seconds_to_code"]
        return [*order["bought_at"].astype(str), *code["code"], *seconds.astype(str)]

    first = rehearsed()
    assert first[0].startswith("2026-02-03 04:05:")
    embedded.__globals__["_gateway"].cache_clear()
    assert rehearsed() == first


def test_a_second_rehearsal_with_the_same_words_goes_on_with_the_same_sandbox():
    rehearse()
    bought = Client().order("tg", "Kazakhstan", key="mine")
    rehearse()
    again = Client().order("tg", "Kazakhstan", key="mine")
    assert again["phone_number"].equals(bought["phone_number"])
    assert not again.loc[0, "is_new"]


def test_a_sandbox_that_is_in_use_begins_no_rehearsal():
    Client().get_balance()
    with pytest.raises(UsageProblem, match="Restart the kernel"):
        rehearse()


@pytest.mark.parametrize(
    ("words", "said"),
    [({"start": "tomorrow"}, "tomorrow"), ({"tick": -1}, "3600"), ({"start": None}, "str")],
)
def test_a_wrong_word_is_told_and_changes_nothing(words, said):
    with pytest.raises(UsageProblem, match=said):
        rehearse(**words)
    assert Client().sandbox.clock.speed == 1


def test_another_provider_takes_no_notice_of_a_rehearsal():
    rehearse()
    assert Client(sandbox=Sandbox()).sandbox.clock.speed == 1
