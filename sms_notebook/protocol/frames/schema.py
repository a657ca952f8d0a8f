"""A frame as a contract: ordered columns, each with dtype, unit and meaning; its rows as values."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final, Self, cast

import msgspec
import numpy as np
import pandas as pd

from sms_notebook.forking import once
from sms_notebook.protocol.frames.kinds import Array, Kind, Values
from sms_notebook.protocol.replies import Context, malformed, shallow

_MOST_FIELDS = 64
"""Unknown fields that are kept: a reply with another one in each row must not fill the memory."""
_INTERNALS: Any = getattr(pd.api, "internals", None)
"""How a frame is made of columns that need no look; older ones than pandas 3 have no such way."""


_MOST = 10**9
FrameRow = dict[str, Any]
"""One row of a frame, by column."""

NAMED = ("service_name", "country_name")
"""Columns that say what an id is called, beside it, in a frame that was given names."""

_KNOWN: dict[tuple[str, ...], "Schema"] = {}
_DIGITS: dict[str, int] = {}
_WARNINGS: set[tuple[str, str]] = set()
LOG = logging.getLogger("sms_notebook")


class Extra(dict[str, list[Any]]):
    """Fields that the schema does not have: one list per field, one value per row.

    pandas copies ``attrs`` with every operation; this one is shared, so that a long price list
    with an unknown field stays quick to work with.
    """

    def __deepcopy__(self, _memo: object) -> Self:
        return self


class Column(msgspec.Struct, frozen=True):
    """One column.

    Attributes
    ----------
    name : str
        Its name in the frame.
    kind : Kind
        Its logical type.
    meaning : str
        What it holds, with its unit.
    wire : tuple of str
        The names of the field on the wire, the documented one first.
    required : bool
        Whether a reply without it is malformed.
    """

    name: str
    kind: Kind
    meaning: str
    wire: tuple[str, ...] = ()
    required: bool = False


class Schema:
    """The columns of one frame, in their order.

    Parameters
    ----------
    *columns : Column
        In the order of the frame.
    """

    def __init__(self, *columns: Column) -> None:
        self.columns: Final = columns
        _KNOWN.setdefault(self.names, self)
        digits = {column.name: column.kind.digits for column in columns}
        _DIGITS.update({name: count for name, count in digits.items() if count is not None})

    @property
    def described(self) -> str:
        """The columns for a documentation, one a line."""
        return "\n".join(
            f"    - ``{column.name}`` ({column.kind.name}): {column.meaning}"
            for column in self.columns
        )

    @once
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @once
    def _labels(self) -> "pd.Index[str]":
        """The names as pandas has them, with their hash table: threads share it."""
        labels = pd.Index(self.names)
        labels.get_loc(self.names[0])
        return labels

    @once
    def _places(self) -> list[Any]:
        return list(np.arange(len(self.columns)).reshape(-1, 1))

    @staticmethod
    def of(frame: pd.DataFrame) -> "Schema | None":
        """Return the schema that a frame was built with; None for one that was changed.

        Names that were put beside ids are no change.
        """
        columns = tuple(frame.columns)
        for added in ((), NAMED[:1], NAMED):
            left = tuple(name for name in columns if name not in added)
            if (schema := _KNOWN.get(left)) is not None:
                return schema
        return None

    @staticmethod
    def digits_of(column: object) -> int | None:
        """Return how many decimals people see of a column of ours, see `Kind`."""
        return _DIGITS.get(column) if isinstance(column, str) else None

    def frame(
        self,
        values: Mapping[str, Values],
        context: Context,
        *,
        extra: Mapping[str, Sequence[Any]] | None = None,
        attrs: Mapping[str, object] | None = None,
        skipped: int | None = None,
    ) -> pd.DataFrame:
        """Build a frame of exactly this schema.

        Parameters
        ----------
        values : mapping of str to sequence
            Wire values by column name, all of one length; a column that is not there is NA.
        context : Context
            Who was asked what; goes to ``attrs``.
        extra : mapping of str to sequence, optional
            Fields that the schema does not have, one value per row.
        attrs : mapping, optional
            Further facts for ``attrs``.
        skipped : int, optional
            Of a list: how many of its rows were left out already. Then a row without a required
            value is left out as well, unless there is no other; ``attrs["skipped"]`` tells how many
            were.

        Raises
        ------
        MalformedReply
            If a required value is absent or cannot be read, and there is no other row. Another
            value that cannot be read is NA, and stays as it came in ``attrs["extra"]``.
        """
        length = max((len(column) for column in values.values()), default=0)
        rest: dict[str, Sequence[Any]] = dict(extra or {})
        arrays: dict[str, Array] = {}
        lost: Any = None
        for column in self.columns:
            raw = values.get(column.name)
            if raw is None:
                raw, read = [None], column.kind.absent(length)
            else:
                read = column.kind.read(raw, context.zone)
            if column.required and not read.is_complete:
                absent = pd.isna(read.array)
                lost = absent if lost is None else lost | absent
                if skipped is None or lost.all():
                    raise malformed(f"a reply without a readable {column.name}", context, raw[:3])
            if read.unreadable:
                kept = set(read.unreadable)
                rest[column.wire[0] if column.wire else column.name] = [
                    value if position in kept else None for position, value in enumerate(raw)
                ]
            arrays[column.name] = read.array
        in_all = length + (skipped or 0)
        skipped = skipped or 0
        if lost is not None:
            arrays = {name: array[~lost] for name, array in arrays.items()}
            rest = _select_rows(rest, ~lost)
            skipped += int(lost.sum())
        if skipped:
            _say_skipped(context, skipped, in_all)
        facts: dict[str, object] = {
            "skipped": skipped,
            "extra": Extra({name: _shallow_column(column) for name, column in rest.items()}),
            **({"from_sandbox": True} if "x-sandbox" in context.headers else {}),
            **{name: shallow(value) for name, value in (attrs or {}).items()},
        }
        return self.assembled(arrays, context, facts)

    def assembled(
        self,
        arrays: Mapping[str, Array],
        context: Context,
        attrs: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Build a frame of columns that are read already, each of its kind's dtype."""
        frame = self._put_together([arrays[name] for name in self.names])
        frame.attrs = {
            "provider": context.provider,
            "action": context.action,
            "fetched_at": context.fetched_at.isoformat(timespec="microseconds"),
            "skipped": 0,
            "extra": Extra(),
        }
        frame.attrs.update(attrs or {})
        return frame

    def _put_together(self, arrays: Sequence[Array]) -> pd.DataFrame:
        if _INTERNALS is None or not arrays:
            return pd.DataFrame(dict(zip(self.names, arrays, strict=True)), copy=False)
        frame: pd.DataFrame = _INTERNALS.create_dataframe_from_blocks(
            [
                (array.reshape(1, -1) if isinstance(array, np.ndarray) else array, place)
                for array, place in zip(arrays, self._places, strict=True)
            ],
            pd.RangeIndex(len(arrays[0])),
            self._labels.view(),  # one frame's may be given a name
        )
        return frame

    def empty(self, context: Context, **attrs: object) -> pd.DataFrame:
        """Build the frame without rows."""
        return self.frame({}, context, attrs=attrs)

    def from_rows(
        self,
        rows: Sequence[Mapping[str, Any]],
        context: Context,
        given: Mapping[str, Values] | None = None,
        *,
        skipped: int | None = None,
        **attrs: object,
    ) -> pd.DataFrame:
        """Build a frame from records of the wire.

        Parameters
        ----------
        rows : sequence of mappings
            The records, in the provider's order.
        context : Context
            Who was asked what.
        given : mapping of str to sequence, optional
            Columns that do not stand in the records, or that were worked out from them.
        skipped : int, optional
            As with `frame`.
        **attrs
            Further facts for ``attrs``.

        Raises
        ------
        MalformedReply
            As with `frame`, and if no record has any field that the schema knows.
        """
        values: dict[str, Values] = dict(given or {})
        fields: set[str] = set().union(*rows)
        for column in self.columns:
            if column.name in values:
                fields.difference_update(column.wire)
                continue
            present = [name for name in column.wire if name in fields]
            fields.difference_update(present)
            if present:
                values[column.name] = _field(rows, present)
        if rows and len(values) == len(given or {}):
            raise malformed("records without any field that is known", context, rows[:1])
        extra_fields = sorted(fields)[:_MOST_FIELDS]
        extra = {name: [row.get(name) for row in rows] for name in extra_fields}
        return self.frame(values, context, extra=extra, attrs=attrs, skipped=skipped)


