import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
from ports import listening
from terminal import refused, running

from sms_notebook.__main__ import main
from sms_notebook.sandbox.faults import CONNECTION_FAULTS, ERROR_CODES
from sms_notebook.sandbox.server import API_PATH

from .conftest import BUY, KEY

COMMAND = [sys.executable, "-m", "sms_notebook", "sandbox", "--port", "0", "--api-key", KEY]


@dataclass
class Process:
    """The command in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    output: str = ""

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.output = self.url + "".join(self.process.communicate(timeout=240))
        return self.process.returncode


@contextmanager
def started(*arguments: str) -> Iterator[Process]:
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield Process(process, process.stdout.readline().strip())
    finally:
        process.kill()
        process.communicate()


def test_the_first_line_is_the_url_and_it_answers_at_once():
    options = ("--seed", "7", "--balance", "12.5", "--start", "2025-01-01T00:00")
    with running("sandbox", "--api-key", KEY, *options) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert server.url.endswith(API_PATH)
        params = {"api_key": KEY, "action": "getBalance"}
        assert httpx.get(server.url, params=params, trust_env=False).text == "ACCESS_BALANCE:12.50"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_silently_whatever_a_webhook_receiver_does(number, endless):
    options = ("--speed", "600", "--success", "1", "--webhook-url", endless.url)
    with started(*options) as server:
        httpx.get(server.url, params={"api_key": KEY, **BUY}, trust_env=False)
        assert endless.reached.wait(60)
        assert server.end(number) == 0
        assert server.output == server.url


def test_a_late_reply_does_not_hold_up_the_end():
    with running("sandbox", "--fault", "latency:1:60") as server:
        address = httpx.URL(server.url)
        with socket.create_connection((address.host, address.port)) as client:
            client.sendall(
                f"GET {address.path}?action=getBalance HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            )
            httpx.get(address.join("/sandbox/state"), trust_env=False)
            server.end()
            assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")


def test_the_key_is_nowhere_in_the_output():
    faults = ["drop-before:0.2", "cut-after:0.2", "500-after:0.2", "latency:0.2:0.01", "429:0.2"]
    options = [part for fault in faults for part in ("--fault", fault)]
    with started(*options, "--speed", "60") as server, httpx.Client(trust_env=False) as client:
        outcomes = set()
        for _ in range(30):
            try:
                reply = client.get(server.url, params={"api_key": KEY, **BUY})
                outcomes.add(reply.status_code)
            except httpx.TransportError as problem:
                outcomes.add(type(problem))
        client.get(server.url.replace("handler", KEY))
        client.post(server.url, content=b"\x00\xff", params={"api_key": KEY})
        server.end()
    assert outcomes >= {200, 429, 500, httpx.RemoteProtocolError}
    assert KEY not in server.output


def test_the_same_seed_goes_wrong_in_the_same_places():
    def outcomes():
        options = ("--seed", "3", "--fault", "500-before:0.5")
        with running("sandbox", *options) as server, httpx.Client(trust_env=False) as client:
            return [client.get(server.url).status_code for _ in range(20)]

    first = outcomes()
    assert first == outcomes()
    assert set(first) == {200, 500}


def test_options_reach_the_sandbox():
    options = ("--account", "blocked", "--speed", "0", "--start", "2025-01-01T00:00:00+02:00")
    with running("sandbox", *options) as server:
        url = server.url.replace(API_PATH, "/sandbox/state")
        state = httpx.get(url, trust_env=False).json()
    assert state["account"] == "blocked"
    assert state["now"] == "2024-12-31T22:00:00+00:00"


BAD_OPTIONS = {
    ("--speed", "fast"): "--speed: a speed is a number from 0 to 1000000: 'fast'",
    ("--speed=-1",): "--speed: a speed is a number from 0 to 1000000: '-1'",
    ("--speed", "nan"): "--speed: a speed is a number from 0 to 1000000: 'nan'",
    ("--seed", "x"): "--seed: a seed is a whole number: 'x'",
    ("--balance", "much"): "--balance: a balance is an amount from 0 to 1000000000: 'much'",
    ("--balance", "inf"): "--balance: a balance is an amount from 0 to 1000000000: 'inf'",
    ("--balance", "1e28"): "--balance: a balance is an amount from 0 to 1000000000: '1e28'",
    ("--balance", "1e999999"): (
        "--balance: a balance is an amount from 0 to 1000000000: '1e999999'"
    ),
    ("--success", "2"): "--success: a share is a number from 0 to 1: '2'",
    ("--account", "rich"): (
        "--account: an account is active, inactive, blocked, banned, unverified: 'rich'"
    ),
    ("--start", "soon"): "--start: a start is an ISO time such as 2025-01-31T12:00:00: 'soon'",
    ("--start", "0001-01-01T00:00:00+03:00"): (
        "the clock starts in the years 1970 to 2999, not 0001-01-01T00:00:00+03:00"
    ),
    ("--webhook-url", "ftp://x"): (
        "--webhook-url: a webhook's URL starts with http:// or https://: 'ftp://x'"
    ),
    ("--fault", "drop-after:1.5"): (
        "--fault: drop-after: the probability goes from 0 to 1, not 1.5"
    ),
    ("--fault", "bogus:1"): "--fault: unknown fault 'bogus'; there are: "
    + ", ".join((*CONNECTION_FAULTS, *ERROR_CODES)),
    ("--host", "no.such.host.invalid", "--port", "0"): (
        "--host: there is no address 'no.such.host.invalid' here"
    ),
    ("--host", "a" * 300): f"--host: there is no address {'a' * 300!r} here",
    ("--apikey", KEY): "unknown option --apikey, did you mean --api-key?",
    (f"--apikey={KEY}",): "unknown option --apikey, did you mean --api-key?",
}


@pytest.mark.parametrize(("arguments", "line"), BAD_OPTIONS.items(), ids=map(" ".join, BAD_OPTIONS))
def test_a_wrong_option_is_one_line(arguments, line):
    assert refused("sandbox", *arguments) == f"sms_notebook sandbox: {line}\n"


def test_a_port_in_use_is_one_line():
    with listening() as taken:
        port = taken.getsockname()[1]
        line = f"sms_notebook sandbox: port {port} is in use; --port 0 takes a free one\n"
        assert refused("sandbox", "--port", str(port)) == line


def test_help_explains_every_option_fault_and_state_of_the_account(capsys):
    with pytest.raises(SystemExit):
        main(["sandbox", "--help"])
    text = capsys.readouterr().out
    options = "host port api-key speed seed balance account success fault webhook-url start"
    for option in options.split(" "):
        assert f"\n  --{option}" in text
    rows = {row.split()[0]: row for row in text.splitlines() if row.strip()}
    for name, line in {**CONNECTION_FAULTS, **ERROR_CODES}.items():
        assert rows[name].endswith(line), name
    for state in ("active", "inactive", "blocked", "banned", "unverified"):
        assert len(rows[state].split()) > 2, state
