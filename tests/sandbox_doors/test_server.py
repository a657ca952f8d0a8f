import logging
import socket
import subprocess
import sys
import threading

import httpx
import pytest

from sms_notebook.sandbox import Fault, serve
from sms_notebook.sandbox.server import api_url, listen

from .conftest import BUY, KEY, standing_sandbox


def raw(url, request):
    """Send bytes and return all that comes back until the server closes."""
    address = httpx.URL(url)
    with socket.create_connection((address.host, address.port), timeout=30) as client:
        client.sendall(request)
        received = b""
        while chunk := client.recv(65536):
            received += chunk
    return received


def buying(url):
    query = httpx.QueryParams({"api_key": KEY, **BUY})
    return f"GET {httpx.URL(url).path}?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_drop_sends_not_a_single_byte(moment):
    with serve(standing_sandbox(), [f"drop-{moment}:1"]) as url:
        assert raw(url, buying(url)) == b""


def test_a_cut_reply_announces_more_than_it_sends():
    sandbox = standing_sandbox()
    with serve(sandbox, [Fault("cut-after", 1)]) as url:
        head, _, body = raw(url, buying(url)).partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    (length,) = [int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length")]
    assert lines[0] == b"http/1.1 200 ok"
    assert b"content-type: text/html; charset=utf-8" in lines
    assert 0 < len(body) < length
    assert b"ACCESS_NUMBER:".startswith(body) or body.startswith(b"ACCESS_NUMBER:")
    assert len(sandbox.purchases()) == 1


def test_nothing_answers_after_the_block():
    with serve(standing_sandbox()) as url:
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_no_thread_is_left_behind():
    before = threading.active_count()
    with serve(standing_sandbox(webhook_url="http://127.0.0.1:9/")) as url:
        httpx.get(url, params={"api_key": KEY, **BUY}, trust_env=False)
        assert threading.active_count() > before
    assert threading.active_count() == before


def test_a_client_that_never_finishes_its_request_does_not_hold_up_the_end(caplog):
    with serve(standing_sandbox()) as url:
        address = httpx.URL(url)
        client = socket.create_connection((address.host, address.port), timeout=30)
        half = (
            b"POST /stubs/handler_api.php HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 99\r\n\r\nact"
        )
        client.sendall(half)
        httpx.get(address.join("/"), trust_env=False)
    client.close()
    assert not caplog.records


def test_a_client_that_goes_away_leaves_no_trace_in_the_log(caplog):
    with caplog.at_level(logging.WARNING), serve(standing_sandbox(), ["latency:1:0.1"]) as url:
        address = httpx.URL(url)
        for request in (
            buying(url),
            b"POST /stubs/handler_api.php HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 9\r\n\r\na",
        ):
            with socket.create_connection((address.host, address.port), timeout=30) as client:
                client.sendall(request)
        httpx.get(url, trust_env=False)
    assert not caplog.records


def test_two_servers_do_not_disturb_each_other():
    one, two = standing_sandbox(balance="1"), standing_sandbox(balance="2")
    question = {"api_key": KEY, "action": "getBalance"}
    with serve(one) as first, serve(two) as second:
        answers = [httpx.get(url, params=question, trust_env=False).text for url in (first, second)]
    assert answers == ["ACCESS_BALANCE:1.00", "ACCESS_BALANCE:2.00"]


def test_it_serves_after_nest_asyncio_has_patched_asyncio():
    code = (
        "import nest_asyncio; nest_asyncio.apply()\n"
        "import httpx\n"
        "from sms_notebook.sandbox import Sandbox, serve\n"
        "with serve(Sandbox()) as url:\n"
        "    print(httpx.get(url, params={'action': 'getBalance'}, trust_env=False).text)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "ACCESS_BALANCE:50.00\n", done.stderr


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - only listened on, for a moment
    ],
)
def test_the_url_is_one_that_can_be_called(host, shown):
    with listen(host, 0) as listener:
        port = listener.getsockname()[1]
        assert not listener.getsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR
        )  # see ports.listening
        assert api_url(host, listener) == f"http://{shown}:{port}/stubs/handler_api.php"
