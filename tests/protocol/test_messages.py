"""What replies say of messages, and which of them are the same."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.incoming_messages import (
    MESSAGES,
    IncomingMessage,
    find_same,
    numbered,
    of_listed,
    unknown_text,
)
from sms_notebook.protocol.replies import Context, Reply

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Known:
    code: str | None = None
    text: str | None = None
    received_at: datetime | None = None


def messages_in(action: str, text: str, **params: str) -> list[IncomingMessage]:
    context = Context(action, params, "sandbox")
    reply = Reply(200, text.encode())
    return MESSAGES[action](Call(ACTIONS[action], params).read(reply, context))


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("STATUS_WAIT_CODE", []),
        ("STATUS_OK:01234", ["01234"]),
        ("STATUS_WAIT_RETRY:01234", []),  # that code is a past one
        ("STATUS_CANCEL", []),
    ],
)
def test_a_status_has_a_code_where_one_has_come(text, codes):
    found = messages_in("getStatus", text, id="1")
    assert [(message.ref, message.code) for message in found] == [("1", code) for code in codes]


def test_details_are_those_of_each_channel():
    sms = '{"verificationType": 0, "sms": {"dateTime": "2026-03-01 12:00:00", "code": "01234"}}'
    voice = '{"verificationType": 2, "call": {"from": "4455", "url": "https://x/y.mp3"}}'
    [message] = messages_in("getStatusV2", sms, id="1")
    assert (message.code, message.channel, message.received_at) == ("01234", "sms", NOON)
    [message] = messages_in("getStatusV2", voice, id="1")
    assert (message.channel, message.phone_from, message.url) == (
        "voice",
        "4455",
        "https://x/y.mp3",
    )


def test_of_a_list_the_latest_text_belongs_to_the_latest_code():
    row = {"activation_id": "1", "sms_codes": ["1111", "2222"], "sms_text": "It is 2222"}
    assert of_listed(row) == [
        IncomingMessage("1", "1111"),
        IncomingMessage("1", "2222", "It is 2222"),
    ]
    assert of_listed(row, "call") == [
        IncomingMessage("1", code, channel="call") for code in ("1111", "2222")
    ]


@pytest.mark.parametrize(
    ("known", "left"),
    [
        ([], "Your code is 12-34\nYour code is 5678"),
        ([Known(code="1234")], "Your code is 5678"),
        ([Known(text="Your code is 12-34\nYour code is 5678")], ""),
        ([Known(code="5678"), Known(text="Your code is 12-34")], ""),
        ([Known()], "Your code is 12-34\nYour code is 5678"),  # a recording alone says nothing
    ],
)
def test_a_history_has_what_is_not_known(known, left):
    assert unknown_text("Your code is 12-34\nYour code is 5678", known) == left


def test_two_that_say_the_same_are_two():
    same = IncomingMessage("1", "1234")
    assert [place for _, place in numbered([same, IncomingMessage("1", "5678"), same])] == [1, 1, 2]
    timed, untimed = Known("1234", received_at=NOON), Known("1234")
    assert find_same([untimed], None, 1) is untimed
    assert find_same([untimed], None, 2) is None
    assert find_same([untimed, timed], NOON, 1) is timed
    assert find_same([untimed], NOON, 1) is untimed
    assert find_same([Known(received_at=datetime(2026, 1, 1, tzinfo=UTC))], NOON, 1) is None
