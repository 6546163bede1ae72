"""The ONNX file and the network that was trained are one and the same."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import ModelError
from tests.support.detector import SMALL, lively_weights, picture
from training.detector import onnx_export, parity
from training.detector.network import parameters, random_weights
from training.detector.trainer import DetectorRecipe


def test_outputs_follow_the_input_size(model: Path) -> None:
    """Every output has one row per cell, whatever multiple of 32 goes in."""
    for width, height in ((64, 96), (320, 256)):
        (found,) = parity.opencv(model, [picture(width, height)])
        for name, values in zip(parity.NAMES, found, strict=True):
            stride = int(name.rpartition("_")[2])
            assert values.shape[:2] == (1, width // stride * (height // stride))


def test_a_saved_network_can_be_read_back(model: Path) -> None:
    """Design and weights come back bit by bit."""
    design, weights = onnx_export.read(model)
    assert design == SMALL
    assert all(np.array_equal(one, other) for one, other in zip(weights, lively_weights(), strict=True))


def test_shifting_scores_changes_scores_only(model: Path, tmp_path: Path) -> None:
    """A shift of two moves both logits by two and no box or landmark at all."""
    shifted = tmp_path / "shifted.onnx"
    onnx_export.shift_scores(model, 2.0, shifted)
    (before,), (after,) = (parity.opencv(file, [picture(64, 64)]) for file in (model, shifted))
    for name, old, new in zip(parity.NAMES, before, after, strict=True):
        if name.startswith(("cls", "obj")):
            logits = [np.log(values / (1 - values)) for values in (old, new)]
            np.testing.assert_allclose(logits[1] - logits[0], 2.0, atol=1e-3)
        else:
            np.testing.assert_array_equal(old, new)


def test_opencv_decodes_the_file(model: Path) -> None:
    """`cv2.FaceDetectorYN` takes it at a size that is no multiple of 32, too."""
    network = cv2.FaceDetectorYN.create(str(model), "", (100, 75), 0.0, 0.3, 50)
    _, rows = network.detect(picture(100, 75))
    assert rows is not None
    assert rows.shape[1] == 15
    assert np.isfinite(rows).all()


def test_the_network_that_ships_is_small(tmp_path: Path) -> None:
    """At most 250,000 numbers and one megabyte."""
    design = DetectorRecipe().design
    onnx_export.save(design, random_weights(design, 0), tmp_path / "full.onnx")
    assert parameters(design) <= 250_000
    assert (tmp_path / "full.onnx").stat().st_size <= 1_000_000


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """One sentence names the file."""
    (tmp_path / "no.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"no\.onnx"):
        onnx_export.read(tmp_path / "no.onnx")