def _select_rows(columns: Mapping[str, Sequence[Any]], mask: Any) -> dict[str, Sequence[Any]]:
    """Keep the fields of some rows, and no field that only the others had."""
    fields = {
        name: [value for value, keep in zip(column, mask, strict=True) if keep]
        for name, column in columns.items()
    }
    return {
        name: column for name, column in fields.items() if any(item is not None for item in column)
    }


def _shallow_column(column: Sequence[Any]) -> list[Any]:
    """Return a field of all rows as attrs keep it."""
    if {dict, list}.isdisjoint(map(type, column)):
        return list(column)
    return list(map(shallow, column))


def _say_skipped(context: Context, skipped: int, in_all: int) -> None:
    """Say once of each list that rows of it are left out."""
    if (about := (context.provider, context.action)) not in _WARNINGS:
        _WARNINGS.add(about)
        LOG.warning(
            "%s at %s: %d of %d rows cannot be read and are left out (attrs['skipped']).",
            context.action,
            context.provider,
            skipped,
            in_all,
        )


def _field(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Any]:
    """Take one field from each record, under whichever of its names it has."""
    if len(names) == 1:
        name = names[0]
        try:
            return list(map(itemgetter(name), rows))
        except KeyError:
            return [row.get(name) for row in rows]
    return [next((row[name] for name in names if row.get(name) is not None), None) for row in rows]


