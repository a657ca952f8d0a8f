"""A key that a provider sends back in disguise is hidden as one that it sends back as it is."""

import base64
import codecs
import json
import logging
import re
import time
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sms_notebook import SmsError
from sms_notebook.providers.key import ApiKey

KEY = "3f9C27ab51d84e60A7b2c9d1e5f60718"
RAW = KEY.encode()
_BOLD = {"0": 0x1D7CE, "A": 0x1D400, "a": 0x1D41A}


def each(form, between=""):
    """Write the characters of the key one by one."""
    return between.join(form(character) for character in KEY)


def bold(character):
    base = "0" if character.isdigit() else "A" if character.isupper() else "a"
    return chr(_BOLD[base] + ord(character) - ord(base))


def wide(character):
    return chr(ord(character) + 0xFEE0)


DISGUISES = {
    "percent": each(lambda c: f"%{ord(c):02x}"),
    "percent twice": each(lambda c: f"%25{ord(c):02X}"),
    "one letter in percent": f"{KEY[:5]}%{ord(KEY[5]):02x}{KEY[6:]}",
    "percent u": each(lambda c: f"%u{ord(c):04x}"),
    "decimal entities": each(lambda c: f"&#{ord(c)};"),
    "decimal entities without their end": each(lambda c: f"&#00{ord(c)}"),
    "hexadecimal entities": each(lambda c: f"&#x{ord(c):X};"),
    "entities twice": each(lambda c: f"&amp;#x{ord(c):x};"),
    "named entities between": "&nbsp;".join(KEY),
    "base64": base64.b64encode(RAW).decode(),
    "base64 behind a user": base64.b64encode(b"u:" + RAW + b"xx").decode(),
    "base64 behind a letter, for URLs": base64.urlsafe_b64encode(b"?" + RAW + b"?>").decode(),
    "base64 in percent": quote(base64.b64encode(RAW).decode()),
    "base64 in lines": "\n".join(
        base64.b64encode(RAW).decode()[i : i + 7] for i in range(0, 44, 7)
    ),
    "base32": base64.b32encode(b"abc" + RAW).decode(),
    "hex": RAW.hex(),
    "hex in capitals": RAW.hex(":").upper(),
    "hex as a list": each(lambda c: f"0x{ord(c):02x}", ", "),
    "codes": each(lambda c: str(ord(c)), ", "),
    "bits": each(lambda c: f"{ord(c):08b}", " "),
    "in capitals": KEY.upper(),
    "other case": KEY.swapcase(),
    "reversed": KEY[::-1],
    "spaced": " ".join(KEY),
    "spaced, in capitals, reversed": " ".join(KEY[::-1].upper()),
    "dashed": "-".join(KEY),
    "in groups": "-".join(KEY[i : i + 4] for i in range(0, 32, 4)),
    "full-width": each(wide),
    "bold": each(bold),
    "zero-width between": "\u200b".join(KEY),
    "soft hyphens between": "\u00ad".join(KEY),
    "underlined": each(lambda c: f"{c}\u0332"),
    "escapes of JSON": each(lambda c: f"\\u{ord(c):04x}"),
    "escapes of JSON twice": each(lambda c: f"\\\\u{ord(c):04X}"),
    "escapes of JavaScript": each(lambda c: f"\\u{{{ord(c):x}}}"),
    "escapes of C": each(lambda c: f"\\x{ord(c):02x}"),
    "octal": each(lambda c: f"\\{ord(c):03o}"),
    "full-width in escapes": each(wide).encode("ascii", "backslashreplace").decode(),
    "bold in escapes": json.dumps(each(bold))[1:-1],
    "tags between": each(lambda c: f"<b>{c}</b>"),
    "a list": json.dumps([*KEY]),
    "a mail": each(lambda c: f"={ord(c):02X}"),
    "rot13": codecs.encode(KEY, "rot13"),
}


@pytest.mark.parametrize("name", DISGUISES)
def test_it_is_hidden_in_texts_and_bodies_and_nothing_else_is(name):
    written, key = DISGUISES[name], ApiKey(KEY)
    for text in (f"before {written} after", f"before {written} and {written} after"):
        hidden = key.hide_in(text)
        assert hidden == key.hide_in_body(text.encode()).decode()
        assert hidden.startswith("before ")
        assert hidden.endswith(" after")
        assert len(hidden.replace("***", "")) <= len("before  and  after") + 24, hidden


