import json
import logging
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from sms_notebook.ledger import database as orders_database
from sms_notebook.ledger import sqlite_engine
from sms_notebook.ledger.database import Database, url_of
from sms_notebook.webhooks.receiver import provider_by_numbers

from .conftest import WEBHOOK, FailingBook, HeldBook, bought, line, stored_in, until


def test_what_was_answered_is_in_the_file(post):
    post.send()
    elsewhere = Database(url_of(post.ledger.database.path))
    assert [row.code for row in stored_in(elsewhere)] == ["12345"]
    elsewhere.close()


def test_nothing_is_answered_before_it_is_stored(opened, ledger):
    book = HeldBook(ledger.database)
    post, body = opened(store=book), json.dumps(WEBHOOK)
    with line(post.url) as sender:
        sender.begin(f"Content-Length: {len(body)}")
        sender.send(body)
        assert book.reached.wait(60)
        # The ledger is waited for, but the loop is free: others are answered meanwhile.
        assert post.client.get(post.url).status_code == 405
        assert sender.is_silent()
        assert not post.messages()
        book.go_on.set()
        assert sender.answer().status == 200
    assert len(post.messages()) == 1


def test_a_repeat_is_answered_and_stored_once(post):
    assert [post.send().status_code for _ in range(8)] == [200] * 8
    assert len(post.messages()) == 1
    assert post.receiver.counts["stored"] == 1
    assert post.receiver.counts["repeats"] == 7


def test_another_message_of_the_same_activation_is_no_repeat(post):
    post.send()
    post.send({**WEBHOOK, "code": "54321"})
    post.send({**WEBHOOK, "receivedAt": "2023-01-01 12:05:00"})
    assert len(post.messages()) == 3
    assert post.receiver.counts["stored"] == 3


def test_what_comes_while_the_ledger_is_busy_is_written_together(opened, ledger):
    book = HeldBook(ledger.database)
    post = opened(store=book)

    def send(number):
        return post.send({**WEBHOOK, "code": str(number)}).status_code

    with ThreadPoolExecutor(42) as pool:
        first = pool.submit(send, 0)
        assert book.reached.wait(60)
        # 20 others, each twice: the repeats must not be taken for further messages.
        others = [pool.submit(send, 1 + number // 2) for number in range(40)]
        until(lambda: len(waiting(post)) == 40)
        book.go_on.set()
        assert [future.result() for future in [first, *others]] == [200] * 41
    assert book.batches == [1, 20]
    assert sorted(int(row.code) for row in post.messages()) == list(range(21))
    assert post.receiver.counts["stored"] == 21
    assert post.receiver.counts["repeats"] == 20


def test_all_who_waited_for_a_write_that_failed_have_to_send_again(opened, ledger):
    damaged = Database(ledger.database.url.set(database="/dev/null/no/ledger"))
    book = HeldBook(damaged)
    post = opened(store=book)

    def send(number):
        return post.send({**WEBHOOK, "code": str(number)}).status_code

    with ThreadPoolExecutor(11) as pool:
        first = pool.submit(send, 0)
        assert book.reached.wait(60)
        others = [pool.submit(send, 1 + number) for number in range(10)]
        until(lambda: len(waiting(post)) == 10)
        book.go_on.set()
        assert [future.result() for future in [first, *others]] == [503] * 11
    assert post.receiver.counts["ledger"] == 11


def waiting(post):
    return post.receiver._running.writer._waiting


def test_listeners_of_this_process_are_woken(opened, ledger):
    woken = []
    stop = ledger.messages.listen(lambda: woken.append(len(stored_in(ledger.database))))
    post = opened()
    post.send()
    post.send()
    stop()
    assert woken == [1]


def test_a_ledger_that_fails_has_the_provider_send_it_again(opened, ledger, caplog):
    book = FailingBook(ledger.database)
    post = opened(store=book)
    assert [post.send().status_code for _ in range(3)] == [503] * 3
    assert not post.messages()
    book.fails = False
    assert post.send().status_code == 200
    assert [row.code for row in post.messages()] == ["12345"]
    assert post.receiver.counts["ledger"] == 3
    said = [record.getMessage() for record in caplog.records if record.name == "sms_notebook"]
    assert len(said) == 1
    assert "\n" not in said[0]
    assert "Free some space" in said[0]
    assert "12345" not in said[0]


def test_each_trouble_is_told_once(opened, ledger, caplog):
    book = FailingBook(ledger.database)
    post = opened(store=book)
    for fails in (True, True, False, True, True):
        book.fails = fails
        post.send()
    assert [record.name for record in caplog.records if record.levelno == logging.WARNING] == [
        "sms_notebook"
    ] * 2


def test_a_damaged_ledger_is_a_reason_to_send_again(opened, tmp_path):
    file = tmp_path / "damaged.sqlite"
    file.write_bytes(b"this is no database, and long enough to be taken for one" * 100)
    damaged = orders_database.Database(url_of(file))
    post = opened(store=HeldBook(damaged))
    post.receiver._store.go_on.set()
    assert post.send().status_code == 503
    file.unlink()
    assert post.send().status_code == 200
    assert len(stored_in(damaged)) == 1
    damaged.close()


def test_a_locked_ledger_is_a_reason_to_send_again(opened, ledger, monkeypatch):
    monkeypatch.setattr(sqlite_engine, "_PATIENCE", 0.05)
    post = opened()
    ledger.messages.last_id()
    with closing(sqlite3.connect(ledger.database.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert post.send().status_code == 503
        other.rollback()
    assert post.send().status_code == 200
    assert len(post.messages()) == 1


def test_an_id_can_belong_to_another_provider(opened):
    post = opened(provider="herosms", provider_of=lambda ref: f"provider of {ref}")
    post.send()
    post.send({**WEBHOOK, "activationId": 7})
    assert [row.provider for row in post.messages()] == ["provider of 123456", "provider of 7"]


def test_the_numbers_tell_whose_an_id_is(opened, ledger):
    bought(ledger.database, "smshub", "1")
    bought(ledger.database, "smshub", "2")
    bought(ledger.database, "daisysms", "2")
    bought(ledger.database, "herosms", "3")
    provider_of = provider_by_numbers(ledger.database, "herosms")
    post = opened(provider="herosms", provider_of=provider_of)
    for ref in (1, 2, 3, 4):
        post.send({**WEBHOOK, "activationId": ref})
    fields = {row.ref: row.provider for row in post.messages()}
    assert fields == {"1": "smshub", "2": "herosms", "3": "herosms", "4": "herosms"}


def test_a_ledger_that_cannot_be_asked_whose_an_id_is_is_a_reason_to_send_again(opened, tmp_path):
    file = tmp_path / "damaged.sqlite"
    file.write_bytes(b"this is no database, and long enough to be taken for one" * 100)
    damaged = Database(url_of(file))
    post = opened(provider_of=provider_by_numbers(damaged, "sandbox"))
    assert post.send().status_code == 503
    damaged.close()
