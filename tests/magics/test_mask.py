"""``%sms mask on``: others may look on."""

import pytest
from magics.typist import with_meanings

CODE = "90817"


@pytest.fixture
def number(ip):
    """A number with a code; its digits are what must not be seen."""
    order = ip.run("%sms order tg KZ -o order --show")
    ip.sandbox.send_sms(order.loc[0, "activation_id"], f"Your code is {CODE}")
    return order.loc[0]


@pytest.mark.parametrize(
    "line",
    ["active", "ledger", "history", "wait $number", "code $number", "code $number --text"],
)
def test_neither_numbers_nor_codes_are_shown(ip, number, line):
    ip.names["number"] = number["activation_id"]
    ip.run("%sms mask on;")
    frame = ip.run(f"%sms {line}")
    assert not frame.empty
    for shown in (frame.to_string(), frame.to_html(), frame.to_csv()):
        assert number["phone_number"] not in shown
        assert CODE not in shown
        assert "•••" in shown


def test_events_are_masked_too(ip, number):
    ip.run("%sms mask on;")
    said = ip.says("%sms watch --for 0.5;")
    assert CODE not in said
    assert number["phone_number"] not in said
    assert "•••" in said


@with_meanings
def test_tab_shows_masked_numbers(ip, number):
    ip.run("%sms mask on;")
    label = ip.tab("%sms wait ")[number["activation_id"]]
    assert number["phone_number"] not in label
    assert label.endswith("••• tg")


def test_it_lasts_at_the_next_provider_and_ends(ip):
    ip.run("%sms mask on;\n%sms sandbox start --speed 0 --success 0;")
    assert repr(ip.run("%sms mask")) == (
        "Numbers and codes are masked in %sms and its panels. "
        "A client of your own masks by itself: sms.mask()."
    )
    assert "•••" in ip.run("%sms order tg KZ").loc[0, "phone_number"]
    ip.run("%sms mask off;")
    assert "•••" not in ip.run("%sms order tg KZ").loc[0, "phone_number"]
