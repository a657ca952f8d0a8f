"""A stranger's text may hold any bytes: what else a reply says is read as ever."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sms_notebook.protocol.broken_json import decode_broken
from sms_notebook.protocol.errors import MalformedReply

BROKEN = {
    "half an emoji, escaped": (rb"code \ud83d 5511", "code \ufffd 5511"),
    "the other half": (rb"\ude00 5511", "\ufffd 5511"),
    "a half before a whole": (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
    "half an emoji, raw": (b"\xed\xa0\xbd 5511", "\ufffd\ufffd\ufffd 5511"),
    "a character cut short": ("caf\u00e9".encode()[:-1], "caf\ufffd"),
    "another encoding": (b"\xea\xee\xe4 5511", "\ufffd\ufffd\ufffd 5511"),
    "raw control characters": (b"a\r\n\tb\x1b\x01", "a\r\n\tb\x1b\x01"),
    "a quote escaped for SQL": (rb"It\'s 5511", "It's 5511"),
    "escaped for a script": (rb"\x41\x", "A\\x"),
    "an escape cut short": (rb"5511 \u12", "5511 \ufffd12"),
    "a path of Windows": (rb"C:\Users\q", "C:\\Users\\q"),
    "cut behind a backslash": (b"5511\\", "5511\\"),
    "quotes as they are": (b'say "yes" to 5511', 'say "yes" to 5511'),
    "a quote alone": (b'5" screen', '5" screen'),
}

REPLIES: dict[str, Any] = {
    "getActiveActivations": {
        "activeActivations": [
            {"activationId": "1", "phoneNumber": "79990000001", "smsCode": ["4711"], "smsText": 0},
            {
                "activationId": "2",
                "phoneNumber": "79990000002",
                "smsCode": ["0815"],
                "smsText": "b",
            },
        ]
    },
    "getStatusV2": {
        "verificationType": 2,
        "sms": {"code": "4711", "text": 0},
        "call": {"from": "7999", "code": "0815", "text": "b"},
    },
    "getRentStatus": {
        "status": "success",
        "values": {"0": {"phoneFrom": "7", "text": 0}, "1": {"phoneFrom": "8", "text": "0815"}},
    },
    "getHistory": [
        {"id": 1, "phone": "79990000001", "sms": 0},
        {"id": 2, "phone": "79990000002", "sms": '["b 0815"]'},
    ],
}

each_action = pytest.mark.parametrize("action", sorted(REPLIES))


def with_text(action: str, text: bytes) -> bytes:
    """Write a reply in which a stranger's text stands as it came."""
    return json.dumps(REPLIES[action]).encode().replace(b": 0", b': "' + text + b'"')


def facts(wire: Any, action: str, text: bytes) -> list[dict[str, Any]]:
    """Read all rows; the stranger's text, which may be any, is left out."""
    frame = wire.read(action, with_text(action, text))
    columns = [name for name in ("text", "sms_text", "sms") if name in frame]
    rows: list[dict[str, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [
        dict.fromkeys(columns) | {n: v for n, v in row.items() if n not in columns}
        if place == 0
        else row
        for place, row in enumerate(rows)
    ]


@each_action
@pytest.mark.parametrize("kind", sorted(BROKEN))
def test_a_broken_text_is_read_as_far_as_it_goes(wire: Any, action: str, kind: str) -> None:
    text, words = BROKEN[kind]
    frame = wire.read(action, with_text(action, text))
    column = next(name for name in ("text", "sms_text", "sms") if name in frame)
    assert frame[column][0] == words
    assert facts(wire, action, text) == facts(wire, action, b"a")


# A bare quote ends a text: beside one, some bytes are a reply of another meaning.
texts = st.one_of(
    st.binary(max_size=12).map(lambda text: b"a" + text.replace(b'"', b"")),
    st.lists(st.sampled_from([text for text, _ in BROKEN.values() if b'"' not in text])).map(
        lambda texts: b"a" + b"".join(texts)
    ),
    st.text("\\u\u00e9dD8'x12\"", max_size=12).map(
        lambda text: b"a" + text.replace('"', '\\"').encode()[:-1]
    ),
)


@each_action
@given(text=texts)
def test_any_bytes_of_a_text_leave_the_others_right(wire: Any, action: str, text: bytes) -> None:
    assert facts(wire, action, text) == facts(wire, action, b"a")


@given(code=st.sampled_from([b"STATUS_OK:", b"FULL_SMS:"]), text=st.binary(max_size=12))
def test_any_bytes_behind_a_word_are_a_text(wire: Any, code: bytes, text: bytes) -> None:
    row = wire.read("getStatus", code + b"a4711 " + text).iloc[0]
    assert "4711" in f"{row['code']} {row['text']}"


@pytest.mark.parametrize("text", [text for text, _ in BROKEN.values()])
@each_action
def test_what_is_cut_short_stays_malformed(wire: Any, action: str, text: bytes) -> None:
    whole = with_text(action, text)
    for end in range(2, len(whole) - 1):
        with pytest.raises(MalformedReply) as caught:
            wire.read(action, whole[:end])
        assert caught.value.is_cut or end > whole.index(text), whole[:end]


@given(content=st.binary(max_size=40).map(lambda text: b'["' + text))
@example(b'["\\"' * 20_000)
@example(b'[{"a": "' * 20_000)
@example(b'["a' + b'" ' * 30_000)
def test_no_bytes_take_long_or_become_anything_but_json(content: bytes) -> None:
    with suppress(ValueError, RecursionError):
        assert isinstance(decode_broken(content), list)
