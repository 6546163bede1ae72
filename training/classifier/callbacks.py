"""What Keras calls during training: source of batches, validation, progress, TensorBoard's event files."""

from __future__ import annotations

import errno
import math
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.core.framework.summary_pb2 import DATA_CLASS_SCALAR, SummaryMetadata

from edge.cli.output import ProgressBar, progress
from edge.contract import LABELS, MASK_WORN_INCORRECTLY
from edge.errors import StorageError
from training.classifier.batches import BatchSampler
from training.classifier.distillation import Teacher
from training.classifier.inference import predict, save
from training.classifier.precision import plain
from training.classifier.run import TrainingRun
from training.data.dataset import FaceDataset
from training.metrics import figures, tempered_loss


class BatchSource(keras.utils.PyDataset):  # type: ignore[misc]
    """An epoch's batches; which ones depends on seed, phase and epoch alone."""

    def __init__(self, sampler: BatchSampler, steps: int, first: int, teacher: Teacher | None = None) -> None:
        """Takes the number of batches of an epoch and the number of the phase's first batch."""
        super().__init__(workers=2, max_queue_size=6)
        self._sampler, self._steps, self._first, self._epoch = sampler, steps, first, 0
        self._teacher = teacher

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        pixels, labels = self._sampler.batch(self._first + self._epoch * self._steps + index)
        if self._teacher is None:
            return pixels, labels
        return pixels, np.concatenate([labels, self._teacher.softened(pixels)], axis=1)

    def begin(self, epoch: int) -> None:
        """Goes to the batches of an epoch."""
        self._epoch = epoch


class EpochSync(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells the batches which epoch it is; a resumed run does not start at the first."""

    def __init__(self, batches: BatchSource) -> None:
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        """Called by Keras."""
        self._batches.begin(epoch)


class ValidationCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Judges on validation after every epoch, keeps the best model, stops when it stalls."""

    def __init__(
        self, run: TrainingRun, validation: FaceDataset, report: Report, board: TensorBoardWriter
    ) -> None:
        super().__init__()
        recipe = run.recipe()
        self._run, self._report, self._recipe = run, report, recipe
        self._board = board
        self._pixels = validation.crops(recipe.network.input_size)
        self._truth = validation.truth()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Called by Keras."""
        losses = self.validate(epoch, (logs or {}).get("loss"))
        if logs is not None:
            # `objective.Plateau` is called after this and watches the loss under Keras's name for it.
            logs["val_loss"] = losses[-1]
        # Counted in the stored history, so that a resumed run stops where an uninterrupted one stops.
        stalled = len(losses) - 1 - int(np.argmin(losses))
        self.model.stop_training = stalled >= self._recipe.schedule.patience

    def validate(self, epoch: int, loss: float | None = None) -> list[float]:
        """Judges the model as it is and keeps it if it is the best.

        Args:
            epoch: Number of the epoch, or the number of epochs for a model that was settled after them.
            loss: Of training; that of the last epoch where None.

        Returns:
            The validation losses up to this one.
        """
        # Rows of this and later epochs come from before a kill, and are written anew.
        old = [row for row in self._run.epochs() if row["epoch"] < epoch]
        last = old[-1]["loss"] if old else math.nan
        row = self._row(epoch, last if loss is None else float(loss))
        losses = [row["tempered_loss"] for row in old]
        if row["tempered_loss"] < min(losses, default=math.inf):
            save(plain(self.model, self._recipe), self._run.raw)
        self._run.add_epoch(row)
        self._board.write(epoch + 1, {f"validation/{name}": row[name] for name in row if name != "epoch"})
        self._report(line(row, self._recipe.schedule.epochs))
        return [*losses, row["tempered_loss"]]

    def _row(self, epoch: int, loss: float) -> dict[str, float]:
        shares = predict(self.model, self._pixels)
        found = figures(self._truth, shares)
        row = {
            "epoch": epoch,
            "loss": loss,
            "tempered_loss": tempered_loss(self._truth, shares),
            "macro_f1": found.macro_f1,
            "bare_called_masked": found.bare_called_masked,
        }
        if shares.shape[1] == len(LABELS):
            row["wrong_recall"] = found.classes[MASK_WORN_INCORRECTLY].recall
        return row


_SCALAR = SummaryMetadata(
    plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"), data_class=DATA_CLASS_SCALAR
)


_CAUSES = tuple(map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)))
"""What the system may have said, in the words of the framework's errors."""


class TensorBoardWriter:
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
            # Its own words are several lines about its inside.
            cause = next((f": {one}" for one in _CAUSES if one in error.message), "")
            raise StorageError(f"{self._folder} cannot be written{cause}; make room for it") from None


class CurvesCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Draws training loss and learning rate of a phase, epoch by epoch."""

    def __init__(self, board: TensorBoardWriter, phase: str) -> None:
        super().__init__()
        self._board, self._phase = board, phase

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Called by Keras."""
        figures = {
            f"{self._phase}/loss": (logs or {}).get("loss", float("nan")),
            f"{self._phase}/learning_rate": float(self.model.optimizer.learning_rate),
        }
        self._board.write(epoch + 1, figures)


Report = Callable[[str], None]
"""Takes a line of text."""


def line(row: Mapping[str, float], epochs: int) -> str:
    """The figures of a judged epoch of so many, or of a model that was settled after them."""
    title = f"epoch {row['epoch'] + 1:.0f} of {epochs}"
    if row["epoch"] >= epochs:
        title = f"{'first' if row['epoch'] == epochs else 'second'} descent, settled"
    wrong = f", wrongly worn found {row['wrong_recall']:.3f}" if "wrong_recall" in row else ""
    return (
        f"{title}  loss {row['loss']:.4f}  validation loss {row['tempered_loss']:.4f}, "
        f"macro-F1 {row['macro_f1']:.4f}{wrong}, bare called masked {row['bare_called_masked']:.4f}"
    )


class ProgressLine(keras.callbacks.Callback):  # type: ignore[misc]
    """A line for every epoch of a phase in which nobody judges."""

    def __init__(self, report: Report, title: str) -> None:
        super().__init__()
        self._report, self._title = report, title

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Called by Keras."""
        loss = (logs or {}).get("loss", float("nan"))
        self._report(f"{self._title}, epoch {epoch + 1} of {self.params['epochs']}  loss {loss:.4f}")


class EpochProgressBar(keras.callbacks.Callback):  # type: ignore[misc]
    """Shows on a terminal how far an epoch is; it is gone when the epoch is."""

    def __init__(self, title: str, before: int, total: int) -> None:
        """Takes the title of a phase, the number of epochs before it, and that of all phases."""
        super().__init__()
        self._title, self._before, self._total = title, before, total
        self._epoch = ExitStack()
        self._bar = ProgressBar()

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        """Called by Keras."""
        title = f"{self._title}, epoch {epoch + 1} of {self.params['epochs']}"
        at = self._before + epoch
        span = at / self._total, (at + 1) / self._total
        self._bar = self._epoch.enter_context(progress(title, self.params["steps"], span))

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:  # noqa: ARG002
        """Called by Keras."""
        self._bar.advance()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        """Called by Keras."""
        self._epoch.close()
