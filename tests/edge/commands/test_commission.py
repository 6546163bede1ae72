"""`maskgate commission`, used as an installer would."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.commands import main
from edge.demo import CLIP
from edge.diagnostics import doctor
from edge.spool import Spool
from edge.spool.control.server import ControlServer
from tests.support.builders import limits
from tests.support.mosquitto import Mosquitto

Run = Callable[..., object]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs it on the clip; the checks of the doctor have tests of their own."""
    monkeypatch.setattr(doctor, "OFFLINE_CHECKS", ())

    def call(port: int, *options: object) -> object:
        file = tmp_path / "config.toml"
        file.write_text(
            f'[camera]\nsource = "{CLIP}"\npace = "fast"\n[lamp]\nkind = "none"\n'
            f'[spool]\npath = "{tmp_path / "spool.db"}"\n[mqtt]\nport = {port}\n'
        )
        report = tmp_path / "report.html"
        arguments = ["--config", file, "--report", report, "--seconds", 2, *options]
        monkeypatch.setattr(sys, "argv", ["maskgate", "commission", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code

    return call


@pytest.mark.broker
def test_a_good_device_is_measured_tried_and_reported(
    run: Run, broker: Mosquitto, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Face, light and a message that comes back, on the terminal and in the report; no picture is kept."""
    assert run(broker.port, "--yes") == 0
    out = capsys.readouterr().out
    report = (tmp_path / "report.html").read_text()
    for part in (
        "distance: a face has",
        "light: ",
        "test message: maskgate/site/entrance/reply/commission came back",
    ):
        assert part in out
        assert part.partition(": ")[0] in report
    assert {file.name for file in tmp_path.iterdir() if file.is_file()} == {"config.toml", "report.html"}


def test_a_fault_is_in_the_report_and_the_exit_code(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No broker is there; the report is written all the same."""
    monkeypatch.setattr("edge.diagnostics.acceptance.PATIENCE_S", 0.0)
    assert run(1, "--yes") == 1
    assert "cannot be reached" in (tmp_path / "report.html").read_text()
    assert "there are faults" in capsys.readouterr().err


def test_beside_the_service_it_says_what_to_stop(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The service holds the camera, and would publish what the installer does."""
    with closing(Spool.open(tmp_path / "spool.db", limits())) as spool, closing(ControlServer(spool)):
        assert run(1, "--yes") == 4
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "sudo systemctl stop maskgate" in sentence
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("place", ["missing/report.html", ".", "sealed/report.html"])
def test_a_place_that_takes_no_report_is_refused_before_the_first_question(
    place: str, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is missing or takes nothing, or one in the place of the file; one sentence."""
    if place.startswith("sealed"):
        if os.geteuid() == 0:
            pytest.skip("root may write anywhere")
        (tmp_path / "sealed").mkdir(mode=0o500)
    monkeypatch.setattr("edge.commands.commission._camera", lambda *_: pytest.fail("it looked"))
    assert run(1, "--report", tmp_path / place) == 9
    told = capsys.readouterr()
    (sentence,) = told.err.splitlines()
    assert "cannot be written" in sentence
    assert told.out == ""


def test_a_report_of_before_stands_until_the_new_one_is_whole(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up meanwhile is told, and nobody says that nothing was done."""
    report = tmp_path / "report.html"
    report.write_text("of before")

    def fill_up(*_: object) -> str:
        assert report.read_text() == "of before"
        monkeypatch.setattr("edge.system.files._sync", fail)
        return "new"

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("edge.diagnostics.acceptance.PATIENCE_S", 0.0)
    monkeypatch.setattr("edge.commands.commission.sign_off_page", fill_up)
    assert run(1, "--yes") == 9
    assert "what was found stands above" in capsys.readouterr().err
    assert report.read_text() == "of before"
    assert {file.name for file in tmp_path.iterdir()} >= {"config.toml", "report.html"}
    assert not list(tmp_path.glob("partial-*"))
