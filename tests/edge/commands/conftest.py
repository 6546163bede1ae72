"""Fixtures of the commands' tests."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

YUNET = "models/face_detection_yunet_2023mar.onnx"


@pytest.fixture
def detector(shared: Path) -> Path:
    return shared / YUNET


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "photo.png"
    cv2.imwrite(str(file), np.full((120, 160, 3), 128, np.uint8))
    return file
