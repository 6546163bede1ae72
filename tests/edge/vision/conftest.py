"""Fixtures of the tests of what sees."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge.bundle import SHIPPED


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the shipped bundle that a test may damage."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "bundle"))
