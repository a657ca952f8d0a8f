"""What a line gives: a frame, a variable, silence; sorted and cut as asked."""

import subprocess
import sys

import pandas as pd
import pytest


def test_a_line_shows_a_frame(ip):
    assert "service service_name  country" in ip.says("%sms prices tg -n 2")
    frame = ip.run("%sms prices tg KZ")
    assert frame.attrs["action"] == "getPrices"
    assert frame["service"].tolist() == ["tg"]


def test_a_line_can_be_assigned(ip):
    assert ip.says("df = %sms prices tg") == ""
    assert len(ip.names["df"]) > 100
    ip.run("box = {}\nbox['KZ'] = %sms prices tg KZ")
    assert ip.names["box"]["KZ"]["country"].tolist() == [2]


def test_bare_it_says_where_you_are(ip):
    ip.run("%sms order tg KZ;\n%sms budget 10;")
    row = ip.run("%sms").iloc[0]
    assert row["provider"] == "sandbox: no real money"
    assert row["balance"] == 1000 - row["spent_today"]
    assert row["spent_today"] > 0
    assert row[["active", "to_settle", "budget"]].tolist() == [1, 0, 10]
    ip.run("%sms sandbox faults drop-after@getNumberV2:1 ERROR_SQL@getActiveActivations:1;")
    ip.fails("%sms order tg KZ")
    assert ip.run("%sms").loc[0, "to_settle"] == 1


def test_where_the_provider_does_not_answer_the_rest_is_said_all_the_same(ip, caplog):
    ip.run("%sms order tg KZ;\n%sms sandbox faults BANNED:1;")
    row = ip.run("%sms").iloc[0]
    assert pd.isna(row["balance"])
    assert pd.isna(row["active"])
    assert row["spent_today"] > 0
    assert "getBalance at sandbox: BANNED" in caplog.text


def test_o_keeps_quietly_and_show_shows_as_well(ip):
    assert ip.says("%sms prices tg KZ -o kept") == ""
    assert ip.names["kept"]["country"].tolist() == [2]
    assert "0.86" in ip.says("%sms prices tg KZ -o both --show")
    assert ip.names["both"].equals(ip.names["kept"])
    assert ip.says("%sms sandbox step 1 -o said") == ""
    assert repr(ip.names["said"]).startswith("<Clock ")


@pytest.mark.parametrize("name", ["1a", "a b", "class", "", "a.b", "-x"])
def test_o_takes_only_the_name_of_a_variable_and_nothing_is_bought_before_that_is_known(ip, name):
    line = ip.fails(f"%sms order tg KZ -o '{name}'")
    assert line == f"UsageProblem: %sms: -o takes the name of a variable, not {name!r}."
    assert not ip.sandbox.purchases()


@pytest.mark.parametrize(
    "cell",
    [
        "%sms prices tg KZ;",
        "%sms prices tg KZ ;",
        "%sms prices tg KZ  ;  ",
        "%sms prices 'tg' KZ;",
        "sms prices tg KZ;",
        "if True:\n    %sms prices tg KZ;",
    ],
)
def test_a_semicolon_silences(ip, cell):
    assert ip.says(cell) == ""
    assert ip.run(cell) is None


def test_a_semicolon_does_not_take_what_is_assigned(ip):
    ip.run("df = %sms prices tg KZ;")
    assert len(ip.names["df"]) == 1
    ip.run("def f():\n    inner = %sms prices tg KZ;\n    return inner\ngot = f()")
    assert len(ip.names["got"]) == 1


@pytest.mark.parametrize("text", ["it\\'s;", "(1", "'a;'", "'['", '"\'";'])
def test_a_line_need_not_look_like_python(ip, text):
    # IPython's own silencing reads the line as Python after it has run: an order would be lost.
    ip.run(f"%sms order tg KZ --key {text}")
    assert len(ip.sandbox.purchases()) == 1


def test_a_semicolon_inside_is_part_of_a_word(ip):
    assert ip.run("%sms order tg KZ --key 'a;'").loc[0, "key"] == "a;"
    assert ip.run("%sms order tg KZ --key a;b").loc[0, "key"] == "a;b"
    assert ip.run("%sms order tg KZ --key c\\;").loc[0, "key"] == "c;"


