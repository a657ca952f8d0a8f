"""Frames as text: in a terminal no column of an answer is left out."""

import pandas as pd
import pytest

COLUMNS = ("activation_id", "phone_number", "cost", "order_id", "is_new")


@pytest.fixture
def shown(ip, monkeypatch):
    """Return how a line's result is shown in a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")

    def show(line: str) -> str:
        with pd.option_context("display.max_columns", 0):  # as in a terminal
            return ip.shell.display_formatter.format(ip.run(line))[0]["text/plain"]

    return show


def test_one_row_stands_upright_where_it_is_too_wide(shown):
    lines = shown("%sms order tg KZ").splitlines()
    assert {line.split()[0] for line in lines} >= set(COLUMNS)
    assert all(len(line) <= 80 for line in lines)


def test_one_row_that_fits_lies(ip, shown):
    ref = ip.run("%sms order tg KZ").loc[0, "activation_id"]
    assert shown(f"%sms code {ref}").split() == [
        *("activation_id", "status", "code", "text"),
        *("0", ref, "STATUS_WAIT_CODE", "<NA>", "<NA>"),
    ]


def test_of_several_rows_all_columns_are_shown(ip, shown):
    for _ in range(2):
        ip.run("%sms order tg KZ")
    text = shown("%sms ledger")
    assert {*COLUMNS[:-1], "codes", "error"} <= set(text.split())
    assert "..." not in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_other_frames_and_other_wishes_are_left_to_pandas(ip, shown):
    mine = pd.DataFrame({f"column number {number}": [1] for number in range(20)})
    ip.shell.user_ns["mine"] = mine
    with pd.option_context("display.max_columns", 0):
        assert shown("mine") == repr(mine)
    frame = ip.run("%sms order tg KZ")
    with pd.option_context("display.max_columns", 4):
        assert ip.shell.display_formatter.format(frame)[0]["text/plain"] == repr(frame)
