"""The rule: the API key is found nowhere.

Everything that can go wrong is made to go wrong, with both clients, and everything that a person
could see or save afterwards is searched for the key. The tests themselves never hold it in a
variable, so whatever shows it has it from the package.
"""

import gzip
import itertools
import logging
import pickle
import threading
from collections import deque
from collections.abc import Iterator

import httpx
import pandas as pd
import pytest

from sms_notebook import (
    Client,
    ConnectionFailed,
    MalformedReply,
    SmsError,
)
from sms_notebook.providers.key import ApiKey
from sms_notebook.transport import network
from sms_notebook.transport.redaction import hide_in_log

BALANCE = "ACCESS_BALANCE:1.00"
STATUSES = (301, 307, 400, 401, 403, 404, 429, 500, 503, 599)


def key() -> str:
    return "f3647b8a9f0e1d6c483f2b55e1a7c0d9"[::-1]  # so that no source line shows it


def odd_key() -> str:
    """A key that URLs, JSON and HTML each write in their own way."""
    return "e!~d$:&=b+a/t3rc3s"[::-1]


SECRETS = (key, odd_key)
pytestmark = pytest.mark.usefixtures("watch")


# The watch itself --------------------------------------------------------------------------------


class Leaky:
    def __init__(self) -> None:
        self.inside = [{"deep": odd_key().encode()}]


def raise_with_a_local():
    hidden = key()
    raise ConnectionFailed(f"{len(hidden)}")


def raise_suppressed():
    try:
        int(f"GET http://x/?api_key={key()}")
    except ValueError:
        raise ConnectionFailed("fine") from None


@pytest.mark.parametrize("leak", [raise_with_a_local, raise_suppressed, Leaky])
def test_the_watch_sees_what_it_should_see(leak, watch):
    try:
        leaking = leak()
    except ConnectionFailed as failure:
        leaking = failure
    with pytest.raises(pytest.fail.Exception, match="the key shows"):
        watch.check(leaking)


def test_the_watch_reads_the_log(watch):
    logging.getLogger("sms_notebook.deep").debug("GET %s", httpx.URL(params={"k": key()}))
    with pytest.raises(pytest.fail.Exception, match="the key shows"):
        watch.check()
    watch.log.records.clear()


# Replies -----------------------------------------------------------------------------------------


def echoes(wire, status: int) -> Iterator[bytes]:
    """Yield replies that hold the key, each in another place."""
    there = f"http://127.0.0.1/?{httpx.QueryParams({'api_key': key()})}"
    page = f"<html><title>{key()}</title><body>{there}</body></html>"
    yield wire.http("", status)
    yield wire.http(page, status, location=there, x_debug=there, content_type="text/html")
    yield wire.http(f'{{"error": "{there}", "info": {{"url": "{there}"}}}}', status)
    yield wire.http(f"BAD_KEY:{there}", status, retry_after=there)
    yield wire.http(there, status, set_cookie=there)


@pytest.mark.parametrize("status", STATUSES)
def test_not_in_an_http_error(status, opened, wire, watch):
    sms = opened(key(), base_url=wire.url, retries=0)
    asks = itertools.cycle((sms.get_balance, lambda: sms.get_number("tg", 2)))
    for reply in echoes(wire, status):
        wire.answer = lambda _asked, reply=reply: reply
        watch.check(watch.failure_of(next(asks)))
    assert all(asked.params["api_key"] == key() for asked in wire.asked)
    watch.check(sms)


@pytest.mark.alike
@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[1,",
        '{"activeActivations": [{"smsText": "KEY"',
        "KEY",
        "<html><title>KEY</title>",
        "<p>KEY",
        '{"status": "error", "msg": "KEY"}',
        '{"KEY": {"KEY": "KEY"}}',
        '["KEY"]',
        "ACCESS_BALANCE:KEY",
        "ACCESS_NUMBER:KEY",
        "BANNED:KEY",
        "ERROR_SQL:KEY",
        "STATUS_OK:KEY",
        b"\xff\xfe\x00KEY",
        b"\xef\xbb\xbfKEY",
    ],
)
@pytest.mark.parametrize("secret", [key, odd_key])
def test_not_in_an_error_about_an_odd_reply(body, secret, opened, wire, watch):
    plain = body.encode() if isinstance(body, str) else body
    sms = opened(secret(), base_url=wire.url, retries=0)
    asks = itertools.cycle((lambda: sms.get_number_v2("tg", 2), sms.get_active_activations))
    for spelling in watch.spellings(secret()):
        wire.says(plain.replace(b"KEY", spelling.encode()))
        watch.check(watch.failure_of(next(asks)))


