"""Activations by call: the number that calls is the code, or what a voice says."""

import pytest

from sms_notebook import Client
from sms_notebook.sandbox import serve
from sms_notebook.watching.queries import ASK_EVERY

from .conftest import QUICK, Shop, begin, until

# The shop is the reference: it takes the types that a provider without a list ignores.
pytestmark = [
    pytest.mark.usefixtures("nothing_left_running"),
    pytest.mark.filterwarnings("ignore:SMSBower takes no notice of activation_type"),
]
CLIENTS = ("sync",)  # both wait for the same poller, see test_wait_code.py
KEY = "0123456789abcdef0123456789abcdef"


class LateShop(Shop):
    """A shop to which a call comes between two questions, where that is wished."""

    comes_after = None

    def answer(self, params):
        reply = super().answer(params)
        if self.comes_after == params.get("action"):
            self.comes_after = None
            self.step(30)
        return reply


@pytest.fixture
def shop():
    return LateShop(success=1.0)


@pytest.fixture(params=["list", "no list"])
def sms(request, opened, shop):
    if request.param == "list":
        yield opened(sandbox=shop)
    else:
        with serve(shop) as url:
            yield opened(KEY, provider="smsbower", base_url=url)


def by_call(sms):
    return sms.order("tg", 2, activation_type=1).loc[0, "activation_id"]


def by_voice(sms):
    return sms.order("tg", 2, activation_type=2, language="en").loc[0, "activation_id"]


def waits_on(sms, shop, ref):
    waits = begin(lambda: sms.wait_code(ref, every=QUICK).iloc[0])
    asked = len(shop.asked)
    until(lambda: len(shop.asked) > asked + 5)
    assert not waits.done()
    return waits


def test_who_calls_is_the_code(sms, shop):
    ref = by_call(sms)
    waits = waits_on(sms, shop, ref)
    shop.step(30)
    row = waits.result(60)
    assert row["channel"] == "call"
    assert len(row["phone_from"]) > 6
    assert row["code"] == row["phone_from"][-4:]
    frame = sms.ledger()
    assert frame.loc[0, "codes"] == [row["code"]]


def test_what_a_voice_says_is_told_with_its_recording(sms, shop):
    ref = by_voice(sms)
    waits = waits_on(sms, shop, ref)
    shop.step(30)
    row = waits.result(60)
    assert row["channel"] == "voice"
    assert " ".join(row["code"]) in row["text"]
    assert row["url"] == f"https://sandbox.example/voice/{ref}.mp3"
    assert len(row["phone_from"]) > 6
    assert row["received_at"] is not None
    assert sms.ledger().loc[0, "codes"] == [row["code"]]


@pytest.mark.parametrize("order", [by_call, by_voice])
def test_a_call_that_comes_between_two_questions_is_told_as_fully(sms, shop, order):
    ref = order(sms)
    waits = waits_on(sms, shop, ref)
    shop.comes_after = "getStatusV2"
    row = waits.result(60)
    assert len(row["phone_from"]) > 6
    assert sms.ledger().loc[0, "codes"] == [row["code"]]
    if order is by_voice:
        assert row["url"] == f"https://sandbox.example/voice/{ref}.mp3"


def test_a_call_is_told_though_nobody_tells_who_it_was(sms, shop, monkeypatch):
    honest = shop.answer

    def answer(params):
        if params.get("action") == "getStatusV2" and shop.comes_after is None:
            return type(honest({}))("ERROR_SQL")
        return honest(params)

    ref = by_call(sms)
    waits = waits_on(sms, shop, ref)
    shop.comes_after = "getStatusV2"
    monkeypatch.setattr(shop, "answer", answer)
    assert waits.result(60)["code"].isdigit()


def test_what_is_there_already_is_told_as_fully(sms, shop):
    ref = by_voice(sms)
    shop.step(30)
    row = sms.wait_code(ref, every=60, timeout=30).iloc[0]
    assert row["url"] == f"https://sandbox.example/voice/{ref}.mp3"


def test_a_call_that_is_parsed_again_is_told_in_the_new_words(sms, shop):
    ref = by_voice(sms)
    shop.step(30)
    before = sms.wait_code(ref, every=QUICK).iloc[0]
    sms.parse_call(ref, "ru")
    after = sms.wait_code(ref, every=QUICK).iloc[0]
    assert after["code"] == before["code"]
    assert after["text"] != before["text"]
    assert sms.ledger().loc[0, "texts"] == [after["text"]]


def test_a_watch_shows_the_recording(shop):
    with Client(sandbox=shop) as sms:
        ref = by_voice(sms)
        with sms.watch(ref, every=QUICK) as watch:
            shop.step(30)
            event = begin(next, watch).result(60)
            assert (event.kind, event.channel) == ("code", "voice")
            assert event.url == f"https://sandbox.example/voice/{ref}.mp3"
            assert watch.frame.loc[0, "url"] == event.url


def test_a_message_is_not_asked_for_again_and_again(shop):
    with Client(sandbox=shop) as sms:
        ref = by_voice(sms)
        shop.step(30)
        with sms.watch(ref, every=QUICK) as watch:
            begin(next, watch).result(60)
            polls = shop.polls
            until(lambda: shop.polls > polls + 10)
    # Once when the list shows it, and before each getStatus: that is asked now and then.
    assert shop.asked.count("getStatusV2") <= 2 + shop.asked.count("getStatus")
    assert shop.asked.count("getStatus") <= 1 + shop.polls / ASK_EVERY
