"""One statement for many rows, past what SQLAlchemy does for each value of each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect

Row = Sequence[Any]


def execute_rows(
    connection: Connection, statement: sa.sql.dml.UpdateBase, names: tuple[str, ...], rows: Iterable[Row]
) -> None:
    """Executes a statement once for each row, and not at all where there is none.

    No value is converted on its way to the driver; none of the tables has a type that needs it.

    Args:
        connection: Whose database it is, in a transaction.
        statement: The same object every time, so that its text is made once.
        names: Those of its parameters.
        rows: Their values, in the order of `names`; at least two.
    """
    text, arranged = _compiled(statement, names, connection.dialect)
    values = list(map(arranged, rows))
    if values:
        connection.exec_driver_sql(text, values)


@lru_cache(maxsize=64)
def _compiled(
    statement: sa.sql.dml.UpdateBase, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, Callable[[Row], Any]]:
    """The text of a statement, and what makes its parameters of a row: by place or by name."""
    compiled = statement.compile(dialect=dialect, column_keys=names)
    if compiled.positiontup is None:
        return str(compiled), lambda row: dict(zip(names, row, strict=True))
    return str(compiled), itemgetter(*(names.index(name) for name in compiled.positiontup))