def test_n_cuts_and_0_means_all(ip):
    assert len(ip.run("%sms prices tg -n 3")) == 3
    assert len(ip.run("%sms prices tg -n5")) == 5
    assert len(ip.run("%sms prices tg --limit=2")) == 2
    whole = len(ip.run("%sms prices tg"))
    assert len(ip.run("%sms prices tg -n 0")) == whole
    ip.run("%config SmsMagics.limit = 4")
    assert len(ip.run("%sms prices tg")) == 4
    assert len(ip.run("%sms prices tg -n 1")) == 1
    assert len(ip.run("%sms prices tg -n 0")) == whole


def test_sort_sorts_and_numbers_rows_anew(ip):
    rising = ip.run("%sms prices tg --sort cost")
    assert rising["cost"].is_monotonic_increasing
    assert rising.index.equals(pd.RangeIndex(len(rising)))
    falling = ip.run("%sms prices tg --sort -cost -n 3")
    assert falling["cost"].tolist() == rising["cost"].tolist()[:-4:-1]
    assert falling.attrs["action"] == "getPrices"
    assert ip.run("%sms prices tg --sort=-cost -n 3").equals(falling)


def test_what_is_missing_is_sorted_to_the_end(ip):
    ip.run("%sms order tg KZ -o first\n%sms order wa KZ;\n%sms order ig KZ;")
    ip.run("%sms sandbox sms {first.activation_id[0]} 'Your code is 01234';")
    for column in ("sms_code", "-sms_code"):
        codes = ip.run(f"%sms active --sort {column}")["sms_code"]
        assert codes[0] == "01234"
        assert codes[1:].isna().all()


@pytest.mark.parametrize("column", ["sms_codes", "-sms_codes"])
def test_lists_can_be_sorted_too(ip, column):
    ip.run("%sms order tg KZ -o first\n%sms order wa KZ -o second\n%sms order ig KZ;")
    ip.run("%sms sandbox sms {first.activation_id[0]} 'Your code is 01234';")
    ip.run("%sms sandbox sms {second.activation_id[0]} 'Your code is 56789';")
    codes = [
        code for codes in ip.run(f"%sms active --sort {column}")["sms_codes"] for code in codes
    ]
    assert codes == sorted(["01234", "56789"], reverse=column.startswith("-"))


def test_lists_beside_what_is_none_can_be_sorted(ip, monkeypatch):
    mixed = pd.DataFrame({"a": pd.Series([["2"], None, 1.5, ["1"]], dtype=object)})
    monkeypatch.setattr(ip.session.client, "get_active_activations", lambda: mixed, raising=False)
    for column, order in (("a", [1.5, ["1"], ["2"], None]), ("-a", [["2"], ["1"], 1.5, None])):
        assert ip.run(f"%sms active --sort {column}")["a"].tolist() == order


def test_a_purchase_is_neither_sorted_nor_cut_since_nothing_may_fail_after_it(ip):
    assert "there is no option '--sort'" in ip.fails("%sms order tg KZ --sort nonsense")
    assert "there is no option '-n'" in ip.fails("%sms rent order full KZ -n 1")
    assert not ip.sandbox.purchases()


def test_values_come_from_where_the_line_stands(ip):
    ip.run(
        "country, found = 'UZ', []\n"
        "for country in ['KZ', 'GB']:\n"
        "    row = %sms prices tg {country}\n"
        "    found.append(int(row.country[0]))\n"
        "def price_in(country):\n"
        "    row = %sms prices tg $country\n"
        "    return int(row.country[0])\n"
        "found.append(price_in('UZ'))"
    )
    assert ip.names["found"] == [2, 16, 40]


def test_a_value_is_one_word_and_never_an_option(ip):
    ip.names["key"] = "my 'first' \"line\"; {x} $y --yes\\"
    assert ip.run("%sms order tg KZ --key {key}").loc[0, "key"] == ip.names["key"]
    ip.names["word"] = "--yes"
    line = ip.fails("%sms order tg {word}")
    assert line.startswith("UsageProblem: unknown country '--yes'.")
    ip.names["text"] = "- 12345"
    number = ip.run("%sms order tg KZ").loc[0, "activation_id"]
    ip.run(f"%sms sandbox sms {number} {{text}};")
    assert ip.run(f"%sms code {number} --text").loc[0, "text"] == "- 12345"


def test_a_country_stands_for_the_option_as_the_last_word(ip):
    plain = ip.run("%sms prices tg --country KZ")
    for line in (
        "prices tg KZ",
        "prices tg 2",
        "prices Telegram Kazakhstan",
        "prices --country=KZ tg",
    ):
        assert ip.run(f"%sms {line}").equals(plain), line
    assert ip.run("%sms stock 'United Kingdom'").equals(ip.run("%sms stock --country GB"))
    assert ip.run("%sms operators uz")["country"].unique().tolist() == [40]


