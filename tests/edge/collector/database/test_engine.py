"""Which databases can be used, and what is wrong with the others."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from edge.collector.database import Writes, open_database
from edge.collector.database.tables import FORMAT
from edge.errors import ConfigError, MaskGateError, StorageError
from tests.support.collector_records import event_record


def test_two_collectors_may_make_the_tables(url: str) -> None:
    """Both start at once on an empty database, and both can work."""
    failures: list[MaskGateError] = []

    def start() -> None:
        try:
            open_database(url, create=True).close()
        except MaskGateError as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    open_database(url, create=False).close()


# Which databases can be used


def refused(url: str, kind: type[MaskGateError], *words: str, create: bool = True) -> None:
    with pytest.raises(kind) as caught:
        open_database(url, create=create)
    text = str(caught.value)
    assert "\n" not in text
    assert all(word in text for word in words), text


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("events.db", "no URL"),
        ("", "no URL"),
        ("mysql://host/name", "mysql is not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///x.db?mode=ro", "the file alone"),
        ("postgresql://host:port/name", "no URL"),
    ],
)
def test_a_wrong_url_is_one_sentence(url: str, words: str) -> None:
    """It says what is wrong and shows a right one."""
    refused(url, ConfigError, words, "sqlite:///events.db")


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """Is named, and not made."""
    refused(f"sqlite:///{tmp_path}/none/events.db", StorageError, "no directory", "none")
    assert list(tmp_path.iterdir()) == []


def test_a_report_on_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """The database is missing; nobody wants to make it."""
    refused(f"sqlite:///{tmp_path}/none/events.db", StorageError, "is missing", "none", create=False)


def test_a_report_makes_no_database(tmp_path: Path) -> None:
    """A file that is not there stays so."""
    refused(f"sqlite:///{tmp_path}/events.db", ConfigError, "there is no database", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"not a database at all, " * 50, b"short"])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    """Is left as it is."""
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    refused(f"sqlite:///{path}", ConfigError, "is no database")
    assert path.read_bytes() == content


def test_another_programs_database(tmp_path: Path) -> None:
    """Is left as it is."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE event (id INTEGER)")
    before = path.read_bytes()
    refused(f"sqlite:///{path}", ConfigError, "some other program's")
    assert path.read_bytes() == before


def test_an_older_format(file: str, tmp_path: Path) -> None:
    """Is named with both numbers, and left as it is."""
    open_database(file, create=True).close()
    with closing(sqlite3.connect(tmp_path / "events.db")) as other, other:
        other.execute("UPDATE maskgate_collector SET format = 0")
    before = (tmp_path / "events.db").read_bytes()
    refused(file, ConfigError, "format 0", f"writes {FORMAT}")
    assert (tmp_path / "events.db").read_bytes() == before


def test_a_server_that_is_not_there() -> None:
    """Says so in a sentence without the password."""
    with pytest.raises(StorageError) as caught:
        open_database("postgresql://me:secret@127.0.0.1:1/x", create=True)
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_locked_file_is_an_error_that_passes(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another program holds the file nothing is stored; afterwards everything is."""
    monkeypatch.setattr("edge.collector.database.engine.LOCK_S", 0.1)
    with closing(open_database(file, create=True)) as database:
        with closing(sqlite3.connect(tmp_path / "events.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StorageError, match="locked"):
                Writes(database).store([event_record(1)])
        assert Writes(database).store([event_record(1)]).stored == 1


def test_a_power_cut_takes_nothing_that_was_committed(file: str, tmp_path: Path) -> None:
    """SQLite syncs the file and the end of its journal at every commit, and uses no WAL."""
    with closing(open_database(file, create=True)) as database, database.reading() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    assert (mode, level) == ("truncate", 3)
