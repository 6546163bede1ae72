"""`maskgate run` with wrong input."""

from __future__ import annotations

from pathlib import Path

from tests.support.commands import Run, one_sentence


def test_a_missing_configuration_is_one_sentence(run: Run, tmp_path: Path) -> None:
    """For the daemon too."""
    one_sentence(run("run", "--config", tmp_path / "none.toml"), 2, "none.toml", "--config")
