"""What a call sends for a value: plain text, or one clear line why not."""

import inspect
import pickle
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notebook.protocol import arguments as arg
from sms_notebook.protocol.actions import ACTIONS, Calls
from sms_notebook.protocol.calls import Call
from sms_notebook.protocol.errors import UsageProblem


def method(action: str) -> Callable[..., Call]:
    made: Callable[..., Call] = getattr(Calls(), ACTIONS[action].method)
    return made


def quietly(action: str, *args: object, **kwargs: object) -> Call:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return method(action)(*args, **kwargs)


def names(action: str) -> list[str]:
    return list(inspect.signature(method(action)).parameters)


def problem(action: str, *args: object, **kwargs: object) -> str:
    with pytest.raises(UsageProblem) as caught:
        quietly(action, *args, **kwargs)
    line = str(caught.value)
    assert line.isprintable()
    assert len(line) < 300
    assert str(pickle.loads(pickle.dumps(caught.value))) == line  # noqa: S301 - our own
    return line


@pytest.mark.parametrize(
    "listed",
    [
        ["tg", "wa"],
        ("tg", "wa"),
        "tg,wa",
        " tg , wa ",
        np.array(["tg", "wa"]),
        pd.Series(["tg", "wa"]),
        pd.Index(["tg", "wa"]),
        pd.array(["tg", "wa"], dtype="string"),
        (code for code in ("tg", "wa")),
    ],
)
def test_a_list_becomes_text_with_commas(listed: Any) -> None:
    assert Calls().get_multi_service_number(listed, 2).params["multiService"] == "tg,wa"


@pytest.mark.parametrize(
    "two", [np.int64(2), np.int8(2), np.uint64(2), np.float64(2), 2.0, "2", " 2 ", np.str_("2")]
)
def test_a_value_out_of_a_frame_is_as_good_as_pythons_own(two: Any) -> None:
    calls = Calls()
    assert calls.get_prices("tg", two).params["country"] == "2"
    assert calls.get_status(two).params["id"] == "2"
    assert calls.get_rent_number("tg", two).params["rent_time"] == "2"
    assert calls.get_history(limit=two).params["limit"] == "2"


def test_values_of_a_frame_are_taken_as_they_are(wire: Any) -> None:
    prices = wire.good("getPrices", "many")
    call = Calls().get_number(
        prices.loc[0, "service"],
        prices.loc[0, "country"],
        max_price=prices.loc[0, "cost"],
        use_cash_back=np.bool_(False),
    )
    assert call.params == {
        "service": "tg",
        "country": "0",
        "maxPrice": "0.25",
        "useCashBack": "false",
    }
    bought = wire.good("getNumberV2")
    assert Calls().get_status(bought.loc[0, "activation_id"]).params == {"id": "635468024"}
    since = bought.loc[0, "activation_time"]
    assert Calls().get_history(start=since).params == {"start": "1654104657"}


@pytest.mark.parametrize("price", [0, -1, -0.01, "0", "-2", "x", "", "nan", "inf", 1e300, "1e-30"])
def test_a_price_is_an_amount_above_zero(price: Any) -> None:
    assert "max_price" in problem("getNumber", "tg", 2, max_price=price)


