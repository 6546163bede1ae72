"""Opening a database: which ones can be used, and what is wrong with the others.

SQLite runs with a rollback journal, not with WAL: several collectors and reports may hold one file open,
which can corrupt a WAL database before SQLite 3.51.3. The journal is truncated and synced, so that a
power cut takes no row that was reported as committed. Writers take turns in both kinds of database.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from edge.collector.database import migration, tables
from edge.collector.database.address import check_slips, told, without_secrets
from edge.errors import ConfigError, MissingExtraError, StorageError

log = logging.getLogger(__name__)

SAMPLES = "sqlite:///events.db or postgresql+psycopg://user@host/name"
LOCK_S = 5
TURN = 0x4D53_4B43
"""The advisory lock for which PostgreSQL's writers queue."""

# Without these, TCP may wait very long for a server that is gone.
_POSTGRESQL = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "tcp_user_timeout": 30_000,
    "application_name": "maskgate-collect",
    "options": f"-c lock_timeout={LOCK_S}s -c idle_in_transaction_session_timeout=60s",
}


class CollectorDatabase:
    """One open database; used by one thread."""

    def __init__(self, engine: Engine) -> None:
        """Use `open_database`."""
        self._engine = engine
        self.name = told(engine.url)

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, all or nothing, alone among writers.

        Raises:
            StorageError: Nothing was written.
        """
        with self._naming(), self._engine.connect() as connection:
            # SQLite refuses at once to turn a read lock into a write lock where another writer waits.
            connection.execution_options(maskgate_begin="BEGIN IMMEDIATE")
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    # PostgreSQL frees this lock with the transaction, also where the connection breaks.
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(TURN)))
                yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees the database as of one moment.

        Raises:
            StorageError: It cannot be read.
        """
        with self._naming(), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                # By default PostgreSQL shows every statement another moment.
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Lets the database go."""
        self._engine.dispose()

    @contextlib.contextmanager
    def _naming(self) -> Iterator[None]:
        """Turns the database's errors into one that names it and says what to do."""
        driver = self._engine.dialect.loaded_dbapi
        try:
            yield
        # The driver's own error comes out of what is done to a connection when it is made.
        except (SQLAlchemyError, driver.Error) as error:
            raise _named(self._engine.url, error) from None


def open_database(text: str, *, create: bool) -> CollectorDatabase:
    """Opens a database that a collector may write to.

    Args:
        text: URL, see `SAMPLES`.
        create: Whether to make file and tables where there are none.

    Raises:
        ConfigError: The URL is none, or the database is some other program's or another format.
        StorageError: It cannot be reached or written.
        MissingExtraError: The driver is not installed.
    """
    url = _url(text)
    if url.drivername == "sqlite":
        _check_file(Path(url.database or ""), create=create)
    database = CollectorDatabase(_engine(url))
    try:
        _check_tables(database, create=create)
        if create:
            _check_rights(database)
    except BaseException:
        database.close()
        raise
    return database


def _url(text: str) -> URL:
    try:
        url = make_url(text)
        kind = url.get_backend_name()
    except (ArgumentError, ValueError):
        raise ConfigError(f"--database: this is no URL of a database; give one such as {SAMPLES}") from None
    if kind not in ("sqlite", "postgresql"):
        raise ConfigError(f"--database: {kind} is not supported; give {SAMPLES}")
    if kind == "sqlite" and (url.drivername != "sqlite" or url.query):
        raise ConfigError(f"--database: give the file alone, as in {SAMPLES}")
    if kind == "sqlite" and url.database in (None, "", ":memory:"):
        raise ConfigError(f"--database: the URL names no file; give one such as {SAMPLES}")
    if kind == "postgresql":
        check_slips(url)
    return url.set(drivername="postgresql+psycopg") if kind == "postgresql" else url


def _check_file(path: Path, *, create: bool) -> None:
    if not path.parent.is_dir():
        missing = "cannot be made" if create else "is missing"
        raise StorageError(f"the database {path} {missing}: there is no directory {path.parent}")
    if path.is_dir():
        raise ConfigError(f"--database: {path} is a directory; name a file")
    if not create and not path.exists():
        raise ConfigError(
            f"there is no database {path}; `maskgate collect` makes one, and so does `collect load --create`"
        )


def _engine(url: URL) -> Engine:
    sqlite = url.drivername == "sqlite"
    arguments: dict[str, Any] = {"timeout": LOCK_S} if sqlite else dict(_POSTGRESQL)
    try:
        # A server may have been restarted since the last use of a connection.
        engine = sa.create_engine(url, connect_args=arguments, pool_size=1, pool_pre_ping=not sqlite)
    except (ImportError, NoSuchModuleError):
        raise MissingExtraError("PostgreSQL needs psycopg, which is not installed", "collector") from None
    if sqlite:
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    # Transactions begin where `_begin` says so, and nowhere else.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = TRUNCATE")
    connection.execute("PRAGMA synchronous = EXTRA")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("maskgate_begin", "BEGIN"))


def _check_tables(database: CollectorDatabase, *, create: bool) -> None:
    """Makes the tables in an empty database; refuses one that is not a collector's."""
    with database.reading() as connection:
        found = set(sa.inspect(connection).get_table_names())
    if not found and create:
        with database.writing() as connection:
            # Another collector may have been faster.
            if not sa.inspect(connection).get_table_names():
                tables.metadata.create_all(connection)
                connection.execute(tables.version.insert().values(format=tables.FORMAT))
        return _check_tables(database, create=False)
    if tables.version.name not in found:
        what = "is some other program's" if found else "is empty"
        raise ConfigError(f"the database {database.name} {what}; name another one with --database")
    with database.reading() as connection:
        number = connection.execute(sa.select(tables.version.c.format)).scalar() or 0
    if number == tables.FORMAT:
        return None
    if migration.OLDEST <= number < tables.FORMAT:
        return _migrate(database)
    raise ConfigError(
        f"the database {database.name} has format {number}, this maskgate writes {tables.FORMAT}; "
        "update maskgate or name another one with --database"
    )


def _migrate(database: CollectorDatabase) -> None:
    """Brings an older format up to date; whoever may only read needs somebody who may write first."""
    with database.writing() as connection:
        # Another collector may have been faster.
        number = connection.execute(sa.select(tables.version.c.format)).scalar_one()
        if number < tables.FORMAT:
            log.warning(
                "the database %s is brought from format %d to %d", database.name, number, tables.FORMAT
            )
            migration.migrate(connection, number)


def _check_rights(database: CollectorDatabase) -> None:
    """Writes what is there already: better refused now than with the first message."""
    with database.writing() as connection:
        connection.execute(sa.update(tables.version).values(format=tables.FORMAT))


def _named(url: URL, error: Exception) -> ConfigError | StorageError:
    name = told(url)
    plain = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    code = getattr(plain, "sqlite_errorname", "")
    reason = without_secrets(" ".join(str(plain).split()), url)
    if code.startswith("SQLITE_NOTADB"):
        return ConfigError(f"{name} is no database; name another file with --database")
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StorageError(f"the database {name} is locked by another program; trying again helps")
    if code.startswith("SQLITE_FULL"):
        return StorageError(f"the database {name} cannot grow: the disk is full; free some space")
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return StorageError(
            f"the database {name} cannot be written: {reason}; check the rights of its directory"
        )
    if code.startswith("SQLITE_CORRUPT"):
        return StorageError(f"the database {name} is damaged: {reason}; move it away, a new one is made")
    return StorageError(f"the database {name} cannot be used: {reason}; check that it runs and --database")
