"""Adding, changing and removing many rows at once, past what SQLAlchemy does for each of their values.

SQLite takes a statement once for each row. PostgreSQL is another process, which would answer each of them: it
takes all rows together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

from edge.collector.database.listed import Columns, Row, listed

Names = tuple[str, ...]

_KEY = "of_"
"""What a parameter's name begins with that a row is found by."""


def add_rows(connection: Connection, table: sa.Table, names: Names, rows: Iterable[Row]) -> None:
    """Adds rows; no value is converted on its way to the driver: none of the tables has a type that needs it.

    Args:
        connection: Whose database it is, in a transaction.
        table: To what.
        names: The columns of which values are given, at least two.
        rows: Their values, in this order.
    """
    if connection.dialect.name == "sqlite":
        _execute_each(connection, _insert(table), names, rows)
    elif given := tuple(rows):
        wanted = _together(connection, table, names, given)
        connection.execute(table.insert().from_select(names, sa.select(*wanted.c)))


def change_rows(
    connection: Connection, table: sa.Table, keys: Names, values: Names, rows: Iterable[Row]
) -> None:
    """Gives rows that are found by `keys` new `values`; a row of `rows` has both, in this order."""
    if connection.dialect.name == "sqlite":
        _execute_each(connection, _update(table, keys), (*_parameters(keys), *values), rows)
    elif given := tuple(rows):
        wanted = _together(connection, table, (*keys, *values), given)
        change = sa.update(table).values({name: wanted.c[name] for name in values})
        connection.execute(change.where(*_same(table, wanted, keys)))


def remove_rows(connection: Connection, table: sa.Table, keys: Names, rows: Iterable[Row]) -> None:
    """Removes rows that are found by `keys`."""
    if connection.dialect.name == "sqlite":
        _execute_each(connection, _delete(table, keys), _parameters(keys), rows)
    elif given := tuple(rows):
        wanted = _together(connection, table, keys, given)
        connection.execute(sa.delete(table).where(*_same(table, wanted, keys)))


def _together(connection: Connection, table: sa.Table, names: Names, rows: Iterable[Row]) -> Columns:
    """The rows as a table."""
    return listed(connection, rows, *(table.c[name] for name in names))


def _same(table: sa.Table, wanted: Columns, keys: Names) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == wanted.c[name] for name in keys]


def _parameters(keys: Names) -> Names:
    return tuple(_KEY + name for name in keys)


def _found(table: sa.Table, keys: Names) -> list[sa.ColumnElement[bool]]:
    return [table.c[name] == sa.bindparam(_KEY + name) for name in keys]


# The same object every time, so that its text is made once.
@lru_cache
def _insert(table: sa.Table) -> sa.Insert:
    return table.insert()


@lru_cache
def _update(table: sa.Table, keys: Names) -> sa.Update:
    return sa.update(table).where(*_found(table, keys))


@lru_cache
def _delete(table: sa.Table, keys: Names) -> sa.Delete:
    return sa.delete(table).where(*_found(table, keys))


def _execute_each(
    connection: Connection, statement: sa.sql.dml.UpdateBase, names: Names, rows: Iterable[Row]
) -> None:
    """Executes a statement once for each row, and not at all where there is none."""
    text, arranged = _compiled(statement, names, connection.dialect)
    values = list(map(arranged, rows))
    if values:
        connection.exec_driver_sql(text, values)


@lru_cache(maxsize=64)
def _compiled(
    statement: sa.sql.dml.UpdateBase, names: Names, dialect: Dialect
) -> tuple[str, Callable[[Row], Any]]:
    """The text of a statement, and what puts the values of a row into the order of its parameters."""
    compiled = statement.compile(dialect=dialect, column_keys=names)
    return str(compiled), itemgetter(*(names.index(name) for name in compiled.positiontup or names))
