"""Whatever comes over the wire is a frame of exactly the schema, or an error of ours."""

import io
import json
import math
import pickle
from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notebook.protocol.actions import ACTIONS
from sms_notebook.protocol.errors import ApiError, MalformedReply

each_action = pytest.mark.parametrize("action", sorted(ACTIONS))

RAW = {
    "@inf@": b"1e999",
    "@tiny@": b"-1e-400",
    "@long@": b"9" * 4000,
    "@longer@": b"9" * 5000,
    "@surrogate@": b'"\\ud800"',
    "@nul@": b'"\\u0000a\\u0000"',
    "@raw@": b'"\xff\xfe"',
    "@nan@": b"NaN",
    "@deep@": b"[" * 300 + b"]" * 300,
    "@deeper@": b'{"a":' * 400 + b"1" + b"}" * 400,
    "@pit@": b"[" * 5000 + b"]" * 5000,
}
"""What Python's own encoder does not write."""

WORDS = [
    *("success", "error", "false", "status", "message", "info", "data", "values", "id", "phone"),
    *("NO_NUMBERS", "BANNED:'2026-2-13 12-00-00'", "STATUS_OK:", "ACCESS_NUMBER:1:2", "null"),
    *("0", "-0", "1e5", "1_0", "0000-00-00 00:00:00", "2026-01-01T00:00:00+14:00", "9999-12-31"),
    *(
        "=1+1",
        "<b>",
        "javascript:alert(1)",
        "\u202eabc\u202c",
        "\u0000",
        "a\nb",
        "\u0663",
        "840",
        "+7",
    ),
]
numbers = st.one_of(
    st.integers(-3, 200),
    st.sampled_from([2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**40]),
    st.sampled_from([10**11, 10**12, 253402300799, 253402300800, -62135596801, 1e17, 1e308]),
    st.floats(allow_nan=False, allow_infinity=False),
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    numbers.map(str),
    st.sampled_from(WORDS),
    st.sampled_from(sorted(RAW)),
    st.text(max_size=8),
)
keys = st.one_of(
    st.sampled_from([*WORDS, "9" * 5000, "\u00b2", "\uff19"]),
    st.integers(-1, 300).map(str),
    st.text(max_size=4),
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
statuses = st.sampled_from(
    [200] * 20 + [100, 201, 204, 301, 400, 401, 403, 404, 409, 429, 500, 599]
)
ENVELOPES = ("data", "values", "status", "error", "message", "0", "activeActivations", "services")


def encoded(value: object) -> bytes:
    """Write a reply; a text at the top is one of the protocol's."""
    if isinstance(value, str) and value not in RAW:
        return value.encode("utf-8", "surrogatepass")
    content = json.dumps(value).encode()
    for name, raw in RAW.items():
        content = content.replace(json.dumps(name).encode(), raw)
    return content


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Walk all places of a reply."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def changed(value: Any, path: tuple[Any, ...], change: Any) -> Any:
    """Copy a reply with another value at one place; ``...`` takes it out."""
    if not path:
        return None if change is ... else change
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1 and change is ...:
        del copy[path[0]]
    else:
        copy[path[0]] = changed(value[path[0]], path[1:], change)
    return copy


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


@st.composite
def spoilt(draw: st.DrawFn, replies: list[Any]) -> Any:
    """Make a good reply odd in one to three places."""
    value = draw(st.sampled_from(replies))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(value))))
        old = at(value, path)
        change = draw(
            st.one_of(
                leaves,
                values,
                st.just(...),
                st.just([old]),
                st.just([old, old]),
                st.sampled_from(ENVELOPES).map(lambda name, old=old: {name: old}),
                st.sampled_from([{}, [], ""]),
                st.tuples(keys, leaves).map(lambda pair, old=old: added(old, *pair)),
                st.just(str(old)[:100]),
                keys.map(lambda key, old=old: renamed(old, key)),
            )
        )
        value = changed(value, path, change)
    return value


def added(old: object, key: str, value: object) -> object:
    """Add a field where there are others."""
    if isinstance(old, dict):
        return {**old, key: value}
    return [*old, value] if isinstance(old, list) else {key: old}


def renamed(old: object, key: str) -> object:
    """Put the first of several under another key."""
    if not isinstance(old, dict) or not old:
        return {key: old}
    first, *others = old.items()
    return {key: first[1], **dict(others)}


def check(wire: Any, action: str, body: bytes, status: int) -> pd.DataFrame | None:
    """Insist on a frame of exactly the schema, or an error of ours."""
    try:
        frame = wire.read(action, body, status)
    except (ApiError, MalformedReply) as error:
        check_error(error, action)
        return None
    assert status < 300
    check_frame(action, frame)
    return frame


def check_all(wire: Any, action: str, bodies: Iterable[bytes]) -> None:
    """Check replies one by one, and the journey to a file of all their rows at once."""
    frames = [frame for body in bodies if (frame := check(wire, action, body, 200)) is not None]
    check_journey(wire, action, frames)