def test_the_usual_country_is_where_orders_go(ip):
    ip.run("%config SmsMagics.country = 'KZ'")
    assert ip.run("%sms order tg").loc[0, "country"] == 2
    assert ip.run("%sms order tg UZ").loc[0, "country"] == 40
    assert ip.run("%sms rent order full").loc[0, "country"] == 2
    assert ip.run("%sms prices tg")["country"].nunique() > 100


def test_zero_hours_are_not_two(ip):
    assert ip.fails("%sms rent order full KZ --hours 0").startswith("UsageProblem: --hours is 1")
    assert not ip.sandbox.purchases()


def test_a_key_is_one_purchase(ip):
    first = ip.run("%sms order tg KZ --key monday")
    again = ip.run("%sms order tg KZ --key monday")
    assert again["activation_id"].equals(first["activation_id"])
    assert [bool(frame.loc[0, "is_new"]) for frame in (first, again)] == [True, False]
    assert len(ip.sandbox.purchases()) == 1


def test_a_sandbox_outlives_a_new_budget(ip):
    order = ip.run("%sms order tg KZ -o order --show")
    ip.run("%sms sandbox faults latency:0;\n%sms budget 5;")
    assert ip.run("%sms ledger")["activation_id"].tolist() == order["activation_id"].tolist()
    assert repr(ip.run("%sms sandbox faults")) == "latency:0"
    assert "BudgetExceeded" in ip.fails("%sms rent order full KZ --hours 24")


NESTED = """
import asyncio
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
for cell in ("%load_ext sms_notebook", "%sms nested on"):
    shell.run_cell(cell).raise_error()

async def cell():
    return asyncio.run(asyncio.sleep(0, "ran"))

print(asyncio.get_event_loop_policy().new_event_loop().run_until_complete(cell()))
"""


def test_nested_on_lets_asyncio_run_work_in_cells():
    # It patches the event loop of a process for good, so it has one of its own.
    done = subprocess.run(
        [sys.executable, "-c", NESTED], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1:] == ["ran"], done.stderr
    assert "asyncio.run(…) works in the cells that follow" in done.stdout


def test_compare_puts_price_stock_and_success_side_by_side(ip):
    frame = ip.run("%sms compare tg")
    assert (frame["price"] / frame["success"]).is_monotonic_increasing
    assert frame["country"].is_unique
    three = ip.run("%sms compare tg KZ UZ Indonesia")
    assert sorted(three["country_name"]) == ["Indonesia", "Kazakhstan", "Uzbekistan"]
    prices = ip.run("%sms prices tg").set_index("country")["cost"]
    assert three["price"].tolist() == prices[three["country"]].tolist()
    assert three["success"].between(0, 100).all()
    both = ip.run("%sms compare tg,Whatsapp KZ,UZ")
    assert both[["service", "country"]].drop_duplicates().shape == (4, 2)
    ip.run("%sms sandbox faults BAD_ACTION@getListOfTopCountriesByService:1;")
    assert ip.run("%sms compare tg KZ")["success"].isna().all()


def test_advise_says_where_a_code_costs_least_and_why(ip):
    frame = ip.run("%sms advise tg KZ UZ")
    assert frame["country_name"].tolist() == ["Uzbekistan", "Kazakhstan"]
    assert frame.loc[0, "why"] == "none of yours; published 78 %; 0.27 USD each"
    assert len(ip.run("%sms advise tg -n 3")) == 3


@pytest.mark.parametrize("line", ["KZ UZ", "KZ,UZ", "KZ Uzbekistan", "--country KZ,UZ", "{where}"])
def test_an_order_takes_several_countries_and_buys_in_the_first_that_has_one(ip, line):
    ip.run("where = ['KZ', 40]")
    order = ip.run(f"%sms order tg {line} --max-price 0.50 --key mine")
    assert order.loc[0, "country"] == 40
    again = ip.run(f"%sms order tg {line} --max-price 0.50 --key mine")
    assert again["activation_id"].equals(order["activation_id"])
    assert len(ip.session.gateway.sandbox.purchases()) == 1


def test_lists_are_narrowed_by_a_part_of_a_name(ip):
    assert "Telegram" in ip.run("%sms services TELE")["name"].tolist()
    assert {"Kazakhstan", "Uzbekistan"} <= set(ip.run("%sms countries stan")["eng"])
    assert "Kazakhstan" in ip.run("%sms countries казах")["eng"].tolist()
    assert ip.run("%sms countries 'no such'").empty
