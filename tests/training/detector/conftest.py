"""Fixtures of the detector's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.detector import SMALL, lively_weights
from training.detector import onnx_export


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small exported detector with random weights."""
    file = tmp_path_factory.mktemp("export") / "detector.onnx"
    onnx_export.save(SMALL, lively_weights(), file)
    return file
