"""What training minimises, and how: losses, optimisers and schedules by the names that recipes give them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from training.classifier.distillation import Distilled
from training.classifier.recipe import Recipe, ScheduleRecipe
from training.classifier.run import TrainingRun

LEAST_RATE = 0.02
"""Share of the highest rate that the warm-up starts from."""


def loss(recipe: Recipe) -> Any:
    """The distance to the labels, mixed with that to a teacher where the recipe names one."""
    hard = _hard(recipe.schedule, recipe.network.classes)
    return Distilled(hard, recipe.distil, recipe.network.classes) if recipe.distil.teacher else hard


def _hard(schedule: ScheduleRecipe, classes: int) -> Any:
    """Cross-entropy, or focal loss where `focal_gamma` is above 0 or classes weigh differently.

    Source: Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017.
    """
    weights, smoothing = schedule.class_weights[:classes], schedule.label_smoothing
    if not schedule.focal_gamma and len(set(weights)) == 1:
        return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    return keras.losses.CategoricalFocalCrossentropy(
        alpha=list(weights), gamma=schedule.focal_gamma, label_smoothing=smoothing
    )


def optimizer(recipe: Recipe, decay: str, rate: float, steps: int) -> Any:
    """The recipe's optimiser with clipped gradients and an average of the weights.

    Args:
        recipe: Names the optimiser.
        decay: A key of `DECAYS`.
        rate: The highest rate.
        steps: Batches until the end of the phase.
    """
    schedule = recipe.schedule
    average = schedule.average
    return OPTIMIZERS[schedule.optimizer](
        schedule,
        learning_rate=DECAYS[decay](schedule, rate, steps),
        global_clipnorm=5.0,
        use_ema=average > 0,
        ema_momentum=average or 0.99,
    )


def _adamw(schedule: ScheduleRecipe, **common: Any) -> Any:
    """Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019."""
    return keras.optimizers.AdamW(weight_decay=schedule.weight_decay, **common)


def _adam(_schedule: ScheduleRecipe, **common: Any) -> Any:
    """Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015."""
    return keras.optimizers.Adam(**common)


OPTIMIZERS: dict[str, Callable[..., Any]] = {"adamw": _adamw, "adam": _adam}


def warm_steps(schedule: ScheduleRecipe, steps: int) -> int:
    """Batches in which the rate climbs."""
    return max(1, int(steps * schedule.warmup))


def _cosine(schedule: ScheduleRecipe, rate: float, steps: int) -> Any:
    """Source: Loshchilov and Hutter, "SGDR", ICLR 2017, without restarts."""
    warm = warm_steps(schedule, steps)
    # With a warm-up, Keras's first rate is that of its start, and the decay steps begin at its end.
    return keras.optimizers.schedules.CosineDecay(
        rate * LEAST_RATE, max(1, steps - warm), alpha=0.01, warmup_target=rate, warmup_steps=warm
    )


def _plain(_schedule: ScheduleRecipe, rate: float, _steps: int) -> float:
    """A rate that callbacks change."""
    return rate


DECAYS: dict[str, Callable[[ScheduleRecipe, float, int], Any]] = {"cosine": _cosine, "plateau": _plain}


def _plateau(schedule: ScheduleRecipe, run: TrainingRun, steps: int, done: int) -> Sequence[Any]:
    before = [row["tempered_loss"] for row in run.epochs() if row["epoch"] < done]
    return (Plateau(schedule, before), WarmUp(schedule.rate, warm_steps(schedule, steps)))


DECAY_CALLBACKS: dict[str, Callable[[ScheduleRecipe, TrainingRun, int, int], Sequence[Any]]] = {
    "cosine": lambda *_: (),
    "plateau": _plateau,
}
"""What a decay needs beside the rate: of a schedule, the run so far, all batches, and the finished epochs."""


class Plateau(keras.callbacks.ReduceLROnPlateau):  # type: ignore[misc]
    """Lowers the rate where validation stalls; a resumed run remembers how it went before."""

    def __init__(self, schedule: ScheduleRecipe, before: Sequence[float]) -> None:
        """Takes the validation losses of the epochs that were finished before."""
        super().__init__(
            monitor="val_loss", factor=schedule.plateau_factor, patience=schedule.plateau_patience
        )
        self._before = before

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Called by Keras; the rate itself is the checkpoint's."""
        super().on_train_begin(logs)
        rate = float(self.model.optimizer.learning_rate)
        # Keras keeps the best loss and the epochs waited in the callback, which a checkpoint does not hold.
        for loss_then in self._before:
            self.on_epoch_end(0, {"val_loss": loss_then})
        # The checkpoint's rate has been lowered already; the replay above has lowered it a second time.
        self.model.optimizer.learning_rate = rate


class WarmUp(keras.callbacks.Callback):  # type: ignore[misc]
    """Lets the rate climb in a line over the first batches."""

    def __init__(self, rate: float, steps: int) -> None:
        super().__init__()
        self._rate, self._steps = rate, steps

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:  # noqa: ARG002
        """Called by Keras."""
        step = int(self.model.optimizer.iterations)
        # Beyond the warm-up the rate belongs to `Plateau`.
        if step <= self._steps:
            share = LEAST_RATE + (1 - LEAST_RATE) * step / self._steps
            self.model.optimizer.learning_rate = self._rate * share
