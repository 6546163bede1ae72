"""`maskgate models fetch`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.commands import Run


@pytest.mark.shared
def test_a_fetched_detector_can_be_used(run: Run, detector: Path, photo: Path, tmp_path: Path) -> None:
    """A mirror will do."""
    assert run("models", "fetch", "--url", detector.as_uri(), "--to", tmp_path).code == 0
    assert run("predict", "--detector", tmp_path / detector.name, photo).code == 0
