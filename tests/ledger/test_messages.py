"""A message is kept once, whichever way and however often it is told of."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notebook import Client
from sms_notebook.ledger.ledger import ledger_in_memory
from sms_notebook.ledger.messages import MessageBook
from sms_notebook.protocol.incoming_messages import IncomingMessage

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def book():
    return ledger_in_memory().messages


def add(book, *arrivals: IncomingMessage, via: str = "poll") -> int:
    return book.add("p", arrivals, via=via, seen_at=NOW)


def said(book) -> list[tuple[str | None, str | None]]:
    return [(row.code, row.text) for row in book.of("p", ["1"])]


def listed(*codes: str) -> list[IncomingMessage]:
    return [IncomingMessage("1", code=code) for code in codes]


def at(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_what_a_list_shows_again_is_not_new(book):
    assert add(book, *listed("11")) == 1
    assert add(book, *listed("11")) == 0
    assert add(book, *listed("11", "22")) == 1
    assert said(book) == [("11", None), ("22", None)]


def test_the_same_code_twice_in_a_list_is_two_messages(book):
    add(book, *listed("11"))
    assert add(book, *listed("11", "11")) == 1
    assert len(said(book)) == 2


def test_a_webhook_that_comes_again_is_dropped(book):
    arrival = IncomingMessage("1", code="11", text="It is 11", received_at=at(5))
    assert [add(book, arrival, via="webhook") for _ in range(3)] == [1, 0, 0]


def test_the_same_code_at_another_time_is_another_message(book):
    for seconds in (5, 65):
        add(book, IncomingMessage("1", code="11", received_at=at(seconds)), via="webhook")
    assert len(said(book)) == 2


@pytest.mark.parametrize("polled_first", [True, False])
def test_a_poll_and_a_webhook_tell_of_one_message(polled_first, book):
    ways = [
        lambda: add(book, *listed("11")),
        lambda: add(book, IncomingMessage("1", "11", "It is 11", received_at=at(5)), via="webhook"),
    ]
    for way in ways if polled_first else reversed(ways):
        way()
    (row,) = book.of("p", ["1"])
    assert (row.code, row.text, row.received_at) == ("11", "It is 11", at(5))


def test_a_message_without_a_code_is_known_by_its_text(book):
    add(book, IncomingMessage("1", text="Hello"), IncomingMessage("1", text="Hello again"))
    assert said(book) == [(None, "Hello"), (None, "Hello again")]


def test_a_call_that_was_parsed_again_has_its_new_text(book):
    for text in ("one one", "ein ein"):
        add(book, IncomingMessage("1", "11", text, channel="voice", received_at=at(5)))
    assert said(book) == [("11", "ein ein")]


def test_ids_of_providers_and_numbers_are_kept_apart(book):
    add(book, *listed("11"))
    assert book.add("other", listed("11"), via="poll", seen_at=NOW) == 1
    assert add(book, IncomingMessage("2", code="11")) == 1
    assert len(said(book)) == 1


def test_whoever_listens_is_told_of_new_ones_only(book):
    told = []
    stop = book.listen(lambda: told.append(1))
    add(book, *listed("11"))
    add(book, *listed("11"))
    stop()
    add(book, *listed("11", "22"))
    assert told == [1]


def test_who_reads_on_misses_nothing(book):
    add(book, *listed("11"))
    last = book.last_id()
    add(book, *listed("11", "22"), IncomingMessage("2", code="33"))
    assert [row.code for row in book.after("p", last)] == ["22", "33"]


@given(
    codes=st.lists(st.sampled_from(["11", "22", "033"]), min_size=1, max_size=6),
    seed=st.integers(0, 10**6),
)
def test_each_message_is_kept_once_in_whatever_order_it_is_heard_of(codes, seed):
    """Polls show what has come so far; webhooks come late, twice and in any order."""
    book, draw = ledger_in_memory().messages, random.Random(seed)
    hooks = [IncomingMessage("1", code, received_at=at(n)) for n, code in enumerate(codes)] * 2
    polls = [listed(*codes[:n]) for n in range(1, len(codes) + 1)]
    tellings = [("webhook", [hook]) for hook in hooks]
    draw.shuffle(tellings)
    # What a poll shows only grows; between the polls anything may be told.
    for poll in polls:
        tellings.insert(draw.randint(0, len(tellings)), ("poll", poll))
    grown = iter(sorted((poll for via, poll in tellings if via == "poll"), key=len))
    for via, arrivals in tellings:
        add(book, *(next(grown) if via == "poll" else arrivals), via=via)
    assert sorted(code for code, _ in said(book)) == sorted(codes)


def webhook(ref: str, code: str = "11") -> IncomingMessage:
    return IncomingMessage(ref, code=code)


def test_of_numbers_of_others_only_the_latest_webhooks_are_kept(book):
    for first in range(0, 3000, 100):
        add(book, *(webhook(str(ref)) for ref in range(first, first + 100)), via="webhook")
    kept = [row.ref for row in book.after("p", 0)]
    assert 1000 <= len(kept) <= 1200
    assert kept[-1] == "2999"


def test_old_ones_are_forgotten_and_what_was_polled_is_not():
    ledger = ledger_in_memory()
    old = NOW - timedelta(days=31)
    ledger.messages.add("p", [webhook("1")], via="webhook", seen_at=old)
    ledger.messages.add("p", [webhook("2")], via="poll", seen_at=old)
    MessageBook(ledger.database).add("p", [webhook("3")], via="webhook", seen_at=NOW)
    assert [row.ref for row in ledger.messages.after("p", 0)] == ["2", "3"]


def test_those_of_a_number_that_was_bought_here_are_kept():
    with Client() as sms:
        ref = sms.order("tg", 2).loc[0, "activation_id"]
        ledger = sms._session.ledgers.account_ledger.ledger
        old = NOW - timedelta(days=400)
        ledger.messages.add("sandbox", [webhook(ref, "77")], via="webhook", seen_at=old)
        MessageBook(ledger.database).add("sandbox", [webhook("x")], via="webhook", seen_at=NOW)
        assert "77" in [row.code for row in ledger.messages.of("sandbox", [ref])]