@pytest.mark.alike
@pytest.mark.parametrize("secret", [key, odd_key])
def test_not_in_a_frame(secret, opened, wire, watch):
    def in_json(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("/", "\\/")

    sms = opened(secret(), base_url=wire.url)
    for spelling in (*watch.spellings(secret()), in_json(secret())):
        text = spelling if "\\" in spelling else spelling.replace('"', '\\"')
        wire.says(
            f'{{"sms": {{"dateTime": "2026-01-01 00:00:00", "code": "1", "text": "{text}"}},'
            f' "verificationType": 0, "odd {text}": "{text}"}}'
        )
        frame = sms.get_status_v2(5)
        assert len(frame) == 1
        watch.check(frame.attrs, frame.to_dict("list"))
        watch.check_text(frame.to_csv() + frame.to_html() + frame.to_json() + repr(frame))
        watch.check_text(pickle.dumps(frame).decode("latin-1"))
        raw = sms.call("getStatusV2", id="5")
        watch.check(raw)


def test_data_beside_the_key_stay_as_they_were(opened, wire):
    wire.says(f"STATUS_OK:12{key()}34")
    assert opened(key(), base_url=wire.url).get_status(5).loc[0, "code"] == "12***34"


@pytest.mark.parametrize(
    "answer",
    [
        lambda _wire: b"",
        lambda _wire: b"HTTP/1.1 200 OK\r\n",
        lambda _wire: b"not http at all " + key().encode() + b"\r\n\r\n",
        lambda _wire: b"HTTP/1.1 200 OK\r\nbad header " + key().encode() + b"\r\n\r\n",
        lambda _wire: b"HTTP/1.1 200 OK\r\nContent-Length: " + key().encode() + b"\r\n\r\nx",
        lambda wire: wire.http(key(), content_length="900"),
        lambda wire: wire.http(key(), content_encoding="gzip"),
        lambda wire: wire.http(gzip.compress(key().encode())[:-6], content_encoding="gzip"),
        lambda wire: wire.http(key(), content_length="", transfer_encoding="chunked"),
        lambda wire: wire.http("x" * 5000 + key()),
        lambda _wire: b"HTTP/1.1 101 Switching\r\n\r\n",
        lambda wire: wire.silence(),
    ],
    ids=(
        *("drop", "head", "noise", "header", "length", "cut", "gzip", "gzip cut", "chunks"),
        *("oversized", "switch", "silence"),
    ),
)
def test_not_in_a_failure_of_the_connection(answer, opened, wire, watch, monkeypatch):
    monkeypatch.setattr(network, "LARGEST", 4000)
    sms = opened(key(), base_url=wire.url, retries=1, timeout=0.2)
    wire.answer = lambda _asked: answer(wire)
    for method, *args in (("get_balance",), ("get_number", "tg", 2)):
        failure = watch.failure_of(getattr(sms, method), *args)
        assert isinstance(failure, SmsError), failure
        watch.check(failure)
    watch.check(sms)


def test_not_where_nobody_listens(opened, closed_port, watch):
    sms = opened(key(), base_url=closed_port, retries=1)
    failure = watch.failure_of(sms.get_balance)
    assert isinstance(failure, ConnectionFailed)
    watch.check(failure, sms)


def test_not_where_a_client_is_used_while_it_waits(opened, wire, watch):
    """Also a connection in use shows nothing."""
    sms = opened(key(), base_url=wire.url)

    def answer(_asked):
        watch.check(repr(sms.client), str(sms.client))
        return wire.http(BALANCE)

    wire.answer = answer
    sms.get_balance()
    watch.check(sms)


# Logging -----------------------------------------------------------------------------------------


def test_the_log_has_the_request_without_the_key(opened, wire, watch):
    wire.says(BALANCE, x_echo=key(), location=f"http://x/?api_key={key()}")
    opened(key(), base_url=wire.url).get_balance()
    lines = [record.getMessage() for record in watch.log.records]
    assert any("action=getBalance" in line for line in lines), lines
    assert any(record.name.startswith("httpcore") for record in watch.log.records)


def test_the_log_keeps_what_other_users_of_httpx_write(wire, watch):
    wire.says(BALANCE, x_seen="yes")
    with Client(key(), base_url=wire.url) as sms, httpx.Client() as other:
        sms.get_balance()
        other.get(wire.url, params={"action": "of-others"})
    lines = [record.getMessage() for record in watch.log.records]
    assert any("action=of-others" in line for line in lines)
    assert any("b'yes'" in line for line in lines if "receive_response_headers" in line)


class OfOthers(ApiKey):
    """A key that is made as quickly as possible."""

    def __init__(self) -> None:
        """Be in no text."""

    def hide_in(self, text: str) -> str:
        return text


@pytest.mark.usefixtures("restless")
def test_a_line_is_logged_while_others_bring_keys_of_their_own(watch):
    keys = deque(maxlen=500)
    is_over = threading.Event()

    def bring() -> None:
        while not is_over.is_set():
            keys.append(OfOthers())
            hide_in_log(keys[-1])

    hide_in_log(mine := ApiKey(key()))
    thread = threading.Thread(target=bring, daemon=True)
    thread.start()
    try:
        for _ in range(5000):
            logging.getLogger("httpx").info("GET %s", key())
    finally:
        is_over.set()
        thread.join()
    watch.check(mine)


def test_a_frame_of_a_real_call_shows_no_key(opened, wire, watch):
    wire.says(BALANCE)
    frame = opened(key(), base_url=wire.url).get_balance()
    assert isinstance(frame, pd.DataFrame)
    watch.check(frame.attrs, repr(frame), frame.to_html())


def test_a_malformed_reply_shows_the_reply_without_the_key(opened, wire):
    wire.says(f"odd {key()} reply")
    with pytest.raises(MalformedReply, match=r"odd \*\*\* reply"):
        opened(key(), base_url=wire.url, retries=0).get_balance()
