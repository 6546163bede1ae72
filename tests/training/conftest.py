"""Fixtures of the training's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.detector import SMALL, lively_weights
from tests.support.predictions import drawn_split
from training.detector import onnx_export


@pytest.fixture(scope="session")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small exported detector with random weights."""
    file = tmp_path_factory.mktemp("detector") / "detector.onnx"
    onnx_export.save(SMALL, lively_weights(), file)
    return file


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of a split of drawn faces."""
    return drawn_split(tmp_path_factory.mktemp("drawn"))
