"""Rows of this program as a table, in few parameters: a statement is the same however many rows there are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector.database.tables import present
from edge.collector.records import EpochKey
from edge.types import DeviceKey

Columns = sa.sql.expression.FromClause
Row = Sequence[Any]


def listed(connection: Connection, rows: Iterable[Row], *columns: sa.Column[Any]) -> Columns:
    """A table of rows, to be joined with one of the database.

    Args:
        connection: Whose dialect is spoken.
        rows: Their values, in the order of the columns.
        columns: Names and types.
    """
    given = list(rows)
    if connection.dialect.name == "sqlite":
        each = sa.func.json_each(json.dumps(given)).table_valued("value")
        values = (sa.func.json_extract(each.c.value, f"$[{place}]") for place in range(len(columns)))
        named = (
            sa.type_coerce(value, column.type).label(column.name)
            for value, column in zip(values, columns, strict=True)
        )
        return sa.select(*named).cte("listed")
    # PostgreSQL takes a third of the time for columns that it takes for rows.
    parts = list(zip(*given, strict=True)) or [()] * len(columns)
    return sa.select(*map(_spread, parts, columns)).subquery("listed")


def _spread(values: Sequence[object], column: sa.Column[Any]) -> sa.Label[Any]:
    """The values of a column; several of them are read in step."""
    # As a parameter of its own type: PostgreSQL does not guess.
    known = sa.cast(sa.literal(json.dumps(values), sa.Text()), _Json())
    return sa.cast(sa.func.json_array_elements_text(known), column.type).label(column.name)


class _Json(sa.types.UserDefinedType[str]):
    """The name of the type alone: the value is a text already."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "JSON"


EPOCH = (present.c.site, present.c.device, present.c.epoch)
"""The columns that say which epoch."""


def epoch_row(epoch_key: EpochKey) -> tuple[str, str, str]:
    """The values of the columns that say which epoch."""
    return epoch_key.place.site, epoch_key.place.device, epoch_key.name


def key_of(row: Any) -> EpochKey:
    """The epoch of a row."""
    return EpochKey(DeviceKey(row.site, row.device), row.epoch)


def same_epoch(one: Columns, other: Columns) -> sa.ColumnElement[bool]:
    """Whether two rows are of one epoch."""
    return sa.and_(*(one.c[column.name] == other.c[column.name] for column in EPOCH))