@pytest.mark.parametrize(
    "price",
    [
        *(True, np.bool_(True), [1], (1, 2), {"a": 1}, b"1", object, pd.NA, pd.NaT, np.nan),
        *(np.array([[1], [2]]), pd.Series([1, 2]), 10**5000, Decimal("sNaN"), 1j),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_price_of_another_kind_is_one_line(price: Any) -> None:
    assert "max_price" in problem("getNumber", "tg", 2, max_price=price)


@pytest.mark.parametrize(
    "odd",
    [
        *(True, False, np.bool_(True), 1.5, np.nan, pd.NA, pd.NaT, [1], {1}, b"1", ""),
        *(np.array([1, 2]), pd.Series([1]), 10**5000, 1j, object(), np.timedelta64(5, "s")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_id_of_another_kind_is_one_line(odd: Any) -> None:
    assert "activation_id" in problem("getStatus", odd)
    assert "rent_id" in problem("getRentStatus", odd)
    assert "country" in problem("getPrices", "tg", odd)
    assert "status" in problem("setStatus", 1, odd)


@pytest.mark.parametrize("odd", [["tg"], ("tg", "wa"), {"tg"}, 5, 0.5, True, b"tg", pd.NA, ""])
def test_a_list_or_a_number_is_no_service(odd: Any) -> None:
    assert "service" in problem("getNumber", odd, 2)
    assert "service" in problem("getPrices", odd)


@pytest.mark.parametrize("odd", [[], "", "tg,", "tg,,wa", [5], [None], [["tg"]], 5, b"tg", True])
def test_a_list_of_services_holds_texts(odd: Any) -> None:
    assert "services" in problem("getMultiServiceNumber", odd, 2)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_are_no_list_of_numbers(kind: Any) -> None:
    """As a list b"77" would be 55 and 55, and b"KZ" the countries 75 and 90."""
    assert "decode it first" in problem("getNumber", "tg", 2, phone_exception=kind(b"77")).lower()
    for read in (partial(arg.places, "country"), partial(arg.ids, "ids", "activation_id")):
        with pytest.raises(UsageProblem, match="takes text, not"):
            read(kind(b"KZ"))


@pytest.mark.parametrize("odd", [0, 1, "true", "yes", [], None.__class__, np.nan])
def test_a_flag_is_true_or_false(odd: Any) -> None:
    assert "free_price" in problem("getPricesExtended", free_price=odd)


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "\u202eabc", "x" * 201, "\ud800"])
def test_a_text_that_is_no_name_is_not_sent(text: str) -> None:
    assert "service" in problem("getPrices", text)
    assert "activation_id" in problem("getStatus", text)


@pytest.mark.parametrize(
    ("action", "given", "name"),
    [
        ("getHistory", {"limit": 101}, "limit"),
        ("getHistory", {"limit": 0}, "limit"),
        ("getHistory", {"offset": -1}, "offset"),
        ("getHistory", {"offset": "+-1"}, "offset"),
        ("getHistory", {"offset": "1_0"}, "offset"),
        ("getHistory", {"start": -1}, "start"),
        ("getHistory", {"start": -1.0}, "start"),
        ("getRentList", {"page": 0}, "page"),
        ("getRentList", {"length": 0}, "length"),
        ("getRentStatus", {"rent_id": 1, "size": 0}, "size"),
        ("getRentNumber", {"service": "tg", "rent_time": 0}, "rent_time"),
        ("continueRentInfo", {"rent_id": 1, "hours": -4}, "hours"),
        ("getNumber", {"service": "tg", "country": 2, "activation_type": 3}, "activation_type"),
    ],
)
def test_a_number_out_of_bounds_is_not_sent(action: str, given: Any, name: str) -> None:
    assert name in problem(action, **given)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        datetime(2023, 11, 15, 1, 13, 20, tzinfo=timezone(timedelta(hours=3))),
        pd.Timestamp("2023-11-14 22:13:20", tz="UTC"),
        1_700_000_000,
        1_700_000_000.9,
        np.int64(1_700_000_000),
        np.float64(1_700_000_000),
        "1700000000",
    ],
)
def test_a_moment_is_sent_as_a_timestamp(moment: Any) -> None:
    assert Calls().get_history(start=moment, end=moment).params == {
        "start": "1700000000",
        "end": "1700000000",
    }


@pytest.mark.parametrize(
    "odd",
    [
        datetime(2023, 11, 14, 22, 13, 20),  # noqa: DTZ001 - the point of the test
        datetime.min.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
        pd.NaT,
        np.nan,
        np.inf,
        1e300,
        1_700_000_000_000,
        1_700_000_000_000.0,
        "2023-11-14",
        True,
        np.datetime64("2023-11-14"),
    ],
    ids=str,
)
def test_a_moment_without_a_zone_or_sense_is_one_line(odd: Any) -> None:
    assert "end" in problem("getHistory", end=odd)


def test_prefixes_may_be_numbers() -> None:
    call = Calls().get_number("tg", 2, phone_exception=[7918, "7900111"])
    assert call.params["phoneException"] == "7918,7900111"


def test_a_moment_at_the_end_of_time_is_sent() -> None:
    last = datetime.max.replace(microsecond=0, tzinfo=timezone(timedelta(hours=-14)))
    assert Calls().get_history(end=last).params["end"] == "253402351199"


amounts = st.decimals(Decimal("1e-9"), Decimal(10) ** 9, allow_nan=False).filter(
    lambda amount: amount < 10**9
)


@given(amounts)
def test_money_is_written_out_exactly_and_without_an_exponent(amount: Decimal) -> None:
    text = Calls().get_number("tg", 2, max_price=amount).params["maxPrice"]
    assert Decimal(text) == amount
    assert set(text) <= set("0123456789.")
    assert text[0] != "."


@given(st.floats(1e-6, 1e8))
def test_money_as_a_float_is_what_a_person_reads(amount: float) -> None:
    text = Calls().get_number("tg", 2, max_price=amount).params["maxPrice"]
    assert float(text) == amount
    assert set(text) <= set("0123456789.")


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**30, -(10**5000), 10**5000]),
    st.floats(),
    st.decimals(),
    st.text(max_size=30),
    st.text("\ud800\x00\u202e1-\n", max_size=5),
    st.binary(max_size=5),
    st.datetimes(timezones=st.none() | st.just(UTC)),
    st.lists(st.one_of(st.text(max_size=3), st.integers(), st.none()), max_size=3),
    st.sampled_from([pd.NA, pd.NaT, np.array([[1], [2]]), pd.Series([1]), 1j, object(), int]),
)


@given(st.sampled_from(sorted(ACTIONS)), st.data())
def test_whatever_is_passed_is_plain_text_on_the_wire_or_one_line(
    action: str, data: st.DataObject
) -> None:
    given_values = {name: data.draw(anything, name) for name in names(action)}
    try:
        call = quietly(action, **given_values)
    except UsageProblem as error:
        assert str(error).isprintable()  # noqa: PT017 - either outcome is right
        return
    for text in call.params.values():
        assert type(text) in (str, np.str_)
        assert text
        assert text.isprintable()


@pytest.mark.parametrize(
    ("given", "sent"),
    [("sms", "0"), ("call", "1"), (" Voice ", "2"), (0, "0"), (2, "2"), ("1", "1"), (None, None)],
)
def test_how_a_code_comes_is_a_word_or_its_number(given: object, sent: str | None) -> None:
    for method in (Calls().get_number, Calls().get_number_v2):
        assert method("tg", 2, activation_type=given).params.get("activationType") == sent


@pytest.mark.parametrize("wrong", ["fax", "", 3, -1, True, 1.5, ["call"]])
def test_nothing_else_is(wrong: object) -> None:
    with pytest.raises(UsageProblem, match="activation_type"):
        Calls().get_number("tg", 2, activation_type=wrong)
