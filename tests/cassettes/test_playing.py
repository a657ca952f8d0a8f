"""What a recording answers, and what it does not."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest

from sms_notebook import (
    ActivationOver,
    Client,
    CodeTimeout,
    ConnectionFailed,
    ServerError,
    UsageProblem,
)
from sms_notebook.cassettes import cassette
from sms_notebook.cassettes.cassette import Recording
from sms_notebook.cassettes.player import NotRecorded
from sms_notebook.sandbox import Fault, Faults, Gateway, Sandbox


def test_identical_questions_are_answered_in_the_order_of_recording(opened, played, shop, tape):
    sms = opened(sandbox=shop, record=tape)
    balances = [sms.get_balance().loc[0, "balance"]]
    sms.get_number("tg", 2)
    balances.append(sms.get_balance().loc[0, "balance"])
    replay = played()
    assert [replay.get_balance().loc[0, "balance"] for _ in balances] == balances
    assert balances[0] > balances[1]


def test_a_read_that_is_repeated_more_often_gets_its_last_answer(opened, played, shop, tape):
    sms = opened(sandbox=shop, record=tape)
    first = sms.get_prices("tg", 2)
    replay = played()
    for _ in range(3):
        pd.testing.assert_frame_equal(replay.get_prices("tg", 2), first)


def test_frames_are_the_same_with_all_that_is_attached_to_them(opened, played, shop, tape):
    before = opened(sandbox=shop, record=tape).get_countries()
    after = played().get_countries()
    pd.testing.assert_frame_equal(before, after)
    assert before.attrs == after.attrs


def test_what_was_not_recorded_names_the_nearest_with_its_line(opened, played, shop, tape):
    sms = opened(sandbox=shop, record=tape)
    sms.get_balance()
    sms.get_prices("tg", 2)
    lines = tape.read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if '"getPrices"' in text)
    with pytest.raises(NotRecorded) as caught:
        played().get_prices("wa", 2)
    assert str(caught.value) == (
        "getPrices(service=wa, country=2) was not recorded in flow.jsonl. The nearest is "
        f"getPrices(service=tg, country=2), line {line}."
    )
    assert isinstance(caught.value, UsageProblem)


def test_a_purchase_is_played_once_and_a_key_is_always_the_same_number(opened, played, shop, tape):
    sms = opened(sandbox=shop, record=tape)
    sms.get_number("tg", 2)
    kept = sms.order("wa", 2, key="mine")
    replay = played()
    replay.get_number("tg", 2)
    with pytest.raises(NotRecorded, match="was played already"):
        replay.get_number("tg", 2)
    first, again = (replay.order("wa", 2, key="mine") for _ in range(2))
    pd.testing.assert_frame_equal(first, kept)
    assert again["activation_id"].equals(kept["activation_id"])
    assert not again.loc[0, "is_new"]


def test_two_clients_of_a_process_play_one_recording(shop, tape):
    with Client(sandbox=shop, record=tape) as sms:
        sms.order("tg", 2, key="mine")
    with Client(replay=tape) as one, Client(replay=tape) as other:
        bought = one.order("tg", 2, key="mine")
        assert not other.order("tg", 2, key="mine").loc[0, "is_new"]
        assert other.ledger().loc[0, "order_id"] == bought.loc[0, "order_id"]


def test_nothing_of_a_replay_is_kept(shop, tape, tmp_path, monkeypatch):
    kept = tmp_path / "ledger.sqlite"
    monkeypatch.setenv("SMS_LEDGER", str(kept))
    with Client(sandbox=shop, record=tape, ledger=tmp_path / "other.sqlite") as sms:
        sms.order("tg", 2)
    with Client(replay=Recording(tape)) as replay:
        assert len(replay.ledger()) == 0
        replay.order("tg", 2)
        assert len(replay.ledger()) == 1
    assert not kept.exists()


def test_it_says_that_it_is_a_replay(opened, played, shop, tape):
    opened(sandbox=shop, record=tape).get_balance()
    replay = played().client
    assert repr(replay).partition(" ")[2] == (
        "replay of flow.jsonl: nothing is bought, no real money>"
    )
    assert replay.provider == "sandbox"
    with pytest.raises(UsageProblem, match="replay"):
        replay.webhooks.start(port=0)


def test_waits_take_no_time_and_end_as_they_were_recorded(opened, played, shop, tape):
    sms = opened(sandbox=shop, record=tape)
    ref = sms.order("tg", 2, key="mine").loc[0, "activation_id"]
    with pytest.raises(CodeTimeout) as late:
        sms.wait_code(ref, timeout=0.4, every=0.1)
    shop.send_sms(ref, "Your code is 11111")
    first = sms.wait_code(ref, every=0.2)
    sms.again(ref)
    with pytest.raises(CodeTimeout):
        sms.wait_code(ref, timeout=0.4, every=0.1)
    shop.step(90)
    shop.send_sms(ref, "Your code is 22222")
    second = sms.wait_code(ref, every=0.2)
    sms.finish(ref)
    known = sms.ledger()

    replay = played()
    assert replay.order("tg", 2, key="mine").loc[0, "activation_id"] == ref
    with pytest.raises(CodeTimeout) as again:
        replay.wait_code(ref, timeout=1000.0)
    assert str(again.value) == str(late.value)
    assert again.value.activation == ref
    pd.testing.assert_frame_equal(replay.wait_code(ref), first)
    replay.again(ref)
    with pytest.raises(CodeTimeout):
        replay.wait_code(ref, timeout=1000.0)
    pd.testing.assert_frame_equal(replay.wait_code(ref), second)
    replay.finish(ref)
    pd.testing.assert_frame_equal(replay.ledger(), known)
    assert known.loc[0, "seconds_to_code"] == 0


@pytest.mark.parametrize("faults", [[], ["html-before@getHistory:1"]], ids=["known", "untold"])
def test_an_activation_that_ended_without_a_code_ends_so_again(opened, played, tape, faults):
    shop = Sandbox(speed=0, success=0.0, tick=300)
    sms = opened(sandbox=Gateway(shop, Faults(faults)), record=tape)
    ref = sms.order("tg", 2, key="mine").loc[0, "activation_id"]
    with pytest.raises(ActivationOver) as over:
        sms.wait_code(ref, every=0.1)
    known = sms.ledger()
    replay = played()
    replay.order("tg", 2, key="mine")
    with pytest.raises(ActivationOver) as again:
        replay.wait_code(ref)
    assert str(again.value) == str(over.value)
    assert over.value.is_known is not bool(faults)
    assert (again.value.status, again.value.is_known) == (over.value.status, over.value.is_known)
    pd.testing.assert_frame_equal(replay.ledger(), known)


@pytest.mark.parametrize("end", [("STATUS_CANCEL", True), ("", False)])
def test_an_end_that_no_reply_of_the_recording_shows_is_told_as_it_was(
    opened, played, shop, tape, end
):
    over = ActivationOver("activation 1 is over")
    over.status, over.is_known = end
    opened(sandbox=shop, record=tape).client._cassette.ended("wait 1", over)
    cassette = played().client._cassette
    cassette.begins("wait 1")
    told = cassette.failure_of("wait 1")
    assert (str(told), (told.status, told.is_known)) == (str(over), end)


def test_a_wait_that_is_not_in_the_recording_says_so(opened, played, shop, tape):
    sms = opened(sandbox=shop, record=tape)
    ref = sms.order("tg", 2, key="mine").loc[0, "activation_id"]
    sms.get_active_activations()
    replay = played()
    replay.order("tg", 2, key="mine")
    with pytest.raises(NotRecorded):
        replay.wait_code(ref)


def test_failures_are_replayed_as_they_came(opened, played, shop, tape):
    gateway = Gateway(
        shop,
        Faults([Fault.parse("drop-before@getBalance:1"), Fault.parse("500-before@getCountries:1")]),
    )
    sms = opened(sandbox=gateway, record=tape, retries=0)
    with pytest.raises(ConnectionFailed) as dropped:
        sms.get_balance()
    with pytest.raises(ServerError) as broken:
        sms.get_countries()
    replay = played(retries=0)
    with pytest.raises(ConnectionFailed) as again:
        replay.get_balance()
    assert (str(again.value), again.value.sent) == (str(dropped.value), dropped.value.sent)
    with pytest.raises(ServerError, match=str(broken.value)[:30]):
        replay.get_countries()


@pytest.mark.parametrize(
    "odd",
    [
        {},  # as an earlier version wrote it
        {"kind": "Client"},
        {"kind": "HTTPStatusError"},
        {"kind": "__doc__"},
    ],
)
def test_a_failure_without_an_error_of_httpx_is_the_sentence_in_the_file(
    opened, played, shop, tape, odd
):
    gateway = Gateway(shop, Faults([Fault.parse("drop-before@getBalance:1")]))
    with pytest.raises(ConnectionFailed) as dropped:
        opened(sandbox=gateway, record=tape, retries=0).get_balance()
    header, exchange = map(json.loads, tape.read_text(encoding="utf-8").splitlines())
    assert exchange.pop("kind") == "RemoteProtocolError"
    exchange |= {"failure": str(dropped.value), "sent": False, **odd}
    tape.write_text(f"{json.dumps(header)}\n{json.dumps(exchange)}\n", encoding="utf-8")
    with pytest.raises(ConnectionFailed) as again:
        played(retries=0).get_balance()
    assert str(again.value) == str(dropped.value)
    assert again.value.sent is False
    assert again.value.provider == "sandbox"


def noted(waited):
    async def sleep(seconds):
        waited.append(seconds)

    return sleep


def test_retries_of_a_read_do_not_wait(opened, played, shop, tape, monkeypatch):
    waited = []
    monkeypatch.setattr(cassette, "time", SimpleNamespace(sleep=waited.append))
    monkeypatch.setattr(cassette, "asyncio", SimpleNamespace(sleep=noted(waited)))
    gateway = Gateway(shop, Faults([Fault.parse("500-before@getBalance:1")]))
    with pytest.raises(ServerError):
        opened(sandbox=gateway, record=tape, retries=2).get_balance()
    assert sum(waited) > 0.5
    waited.clear()
    with pytest.raises(ServerError):
        played(retries=2).get_balance()
    assert len(waited) == 2
    assert sum(waited) <= 0.1


def test_an_order_whose_answer_was_lost_is_found_again(opened, played, shop, tape):
    gateway = Gateway(shop, Faults([Fault.parse("drop-after@getNumberV2:1")]))
    before = opened(sandbox=gateway, record=tape).order("tg", 2, key="mine")
    after = played().order("tg", 2, key="mine")
    columns = ["activation_id", "phone_number", "order_id", "cost"]
    pd.testing.assert_frame_equal(before[columns], after[columns])


def test_the_sandbox_of_a_notebook_may_be_stepped_and_not_asked(opened, played, shop, tape):
    opened(sandbox=shop, record=tape).get_balance()
    replay = played(sandbox=Sandbox()).client
    clock = replay.sandbox.clock.now()
    replay.sandbox.step(90)
    assert (replay.sandbox.clock.now() - clock).total_seconds() == 90
    replay.sandbox.send_sms("123", "Your code is 12345")
    with pytest.raises(UsageProblem, match="replay"):
        replay.sandbox.purchases()


def test_another_provider_than_the_recorded_one_is_refused(opened, shop, tape):
    opened(sandbox=shop, record=tape).get_balance()
    with pytest.raises(UsageProblem, match="recorded at sandbox, not at herosms"):
        opened(replay=tape, provider="herosms")


def test_names_of_a_provider_are_spoken_as_when_it_was_recorded(opened, wire, tape, monkeypatch):
    wire.answer = lambda _: wire.http("NO_ACTIVATIONS")
    sms = opened("0" * 32, provider="smshub", base_url=wire.url, record=tape)
    sms.get_active_activations()
    assert "getCurrentActivations" in tape.read_text(encoding="utf-8")
    replay = opened(replay=tape)
    assert replay.client.provider == "smshub"
    assert replay.get_active_activations().empty


def test_a_later_process_begins_a_take_of_its_own_and_the_latest_is_played(opened, tape, shop):
    sms = opened(sandbox=shop, record=tape)
    sms.get_balance()
    sms.order("tg", 2, key="kept")
    text = tape.read_text(encoding="utf-8")
    later = []
    for line in map(json.loads, text.splitlines()):  # as a kernel whose ledger has the order
        if line.get("action") != "getNumberV2" and line["is"] != "order":
            line["take"] = "later-1"
            line["body"] = line.get("body", "").replace("500.00", "7.00")
            later.append(json.dumps(line))
    tape.write_text(text + "\n".join(later) + "\n", encoding="utf-8")
    replay = opened(replay=Recording(tape))
    assert replay.get_balance().loc[0, "balance"] == 7
    assert replay.order("tg", 2, key="kept").loc[0, "is_new"]
