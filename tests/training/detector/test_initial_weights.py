"""Where training starts from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.errors import ModelError
from tests.support.detector import lively_weights, picture
from training.detector import initial_weights, onnx_export, parity
from training.detector.network import YUNET, Design, random_weights


@pytest.mark.parametrize(
    "design",
    [Design(refine=(1, 1, 0)), Design(body=(72, 80, 96)), Design(body=(80, 64, 72), refine=(0, 2, 1))],
)
def test_a_wider_network_computes_the_same_at_first(design: Design, tmp_path: Path) -> None:
    """Widening and refining change no output until training does."""
    narrow = lively_weights(YUNET)
    wide = initial_weights.widen(narrow, design, random_weights(design, 1))
    onnx_export.save(YUNET, narrow, tmp_path / "narrow.onnx")
    onnx_export.save(design, wide, tmp_path / "wide.onnx")
    (before,), (after,) = (
        parity.opencv(tmp_path / name, [picture(96, 64)]) for name in ("narrow.onnx", "wide.onnx")
    )
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_a_narrower_network_cannot_take_the_weights() -> None:
    """The error names both shapes."""
    design = Design(body=(32, 32, 32))
    with pytest.raises(ModelError, match="32"):
        initial_weights.widen(lively_weights(YUNET), design, random_weights(design, 0))


def test_another_model_is_no_start(tmp_path: Path) -> None:
    """A detector of ours in place of YuNet is refused in one sentence."""
    onnx_export.save(YUNET, lively_weights(YUNET), tmp_path / "ours.onnx")
    with pytest.raises(ModelError, match="YuNet 2023mar"):
        initial_weights.read_published(tmp_path / "ours.onnx")


@pytest.mark.shared
def test_published_weights_give_the_published_outputs(shared: Path, tmp_path: Path) -> None:
    """YuNet read, joined and exported again gives what its own file gives."""
    file = shared / "models" / "face_detection_yunet_2023mar.onnx"
    onnx_export.save(YUNET, initial_weights.read_published(file), tmp_path / "again.onnx")
    pictures = [picture(96, 64, seed) for seed in range(3)]
    for before, after in zip(
        parity.opencv(file, pictures), parity.opencv(tmp_path / "again.onnx", pictures), strict=True
    ):
        for one, other in zip(before, after, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
