"""Whether OpenCV computes what the framework computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.detector import SMALL, lively_weights, picture
from training.detector import onnx_export, parity


def test_opencv_agrees_with_the_framework_at_several_sizes(model: Path) -> None:
    """All twelve outputs are the same numbers at three input sizes, from one file."""
    pictures = [picture(200, 150, seed) for seed in range(3)]
    assert parity.largest_difference(model, pictures) < parity.LIMIT


def test_the_comparison_notices_another_network(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that differ a little are told apart, so agreement means something."""
    weights = list(lively_weights())
    weights[4] = weights[4] + np.float32(0.05)
    monkeypatch.setattr(onnx_export, "read", lambda _: (SMALL, tuple(weights)))
    assert parity.largest_difference(model, [picture(200, 150)]) > parity.LIMIT
