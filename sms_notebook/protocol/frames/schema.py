"""A frame as a contract: ordered columns, each with dtype, unit and meaning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Self

import pandas as pd

from sms_notebook.protocol.context import Context
from sms_notebook.protocol.frames.kinds import Array, Kind, Values
from sms_notebook.protocol.replies import malformed, shallow

_MOST_FIELDS = 64
"""Unknown fields that are kept: a reply with another one in each row must not fill the memory."""


_KNOWN: dict[tuple[str, ...], "Schema"] = {}


class Extra(dict[str, list[Any]]):
    """Fields that the schema does not have: one list per field, one value per row.

    pandas copies ``attrs`` with every operation; this one is shared, so that a long price list
    with an unknown field stays quick to work with.
    """

    def __deepcopy__(self, _memo: object) -> Self:
        return self


@dataclass(frozen=True, slots=True)
class Column:
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


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of one frame, in their order."""

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        _KNOWN.setdefault(tuple(column.name for column in self.columns), self)

    @staticmethod
    def of(frame: pd.DataFrame) -> "Schema | None":
        """Return the schema that a frame was built with; None for one that was changed."""
        return _KNOWN.get(tuple(frame.columns))

    def frame(
        self,
        values: Mapping[str, Values],
        context: Context,
        *,
        extra: Mapping[str, Sequence[Any]] | None = None,
        attrs: Mapping[str, object] | None = None,
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

        Raises
        ------
        MalformedReply
            If a required value is absent or cannot be read. Another value that cannot be read is
            NA, and stays as it came in ``attrs["extra"]``.
        """
        length = max((len(column) for column in values.values()), default=0)
        rest = dict(extra or {})
        arrays: dict[str, Array] = {}
        for column in self.columns:
            raw = values.get(column.name)
            if raw is None:
                raw = [None] * length
            read = column.kind.read(raw, context.zone)
            if column.required and not read.is_complete:
                raise malformed(f"a reply without a readable {column.name}", context, raw[:3])
            if read.unreadable:
                kept = set(read.unreadable)
                rest[column.wire[0] if column.wire else column.name] = [
                    value if position in kept else None for position, value in enumerate(raw)
                ]
            arrays[column.name] = read.array
        frame = pd.DataFrame(arrays, copy=False)
        frame.attrs = {
            "provider": context.provider,
            "action": context.action,
            "fetched_at": context.fetched_at.isoformat(timespec="microseconds"),
            "extra": Extra({name: [shallow(v) for v in column] for name, column in rest.items()}),
            **{name: shallow(value) for name, value in (attrs or {}).items()},
        }
        return frame

    def empty(self, context: Context, **attrs: object) -> pd.DataFrame:
        """Build the frame without rows."""
        return self.frame({}, context, attrs=attrs)

    def from_rows(
        self,
        rows: Sequence[Mapping[str, Any]],
        context: Context,
        given: Mapping[str, Values] | None = None,
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
        kept = sorted(fields)[:_MOST_FIELDS]
        extra = {name: [row.get(name) for row in rows] for name in kept}
        return self.frame(values, context, extra=extra, attrs=attrs)


def _field(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[Any]:
    """Take one field from each record, under whichever of its names it has."""
    if len(names) == 1:
        name = names[0]
        try:
            return list(map(itemgetter(name), rows))
        except KeyError:
            return [row.get(name) for row in rows]
    return [next((row[name] for name in names if row.get(name) is not None), None) for row in rows]
