import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from .conftest import WEBHOOK


def without(*names):
    return {name: value for name, value in WEBHOOK.items() if name not in names}


def test_a_webhook_as_documented_is_stored_whole(opened):
    post = opened(provider="herosms", zone=timezone(timedelta(hours=3)))
    assert post.send().status_code == 200
    [message] = post.messages()
    assert message.provider == "herosms"
    assert (message.ref, message.code, message.text) == ("123456", "12345", "Sms text")
    assert (message.service, message.channel, message.via) == ("go", "sms", "webhook")
    assert message.received_at == datetime(2023, 1, 1, 9, tzinfo=UTC)
    assert datetime.now(UTC) - message.seen_at < timedelta(minutes=1)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_the_content_type_does_not_matter(post, content_type):
    assert post.send(headers={"Content-Type": content_type}).status_code == 200
    assert post.messages()[0].code == "12345"


def test_an_encoding_of_json_is_found_out(post):
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert post.send(json.dumps(WEBHOOK).encode(encoding)).status_code == 200
    assert len(post.messages()) == 1


@pytest.mark.parametrize(
    ("activation", "ref"),
    [(0, "0"), (10**20 - 1, "9" * 20), ("0123", "0123"), ("9" * 20, "9" * 20)],
)
def test_an_id_is_a_number_or_its_text(post, activation, ref):
    assert post.send({**WEBHOOK, "activationId": activation}).status_code == 200
    assert post.messages()[0].ref == ref


@pytest.mark.parametrize(
    "activation",
    [
        *[None, True, False, "", " ", "12a", "-1", " 1", "1\n", "\u0661", "9" * 21, "1.0"],
        *[-1, 10**20, 1.0, 1e30, [1], {"id": 1}, [], {}],
    ],
)
def test_what_is_no_id_is_refused(post, activation):
    assert post.send({**WEBHOOK, "activationId": activation}).status_code == 400
    assert not post.messages()
    assert post.receiver.counts["body"] == 1


def test_a_message_without_an_id_is_refused(post):
    assert post.send(without("activationId")).status_code == 400
    assert not post.messages()


@pytest.mark.parametrize(
    "body",
    [
        *[b"", b" ", b"nonsense", b"{", b"{'activationId': 1}", b"\xff\xfe", b"\x00" * 100],
        *[b"activationId=1&code=2", b"[" * 60_000, b'{"a":' * 10_000, b"9" * 60_000],
        *[b"null", b"1", b'"text"', b"[]", b'[{"activationId": 1, "code": "1"}]', b"true"],
    ],
)
def test_what_is_no_json_object_is_refused_in_one_short_line(post, body):
    reply = post.send(body)
    assert reply.status_code == 400
    assert reply.text.count("\n") == 1
    assert len(reply.text) < 80
    assert not post.messages()


@pytest.mark.parametrize("name", ["code", "text", "service", "country"])
@pytest.mark.parametrize("value", [[], {}, ["1"], {"a": 1}, True, False, 1.5, float("nan")])
def test_a_field_of_an_odd_type_is_refused(post, name, value):
    reply = post.send({**WEBHOOK, name: value})
    assert (reply.status_code, reply.text) == (400, f"{name} is not a text\n")
    assert not post.messages()


@pytest.mark.parametrize("value", [[], {}, True, False, ["2023-01-01 12:00:00"]])
def test_a_time_of_an_odd_type_is_refused(post, value):
    assert post.send({**WEBHOOK, "receivedAt": value}).status_code == 400
    assert not post.messages()


@pytest.mark.parametrize(
    ("sent", "code"),
    [("0042", "0042"), (42, "42"), ("", None), (None, None), (" 12-34 ", "12-34")],
)
def test_a_code_may_be_a_number_or_missing(post, sent, code):
    assert post.send({**WEBHOOK, "code": sent}).status_code == 200
    assert post.messages()[0].code == code


def test_a_message_needs_only_an_id_and_something_said(post):
    assert post.send({"activationId": 1, "code": "1"}).status_code == 200
    assert post.send({"activationId": 2, "text": "hello"}).status_code == 200
    assert [(row.code, row.text) for row in post.messages()] == [("1", None), (None, "hello")]


def test_a_body_without_code_and_text_is_no_webhook(post):
    assert post.send(without("code", "text")).status_code == 400
    assert not post.messages()


@pytest.mark.parametrize(
    "said",
    [{"code": ""}, {"code": None, "text": ""}, {"text": " \n"}, {"code": None, "text": None}],
)
def test_a_message_that_says_nothing_is_taken_and_not_stored(post, said):
    assert post.send({**without("code", "text"), **said}).status_code == 200
    assert not post.messages()
    assert post.receiver.counts["empty"] == 1


RENT = {"phoneFrom": "SHOP", "text": "code 2792", "date": "2026-06-17 16:01:10"}


