"""Brings the tables of an older format up to date, in one transaction."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector.database import tables

OLDEST = 1
"""The oldest format that can be brought up to date."""


def migrate(connection: Connection, found: int) -> None:
    """Brings a database from a format that is not older than `OLDEST` to `tables.FORMAT`."""
    if found < 2:
        # Events and gaps had their ids as keys, which two sites may share.
        _rebuild(connection, tables.event)
        _rebuild(connection, tables.gap)
    elif found < 3:
        connection.exec_driver_sql("ALTER TABLE event ADD COLUMN direction TEXT")
    connection.execute(sa.update(tables.version).values(format=tables.FORMAT))


def _rebuild(connection: Connection, table: sa.Table) -> None:
    """Makes a table anew with the same rows: SQLite cannot change a key. Columns that are new stay empty."""
    quote = connection.dialect.identifier_preparer.quote
    there = {str(column["name"]) for column in sa.inspect(connection).get_columns(table.name)}
    for index in sa.inspect(connection).get_indexes(table.name):
        connection.exec_driver_sql(f"DROP INDEX {quote(str(index['name']))}")
    earlier = f"{table.name}_earlier"
    connection.exec_driver_sql(f"ALTER TABLE {quote(table.name)} RENAME TO {quote(earlier)}")
    table.create(connection)
    names = [column.name for column in table.columns if column.name in there]
    rows = sa.select(sa.table(earlier, *(sa.column(name) for name in names)))
    connection.execute(table.insert().from_select(names, rows))
    connection.exec_driver_sql(f"DROP TABLE {quote(earlier)}")
