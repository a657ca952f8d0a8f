import json
import math
import threading

import pytest

from sms_notebook import serving
from sms_notebook.webhooks import app, rules
from sms_notebook.webhooks.app import LONGEST_BODY
from sms_notebook.webhooks.rules import SourceLimiter

from .conftest import WEBHOOK, HeldBook, line, until


def padded(length):
    body = json.dumps(WEBHOOK).encode()
    return body + b" " * (length - len(body))


def test_a_body_of_64_kib_is_taken(post):
    assert post.send(padded(1 << 16)).status_code == 200
    assert len(post.messages()) == 1


def test_one_byte_more_is_too_long(post):
    assert post.send(padded((1 << 16) + 1)).status_code == 413
    assert not post.messages()
    assert post.receiver.counts["size"] == 1


def test_an_announced_long_body_is_refused_before_it_comes(post):
    with line(post.url) as sender:
        sender.begin("Content-Length: 100000000")
        assert sender.answer().status == 413


def test_a_sender_that_insists_on_a_long_body_still_hears_why(post):
    assert post.send(padded(3_000_000)).status_code == 413
    assert not post.messages()


def test_a_chunked_body_is_taken(post):
    body = json.dumps(WEBHOOK).encode()
    reply = post.client.post(post.url, content=iter([body[:20], body[20:]]))
    assert reply.status_code == 200
    assert len(post.messages()) == 1


