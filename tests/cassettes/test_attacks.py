"""Recordings under attack: hostile files, odd replies, a disk that fills up, cells out of order."""

import gc
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cassettes.test_files import KEY, lines_of

from sms_notebook import Client, MalformedReply, UsageProblem
from sms_notebook.cassettes import player, recorder
from sms_notebook.cassettes.cassette import Recording
from sms_notebook.cassettes.pseudonyms import Pseudonyms
from sms_notebook.cassettes.recorder import CassetteFile
from sms_notebook.sandbox import Sandbox, serve

NUMBER, CODE = "79991231234", "54321"


# Masked recordings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("getNumber", f"\ufeffACCESS_NUMBER:1:{NUMBER}"),
        ("getNumber", f'"ACCESS_NUMBER:1:{NUMBER}"'),
        ("getNumber", f"the number {NUMBER} is gone"),
        ("getStatus", f'"STATUS_OK:{CODE}"'),
        ("getStatus", f"STATUS_OK {CODE}"),
        ("getNumberV2", f'\ufeff{{"activationId":1,"phoneNumber":"{NUMBER}"}}'),
        ("getNumberV2", f'{{"activationId":1,"phoneNumber":{NUMBER}.0}}'),
        ("getNumberV2", f'{{"activationId":1,"phoneNumber":"{NUMBER}","line":"+7 999 123-12-34"}}'),
        ("getNumberV2", f'{{"activationId":1,"tel":["00{NUMBER}",{NUMBER}]}}'),
        ("getNumberV2", f'{{"status":"error","message":"{NUMBER} was taken"}}'),
        ("setStatus", f'{{"title":"OTP_RECEIVED","info":"{CODE}"}}'),
        ("setStatus", f'{{"title":"OTP_RECEIVED","info":{{"data":["{CODE}"]}}}}'),
        ("setStatus", f'{{"title":"OTP_RECEIVED:{CODE}"}}'),
        ("ownAction", f'{{"lines":["{NUMBER}"],"one":{NUMBER}}}'),
        ("ownAction", NUMBER),
    ],
)
def test_no_odd_shape_of_a_reply_gets_a_secret_into_a_masked_recording(action, body):
    masked = Pseudonyms().in_reply(action, body.encode()).decode()
    for secret in (NUMBER, CODE, "999 123-12-34"):
        assert secret not in masked


def test_ids_and_refusals_stay_true_in_a_masked_recording():
    for action, body in [
        ("ownAction", '{"activationId": 635468024, "rent_id": "635468024"}'),
        ("getNumberV2", '{"status": "error", "title": "WRONG_MAX_PRICE", "info": {"min": 0.86}}'),
        ("getNumber", '{"title": "BANNED", "details": "2026-01-01 10:00:00"}'),
        ("setStatus", "EARLY_CANCEL_DENIED"),
    ]:
        assert Pseudonyms().in_reply(action, body.encode()).decode() == body


def test_parameters_and_ends_of_waits_are_masked_too(opened, wire, tape):
    sms = opened("0" * 32, base_url=wire.url, record=tape, record_masked=True, retries=0)
    wire.says("DONE")
    sms.call("sendTo", phone=f"+{NUMBER}")
    wire.says(f"BAD_KEY:{NUMBER}")
    with pytest.raises(Exception, match="BAD_KEY"):
        sms.wait_code("1", timeout=2)
    wire.says(f"<title>{NUMBER} {CODE}</title>")
    with pytest.raises(MalformedReply):
        sms.get_status("1")
    recorder = sms.client._cassette._recorder
    recorder.ended("wait 635468024", MalformedReply(f"activation 635468024: {NUMBER} {CODE}"))
    text = tape.read_text(encoding="utf-8")
    assert NUMBER not in text
    assert CODE not in text
    assert lines_of(tape)[-1]["text"].startswith("activation 635468024: ")


@pytest.mark.usefixtures("restless")
def test_many_threads_get_the_same_pseudonym_for_the_same_text(wire, tape):
    texts = [f"Text {number} for you" for number in range(60)]
    begin = threading.Barrier(4)
    wire.answer = lambda asked: wire.http(
        json.dumps({"sms": {"text": texts[int(asked.params["n"])]}})
    )

    def ask(number: int) -> None:
        if number < begin.parties:
            begin.wait()
        sms.call("getStatusV2", n=number % len(texts))

    with (
        Client(base_url=wire.url, api_key="0" * 32, record=tape, record_masked=True) as sms,
        ThreadPoolExecutor(begin.parties) as threads,
    ):
        list(threads.map(ask, range(4 * len(texts))))
    written = [json.loads(line["body"])["sms"]["text"] for line in lines_of(tape) if "body" in line]
    assert len(written) == 4 * len(texts)
    assert set(written) == {f"Masked message {number}" for number in range(1, len(texts) + 1)}


