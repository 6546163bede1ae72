"""Splits of drawn faces."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.predictions import drawn_split


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_split(tmp_path_factory.mktemp("drawn"))
