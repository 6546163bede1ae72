"""Rows of this program as a table, in one parameter: a statement is the same however many rows there are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector.database.tables import present
from edge.collector.records import EpochKey
from edge.types import DeviceKey

Columns = sa.sql.expression.FromClause


def listed(connection: Connection, rows: Iterable[Mapping[str, object]], *columns: sa.Column[Any]) -> Columns:
    """A table of rows, to be joined with one of the database.

    Args:
        connection: Whose dialect is spoken.
        rows: Their values, by name of column.
        columns: Names and types.
    """
    text = json.dumps(list(rows))
    if connection.dialect.name == "sqlite":
        each = sa.func.json_each(text).table_valued("value")
        values = (sa.func.json_extract(each.c.value, f"$.{column.name}") for column in columns)
        named = (
            sa.type_coerce(value, column.type).label(column.name)
            for value, column in zip(values, columns, strict=True)
        )
        return sa.select(*named).cte("listed")
    typed = (sa.column(column.name, column.type) for column in columns)
    # As a parameter of its own type: PostgreSQL does not guess.
    known = sa.func.json_to_recordset(sa.cast(sa.literal(text, sa.Text()), _Json()))
    return known.table_valued(*typed, name="listed").render_derived(with_types=True)


class _Json(sa.types.UserDefinedType[str]):
    """The name of the type alone: the value is a text already."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "JSON"


EPOCH = (present.c.site, present.c.device, present.c.epoch)
"""The columns that say which epoch."""


def epoch_row(epoch_key: EpochKey) -> dict[str, object]:
    """An epoch as columns."""
    return {"site": epoch_key.place.site, "device": epoch_key.place.device, "epoch": epoch_key.name}


def key_of(row: Any) -> EpochKey:
    """The epoch of a row."""
    return EpochKey(DeviceKey(row.site, row.device), row.epoch)


def same_epoch(one: Columns, other: Columns) -> sa.ColumnElement[bool]:
    """Whether two rows are of one epoch."""
    return sa.and_(*(one.c[column.name] == other.c[column.name] for column in EPOCH))
