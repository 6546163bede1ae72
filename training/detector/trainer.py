"""Trains the detector: steps, averaged weights, checkpoints that a killed run goes on from."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from pydantic import BaseModel, ConfigDict, Field

from edge.errors import ConfigError
from edge.system.files import replacing, write_atomic
from training.detector import onnx_export
from training.detector.assignment import Targets
from training.detector.batches import DetectorBatch, batches
from training.detector.composition import SceneDataset
from training.detector.losses import total
from training.detector.network import Design, Weights
from training.detector.tf_model import TfDetector, cells, grid

CHECKPOINT, HISTORY, RECIPE = "checkpoint.npz", "history.jsonl", "recipe.json"


class DetectorRecipe(BaseModel):
    """Every knob of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(8000, ge=1)
    every: int = Field(500, ge=1)
    """Steps between checkpoints, each with an ONNX file of its own."""
    rate: float = Field(7e-4, gt=0)
    warm_up: int = Field(300, ge=1)
    average: float = Field(0.998, ge=0, lt=1)
    shapes: tuple[tuple[int, int], ...] = ((16, 256), (16, 256), (16, 256), (10, 320))
    seed: int = 7
    refine: tuple[int, int, int] = (1, 1, 0)
    body: tuple[int, int, int] = (64, 64, 64)

    @property
    def design(self) -> Design:
        """The network of this run."""
        return Design(body=self.body, refine=self.refine)


@dataclass(frozen=True, slots=True)
class DetectorRun:
    """The folder of a run."""

    folder: Path

    def onnx(self, step: int) -> Path:
        """The network as it was at a step, averaged."""
        return self.folder / f"step{step:06}.onnx"

    def steps_done(self) -> int:
        """The step of the last checkpoint; 0 before the first."""
        if not (self.folder / CHECKPOINT).exists():
            return 0
        with np.load(self.folder / CHECKPOINT) as stored:
            return int(stored["step"])


def begin(base: Path, name: str, recipe: DetectorRecipe) -> DetectorRun:
    """Makes the folder of a new run."""
    folder = base / name
    folder.mkdir(parents=True, exist_ok=False)
    write_atomic(folder / RECIPE, recipe.model_dump_json(indent=1).encode())
    return DetectorRun(folder)


def reopen(folder: Path) -> tuple[DetectorRun, DetectorRecipe]:
    """A run that was interrupted, and its recipe.

    Raises:
        ConfigError: The folder is none of a detector's run.
    """
    try:
        return DetectorRun(folder), DetectorRecipe.model_validate_json((folder / RECIPE).read_bytes())
    except (OSError, ValueError):
        raise ConfigError(f"{folder} is not the folder of a detector's training run") from None


def rate_at(step: int, recipe: DetectorRecipe) -> float:
    """Learning rate: a linear warm-up, then half a cosine (Loshchilov and Hutter, "SGDR", ICLR 2017)."""
    if step < recipe.warm_up:
        return recipe.rate * (step + 1) / recipe.warm_up
    share = (step - recipe.warm_up) / max(1, recipe.steps - recipe.warm_up)
    return recipe.rate * (0.01 + 0.99 * 0.5 * (1 + float(np.cos(np.pi * min(share, 1.0)))))


class DetectorTrainer:
    """The network, its optimizer and its average."""

    def __init__(self, recipe: DetectorRecipe, weights: Sequence[Weights]) -> None:
        self._recipe = recipe
        self.network = TfDetector(recipe.design, weights)
        self._optimizer = keras.optimizers.Adam(recipe.rate, global_clipnorm=10.0)
        # Built now, so that `load` finds variables to restore.
        self._optimizer.build(self.network.variables)
        self._average = [tf.Variable(value) for value in self.network.variables]
        self.step = 0
        self._compiled = tf.function(self._one)

    def train(self, batch: DetectorBatch) -> Any:
        """One step; gives the four parts of the loss before it."""
        self._optimizer.learning_rate.assign(rate_at(self.step, self._recipe))
        # The average follows faster at first, so that it forgets the starting weights.
        keep = min(self._recipe.average, (1 + self.step) / (10 + self.step))
        targets = (tf.constant(batch.boxes), tf.constant(batch.marks), tf.constant(batch.kinds))
        parts = self._compiled(tf.constant(batch.pixels), targets, tf.constant(keep, tf.float32))
        self.step += 1
        return parts

    def _one(self, pixels: Any, targets: tuple[Any, Any, Any], keep: Any) -> Any:
        corners, strides = grid(pixels.shape[1], pixels.shape[2])
        with tf.GradientTape() as tape:
            loss, parts = total(cells(self.network.maps(pixels)), Targets(*targets), corners, strides)
        slopes = tape.gradient(loss, self.network.variables)
        self._optimizer.apply(slopes, self.network.variables)
        for average, value in zip(self._average, self.network.variables, strict=True):
            average.assign(keep * average + (1 - keep) * value)
        return parts

    def averaged(self) -> tuple[Weights, ...]:
        """The averaged weights, as the export wants them."""
        return self.network.weights([value.numpy() for value in self._average])

    def _state(self) -> list[Any]:
        return [*self.network.variables, *self._average, *(v for v in self._optimizer.variables)]

    def save(self, file: Path) -> None:
        """Writes all that a resumed run needs, in one piece.

        Raises:
            StorageError: It cannot be written; the state before is still there.
        """
        arrays = {f"v{number}": np.asarray(value) for number, value in enumerate(self._state())}
        with replacing(file) as partial:
            np.savez(partial, step=np.array(self.step), **arrays)  # type: ignore[arg-type]

    def load(self, file: Path) -> None:
        """Goes back to a saved state."""
        with np.load(file) as stored:
            for number, variable in enumerate(self._state()):
                variable.assign(stored[f"v{number}"])
            self.step = int(stored["step"])


def train(
    run: DetectorRun,
    recipe: DetectorRecipe,
    start: Sequence[Weights],
    dataset: SceneDataset,
    report: Callable[[Mapping[str, float]], None],
) -> None:
    """Trains until the recipe's last step; goes on from the folder's checkpoint where there is one."""
    trainer = DetectorTrainer(recipe, start)
    if (run.folder / CHECKPOINT).exists():
        trainer.load(run.folder / CHECKPOINT)
    seen, began = [], time.monotonic()
    for batch in batches(dataset, trainer.step, recipe.steps, recipe.seed, recipe.shapes):
        seen.append(trainer.train(batch))
        if trainer.step % recipe.every and trainer.step != recipe.steps:
            continue
        parts = np.mean([one.numpy() for one in seen], axis=0)
        row = dict(zip(("box", "marks", "score", "face"), parts.round(5).tolist(), strict=True))
        row |= {"step": trainer.step, "seconds_per_step": round((time.monotonic() - began) / len(seen), 4)}
        # Before the checkpoint: a step that counts as done has its network on the disk.
        onnx_export.save(recipe.design, trainer.averaged(), run.onnx(trainer.step))
        trainer.save(run.folder / CHECKPOINT)
        # After the checkpoint: a resumed run does not add the same row twice.
        with (run.folder / HISTORY).open("a") as out:
            out.write(json.dumps(row) + "\n")
        report(row)
        seen, began = [], time.monotonic()