@pytest.mark.parametrize("name", DISGUISES)
def test_it_is_in_no_frame_no_error_no_recording_and_no_log(name, opened, wire, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    written = DISGUISES[name]
    escaped = written if "\\u" in written and "\\\\" not in written else json.dumps(written)[1:-1]
    listed = f'{{"status":"success","services":[{{"code":"tg","name":"{escaped}"}}]}}'
    tape = tmp_path / "tape.json"
    sms = opened(KEY, base_url=wire.url, retries=0, record=str(tape))
    one_line = written.replace("\n", " ").encode("ascii", "replace").decode()
    wire.answers_in_turn(
        wire.http(listed, x_text=one_line), wire.http(f"ODD {written}", x_text=one_line)
    )
    shown = sms.get_services_list().to_json(force_ascii=False)
    with pytest.raises(SmsError) as refused:
        sms.get_balance()
    shown += f"{refused.value!r} {vars(refused.value)} {caplog.text}"
    shown += "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.json*"))
    key = ApiKey(KEY)
    logged = [line for line in caplog.messages if "set_cookie" not in line]
    assert "***" in shown
    for text in (shown, *logged):
        assert key.hide_in(text).count("***") == text.count("***"), text[:500]


ANY_WAY = st.sampled_from(
    [
        lambda c: c,
        str.swapcase,
        lambda c: f"{c} ",
        lambda c: f"\u200d{c}",
        lambda c: f"%{ord(c):02x}",
        lambda c: f"&#{ord(c)};",
        lambda c: f"&#x{ord(c):x};",
        lambda c: f"\\u{ord(c):04x}",
        lambda c: f"\\x{ord(c):02X}",
        lambda c: f"%26%23{ord(c)};",
        wide,
        bold,
    ]
)


@example(ways=[lambda c: f"%{ord(c):02x}", *[str] * (len(KEY) - 1)], is_reversed=False)
@example(ways=[lambda c: f"\\u{ord(c):04x}", *[str] * (len(KEY) - 1)], is_reversed=False)
@given(ways=st.lists(ANY_WAY, min_size=len(KEY), max_size=len(KEY)), is_reversed=st.booleans())
def test_each_letter_may_be_disguised_in_a_way_of_its_own(ways, is_reversed):
    letters = [way(character) for way, character in zip(ways, KEY, strict=True)]
    written = "".join(reversed(letters) if is_reversed else letters)
    # Of an escape that ends in the key's own first digit its beginning may stay: %33f9… has 3f9….
    left = r"\[(%3|\\u003|\\x3|\u200d)?\*\*\*[; ]?\]"
    assert re.fullmatch(left, ApiKey(KEY).hide_in(f"[{written}]").strip())


@pytest.mark.parametrize("key", ["0" * 32, "12345", "1234567890", "test", "key" * 8, "abc123"])
def test_a_key_like_ordinary_data_changes_none(key):
    data = json.dumps({"a": [0] * 40, "b": "123-456 7890", "c": "12, 34, 56, 78, 90"})
    assert ApiKey(key).hide_in_body(data.encode()).decode() == data.replace(key, "***")


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_what_holds_no_key_stays_as_it_is(data):
    key = ApiKey(KEY)
    if isinstance(data, str):
        assert key.hide_in(data) == data
    else:
        assert key.hide_in_body(data) == data


def test_a_key_scattered_over_a_long_text_takes_the_text_with_it():
    scattered = (" " * 20_000).join(KEY)
    assert ApiKey(KEY).hide_in(scattered) == "***"


LONG = {
    "a word": b"x" * 20_000_000,
    "words": b"lorem ipsum " * 2_000_000,
    "tags": b"<p>text</p>" * 2_000_000,
    "open tags": b"<" * 20_000_000,
    "backslashes": b"\\" * 20_000_000,
    "ampersands": b"&amp;" * 4_000_000,
    "a word that does not end there": b"x" * 20_000_000 + b" ",
    "a text in JSON": b'["' + b"lorem ipsum " * 1_000_000 + b'"]',
    "backslashes in JSON": b'["' + b"\\\\" * 3_000_000 + b'"]',
    "ampersands in JSON": b'["' + b"&" * 6_000_000 + b'"]',
}


@pytest.mark.alike
@pytest.mark.parametrize("name", LONG)
def test_a_long_text_is_read_in_no_time(name, opened, wire):
    wire.answer = lambda _asked: wire.http(LONG[name])
    sms = opened(KEY, base_url=wire.url, retries=0)
    begun = time.process_time()
    for call in (sms.get_balance, lambda: sms.get_status("5"), lambda: sms.get_number("tg", 2)):
        with pytest.raises(SmsError) as failed:
            call()
        assert len(str(failed.value)) < 600
    assert time.process_time() - begun < 20
