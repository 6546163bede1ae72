"""`maskgate-train evaluate-detector`."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from tests.support.detector_frames import frames
from training.commands import maskgate_train
from training.data.manifest import SplitFace, SplitManifest, SplitPart


def test_evaluating_from_the_command_line(detector: Path, tmp_path: Path) -> None:
    """The command prints one JSON object and writes the page and the sheet of misses."""
    (tmp_path / "images").mkdir()
    faces = [
        SplitFace(one.faces[0], number, SplitPart.TEST)
        for number, one in enumerate(frames(tmp_path / "images"))
    ]
    split = tmp_path / "split.json"
    split.write_text(SplitManifest.of(faces, 7, "none").model_dump_json())
    command = ["evaluate-detector", str(detector), "--split", str(split), "--threshold", "1", "--json"]
    command += ["--html", str(tmp_path / "report.html"), "--misses", str(tmp_path / "misses.png")]
    done = CliRunner().invoke(maskgate_train, command, catch_exceptions=False)
    assert done.exit_code == 0
    assert '"20 px and more: faces": 3.0' in done.output
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "misses.png").exists()