def whole_seconds(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose times are whole seconds, as people read them; the dtypes stay.

    Examples
    --------
    >>> times = pd.DataFrame({"at": pd.to_datetime(["2026-01-02 03:04:05.678"], utc=True)})
    >>> str(whole_seconds(times).loc[0, "at"])
    '2026-01-02 03:04:05+00:00'
    """
    schema = Schema.of(frame)
    if schema is not None and not any(
        isinstance(column.kind.dtype, pd.DatetimeTZDtype) for column in schema.columns
    ):
        return frame  # known without asking pandas, which takes longer
    finer = {}
    for name, dtype in frame.dtypes.items():
        if isinstance(dtype, pd.DatetimeTZDtype):  # with NumPy: pandas takes five times as long
            times = frame[name].to_numpy(f"datetime64[{dtype.unit}]")
            seconds = times.astype("datetime64[s]").astype(times.dtype)
            if not np.array_equal(times, seconds, equal_nan=True):
                finer[name] = pd.DatetimeIndex(seconds, tz="UTC").tz_convert(dtype.tz)
    if not finer:
        return frame
    result = frame.copy(deep=False)
    for name, whole_times in finer.items():
        result[name] = whole_times
    return result


def rows_of(frame: pd.DataFrame) -> list[FrameRow]:
    """Return the rows of a frame, in half the time of ``to_dict``."""
    if frame.empty:
        return []
    columns = {name: column.tolist() for name, column in frame.items()}
    names = cast("list[str]", list(columns))
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def text(row: FrameRow, name: str) -> str | None:
    """Return a text of a frame's row."""
    value = row.get(name)
    return value if isinstance(value, str) and value else None


def whole(row: FrameRow, name: str) -> int | None:
    """Return a whole number of a frame's row."""
    value = row.get(name)
    return None if value is None or value is pd.NA or abs(value) >= _MOST else int(value)


def flag(row: FrameRow, name: str) -> bool | None:
    """Return a yes or no of a frame's row."""
    value = row.get(name)
    return None if value is None or value is pd.NA else bool(value)


def money(row: FrameRow, name: str) -> Decimal | None:
    """Return an amount of a frame's row; None for one that nobody can mean."""
    value = row.get(name)
    if value is None or value is pd.NA or not 0 <= value < _MOST:
        return None
    return Decimal(str(value))


def moment(row: FrameRow, name: str) -> datetime | None:
    """Return a time of a frame's row."""
    value = row.get(name)
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else None
