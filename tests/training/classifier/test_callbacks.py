"""Curves for TensorBoard."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import StorageError
from tests.support.training import framework

pytestmark = pytest.mark.slow


def test_curves_can_be_read(tmp_path: Path) -> None:
    """Each figure becomes a point of the scalar curve of its name."""
    framework()
    import tensorflow as tf

    from training.classifier.callbacks import TensorBoardWriter

    writer = TensorBoardWriter(tmp_path / "board")
    writer.write(1, {"validation/loss": 0.5})
    writer.write(2, {"validation/loss": 0.25})
    (file,) = (tmp_path / "board").iterdir()
    found = {}
    for raw in tf.data.TFRecordDataset(str(file)):
        event = tf.compat.v1.Event.FromString(raw.numpy())
        for value in event.summary.value:
            assert value.metadata.plugin_data.plugin_name == "scalars"
            found[value.tag, event.step] = float(tf.make_ndarray(value.tensor))
    assert found == {("validation/loss", 1): 0.5, ("validation/loss", 2): 0.25}


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where the folder should be is an error that names it."""
    framework()
    from training.classifier.callbacks import TensorBoardWriter

    (tmp_path / "board").write_text("")
    with pytest.raises(StorageError, match=r"board cannot be written[^{}]*; make room for it$"):
        TensorBoardWriter(tmp_path / "board").write(1, {"loss": 1.0})