def test_a_wait_may_end_while_a_line_is_written(shop, tape, monkeypatch):
    """Collecting garbage ends what nobody awaits any more, in whatever thread that happens."""
    really, ended = recorder.written, []

    def written(line):
        if not ended:
            ended.append("wait 1")
            sms._cassette.ended("wait 1")
        return really(line)

    with Client(sandbox=shop, record=tape) as sms, ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(recorder, "written", written)
        assert len(threads.submit(sms.get_balance).result(20)) == 1
    assert [line["is"] for line in lines_of(tape)][-2:] == ["end", "exchange"]


def test_the_key_is_hidden_where_a_person_puts_it_in_a_key_of_an_order(opened, tape):
    with serve(Sandbox(balance="9", api_key=KEY)) as url:
        sms = opened(KEY, base_url=url, record=tape)
        sms.order("tg", 2, key=KEY)
        sms.client._cassette.ended("wait 1", ValueError(KEY))
    assert KEY not in tape.read_text(encoding="utf-8")


# What was paid is kept --------------------------------------------------------------------------


@pytest.fixture
def uncollected():
    """Collect no garbage at the limit of recursion, where no finalizer could run to its end."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("depth", [300, 900])
def test_a_reply_that_cannot_be_masked_is_still_an_order(opened, wire, tape, depth):
    deep = '{"a":' * depth + "1" + "}" * depth
    sms = opened("0" * 32, base_url=wire.url, record=tape, record_masked=True)
    wire.says(f'{{"activationId":"7","phoneNumber":"{NUMBER}","more":{deep}}}')
    assert sms.get_number_v2("tg", 2).loc[0, "activation_id"] == "7"
    assert sms.ledger().loc[0, "activation_id"] == "7"
    assert NUMBER not in tape.read_text(encoding="utf-8")


def test_a_fault_of_the_recorder_does_not_lose_an_order(opened, shop, tape, monkeypatch, caplog):
    sms = opened(sandbox=shop, record=tape)

    def broken(*_):
        raise MemoryError

    monkeypatch.setattr("sms_notebook.cassettes.recorder.packed", broken)
    bought = sms.order("tg", 2)
    assert sms.ledger().loc[0, "activation_id"] == bought.loc[0, "activation_id"]
    assert caplog.text.count("is recorded no more: MemoryError") == 1


def test_a_disk_that_was_full_for_a_moment_leaves_a_recording_that_can_be_played(
    shop, tape, monkeypatch
):
    really = os.write
    with Client(sandbox=shop, record=tape) as sms:
        sms.get_balance()

        def half(handle, content):
            monkeypatch.setattr(os, "write", full)
            return really(handle, content[: len(content) // 2])

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", half)
        sms.get_countries()
        monkeypatch.setattr(os, "write", really)
        sms.get_balance()
    with Client(replay=Recording(tape)) as sms:
        assert sms.get_balance().loc[0, "balance"] == 500


FORKS = """
import os, sys
from sms_notebook import Client
Client(record=sys.argv[1]).get_balance()
child = os.fork()
Client(record=sys.argv[1], record_masked=True).get_balance()
if child:
    os.waitpid(child, 0)
os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_forked_process_begins_a_take_of_another_name(tape):
    subprocess.run([sys.executable, "-c", FORKS, str(tape)], check=True)
    names = [line["take"] for line in lines_of(tape) if line["is"] == "take"]
    assert len(names) == len(set(names)) == 3


WRITES = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from sms_notebook.cassettes.format import FORMAT, Exchange, Header
from sms_notebook.cassettes.recorder import CassetteFile
now, file = datetime.now(UTC), CassetteFile(Path(sys.argv[1]))
take = file.begin(Header("", FORMAT, {"name": "x"}, now, now))
for number in range(60):
    file.add(Exchange(take, "ask", {"n": str(number)}, now, now, status=200, body="x" * 500_000))
