"""`maskgate check`, used as a person would."""

from __future__ import annotations

from pathlib import Path

from tests.support.commands import Run
from tests.support.paths import ROOT


def test_check_tells_every_problem(run: Run, tmp_path: Path) -> None:
    """Each on a line of its own, exit code 2."""
    file = tmp_path / "config.toml"
    file.write_text("[camera]\nfps = 0\nsauce = 1\n[mqtt]\nport = 0\n")
    result = run("check", "--config", file)
    assert result.code == 2
    assert [line.split(": ")[1] for line in result.err.splitlines()] == [
        "camera.fps",
        "camera.sauce",
        "mqtt.port",
    ]


def test_check_is_content_with_the_sample(run: Run) -> None:
    """The sample is a valid configuration."""
    assert run("check", "--config", ROOT / "config.toml").code == 0