def check_error(error: ApiError | MalformedReply, action: str) -> None:
    line = str(error)
    assert line.isprintable()
    assert len(line) < 500
    assert (error.action, error.provider) == (action, "acme")
    assert str(pickle.loads(pickle.dumps(error))) == line  # noqa: S301 - our own


def check_frame(action: str, frame: pd.DataFrame) -> None:
    schema = ACTIONS[action].schema
    assert shape(frame) == [(column.name, column.kind.name) for column in schema.columns]
    assert isinstance(frame.index, pd.RangeIndex)
    for column in schema.columns:
        assert not (column.required and frame[column.name].isna().any())
        if column.kind.name == "Float64":
            assert all(math.isfinite(number) for number in frame[column.name].dropna())
    assert json.loads(json.dumps(frame.attrs)) == frame.attrs


def check_journey(wire: Any, action: str, frames: list[pd.DataFrame]) -> None:
    """Put frames together and into a file: neither dtypes nor values change."""
    schema = ACTIONS[action].schema
    dtypes = [(column.name, column.kind.name) for column in schema.columns]
    joined = pd.concat([schema.empty(wire.context(action)), *frames], ignore_index=True)
    assert shape(joined) == dtypes
    assert len(joined) == sum(map(len, frames))
    stored = io.BytesIO()
    joined.to_parquet(stored)
    again = pd.read_parquet(stored)
    assert shape(again) == dtypes
    for column in schema.columns:
        values = [value for frame in frames for value in plain(frame[column.name])]
        assert plain(joined[column.name]) == values
        assert plain(again[column.name]) == values


def plain(column: pd.Series) -> list[Any]:
    """Return values that compare; parquet gives lists back as arrays."""
    return [
        list(value)
        if hasattr(value, "__len__") and not isinstance(value, str)
        else None
        if pd.isna(value)
        else value
        for value in column
    ]


def shape(frame: pd.DataFrame) -> list[tuple[str, str]]:
    return [(name, str(dtype)) for name, dtype in frame.dtypes.items()]


@each_action
@given(data=st.data(), status=statuses)
def test_a_good_reply_made_odd_is_a_frame_or_an_error_of_ours(
    wire: Any, action: str, data: st.DataObject, status: int
) -> None:
    good = [reply for size, reply in wire.replies[action].items() if size != "ask"]
    frame = check(wire, action, encoded(data.draw(spoilt(good))), status)
    if frame is not None:
        check_journey(wire, action, [frame])


@each_action
@given(value=values, status=statuses)
def test_any_json_is_a_frame_or_an_error_of_ours(
    wire: Any, action: str, value: object, status: int
) -> None:
    check(wire, action, encoded(value), status)


@each_action
@given(
    content=st.one_of(
        st.binary(max_size=40),
        st.text(max_size=40).map(lambda text: text.encode("utf-8", "replace")),
        st.tuples(st.sampled_from(WORDS), st.text(max_size=10)).map(
            lambda pair: ":".join(pair).encode("utf-8", "replace")
        ),
    ),
    status=statuses,
)
def test_any_text_or_bytes_are_a_frame_or_an_error_of_ours(
    wire: Any, action: str, content: bytes, status: int
) -> None:
    check(wire, action, content, status)


@each_action
def test_a_good_reply_cut_anywhere_is_a_frame_or_an_error_of_ours(wire: Any, action: str) -> None:
    content = encoded(wire.replies[action]["one"])
    check_all(wire, action, (content[:end] for end in range(0, len(content), 3)))


@each_action
def test_every_good_reply_survives_the_journey(wire: Any, action: str) -> None:
    good = [reply for size, reply in wire.replies[action].items() if size != "ask"]
    check_all(wire, action, map(encoded, good))


@each_action
def test_every_leaf_may_be_what_python_would_not_write(wire: Any, action: str) -> None:
    good = wire.replies[action]["one"]
    check_all(
        wire, action, (encoded(changed(good, path, raw)) for path in places(good) for raw in RAW)
    )


ODD_KEYS = ("9" * 5000, "\u00b2", "", "\x00", "status", "error", "0", "_1")


@each_action
def test_every_key_may_be_another(wire: Any, action: str) -> None:
    good = wire.replies[action]["one"]
    maps = [path for path in places(good) if isinstance(at(good, path), dict)]
    check_all(
        wire,
        action,
        (
            encoded(changed(good, path, renamed(at(good, path), odd)))
            for path in maps
            for odd in ODD_KEYS
        ),
    )


def test_a_long_text_among_numbers_does_not_take_the_memory(wire: Any) -> None:
    offers = {f"s{n}": {"cost": n, "count": n} for n in range(5000)}
    reply = {"2": {**offers, "tg": {"cost": "x" * 10**6, "count": "9" * 10**6}}}
    frame = wire.read("getPrices", reply)
    assert len(frame) == 5001
    assert frame[["cost", "count"]].isna().sum().tolist() == [1, 1]
