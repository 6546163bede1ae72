"""What Keras calls during training: the source of batches, and the judge after every epoch."""

from __future__ import annotations

import math

import keras
import numpy as np
from numpy.typing import NDArray

from training.batches import Dealer
from training.board import Board
from training.distil import Teacher
from training.material import Material
from training.metrics import figures, tempered_loss
from training.precision import plain
from training.predict import predict, save
from training.progress import Report, line
from training.runs import Run


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """An epoch's batches; which ones depends on seed, phase and epoch alone."""

    def __init__(self, dealer: Dealer, steps: int, first: int, teacher: Teacher | None = None) -> None:
        """Takes the number of batches of an epoch and the number of the phase's first batch."""
        super().__init__(workers=2, max_queue_size=6)
        self._dealer, self._steps, self._first, self._epoch = dealer, steps, first, 0
        self._teacher = teacher

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        pixels, labels = self._dealer.batch(self._first + self._epoch * self._steps + index)
        if self._teacher is None:
            return pixels, labels
        return pixels, np.concatenate([labels, self._teacher.softened(pixels)], axis=1)

    def begin(self, epoch: int) -> None:
        """Goes to the batches of an epoch."""
        self._epoch = epoch


class Follow(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells the batches which epoch it is; a resumed run does not start at the first."""

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self._batches = batches

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:  # noqa: ARG002
        """Called by Keras."""
        self._batches.begin(epoch)


class Judge(keras.callbacks.Callback):  # type: ignore[misc]
    """Judges on validation after every epoch, keeps the best model, stops when it stalls."""

    def __init__(self, run: Run, validation: Material, report: Report, board: Board) -> None:
        super().__init__()
        recipe = run.recipe()
        self._run, self._report, self._recipe = run, report, recipe
        self._board = board
        self._pixels = validation.crops(recipe.network.input_size)
        self._truth = validation.truth()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Called by Keras."""
        losses = self.consider(epoch, (logs or {}).get("loss"))
        if logs is not None:
            logs["val_loss"] = losses[-1]
        stalled = len(losses) - 1 - int(np.argmin(losses))
        self.model.stop_training = stalled >= self._recipe.schedule.patience

    def consider(self, epoch: int, loss: float | None = None) -> list[float]:
        """Judges the model as it is and keeps it if it is the best.

        Args:
            epoch: Number of the epoch, or the number of epochs for a model that was settled after them.
            loss: Of training; that of the last epoch where None.

        Returns:
            The validation losses up to this one.
        """
        old = [row for row in self._run.epochs() if row["epoch"] < epoch]
        last = old[-1]["loss"] if old else math.nan
        row = self._row(epoch, last if loss is None else float(loss))
        losses = [row["tempered_loss"] for row in old]
        if row["tempered_loss"] < min(losses, default=math.inf):
            save(plain(self.model, self._recipe), self._run.raw)
        self._run.add_epoch(row)
        self._board.write(epoch + 1, {f"validation/{name}": row[name] for name in row if name != "epoch"})
        self._report(line(row))
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
        knows_wrong = shares.shape[1] > 2
        return row | ({"wrong_recall": found.classes[2].recall} if knows_wrong else {})
