"""`maskgate collect load`, with exports that `maskgate events export` made of a real spool."""

from __future__ import annotations

import json
import os
import pty
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge.collector.database import engine
from tests.support import collector_records
from tests.support.collector import event_ids
from tests.support.commands import Run, one_sentence
from tests.support.exports import EVENTS, config, export, load, path

__all__ = ["config", "export", "load", "path"]


def test_an_export_is_stored_once(run: Run, load: Run, export: Path, path: Path) -> None:
    """The second time all is known; status and report count it with the rest."""
    first = json.loads(load(export, "--json").out)
    assert (first["stored"], first["known"]) == (EVENTS, 0)
    (epoch,) = first["epochs"]
    assert epoch == {
        "site": "site", "device": "door", "epoch": "e1", "stored": EVENTS, "known": 0, "first": 1,
        "last": EVENTS, "contiguous": EVENTS, "highest": EVENTS, "missing": [],
    }  # fmt: skip
    before = path.read_bytes()
    assert "0 events are stored, 30 were known" in load(export).out
    assert path.read_bytes() == before
    assert event_ids(path) == [f"door/e1/{number}" for number in range(1, EVENTS + 1)]
    database = ("--database", f"sqlite:///{path}")
    assert "30 events, complete to 30 of 30" in run("collect", "status", *database).out
    passes = {json.loads(line)["pass_id"] for line in export.read_text().splitlines()}
    (row,) = json.loads(run("collect", "report", *database, "--format", "json").out)
    assert (row["site"], row["passes"]) == ("site", len(passes))


def test_the_table_says_what_is_missing(run: Run, load: Run, config: Path, tmp_path: Path) -> None:
    """Parts that leave a hole between them."""
    parts = [tmp_path / "a", tmp_path / "b"]
    for part, first, last in zip(parts, (1, 21), (10, EVENTS), strict=True):
        run("events", "export", "--config", config, "--from", first, "--to", last, "-o", part)
    head, row, sentence = load(*parts).out.splitlines()
    assert head.split()[:3] == ["site", "device", "epoch"]
    assert re.split(r" {2,}", row) == ["site", "door", "e1", "20", "0", "1", "30", "10 of 30", "11-20"]
    assert sentence == "20 events are stored, 0 were known"


def test_standard_input(export: Path, path: Path, tmp_path: Path) -> None:
    """Through a pipe, as from ssh; it is checked as a whole before anything is stored."""
    command = [sys.executable, "-m", "edge", "collect", "load", "--site", "site", "-"]
    command += ["--database", f"sqlite:///{path}"]

    def piped(text: bytes) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(command, input=text, capture_output=True, check=False)

    torn = piped(export.read_bytes()[:-20])
    assert (torn.returncode, torn.stdout) == (4, b"")
    assert b"standard input, line 30: it is cut off" in torn.stderr
    assert event_ids(path) == []
    assert b"30 events are stored" in piped(export.read_bytes()).stdout


def test_an_export_for_people_is_refused(run: Run, load: Run, config: Path, tmp_path: Path) -> None:
    """The sentence names the option that helps."""
    file = tmp_path / "march.csv"
    run("events", "export", "--format", "csv", "--config", config, "-o", file)
    one_sentence(load(file), 4, f"{file}, line 1: ", "--format jsonl", "nothing was stored")


def test_a_last_line_without_its_end_is_an_event_if_it_is_whole(
    load: Run, export: Path, tmp_path: Path
) -> None:
    """Shells and editors take the end away; so does Windows change all of them."""
    file = tmp_path / "edited"
    file.write_bytes(export.read_bytes().rstrip().replace(b"\n", b"\r\n"))
    assert json.loads(load(file, "--json").out)["stored"] == EVENTS


def test_events_of_another_site_are_refused(run: Run, load: Run, export: Path, path: Path) -> None:
    """A wrong --site would else make a second device of the first."""
    load(export)
    wrong = ("--site", "nowhere", "--database", f"sqlite:///{path}")
    one_sentence(run("collect", "load", *wrong, export), 4, "line 1", "'site', not 'nowhere'", "--site")


def test_wrong_options_are_one_sentence(run: Run, export: Path, tmp_path: Path) -> None:
    """Exit code 2, and no database is made."""
    there = ("--database", f"sqlite:///{tmp_path}/none.db")
    one_sentence(run("collect", "load", *there, "--site", "a/b", export), 2, "--site")
    one_sentence(run("collect", "load", *there, "--site", "site", export), 2, "there is no database")
    one_sentence(run("collect", "load", *there, "--site", "site", "-", "-"), 2, "named twice")
    one_sentence(run("collect", "load", "--database", "x", "--site", "site", export), 2, "no URL")
    assert not (tmp_path / "none.db").exists()


def test_a_database_is_made_where_that_is_asked_for(run: Run, export: Path, tmp_path: Path) -> None:
    """Not for a file that is damaged."""
    made_by = ("--database", f"sqlite:///{tmp_path}/new.db", "--site", "site", "--create")
    bad = tmp_path / "bad"
    bad.write_bytes(export.read_bytes()[:-5])
    one_sentence(run("collect", "load", *made_by, export, bad), 4, "line 30")
    assert not (tmp_path / "new.db").exists()
    assert run("collect", "load", *made_by, export).code == 0
    assert len(event_ids(tmp_path / "new.db")) == EVENTS


def test_a_file_that_cannot_be_read(load: Run, export: Path, tmp_path: Path) -> None:
    """Exit code 4, also where the ones before it are good; an empty one holds no event."""
    one_sentence(load(export, tmp_path / "none"), 4, "none cannot be read", "nothing was stored")
    one_sentence(load(tmp_path), 4, "cannot be read: Is a directory")
    empty = tmp_path / "empty"
    empty.touch()
    assert load(empty).out == "0 events are stored, 0 were known\n"


def test_a_locked_database(load: Run, export: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 9, nothing stored; the next attempt stores all."""
    monkeypatch.setattr(engine, "LOCK_S", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other_program:
        other_program.execute("BEGIN IMMEDIATE")
        one_sentence(load(export), 9, "is locked by another program")
        other_program.execute("ROLLBACK")
    assert "30 events are stored" in load(export).out


def test_a_bar_on_a_terminal(path: Path, tmp_path: Path) -> None:
    """Long files only; standard output stays clean."""
    long = tmp_path / "long.jsonl"
    # The same event many times: quick to make, and known but for the first.
    long.write_bytes((collector_records.event(1) + b"\n") * 4000)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "edge", "collect", "load", "--site", "site", str(long), "--json"]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(
        [*command, "--database", f"sqlite:///{path}"],
        stdout=subprocess.PIPE, stderr=slave, env=environment,
    ) as process:  # fmt: skip
        os.close(slave)
        out, _ = process.communicate()
    assert b"checking and storing" in os.read(master, 65_536)
    os.close(master)
    assert json.loads(out)["known"] == 3999