def test_a_chunked_body_without_end_is_refused_once_it_is_too_long(post):
    with line(post.url) as sender:
        sender.begin("Transfer-Encoding: chunked")
        for _ in range(LONGEST_BODY // 4096):
            sender.send(b"1000\r\n" + b" " * 4096 + b"\r\n")
        assert sender.is_silent()
        sender.send(b"1\r\n \r\n")
        assert sender.answer().status == 413


def drip(sender, piece, over):
    """Send a little now and then, until told to end or the other side has had enough."""
    try:
        while not over.wait(0.02):
            sender.send(piece)
    except OSError:
        pass


def test_a_body_that_drips_has_ten_seconds(opened, monkeypatch):
    assert app.READ_SECONDS == 10
    monkeypatch.setattr(app, "READ_SECONDS", 0.3)
    monkeypatch.setattr(serving, "IDLE_SECONDS", 1000)
    post, over = opened(), threading.Event()
    with line(post.url) as sender:
        sender.begin("Content-Length: 60000")
        dripping = threading.Thread(target=drip, args=(sender, b" ", over))
        dripping.start()
        assert sender.answer().status == 408
        assert sender.is_closed()
        over.set()
        dripping.join()
    assert post.receiver.counts["unfinished"] == 1
    assert post.send().status_code == 200


@pytest.mark.parametrize("piece", [b"", b"X-More: 1\r\n"])
def test_a_request_that_never_begins_is_not_waited_for(opened, monkeypatch, piece):
    assert serving.IDLE_SECONDS == 10
    monkeypatch.setattr(serving, "IDLE_SECONDS", 0.3)
    post, over = opened(), threading.Event()
    with line(post.url) as sender:
        sender.send("POST /x HTTP/1.1\r\n" if piece else "")
        dripping = threading.Thread(target=drip, args=(sender, piece, over))
        dripping.start()
        assert sender.is_closed()
        over.set()
        dripping.join()
    assert post.send().status_code == 200


def test_the_rest_of_a_refused_body_is_not_waited_for_either(opened, monkeypatch):
    monkeypatch.setattr(serving, "IDLE_SECONDS", 0.3)
    post, over = opened(sources=["192.0.2.1"]), threading.Event()
    with line(post.url) as sender:
        sender.begin("Content-Length: 100000000")
        assert sender.answer().status == 403
        dripping = threading.Thread(target=drip, args=(sender, b" " * 100, over))
        dripping.start()
        assert sender.is_closed()
        over.set()
        dripping.join()


def test_a_connection_in_use_is_kept(opened, monkeypatch):
    monkeypatch.setattr(serving, "IDLE_SECONDS", 0.5)
    post, pause = opened(), threading.Event()
    body = json.dumps(WEBHOOK)
    with line(post.url) as sender:
        for _ in range(8):
            sender.begin(f"Content-Length: {len(body)}")
            sender.send(body)
            assert sender.answer().status == 200
            pause.wait(0.1)


def test_a_sender_that_waits_for_a_slow_ledger_is_not_idle(opened, ledger, monkeypatch):
    monkeypatch.setattr(serving, "IDLE_SECONDS", 0.3)
    book, body = HeldBook(ledger.database), json.dumps(WEBHOOK)
    post = opened(store=book)
    with line(post.url) as sender, line(post.url) as idle:
        sender.begin(f"Content-Length: {len(body)}")
        sender.send(body)
        assert book.reached.wait(60)
        assert idle.is_closed()
        with line(post.url) as later:
            assert later.is_closed()
        assert sender.is_silent()
        book.go_on.set()
        assert sender.answer().status == 200


def test_a_sender_that_leaves_in_the_middle_does_no_harm(post, caplog):
    with line(post.url) as sender:
        sender.begin("Content-Length: 500")
        sender.send(json.dumps(WEBHOOK))
    until(lambda: post.receiver.counts["unfinished"] == 1)
    assert post.send().status_code == 200
    assert len(post.messages()) == 1
    assert not [record for record in caplog.records if "uvicorn" in record.name]


def test_garbage_is_answered_or_hung_up_on(post, caplog):
    for garbage in (b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"\r\n" * 100, b"A" * 100_000):
        with line(post.url) as sender:
            sender.send(garbage)
            sender.socket.shutdown(1)
            while not sender.is_closed():
                pass
    assert post.send().status_code == 200
    assert not [record for record in caplog.records if "uvicorn" in record.name]


def test_too_many_at_once_are_asked_to_come_again(opened, monkeypatch):
    monkeypatch.setattr(rules, "_BURST", 3)
    monkeypatch.setattr(rules, "_RATE", 0.01)
    post = opened()
    replies = [post.send({**WEBHOOK, "code": str(number)}) for number in range(5)]
    assert [reply.status_code for reply in replies] == [200, 200, 200, 429, 429]
    assert 90 <= int(replies[3].headers["retry-after"]) <= 100
    assert [row.code for row in post.messages()] == ["0", "1", "2"]
    assert post.receiver.counts["rate"] == 2


def test_who_comes_again_later_is_taken(opened, monkeypatch):
    monkeypatch.setattr(rules, "_BURST", 1)
    post = opened()
    while post.send().status_code != 429:
        monkeypatch.setattr(rules, "_RATE", 0.01)
    monkeypatch.setattr(rules, "_RATE", 1e9)
    assert post.send().status_code == 200


def test_each_source_has_a_rate_of_its_own(opened, monkeypatch):
    monkeypatch.setattr(rules, "_BURST", 1)
    monkeypatch.setattr(rules, "_RATE", 0.01)
    post = opened()
    assert [post.send_from("127.0.0.2") for _ in range(2)] == [200, 429]
    assert [post.send_from("127.0.0.3") for _ in range(2)] == [200, 429]


def test_a_source_behind_a_proxy_has_a_rate_of_its_own(opened, monkeypatch):
    monkeypatch.setattr(rules, "_BURST", 1)
    monkeypatch.setattr(rules, "_RATE", 0.01)
    post = opened(sources=["198.51.100.0/24"], proxies=["127.0.0.1"])
    assert [post.send_from("127.0.0.1", "198.51.100.1") for _ in range(2)] == [200, 429]
    assert post.send_from("127.0.0.1", "198.51.100.2") == 200


def test_strangers_use_nothing_up(opened, monkeypatch):
    monkeypatch.setattr(rules, "_BURST", 1)
    monkeypatch.setattr(rules, "_RATE", 0.01)
    post = opened(sources=["127.0.0.2"])
    assert [post.send_from("127.0.0.3") for _ in range(3)] == [403] * 3
    assert post.send_from("127.0.0.2") == 200


class Hand:
    """A clock moved by hand."""

    now = 0.0

    def __call__(self):
        return self.now


def test_a_thousand_come_at_once_and_five_hundred_a_second():
    clock = Hand()
    limiter = SourceLimiter(clock)
    assert [limiter.wait("a") for _ in range(1000)] == [0] * 1000
    assert math.isclose(limiter.wait("a"), 1 / 500)
    clock.now = 1.0
    assert sum(not limiter.wait("a") for _ in range(2000)) == 500
    clock.now = 100.0
    assert sum(not limiter.wait("a") for _ in range(2000)) == 1000


def test_idle_sources_are_forgotten_and_busy_ones_are_not():
    clock = Hand()
    limiter = SourceLimiter(clock)
    for number in range(5000):
        clock.now += 0.01
        limiter.wait(f"idle {number}")
    assert len(limiter._left) <= 1000
    while not limiter.wait("busy"):
        pass
    for number in range(2000):
        limiter.wait(f"new {number}")
    assert limiter.wait("busy")
