"""What Keras calls during training: the source of batches, and the judge after every epoch."""

from __future__ import annotations

import math
from collections.abc import Callable

import keras
import numpy as np
from numpy.typing import NDArray

from training.batches import Dealer
from training.material import Material
from training.metrics import figures, tempered_loss
from training.predict import predict, save
from training.recipe import Recipe
from training.runs import Run

Report = Callable[[dict[str, float]], None]


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """An epoch's batches; which ones depends on seed, phase and epoch alone."""

    def __init__(self, dealer: Dealer, steps: int, first: int) -> None:
        """Takes the number of batches of an epoch and the number of the phase's first batch."""
        super().__init__(workers=2, max_queue_size=6)
        self._dealer, self._steps, self._first, self._epoch = dealer, steps, first, 0

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return self._dealer.batch(self._first + self._epoch * self._steps + index)

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

    def __init__(self, run: Run, validation: Material, recipe: Recipe, report: Report) -> None:
        super().__init__()
        self._run, self._report, self._patience = run, report, recipe.schedule.patience
        self._pixels = validation.crops(recipe.network.input_size)
        self._truth = validation.truth()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Called by Keras."""
        row = self._row(epoch, float((logs or {}).get("loss", math.nan)))
        losses = [old["tempered_loss"] for old in self._run.epochs() if old["epoch"] < epoch]
        if row["tempered_loss"] < min(losses, default=math.inf):
            save(self.model, self._run.model)
        self._run.add_epoch(row)
        self._report(row)
        losses.append(row["tempered_loss"])
        self.model.stop_training = len(losses) - 1 - int(np.argmin(losses)) >= self._patience

    def _row(self, epoch: int, loss: float) -> dict[str, float]:
        shares = predict(self.model, self._pixels)
        found = figures(self._truth, shares)
        return {
            "epoch": epoch,
            "loss": loss,
            "tempered_loss": tempered_loss(self._truth, shares),
            "macro_f1": found.macro_f1,
            "bare_called_masked": found.bare_called_masked,
            "wrong_recall": found.classes[2].recall,
        }
