"""TensorBoard's event files, written without the package tensorboard, which only the reader needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from tensorflow.core.framework.summary_pb2 import DATA_CLASS_SCALAR, SummaryMetadata

from edge.errors import StorageError

_SCALAR = SummaryMetadata(
    plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"), data_class=DATA_CLASS_SCALAR
)


class Board:
    """A folder of event files; every run of the program adds one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Adds a point to the curve of every figure.

        Raises:
            StorageError: It cannot be written.
        """
        try:
            if self._writer is None:
                self._writer = tf.summary.create_file_writer(str(self._folder))
            with self._writer.as_default():
                for name, value in figures.items():
                    tf.summary.write(name, tf.constant(value, tf.float32), step, _SCALAR)
            self._writer.flush()
        except tf.errors.OpError as error:
            raise StorageError(
                f"{self._folder} cannot be written: {error.message}; make room for it"
            ) from None


class Curves(keras.callbacks.Callback):  # type: ignore[misc]
    """Draws training loss and learning rate of a phase, epoch by epoch."""

    def __init__(self, board: Board, phase: str) -> None:
        super().__init__()
        self._board, self._phase = board, phase

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Called by Keras."""
        figures = {
            f"{self._phase}/loss": (logs or {}).get("loss", float("nan")),
            f"{self._phase}/learning_rate": float(self.model.optimizer.learning_rate),
        }
        self._board.write(epoch + 1, figures)
