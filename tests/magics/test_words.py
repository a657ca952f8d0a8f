"""A line becomes words as in a shell, with values of Python's variables in it."""

import pandas as pd
import pytest

from sms_notebook import UsageProblem
from sms_notebook.magics.line_parser import VALUE, words


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        ("prices tg", ["prices", "tg"]),
        ("  prices\t tg  ", ["prices", "tg"]),
        ("a 'b c' \"d e\"", ["a", "b c", "d e"]),
        ("a'b c'd", ["ab cd"]),
        ("--key='my line'", ["--key=my line"]),
        ("'' \"\"", ["", ""]),
        (r"it\'s a\ b", ["it's", "a b"]),
        (r'"say \"x\" \n"', [r'say "x" \n']),
        (r"'no \escape'", [r"no \escape"]),
        ("Қазақстан 'Кот-д’Ивуар' 日本", ["Қазақстан", "Кот-д’Ивуар", "日本"]),
        ("a;b ';'", ["a;b", ";"]),
        ("tg # the cheapest {nonsense", ["tg"]),
        ("order#1 '# no' \\#", ["order#1", "# no", "#"]),
    ],
)
def test_quotes_are_those_of_a_shell(line, expected):
    assert words(line, {}) == expected


NAMES = {
    "text": "two words 'and quotes' \"{braces}\" $dollar ; #",
    "number": 7,
    "price": 0.5,
    "whole": 2.0,
    "ids": ["11", "22"],
    "row": type("Row", (), {"country": "KZ"}),
    "table": {"a b": {"}": 1}},
    "имя": "tg",
}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("wait {text}", ["wait", NAMES["text"]]),
        ("wait $text", ["wait", NAMES["text"]]),
        ("a{number}b", ["a7b"]),
        ("{number + 1}{number}", ["87"]),
        ("{price} {whole}", ["0.5", "2"]),
        ("{ids}", ["11,22"]),
        ("{ids[0]} {ids[-1]}", ["11", "22"]),
        ("$row.country {row.country}", ["KZ", "KZ"]),
        ("{table['a b']['}']}", ["1"]),
        ("{ {1: 'x'}[1] }", ["x"]),
        ("{[i for i in ids if i in ids][1]}", ["22"]),
        ("{(lambda: number)()}", ["7"]),
        ("--key='{number} {number}'", ["--key=7 7"]),
        ('"$number $row.country"', ["7 KZ"]),
        ("'$number'", ["$number"]),
        (r"\$number \{number}", ["$number", "{number}"]),
        ("$$number {{number}} 5$ $5", ["$number", "{number}", "5$", "$5"]),
        ("$имя", ["tg"]),
    ],
)
def test_values_take_the_place_of_expressions(line, expected):
    assert words(line, NAMES) == expected


@pytest.mark.parametrize("value", ["--yes", "-n", "-5"])
def test_a_value_that_looks_like_an_option_is_none(value):
    assert words("order tg {x} $x a{x}", {"x": value}) == [
        "order",
        "tg",
        VALUE + value,
        VALUE + value,
        f"a{value}",
    ]


@pytest.mark.parametrize("line", ["wait {order}", "wait $order", "wait {order.iloc[0]}"])
@pytest.mark.parametrize("column", ["activation_id", "rent_id"])
def test_an_order_or_a_rent_stands_for_its_number(line, column):
    order = pd.DataFrame({"phone_number": ["77001"], column: ["39"]})
    assert words(line, {"order": order}) == ["wait", "39"]


def test_nobody_can_write_the_mark_of_a_value_by_hand():
    assert words(f"{VALUE}--yes", {}) == ["--yes"]


FRAME = "__import__('pandas').DataFrame({'a': ['1']})"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("order 'tg", "%sms: ' is not closed. Close it, or put \\ before it."),
        ('order "tg', '%sms: " is not closed. Close it, or put \\ before it.'),
        ("wait {ids", "%sms: { is not closed. Write {variable}, or {{ for a brace."),
        (
            "wait {1 +}",
            "%sms: {1 +} is no expression of Python. Write {variable}, or {{ for a brace.",
        ),
        (
            "wait {nmuber}",
            "%sms: there is no variable 'nmuber'. Define it before, or write {{ for a brace.",
        ),
        (
            "wait {number + gone}",
            "%sms: there is no variable 'gone'. Define it before, or write {{ for a brace.",
        ),
        (
            "wait $gone",
            "%sms: there is no variable 'gone'. Define it before, or write $$ for a dollar sign.",
        ),
        ("wait {ids[9]}", "%sms: {ids[9]} fails: IndexError: list index out of range"),
        ("wait $row.gone", "%sms: $row.gone fails: AttributeError: type object 'Row' has no"),
        ("wait {None}", "%sms: {None} has no value: it is None."),
        ("wait {float('nan')}", "%sms: {float('nan')} has no value: it is nan."),
        ("wait {[None]}", "%sms: {[None]} has no value: it is None."),
        (
            "wait {frame}",
            "{frame} is a DataFrame, not one value. Pick one, as in {frame.iloc[0, 0]}",
        ),
        (
            "wait $frame.a",
            "$frame.a is a Series, not one value. Pick one, as in {frame.a.iloc[0]}.",
        ),
        ("wait {table}", "{table} is a dict, not one value. Pick one, as in {list(table)[0]}."),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(line, message):
    frame = eval(FRAME)  # noqa: S307 - written above
    with pytest.raises(UsageProblem) as told:
        words(line, {**NAMES, "frame": frame})
    assert message in str(told.value)
    assert "\n" not in str(told.value)
    assert told.value.__cause__ is None
