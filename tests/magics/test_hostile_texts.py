"""What strangers write controls no terminal, and makes no HTML."""

import re

import pandas as pd
import pytest

from sms_notebook.magics.table import PlainText
from sms_notebook.typesetting import printable

EVIL = "code 12345 \x1b[2J\x1b]0;title\x07 \x08\x00\x9b31m \u202eevil\u2066 <img src=x onerror=alert(1)>"
CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\x1b(?!\\[3?1?0?m)"
)


@pytest.fixture
def number(ip):
    number = ip.run("%sms order tg KZ").loc[0, "activation_id"]
    ip.sandbox.send_sms(number, EVIL, "12345\x1b[2J")
    return number


@pytest.fixture
def whole_texts():
    """Let pandas cut nothing."""
    options = ("display.max_columns", None, "display.width", 1000, "display.max_colwidth", None)
    with pd.option_context(*options):
        yield


@pytest.mark.parametrize(
    "line",
    [
        "code {} --text",
        "code {}",
        "active",
        "wait {}",
        "watch {} --for 0.3",
        "active;\n%sms ledger",
        "history",
    ],
)
def test_no_line_lets_them_through(ip, number, line, capsys, whole_texts):
    capsys.readouterr()
    ip.run("%sms " + line.format(number))
    out = "".join(capsys.readouterr())
    assert "12345" in out
    assert CONTROL.search(out) is None, repr(CONTROL.search(out))


def test_the_data_itself_stays_as_it_came(ip, number):
    assert ip.run(f"%sms code {number} --text").loc[0, "text"] == EVIL


def test_html_shows_their_text_as_text(ip, number, whole_texts):
    html = ip.run(f"%sms code {number} --text")._repr_html_()
    assert "<img" not in html
    assert "&lt;img src=x" in html


def test_watching_prints_one_line_for_each_event(ip, number, capsys):
    ip.sandbox.send_sms(number, "first\nsecond\r\n\tthird")
    capsys.readouterr()
    ip.run(f"%sms watch {number} --for 0.3;")
    lines = capsys.readouterr().out.splitlines()
    assert all(re.match(r"Watching|\d\d:\d\d:\d\d code ", line) for line in lines)
    assert len(lines) >= 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Қазақша 中文 👍🏽", "Қазақша 中文 👍🏽"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a\u00a0b", "a\u00a0b"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\u202egnirts", "\\u202egnirts"),
        ("\x9b31m", "\\x9b31m"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_what_is_printable_stays(text, shown):
    assert printable(text) == shown


def test_a_text_is_shown_without_quotes():
    assert repr(PlainText("a 'b'")) == "a 'b'"


def test_frames_of_others_look_as_they_did(ip):
    ip.names["frame"] = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    assert repr(ip.names["frame"]) in ip.says("frame")


def test_an_error_with_a_text_of_the_provider_controls_no_terminal(ip, wire):
    wire.says("BAD\x1b[2J_THING:\x07evil\u202e")
    ip.run(f"%sms provider --base-url {wire.url};")
    assert CONTROL.search(ip.fails("%sms balance")) is None
