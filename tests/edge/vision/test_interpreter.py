"""A TensorFlow Lite model behind the interpreter that is installed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge import bundle
from edge.bundle import SHIPPED
from edge.errors import MissingExtraError, ModelError
from edge.vision.interpreter import RUNTIMES, Quantisation, TfliteModel


@pytest.mark.parametrize("content", [b"", b"no model", bytes(5000)])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    """In one sentence that names it."""
    (tmp_path / "model.tflite").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.tflite cannot be opened as a TFLite model"):
        TfliteModel(tmp_path / "model.tflite")


def test_an_interpreter_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs one."""
    monkeypatch.setitem(RUNTIMES, "tflite-runtime", "no_such_runtime.interpreter")
    with pytest.raises(MissingExtraError, match=r"tflite-runtime.*-r requirements/edge\.txt"):
        TfliteModel(SHIPPED / bundle.CLASSIFIER, runtime="tflite-runtime")


def test_quantised_answers_become_shares() -> None:
    """(q - zero point) * scale, as the TFLite quantisation specification says."""
    raw = np.array([0, 64, 192], np.uint8)
    assert Quantisation(0, 1 / 256, 0).dequantise(raw).tolist() == [0.0, 0.25, 0.75]
    assert Quantisation(0, 1 / 256, -128).dequantise(raw.astype(np.int8))[0] == 0.5
