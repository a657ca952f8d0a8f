"""Frames as text: in a terminal no column of an answer is left out."""

import re

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
        *("status", "code", "text", "activation_id"),
        *("0", "STATUS_WAIT_CODE", "<NA>", "<NA>", ref),
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


# Money, times, and how much is shown ---------------------------------------------------------------


@pytest.fixture
def both(ip):
    """Return how a line's result is shown: as text, and as HTML."""

    def show(line: str) -> tuple[str, str]:
        data = ip.shell.display_formatter.format(ip.run(line))[0]
        return data["text/plain"], data["text/html"]

    return show


def test_money_has_its_decimals_and_stays_a_number(ip, both):
    text, html = both("%sms balance")
    assert text.split() == ["balance", "0", "1000.00"]
    assert "<td>1000.00</td>" in html
    assert str(ip.run("%sms balance")["balance"].dtype) == "Float64"
    text, html = both("%sms budget 1.5")
    assert text.split()[4:] == ["0", "1.50", "0.00", "1.50", "0"]
    assert "<td>1.50</td>" in html


def test_money_that_needs_more_digits_has_them_and_what_is_missing_stays_so(ip, both):
    ip.run("frame = %sms prices tg -n 3")
    ip.names["frame"].loc[:, "cost"] = pd.array([0.1234, 5, None], dtype="Float64")
    text, html = both("frame[['cost', 'count']].copy()")
    assert [line.split()[1] for line in text.splitlines()[1:]] == ["0.1234", "5.0000", "<NA>"]
    assert "<td>0.1234</td>" in html
    assert "<td>&lt;NA&gt;</td>" in html


def test_other_peoples_money_is_shown_as_pandas_shows_it(ip, both):
    ip.names["pd"] = pd
    text, html = both("pd.DataFrame({'cost': [1.5], 'price': [2]})")
    assert text.split() == ["cost", "price", "0", "1.5", "2"]
    assert "<td>1.5</td>" in html


def test_the_ledger_of_a_notebook_shows_cost_and_state(ip, both):
    ip.run("%sms order tg KZ;")
    with pd.option_context("display.max_columns", 21):  # a person's own wish: ten at each end
        for line in ("%sms ledger", "sms.ledger()"):
            ip.names["sms"] = ip.session.client
            _, html = both(line)
            heads = re.findall(r"<th>(\w+|\.\.\.)</th>", html)
            assert "..." in heads
            assert {"phone_number", "service", "country", "cost", "state", "codes"} <= {*heads}
    frame = ip.run("%sms ledger")
    assert [*frame][:2] == ["phone_number", "service"]
    assert [*frame][-1] == "order_id"


def test_a_notebook_shows_all_columns_and_the_whole_reason_each_in_one_line(ip, both):
    ip.run("%sms order tg KZ")
    with pd.option_context("display.max_columns", 20, "display.max_colwidth", 50):
        _, html = both("%sms ledger")
        ledger = ip.run("%sms ledger")
        assert all(f"<th>{column}</th>" in html for column in ledger.columns)
        assert len(ledger.columns) > 20
        advice = ip.run("%sms advise tg KZ")
        text, html = both("%sms advise tg KZ")
    assert len(advice.loc[0, "why"]) > 50
    assert all(f"<td>{why}</td>" in html for why in advice["why"])
    assert all(why in text for why in advice["why"])
    assert ".smsn-frame tbody td" in html
    assert html.startswith('<div class="smsn-frame">')


def test_columns_and_widths_that_a_person_has_set_stay(ip, both):
    with pd.option_context("display.max_columns", 4, "display.max_colwidth", 20):
        _, html = both("%sms advise tg KZ")
    assert "cost_low" not in html
    assert "…" in html or "..." in html


def test_a_long_list_shows_its_first_rows_and_says_how_to_see_more(ip, both):
    in_all = len(ip.run("%sms prices tg"))
    text, html = both("%sms prices tg")
    assert text.endswith(f"\n\n20 of {in_all} rows: -n 0 shows all")
    assert html.endswith(f"<p>20 of {in_all} rows: -n 0 shows all</p>")
    assert html.count("<tr>") == 20
    assert len(ip.run("%sms prices tg")) == in_all  # it is all there
    text, html = both("%sms prices tg -n 3")
    assert text.endswith(f"\n\n3 of {in_all} rows: -n 0 shows all")
    assert html.count("<tr>") == 3
    text, html = both("%sms prices tg -n 70")
    assert html.count("<tr>") == 70


def test_n_0_shows_all_rows_in_a_box_that_scrolls(ip, both):
    in_all = len(ip.run("%sms prices tg"))
    text, html = both("%sms prices tg -n 0")
    assert html.count("<tr>") == in_all
    assert "overflow: auto" in html
    assert html.endswith(f"<p>{in_all} rows</p>")
    assert text.count("Telegram") == in_all


def test_times_of_a_watch_are_shown_in_whole_seconds_and_kept_exactly(ip, both):
    ip.run("%sms sandbox step 0.25;\n%sms order tg KZ -o order\n%sms sandbox step 0.5;")
    ip.names["sms"] = ip.session.client
    ip.run("with sms.watch(order, every=0.01) as watch: pass\nframe = watch.frame")
    ip.names["frame"]["since"] += pd.Timedelta("0.5s")
    text, html = both("frame")
    assert not re.search(r":\d\d\.\d", text + html)
    assert ip.names["frame"]["since"].dt.microsecond.all()


def test_a_short_list_has_no_such_line(both):
    assert "rows" not in "".join(both("%sms operators KZ"))


def test_of_the_ledger_the_latest_rows_are_shown(ip, both):
    for number in range(22):
        ip.run(f"%sms order tg KZ --key {number};")
    text, _ = both("%sms ledger")
    assert text.endswith("the latest 20 of 22 rows: -n 0 shows all")
    assert text.splitlines()[1].startswith("2 ")
    text, _ = both("%sms ledger -n 2")
    assert text.endswith("the latest 2 at most: -n 0 shows all")
    assert ip.run("%sms ledger -n 2")["key"].tolist() == ["20", "21"]
    text, _ = both("%sms ledger --sort cost")
    assert "the latest" not in text


def test_what_is_made_of_a_list_is_pandas_affair(ip, both):
    ip.run("df = %sms prices tg")
    assert "-n 0" in both("df")[0]
    assert "-n 0" not in both("df[df.cost > 0]")[0]
    del ip.names["df"]["count"]
    ip.names["df"].loc[len(ip.names["df"])] = ip.names["df"].loc[0]
    assert "-n 0" not in both("df")[0]
