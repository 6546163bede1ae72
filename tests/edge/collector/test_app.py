"""`maskgate collect` and its reports, with wrong input too."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge.collector.database import Writes, open_database
from edge.commands import main
from edge.types import Outcome
from tests.support.collector_records import NOON, event_record, gap_record, presence, rejected
from tests.support.paths import ROOT


class Run:
    """Runs `maskgate collect` with arguments."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capfd = capfd

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["maskgate", "collect", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        code = end.value.code
        return code if isinstance(code, int) else 0, *self._capfd.readouterr()

    def refused(self, code: int, *arguments: str) -> str:
        """One sentence, and nothing on standard output."""
        found, out, err = self(*arguments)
        assert (found, out) == (code, ""), err
        (sentence,) = err.splitlines()
        assert sentence.startswith("maskgate: ")
        return sentence


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MASKGATE_DATABASE", raising=False)
    return Run(monkeypatch, capfd)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with two hours of one device: one person with, one without a mask, one lost event."""
    made = f"sqlite:///{tmp_path}/events.db"
    with closing(open_database(made, create=True)) as database:
        writing = Writes(database)
        writing.store(
            [
                event_record(1, NOON + 60, Outcome.COMPLIANT),
                event_record(3, NOON + 3700, Outcome.NO_MASK),
                gap_record(1, 2, 2),
                presence(online=True, received=NOON),
                rejected(),
            ]
        )
        writing.note_seen("one", NOON + 7200)
    return made


def test_a_report_by_hour(run: Run, url: str) -> None:
    """A row for each hour, with compliance and minutes."""
    code, out, _ = run("report", "--database", url, "--by", "hour", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [(row["start"], row["compliance"], row["minutes_watched"]) for row in rows] == [
        ("2023-11-15T12:00+00:00", "1.0", "60.0"),
        ("2023-11-15T13:00+00:00", "0.0", "60.0"),
    ]


def test_a_report_by_shift_in_a_time_zone(run: Run, url: str) -> None:
    """13:01 and 14:01 in Berlin are two shifts."""
    code, out, _ = run(
        "report", "--database", url, "--by", "shift", "--timezone", "Europe/Berlin", "--format", "json"
    )
    rows = json.loads(out)
    assert code == 0
    assert [(row["start"], row["passes"]) for row in rows] == [
        ("2023-11-15T06:00+01:00", 1),
        ("2023-11-15T14:00+01:00", 1),
    ]


def test_a_report_of_one_day_and_device(run: Run, url: str) -> None:
    """Days and devices without anything are left out."""
    assert "compliant" in run("report", "--database", url, "--from", "2023-11-15", "--to", "2023-11-15")[1]
    assert "nothing" in run("report", "--database", url, "--to", "2023-11-14")[1]
    assert "nothing" in run("report", "--database", url, "--device", "gate")[1]


def test_the_database_may_come_from_the_environment(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a password in it stands in no list of processes."""
    monkeypatch.setenv("MASKGATE_DATABASE", url)
    assert run("report")[0] == 0


def test_status_says_what_is_missing(run: Run, url: str) -> None:
    """For people and for programs."""
    text = run("status", "--database", url)[1]
    assert "site/door e1: 2 events, complete to 3 of 3, missing nothing, 1 lost, 0 in reserve" in text
    assert json.loads(run("status", "--database", url, "--json")[1]) == {
        "epochs": [
            {"site": "site", "device": "door", "epoch": "e1", "events": 2, "contiguous": 3, "highest": 3,
             "missing": [], "lost": 1, "reserved": 0}
        ],
        "rejected": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--database", "events.db"], "no URL"),
        (["--database", "oracle://x/y"], "oracle is not supported"),
        (["--timezone", "Mars/Base"], "Mars/Base"),
        (["--shifts", "6 o'clock"], "--shifts"),
        (["--broker", "host:port"], "--broker"),
        (["--broker", "host:0"], "--broker"),
        (["--broker", "host:70000"], "--broker"),
        (["--consumer", "a/b"], "--consumer"),
        (["--consumer", ""], "--consumer"),
        (["--share", "team"], "--instance"),
        (["--site", "a/b"], "--site"),
        (["--password-file", "secret"], "--username"),
        (["--username", "me", "--password-file", "none"], "--password-file"),
        (["--ca-file", "none.pem"], "--ca-file"),
        (["--client-cert-file", "none.pem"], "--client-cert-file"),
    ],
)
def test_a_wrong_option_is_one_sentence(run: Run, tmp_path: Path, arguments: list[str], words: str) -> None:
    """It names the option, exit code 2, and no file is made."""
    assert words in run.refused(2, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_password_in_the_clear_is_refused_unless_that_is_meant(run: Run, tmp_path: Path) -> None:
    """To another machine without TLS; on this machine nobody reads along."""
    secret = tmp_path / "secret"
    secret.write_text("pass\n")
    login = ("--username", "me", "--password-file", str(secret))
    assert "--insecure" in run.refused(2, "--broker", "broker.example", *login)
    wrong = ("--database", "x")
    assert "no URL" in run.refused(2, "--broker", "broker.example", "--insecure", *login, *wrong)
    assert "no URL" in run.refused(2, "--broker", "127.0.0.1", *login, *wrong)
    assert "no URL" in run.refused(2, "--broker", "[::1]:1883", *login, *wrong)


def test_a_file_that_cannot_be_made(run: Run, tmp_path: Path) -> None:
    """Exit code 9."""
    assert "no directory" in run.refused(9, "--database", f"sqlite:///{tmp_path}/none/events.db")


def test_a_file_that_cannot_be_written(run: Run, url: str) -> None:
    """Exit code 9 before the first message is taken; a report reads it all the same."""
    with Path(url.removeprefix("sqlite:///")).open("r+b") as file:
        # A format that this SQLite may read and not write: read-only for root as well.
        file.seek(18)
        file.write(b"\x03")
    assert "cannot be written" in run.refused(9, "--database", url)
    assert run("report", "--database", url)[0] == 0


def test_another_programs_database(run: Run, tmp_path: Path) -> None:
    """Exit code 2, and it stays as it is."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE person (id INTEGER)")
    before = path.read_bytes()
    assert "some other program's" in run.refused(2, "--database", f"sqlite:///{path}")
    assert "some other program's" in run.refused(2, "report", "--database", f"sqlite:///{path}")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--database", "sqlite:///none.db"], "there is no database"),
        (["--timezone", "Nowhere"], "--timezone"),
        (["--shifts", "25:00"], "--shifts"),
        (["--from", "yesterday"], "--from"),
        (["--to", "0001-01-01"], "--to"),
        (["--from", "2025-03-02", "--to", "2025-03-01"], "lies before"),
    ],
)
def test_a_wrong_report_is_one_sentence(run: Run, tmp_path: Path, arguments: list[str], words: str) -> None:
    """It names the option, exit code 2, and no file is made."""
    assert words in run.refused(2, "report", *arguments)
    assert list(tmp_path.iterdir()) == []


def without(package: str, *arguments: str) -> tuple[int, str]:
    """Exit code and complaint of a process in which a package cannot be imported."""
    code = f"import sys; sys.modules[{package!r}] = None; from edge.commands import main; main()"
    command = [sys.executable, "-c", code, "collect", *arguments]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return run.returncode, run.stderr


@pytest.mark.parametrize("package", ["sqlalchemy", "jsonschema_rs"])
@pytest.mark.parametrize("arguments", [(), ("report",), ("status",), ("load", "file")])
def test_a_missing_extra_is_one_sentence(package: str, arguments: tuple[str, ...]) -> None:
    """It says what to install, exit code 8."""
    code, err = without(package, *arguments)
    assert code == 8
    assert len(err.splitlines()) == 1
    assert err.startswith(f"maskgate: this command needs {package}, which is not installed; run ")
    assert err.endswith("--require-hashes -r requirements/collector.txt\n")


def test_a_missing_driver_is_one_sentence() -> None:
    """PostgreSQL's is apart."""
    code, err = without("psycopg", "report", "--database", "postgresql://me@127.0.0.1:1/x")
    assert code == 8
    assert len(err.splitlines()) == 1
    assert "-r requirements/collector.txt" in err


def test_help_needs_no_extra() -> None:
    """Whoever reads it may want to know what for."""
    assert without("sqlalchemy", "--help") == (0, "")
