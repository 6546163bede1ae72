"""`maskgate demo`, with a broker and without one."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from tests.support.commands import Run

LINES, COLUMNS = 24, 80
PEOPLE = ("compliant", "no_mask", "mask_incorrect", "no_mask -> compliant")


def lines_on_one_screen(out: str) -> list[str]:
    """The lines that were told; a terminal wraps none of them, and shows all at once."""
    lines = out.splitlines()
    # `make demo` leaves a line for the prompt; where the recording is may be any long.
    assert len(lines) < LINES
    assert all(len(line) <= COLUMNS for line in lines[:-1])
    return lines


@pytest.mark.broker
def test_the_demo_fits_one_screen(run: Run, broker: object, tmp_path: Path) -> None:
    """All four people with their verdicts, the last messages, and where the recording is."""
    recording = tmp_path / "seen.mp4"
    shown = run("demo", "--fast", "--annotate", recording)
    assert shown.code == 0, shown.err
    lines = lines_on_one_screen(shown.out)
    assert [verdicts for verdicts in PEOPLE if any(line.endswith(verdicts) for line in lines)] == [*PEOPLE]
    assert any(line.split()[:2] == ["availability", "offline"] for line in lines)
    assert lines[-1] == str(recording)
    video = cv2.VideoCapture(str(recording))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) > 200
    video.release()


@pytest.mark.broker
def test_programs_get_every_message(run: Run, broker: object, tmp_path: Path) -> None:
    """As a subscriber gets them, with a summary at the end."""
    shown = run("demo", "--fast", "--json", "--annotate", tmp_path / "seen.mp4")
    assert shown.code == 0, shown.err
    *messages, end = map(json.loads, shown.out.splitlines())
    events = [one["payload"] for one in messages if one["topic"] == "event"]
    assert [event["verdict"] for event in events].count("no_mask") == 2
    assert len(events) == 5
    assert len(end["summary"]["passes"]) == 4
    assert end["summary"]["recording"] == str(tmp_path / "seen.mp4")


def test_the_demo_without_a_broker_shows_the_spool(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And says so, on one screen too."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("edge.demo.broker.BROKER_PLACES", "/nowhere")
    shown = run("demo", "--fast", "--annotate", tmp_path / "seen.mp4")
    assert shown.code == 0, shown.err
    assert "No Mosquitto" in shown.out
    assert len([line for line in lines_on_one_screen(shown.out) if line.split()[:1] == ["event"]]) == 5


def test_a_recording_that_cannot_be_meant_is_refused(run: Run) -> None:
    """Before anything runs."""
    shown = run("demo", "--annotate", "seen.avi")
    assert (shown.code, shown.err.count("\n")) == (2, 1)
    assert "--annotate" in shown.err
