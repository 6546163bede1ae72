"""`maskgate events`, with a daemon that holds the spool and without one."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.messages import payloads
from edge.spool import Spool
from edge.spool.control.server import ControlServer
from tests.support.builders import event, limits
from tests.support.commands import Run, one_sentence
from tests.support.spool_tools import EVENTS, WALL, path
from tests.support.spools import fill, other_database

__all__ = ["path"]


HUGE = 10**22
"""More than SQLite can hold."""


@pytest.fixture(params=["daemon", "alone"])
def events(request: pytest.FixtureRequest, path: Path, run: Run) -> Iterator[Run]:
    """`maskgate events` on that spool, while a daemon holds it or not."""

    def call(*arguments: object) -> object:
        return run("events", *arguments, "--config", path.with_name("config.toml"))

    if request.param == "alone":
        yield call  # type: ignore[misc]
        return
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool, closing(ControlServer(spool)):
        yield call  # type: ignore[misc]


def payload(number: int) -> str:
    return payloads.encode(payloads.event_payload(event(number))).decode()


def test_tail_shows_the_latest(events: Run) -> None:
    """The last ones in order; as JSON they are the messages as they are sent."""
    found = events("tail", "-n", 3, "--json")
    assert found.out.splitlines() == [payload(number) for number in (28, 29, 30)]
    lines = events("tail", "-n", 25).out.splitlines()
    assert len(lines) == 25
    assert lines[0].split()[1:] == ["6", "e1-1-1", "revision", "0", "no_mask", "sent"]
    assert lines[-1].endswith("unsent")
    assert events("tail", "-n", 0).out == ""


def test_tail_fits_a_terminal(events: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In 80 columns parts of a second are left out; no number is."""
    monkeypatch.setattr("edge.commands.events.room", lambda: 80)
    wide = "0123abcd-ef01-12-345"
    monkeypatch.setattr(json, "loads", lambda text, _loads=json.loads: {**_loads(text), "pass_id": wide})
    lines = events("tail", "-n", 2).out.splitlines()
    assert [line.split()[1:3] for line in lines] == [["29", wide], ["30", wide]]
    assert max(map(len, lines)) <= 80


def test_export_as_json_lines_is_what_is_sent(events: Run) -> None:
    """All of it, byte for byte, or a range."""
    everything = [payload(number) for number in range(1, EVENTS + 1)]
    assert events("export").out.splitlines() == everything
    assert events("export", "--from", 5, "--to", 7).out.splitlines() == everything[4:7]
    assert events("export", "--from", 29).out.splitlines() == everything[28:]
    assert events("export", "--from", 99).out == ""
    assert events("export", "--from", HUGE).out == ""
    assert events("export", "--from", 29, "--to", HUGE).out.splitlines() == everything[28:]


def test_export_as_csv_has_a_column_for_each_member(events: Run, tmp_path: Path) -> None:
    """To a file, written in one piece."""
    file = tmp_path / "out.csv"
    found = events("export", "--format", "csv", "--to", 12, "--output", file)
    assert found.out == f"12 events are in {file}\n"
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert [row["sequence"] for row in rows] == [str(number) for number in range(1, 13)]
    assert rows[0]["probabilities.without_mask"] == "0.96"
    assert set(rows[0]) > {"id", "verdict", "votes.with_mask", "clock_synced"}
    assert [file.name for file in tmp_path.glob("*out*")] == ["out.csv"]


def test_export_since_a_moment(events: Run) -> None:
    """The moment is in UTC, and is one of the events' own time."""
    assert len(events("export", "--since", "2023-11-14T22:13:20").out.splitlines()) == EVENTS
    assert events("export", "--since", "2023-11-14T22:13:21").out == ""
    one_sentence(events("export", "--since", "yesterday"), 2, "--since yesterday")


def test_an_export_that_fails_leaves_what_was_there(events: Run, tmp_path: Path) -> None:
    """A directory that is none is one sentence; a wrong epoch spares the file that exists."""
    one_sentence(events("export", "-o", tmp_path / "none" / "x"), 9, "cannot be written")
    file = tmp_path / "kept.jsonl"
    file.write_text("kept")
    one_sentence(events("export", "--epoch", "other", "-o", file), 2, "no epoch other")
    assert file.read_text() == "kept"


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_standard_output_on_a_full_disk_is_one_sentence(path: Path, kind: str, tmp_path: Path) -> None:
    """An export that is cut short does not pass for a whole one."""
    command = [sys.executable, "-m", "edge", "events", "export", "--format", kind, "--config"]
    with open("/dev/full", "w") as full:
        found = subprocess.run(
            [*command, str(path.with_name("config.toml"))],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False,
        )  # fmt: skip
    assert found.returncode == 9
    assert found.stderr == "maskgate: standard output cannot be written: No space left on device\n"


