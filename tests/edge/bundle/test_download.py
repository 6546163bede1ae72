"""Fetching the detector, through the command that does it."""

from __future__ import annotations

from pathlib import Path

from tests.support.commands import Run, one_sentence


def test_a_download_that_fails_is_one_sentence(run: Run, tmp_path: Path) -> None:
    """With what to do instead; nothing is left behind."""
    one_sentence(
        run("models", "fetch", "--url", (tmp_path / "no").as_uri(), "--to", tmp_path), 3, "--detector"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_download_of_something_else_is_refused(run: Run, tmp_path: Path) -> None:
    """Its digest tells."""
    (tmp_path / "other").write_text("not a model")
    target = tmp_path / "models"
    one_sentence(run("models", "fetch", "--url", (tmp_path / "other").as_uri(), "--to", target), 3, "SHA-256")
    assert not target.exists()