"""


def test_a_kernel_that_begins_takes_nothing_from_one_that_is_writing(tape, caplog):
    with subprocess.Popen([sys.executable, "-c", WRITES, str(tape)]) as other:
        while other.poll() is None:
            os.close(CassetteFile(tape)._handle)
    assert other.returncode == 0
    assert "half a line" not in caplog.text
    assert sum(line["is"] == "exchange" for line in lines_of(tape)) == 60


# Replays ----------------------------------------------------------------------------------------


def test_an_order_of_a_key_is_that_of_the_key_in_whatever_order_cells_run(
    opened, played, shop, tape
):
    sms = opened(sandbox=shop, record=tape)
    first, second = (sms.order("tg", 2, key=key).loc[0, "activation_id"] for key in "ab")
    replay = played()
    assert replay.order("tg", 2, key="b").loc[0, "activation_id"] == second
    assert replay.order("tg", 2, key="a").loc[0, "activation_id"] == first


def test_a_watch_that_was_cut_off_ends_with_the_recording(opened, shop, tape, caplog):
    with Client(sandbox=shop, record=tape) as sms:
        ref = sms.order("tg", 2).loc[0, "activation_id"]
        with sms.watch([ref], every=0.1) as watch:
            shop.send_sms(ref, "Your code is 40815")
            next(watch)
    whole = tape.read_text(encoding="utf-8").splitlines()
    cut = [line for line in whole if json.loads(line)["is"] != "end"]
    tape.write_text("\n".join(cut) + "\n", encoding="utf-8")
    with Client(replay=Recording(tape)) as sms:
        ref = sms.order("tg", 2).loc[0, "activation_id"]
        with sms.watch([ref]) as watch:
            assert [event.code for event in watch] == ["40815"]
    assert "The recording ends here" in caplog.text


def test_a_question_that_was_not_recorded_is_refused_at_once_in_a_long_recording(
    opened, played, shop, tape, monkeypatch
):
    sms = opened(sandbox=shop, record=tape)
    sms.get_prices("tg", 2)
    header, exchange = tape.read_text(encoding="utf-8").splitlines()
    tape.write_text("\n".join([header, *[exchange] * 2_000, ""]), encoding="utf-8")
    compared = []
    match = player.SequenceMatcher
    monkeypatch.setattr(player, "SequenceMatcher", lambda *of: compared.append(1) or match(*of))
    replay = played()
    with pytest.raises(UsageProblem, match="The nearest is getPrices"):
        replay.get_prices("wa", 2)
    assert len(compared) == 1  # once for each question, not for each exchange


# Hostile files ----------------------------------------------------------------------------------


def edited(tape, **facts) -> None:
    """Change the header of a recording."""
    header, *rest = lines_of(tape)
    header |= facts
    lines = [json.dumps(line) for line in (header, *rest)]
    tape.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("name", ["actions", "params", "fixed_params", "statuses", "notes"])
@pytest.mark.parametrize("value", [None, 5, "x", [[1]]])
def test_facts_of_the_wrong_kind_are_one_line(opened, shop, tape, name, value):
    opened(sandbox=shop, record=tape).get_balance()
    edited(tape, provider=lines_of(tape)[0]["provider"] | {name: value})
    with pytest.raises(UsageProblem, match="is damaged"):
        Client(replay=Recording(tape))


def test_names_of_an_earlier_version_are_read(opened, played, shop, tape):
    opened(sandbox=shop, record=tape).get_balance()
    facts = lines_of(tape)[0]["provider"]
    edited(tape, provider=facts | {"actions": {"getBalance": "x"}})
    with pytest.raises(UsageProblem, match="was not recorded"):
        played().get_balance()


@pytest.mark.parametrize("odd", [{"methods": []}, {"actions": {"getBalance": ["x"]}}])
def test_no_method_and_names_of_the_wrong_kind_are_damage(opened, shop, tape, odd):
    opened(sandbox=shop, record=tape).get_balance()
    edited(tape, provider=lines_of(tape)[0]["provider"] | odd)
    with pytest.raises(UsageProblem, match="is damaged"):
        Client(replay=Recording(tape))


@pytest.mark.parametrize("take", ["a\0b", "a\nb"])
def test_a_take_of_an_impossible_name_is_one_line(tape, opened, shop, take):
    opened(sandbox=shop, record=tape)
    edited(tape, take=take)
    with pytest.raises(UsageProblem, match="is damaged: line 1"):
        Client(replay=Recording(tape))


def test_a_take_that_begins_twice_is_damage_and_loses_nothing_silently(tape, opened, shop):
    opened(sandbox=shop, record=tape).get_balance()
    text = tape.read_text(encoding="utf-8")
    tape.write_text(text + text.partition("\n")[0] + "\n", encoding="utf-8")
    with pytest.raises(UsageProblem, match="is damaged: line 3"):
        Client(replay=Recording(tape))


def test_a_clock_at_the_end_of_time_cannot_be_stepped(tape, opened, shop):
    opened(sandbox=shop, record=tape)
    edited(tape, clock="9999-12-31T23:59:59Z")
    with Client(replay=Recording(tape)) as sms:
        for seconds in (90, 1e300, float("nan")):
            with pytest.raises(UsageProblem, match="cannot be stepped"):
                sms.sandbox.step(seconds)
        assert sms.sandbox.clock.now().year == 9999


@pytest.mark.parametrize("name", ["record", "replay"])
def test_what_is_no_file_is_neither_written_nor_read(opened, tmp_path, name):
    places = [tmp_path, "a\0b", "~nobody-of-that-name/x"]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        places.append(tmp_path / "pipe")
    for place in places:
        with pytest.raises(UsageProblem) as caught:
            opened(**{name: place})
        assert "\n" not in str(caught.value)
