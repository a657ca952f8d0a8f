"""The file: what is in it, who may read it, and what is said of one that is damaged."""

import json
import logging
import os
import subprocess
import sys

import pytest

from sms_notebook import Client, SmsError, UsageProblem
from sms_notebook.cassettes import format as file_format
from sms_notebook.cassettes.cassette import Recording
from sms_notebook.sandbox import Sandbox, serve

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


def lines_of(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_exchange_is_a_line_at_once(opened, shop, tape):
    sms = opened(sandbox=shop, record=tape)
    (header,) = lines_of(tape)
    assert header["is"] == "take"
    assert header["format"] == 1
    assert header["provider"]["name"] == "sandbox"
    sms.get_balance()
    _, exchange = lines_of(tape)
    assert exchange["action"] == "getBalance"
    assert exchange["status"] == 200
    assert exchange["body"] == "ACCESS_BALANCE:500.00"
    assert exchange["clock"] == "2026-03-01T12:00:00Z"
    assert exchange["took"] >= 0


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_nobody_else_may_read_it(opened, shop, tape):
    opened(sandbox=shop, record=tape)
    assert tape.stat().st_mode & 0o777 == 0o600


def test_the_key_is_nowhere_in_it(opened, wire, tape):
    escaped = KEY.replace("a", "\\u0061")
    bodies = iter(
        [
            wire.http(f"ACCESS_BALANCE:{KEY}"),
            wire.http(f'{{"status":"error","message":"no such key {KEY} {escaped}"}}'),
            wire.http(f"<title>{KEY}</title>", 500),
            b"HTTP/1.1 200 OK\r\nX-" + KEY.encode() + b": 1\r\nContent-Length: 99\r\n\r\ncut",
        ]
    )
    wire.answer = lambda _: next(bodies)
    sms = opened(KEY, base_url=wire.url, record=tape, retries=0)
    sms.call("getBalance", ref=KEY)
    for ask in (sms.get_countries, sms.get_balance, sms.get_services_list):
        with pytest.raises(SmsError):
            ask()
    text = tape.read_text(encoding="utf-8")
    assert len(text.splitlines()) == 5
    assert KEY not in text
    assert escaped not in text


def test_settings_come_from_the_environment(shop, tape, monkeypatch):
    monkeypatch.setenv("SMS_RECORD", str(tape))
    with Client(sandbox=shop) as sms:
        sms.get_balance()
    monkeypatch.delenv("SMS_RECORD")
    monkeypatch.setenv("SMS_REPLAY", str(tape))
    with Client() as sms:
        assert sms.get_balance().loc[0, "balance"] == 500


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"record": 7}, "record takes the path of a file, not 7"),
        ({"replay": ""}, "replay takes the path of a file"),
        ({"record": "a.jsonl", "replay": "a.jsonl"}, "name the same file"),
        ({"record_masked": True}, "record_masked goes with record"),
        ({"replay": "nowhere.jsonl"}, "there is no recording nowhere.jsonl"),
        ({"record": "no/such/folder.jsonl"}, "cannot be recorded to"),
    ],
)
def test_wrong_settings_are_one_line(opened, tmp_path, monkeypatch, options, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageProblem, match=said) as caught:
        opened(**options)
    assert "\n" not in str(caught.value)


@pytest.fixture
def recorded(shop, tape):
    with Client(sandbox=shop, record=tape) as sms:
        sms.get_balance()
        sms.get_prices("tg", 2)
    return tape


