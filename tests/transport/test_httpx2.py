"""httpx2, the fork of httpx, sends below the key: it works, and its log shows no key."""

import logging

import httpx
import pytest

from sms_notebook import ConnectionFailed
from sms_notebook.protocol.steps import ProviderRequest
from sms_notebook.providers.key import ApiKey
from sms_notebook.transport.options import timeouts_of
from sms_notebook.transport.sender import Sender, Target

httpx2 = pytest.importorskip("httpx2", reason="a fork that not everybody has")
KEY = "f3647b8a9f0e1d6c483f2b55e1a7c0d9"[::-1]
BALANCE = ProviderRequest("getBalance", {})


class Fork(httpx.BaseTransport):
    """Sends with a client of httpx2."""

    def __init__(self) -> None:
        self.client = httpx2.Client(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.client.request(
            request.method,
            str(request.url),
            headers=list(request.headers.multi_items()),
            content=request.read(),
        )
        stream = httpx.ByteStream(answer.content)
        headers = answer.headers.multi_items()
        return httpx.Response(answer.status_code, headers=headers, stream=stream)

    def close(self) -> None:
        self.client.close()


def sender_to(url: str) -> Sender:
    return Sender(Target("mine", url), ApiKey(KEY), timeouts_of(30.0, None), inner=Fork())


def test_neither_its_requests_nor_what_is_echoed_are_logged_with_the_key(wire, caplog):
    caplog.set_level(logging.DEBUG)
    wire.says("ACCESS_BALANCE:1.00", x_echo=KEY, location=f"http://x/?api_key={KEY}")
    sender = sender_to(wire.url)
    reply = sender.send(BALANCE)
    sender.close()
    assert reply.body == b"ACCESS_BALANCE:1.00"
    assert wire.asked[0].params["api_key"] == KEY
    logged = {record.name for record in caplog.records if "***" in record.getMessage()}
    assert {"httpx2", "httpcore2.http11"} <= logged
    assert KEY not in caplog.text


def test_its_failures_mean_what_those_of_httpx_mean(closed_port):
    sender = sender_to(closed_port)
    with pytest.raises(ConnectionFailed) as failed:
        sender.send(BALANCE)
    sender.close()
    assert failed.value.sent is False
    assert KEY not in str(failed.value)


def test_every_logger_of_what_may_send_is_known():
    """Filters are not asked about loggers below their own."""
    sender_to("http://127.0.0.1:9/stubs/handler_api.php").close()
    known = logging.getLogger("httpx2").filters
    assert known
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        is_theirs = name.partition(".")[0] in ("httpx", "httpcore", "httpx2", "httpcore2", "hpack")
        if is_theirs and name not in ("httpcore", "httpcore2", "hpack"):
            assert set(known) <= set(logger.filters), name