def test_replay_sends_again(events: Run, path: Path) -> None:
    """It says how many, and they are unsent then."""
    found = json.loads(events("replay", 6, 15, "--json").out)
    assert found == {"again": 5, "waiting": 5, "gone": 0}
    assert "5 events are sent again" in events("replay", 1, 5).out
    stats = json.loads(events("stats", "--json").out)
    assert (stats["unsent"], stats["gaps"]) == (EVENTS, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("replay", 31, 40), 5, "holds no event from 31 to 40"),
        (("replay", HUGE, HUGE + 1), 5, f"holds no event from {HUGE}"),
        (("replay", (1 << 40) + 1, (1 << 40) + 5), 5, "holds no event from"),
        (("replay", 1, 5, "--epoch", "other"), 5, "no epoch other"),
        (("replay", 9, 5), 2, "upwards"),
        (("export", "--from", 9, "--to", 5), 2, "upwards"),
    ],
)
def test_an_unknown_range_changes_nothing(
    events: Run, arguments: tuple[object, ...], code: int, word: str
) -> None:
    """It is one sentence."""
    before = json.loads(events("stats", "--json").out)
    one_sentence(events(*arguments), code, word)
    assert json.loads(events("stats", "--json").out) == before


def test_stats_tell_how_things_stand(events: Run) -> None:
    """As a table and as JSON."""
    found = json.loads(events("stats", "--json").out)
    assert (found["unsent"], found["stored"], found["dropped"], found["gaps_unsent"]) == (20, EVENTS, {}, 0)
    assert found["oldest_unsent"] == WALL + 0.25
    assert [mark["contiguous"] for mark in found["marks"]] == [8]
    assert found["epochs"][0]["last"] == EVENTS
    table = events("stats").out
    assert "consumer team" in table
    assert "problem        none" in table


def test_purge_deletes_what_is_old(events: Run) -> None:
    """Acknowledged events; unsent ones only where that is confirmed."""
    assert "0 acknowledged and 0" in events("purge", "--older-than", 100_000).out
    assert json.loads(events("purge", "--older-than", 1, "--json").out) == {"acknowledged": 10, "unsent": 0}
    found = events("purge", "--older-than", 1, "--unsent", "--yes")
    assert "0 acknowledged and 20 unsent" in found.out
    stats = json.loads(events("stats", "--json").out)
    assert (stats["stored"], stats["gaps_unsent"], stats["dropped"]) == (0, 1, {"expired": 20})


def test_unsent_events_are_not_purged_unasked(events: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does not say yes loses nothing."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert events("purge", "--older-than", 1, "--unsent").code == 130
    assert json.loads(events("stats", "--json").out)["stored"] == EVENTS


def test_without_a_spool_there_is_one_sentence(run: Run, tmp_path: Path) -> None:
    """A tool makes no spool."""
    file = tmp_path / "config.toml"
    file.write_text(f'[spool]\npath = "{tmp_path / "none.db"}"\n')
    one_sentence(run("events", "stats", "--config", file), 5, "there is no spool at")
    assert [entry.name for entry in tmp_path.iterdir() if "none" in entry.name] == []


def test_another_programs_database_is_left_alone(run: Run, tmp_path: Path) -> None:
    """Not a byte of it changes, and nothing is made beside it."""
    file = tmp_path / "other.db"
    other_database(file)
    before = file.read_bytes()
    config = tmp_path / "config.toml"
    config.write_text(f'[spool]\npath = "{file}"\n')
    one_sentence(run("events", "stats", "--config", config), 5, "is some other database")
    assert file.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir() if "other" in entry.name] == ["other.db"]


def test_a_damaged_spool_is_left_to_the_daemon(path: Path, run: Run) -> None:
    """A tool repairs nothing and moves nothing."""
    path.write_bytes(b"\x55" * 10_000)
    found = run("events", "stats", "--config", path.with_name("config.toml"))
    one_sentence(found, 5, "damaged", "the daemon moves it aside")
    assert path.read_bytes() == b"\x55" * 10_000


@pytest.mark.parametrize(
    "arguments",
    [
        ("tail", "-n", EVENTS),
        ("export", "-o", "kept"),
        ("export", "--format", "csv", "-o", "kept"),
        ("stats",),
        ("replay", 1, 20),
        ("purge", "--older-than", 1),
    ],
)
@pytest.mark.parametrize("change", [b"no_mesk", b'no"mask', b"no\xffask"])
def test_a_changed_event_is_neither_shown_nor_touched(
    path: Path, run: Run, arguments: tuple[object, ...], change: bytes
) -> None:
    """It may look well or not: it is one sentence, and file and export are what they were."""
    content = path.read_bytes()
    path.write_bytes(content.replace(b':"no_mask"', b':"%s"' % change, 1))
    before, kept = path.read_bytes(), path.with_name("kept")
    kept.write_text("kept")
    given = [kept if word == "kept" else word for word in arguments]
    found = run("events", *given, "--config", path.with_name("config.toml"))
    one_sentence(found, 5, "damaged", "the daemon moves it aside")
    assert path.read_bytes() == before != content
    assert kept.read_text() == "kept"


def test_following_goes_on(path: Path, tmp_path: Path) -> None:
    """New events come out as they are stored, until it is interrupted."""
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool, closing(ControlServer(spool)):
        command = [sys.executable, "-m", "edge", "events", "tail", "-n", "1", "-f", "--json", "--config"]
        tool = subprocess.Popen(
            [*command, str(path.with_name("config.toml"))], stdout=subprocess.PIPE, text=True, cwd=tmp_path
        )
        try:
            assert tool.stdout is not None
            assert tool.stdout.readline() == payload(30) + "\n"
            fill(spool, range(31, 34))
            assert [tool.stdout.readline() for _ in range(3)] == [payload(n) + "\n" for n in (31, 32, 33)]
        finally:
            tool.terminate()
            tool.communicate()