def test_a_message_of_a_rent_is_stored_as_its_list_shows_it(opened):
    post = opened(provider="sms-online", zone=timezone(timedelta(hours=3)))
    assert post.send({"rentId": "26000001", "sms": RENT}).status_code == 200
    [message] = post.messages()
    assert (message.ref, message.code, message.text) == ("26000001", None, "code 2792")
    assert message.phone_from == "SHOP"
    assert message.received_at == datetime(2026, 6, 17, 13, 1, 10, tzinfo=UTC)


def test_several_messages_of_a_rent_are_stored_each(post):
    sms = [RENT, {**RENT, "text": "code 2793"}]
    assert post.send({"rentId": 26000001, "sms": sms}).status_code == 200
    assert [row.text for row in post.messages()] == ["code 2792", "code 2793"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"rentId": "x", "sms": RENT}, 400),
        ({"rentId": 1, "sms": "text"}, 400),
        ({"rentId": 1, "sms": [None]}, 400),
        ({"rentId": 1, "sms": {**RENT, "text": ["code"]}}, 400),
        ({"rentId": 1}, 200),
        ({"rentId": 1, "sms": {**RENT, "text": None}}, 200),
    ],
)
def test_a_rent_that_says_nothing_is_taken_and_what_is_none_refused(post, body, status):
    assert post.send(body).status_code == status
    assert not post.messages()


@pytest.mark.parametrize(
    "sent",
    [
        *["yesterday", "2023-13-45 99:99:99", "", "0000-00-00 00:00:00", None, "9" * 5000],
        *["0001-01-01 00:00:00", float("nan"), float("inf"), 10**40, -1e300, "\x00", "\ud800"],
    ],
)
def test_a_message_without_a_readable_time_is_stored_without_time(opened, sent):
    post = opened(zone=timezone(timedelta(hours=3)))
    assert post.send({**WEBHOOK, "receivedAt": sent}).status_code == 200
    assert post.messages()[0].received_at is None


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("<script>alert(1)</script> & '; DROP TABLE messages; --", None),
        ("код 😀 \u202e\u0000end", "код 😀 \u202eend"),
        ("half \ud83d of a character", "half \ufffd of a character"),
        ("two halves \ud83d\ude00", "two halves 😀"),
        ("\r\n\t\x1b[31m\x7f", None),
        (1234, "1234"),
    ],
)
def test_any_text_is_stored_as_text(post, sent, stored):
    assert post.send({**WEBHOOK, "text": sent}).status_code == 200
    assert post.messages()[0].text == (stored or sent)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (rb"half \ud83d", "half \ufffd"),
        (b"caf\xc3", "caf\ufffd"),
        (b"a\nb\x1b", "a\nb\x1b"),
        (rb"It\'s \x41 \u12", "It's A \ufffd12"),
        (b"cut\\", "cut\\"),
        (b'5" screen', '5" screen'),
    ],
)
def test_a_broken_text_does_not_lose_the_code(post, sent, stored):
    body = json.dumps({**WEBHOOK, "text": "@"}).encode().replace(b"@", sent)
    assert post.send(body).status_code == 200
    assert (post.messages()[0].text, post.messages()[0].code) == (stored, "12345")


@pytest.mark.parametrize("name", ["code", "text", "service"])
def test_a_very_long_text_does_no_harm(post, name):
    assert post.send({**WEBHOOK, name: "x" * 60_000}).status_code == 200
    [message] = post.messages()
    assert set(getattr(message, name)) == {"x"}


ANY_TEXT = st.text(st.characters(), max_size=30)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
LIKELY = {
    "activationId": st.integers(0, 10**21) | st.from_regex(r"[0-9]{1,22}", fullmatch=True),
    "code": ANY_TEXT | st.integers(),
    "text": ANY_TEXT,
    "service": ANY_TEXT,
    "country": st.integers(),
    "receivedAt": ANY_TEXT | st.datetimes().map(str) | st.integers() | st.floats(),
}
NEARLY = st.fixed_dictionaries({}, optional={name: v | ANY_JSON for name, v in LIKELY.items()})


def is_id(value):
    if isinstance(value, bool):
        return False
    digits = str(value) if isinstance(value, int | str) else ""
    return digits.isascii() and digits.isdigit() and len(digits) <= 20


@given(sent=NEARLY | ANY_JSON)
@example(sent={"activationId": 1, "code": "\ud800\x00"})
@example(sent={"activationId": 1, "text": "\udfff", "receivedAt": -62135596800})
def test_any_json_is_either_refused_or_stored_with_its_id(post, sent):
    before = len(post.messages())
    reply = post.send(sent)
    assert reply.status_code in {200, 400}, reply.text
    after = post.messages()
    if reply.status_code == 400:
        assert len(after) == before
    else:
        assert isinstance(sent, dict)
        assert is_id(sent["activationId"])
        says = [str(sent[name]).strip("\0 ") for name in ("code", "text") if sent.get(name)]
        assert str(sent["activationId"]) in {row.ref for row in after} or not any(
            word.encode("utf-8", "ignore").strip() for word in says
        )


@given(body=st.binary(max_size=300))
def test_any_bytes_are_refused_politely(post, body):
    assert post.send(body).status_code == 400
    assert not post.messages()