def test_half_a_line_at_the_end_is_left_out_with_a_warning(recorded, caplog):
    text = recorded.read_bytes()
    recorded.write_bytes(text[:-40])
    with caplog.at_level(logging.WARNING), Client(replay=Recording(recorded)) as sms:
        assert sms.get_balance().loc[0, "balance"] == 500
    assert "flow.jsonl ends with half a line" in caplog.text


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda _: b"", "it is empty"),
        (lambda text: b"hello\n" + text, "is no recording: line 1"),
        (lambda text: text.replace(b'"body"', b'"body', 1), "is damaged: line 2"),
        (lambda text: text.replace(b'"status":200', b'"status":"x"', 1), "is damaged: line 2"),
        (lambda text: text.replace(b'"is":"exchange"', b'"is":"other"', 1), "is damaged: line 2"),
        *(
            (lambda text, odd=odd: text.replace(b'"status":200', odd, 1), "is damaged: line 2")
            for odd in (
                b'"status":429,"retry_after":-5',
                b'"status":429,"retry_after":-0.001',
                b'"status":429,"retry_after":1e300',
                b'"status":-1',
                b'"status":100000',
            )
        ),
        (lambda text: text.replace(b'"format":1', b'"format":2'), "newer version"),
        (lambda text: text.partition(b"\n")[2], "belongs to nothing"),
        (lambda text: text.replace(b'"zone":0.0', b'"zone":"x"'), "is damaged"),
        (lambda text: text.replace(b'"name":"sandbox"', b'"nam":"sandbox"'), "damaged|recorded"),
        (lambda _: b"\xff\xfe\x00" * 10 + b"\n", "is no recording"),
    ],
)
def test_a_damaged_file_is_one_line(recorded, spoil, said):
    recorded.write_bytes(spoil(recorded.read_bytes()))
    with pytest.raises(UsageProblem, match=said) as caught:
        Client(replay=Recording(recorded))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_too_large_is_not_read(recorded, monkeypatch):
    monkeypatch.setattr(file_format, "LARGEST", 2**20)
    with recorded.open("ab") as file:
        file.truncate(2**20 + 1)
    with pytest.raises(UsageProblem, match="larger than 1 MB"):
        Client(replay=Recording(recorded))


def test_another_kind_of_file_is_not_written_to(shop, tape):
    tape.write_text("my diary\n", encoding="utf-8")
    with pytest.raises(UsageProblem, match="no recording"):
        Client(sandbox=shop, record=tape)
    assert tape.read_text(encoding="utf-8") == "my diary\n"


AGAIN = """
import sys
from sms_notebook import Client
from sms_notebook.sandbox import Sandbox
with Client(sandbox=Sandbox(balance=sys.argv[2]), record=sys.argv[1]) as sms:
    sms.get_balance()
"""


def test_a_new_process_adds_to_a_recording_that_was_cut_off(tape):
    for balance in ("11", "22"):
        subprocess.run([sys.executable, "-c", AGAIN, str(tape), balance], check=True)
        with tape.open("ab") as file:
            file.write(b'{"is":"exchange","ta')
    with Client(replay=Recording(tape)) as sms:
        assert sms.get_balance().loc[0, "balance"] == 22
    assert [line["is"] for line in lines_of_whole(tape)] == ["take", "exchange"] * 2


def lines_of_whole(path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def test_a_full_disk_spoils_the_recording_and_not_the_work(shop, tape, monkeypatch, caplog):
    with Client(sandbox=shop, record=tape) as sms:

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", full)
        assert not sms.order("tg", 2).empty
        assert not sms.order("tg", 2).empty
    assert caplog.text.count("is recorded no more") == 1


def test_a_client_that_records_nothing_loads_nothing_of_it():
    program = (
        "import sys, sms_notebook; sms_notebook.Client().get_balance(); "
        "print([n for n in sys.modules if 'protocol.masking' in n or '.cassettes' in n])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"


def test_a_recording_over_http_is_that_of_the_provider(tape):
    shop = Sandbox(balance="9", api_key=KEY)
    with serve(shop) as url, Client(KEY, base_url=url, record=tape) as sms:
        before = sms.get_balance()
        provider = sms.provider
    with Client(replay=Recording(tape)) as sms:
        assert sms.provider == provider
        assert sms.get_balance().attrs == before.attrs
