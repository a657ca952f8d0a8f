"""A message is kept once, whichever way and however often it is told of."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sms_notebook.orders.messages import Arrival
from sms_notebook.orders.shelf import ledger_in_memory

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def book():
    return ledger_in_memory().messages


def add(book, *arrivals: Arrival, via: str = "poll") -> int:
    return book.add("p", arrivals, via=via, seen_at=NOW)


def said(book) -> list[tuple[str | None, str | None]]:
    return [(row.code, row.text) for row in book.of("p", ["1"])]


def listed(*codes: str) -> list[Arrival]:
    return [Arrival("1", code=code) for code in codes]


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
    arrival = Arrival("1", code="11", text="It is 11", received_at=at(5))
    assert [add(book, arrival, via="webhook") for _ in range(3)] == [1, 0, 0]


def test_the_same_code_at_another_time_is_another_message(book):
    for seconds in (5, 65):
        add(book, Arrival("1", code="11", received_at=at(seconds)), via="webhook")
    assert len(said(book)) == 2


@pytest.mark.parametrize("polled_first", [True, False])
def test_a_poll_and_a_webhook_tell_of_one_message(polled_first, book):
    ways = [
        lambda: add(book, *listed("11")),
        lambda: add(book, Arrival("1", "11", "It is 11", received_at=at(5)), via="webhook"),
    ]
    for way in ways if polled_first else reversed(ways):
        way()
    (row,) = book.of("p", ["1"])
    assert (row.code, row.text, row.received_at) == ("11", "It is 11", at(5))


def test_a_message_without_a_code_is_known_by_its_text(book):
    add(book, Arrival("1", text="Hello"), Arrival("1", text="Hello again"))
    assert said(book) == [(None, "Hello"), (None, "Hello again")]


def test_a_call_that_was_parsed_again_has_its_new_text(book):
    for text in ("one one", "ein ein"):
        add(book, Arrival("1", "11", text, channel="voice", received_at=at(5)))
    assert said(book) == [("11", "ein ein")]


def test_ids_of_providers_and_numbers_are_kept_apart(book):
    add(book, *listed("11"))
    assert book.add("other", listed("11"), via="poll", seen_at=NOW) == 1
    assert add(book, Arrival("2", code="11")) == 1
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
    add(book, *listed("11", "22"), Arrival("2", code="33"))
    assert [row.code for row in book.after("p", last)] == ["22", "33"]


@settings(max_examples=60, deadline=None)
@given(
    codes=st.lists(st.sampled_from(["11", "22", "033"]), min_size=1, max_size=6),
    seed=st.integers(0, 10**6),
)
def test_each_message_is_kept_once_in_whatever_order_it_is_heard_of(codes, seed):
    """Polls show what has come so far; webhooks come late, twice and in any order."""
    book, draw = ledger_in_memory().messages, random.Random(seed)
    hooks = [Arrival("1", code, received_at=at(n)) for n, code in enumerate(codes)] * 2
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
