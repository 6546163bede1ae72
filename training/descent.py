"""One descent of a training: from its last finished epoch to its end, and what is measured after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from training import checkpoint, objective
from training.batches import Dealer, Pool
from training.board import Board, Curves
from training.callbacks import Batches, Follow, Judge
from training.distil import Teacher
from training.network import batch_norms
from training.progress import Bar, Report, Tell
from training.recipe import Recipe
from training.runs import Run

HEAD_BATCHES = 10**6
"""Batches of phases that nobody judges are numbered from here: the first descent must not see them again."""
SETTLING_BATCHES = 2 * 10**6


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What all phases of a training share.

    Attributes:
        run: The run's folder.
        recipe: What to do.
        faces: Training faces by use.
        judge: Judges on validation.
        teacher: Gives its opinion, where there is one.
        report: Gets a line for every finished epoch.
        board: Gets the curves.
    """

    run: Run
    recipe: Recipe
    faces: Pool
    judge: Judge
    teacher: Teacher | None
    report: Report
    board: Board


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a training with a schedule of its own.

    Attributes:
        name: One of `checkpoint.PHASES`.
        title: For the terminal.
        recipe: With the mixture that is learnt from.
        epochs: How many.
        rate: The highest rate.
        decay: A key of `objective.DECAYS`.
    """

    name: str
    title: str
    recipe: Recipe
    epochs: int
    rate: float
    decay: str = "cosine"

    @property
    def judged(self) -> bool:
        """Whether every epoch is judged on validation."""
        return self.name == "first"

    @property
    def dealt_from(self) -> int:
        """Number of the first batch."""
        return 0 if self.judged else HEAD_BATCHES


def descend(job: Job, model: keras.Model, phase: Phase) -> None:
    """Runs a phase from its last finished epoch on."""
    steps = phase.epochs * _steps(job.recipe)
    optimizer = objective.optimizer(job.recipe, phase.decay, phase.rate, steps)
    model.compile(optimizer=optimizer, loss=objective.loss(job.recipe))
    state = checkpoint.load(job.run.state)
    done = state.epochs if state and state.phase == phase.name else 0
    if state and done:
        checkpoint.restore(model, state, job.run.state)
    if done == phase.epochs:
        model.optimizer.finalize_variable_values(model.trainable_weights)
        return
    batches = Batches(Dealer(job.faces, phase.recipe), _steps(job.recipe), phase.dealt_from, job.teacher)
    callbacks = _callbacks(job, phase, batches, done)
    model.fit(batches, initial_epoch=done, epochs=phase.epochs, verbose=0, callbacks=callbacks, shuffle=False)


def _callbacks(job: Job, phase: Phase, batches: Batches, done: int) -> list[Any]:
    """Those who judge see the averaged weights; the state is written down when all have had their say."""
    average = [checkpoint.Average(done > 0)] if job.recipe.schedule.average else []
    decay = objective.DECAY_CALLBACKS[phase.decay](
        job.recipe.schedule, job.run, phase.epochs * _steps(job.recipe), done
    )
    return [
        Bar(phase.title),
        Follow(batches),
        *average,
        job.judge if phase.judged else Tell(job.report, phase.title),
        *decay,
        Curves(job.board, phase.name),
        checkpoint.Keep(job.run.state, phase.name, average[0] if average else None),
    ]


def settle(job: Job, model: keras.Model, phase: Phase) -> None:
    """Measures the statistics of batch normalisation anew, unless they are frozen."""
    if not job.recipe.schedule.freeze_batch_norm:
        _settle(model, Dealer(job.faces, phase.recipe), job.recipe.schedule.settling_batches)


def _settle(model: keras.Model, dealer: Dealer, batches: int) -> None:
    """For the weights as they are at the end.

    Source: Wu and Johnson, "Rethinking Batch in BatchNorm", 2021.
    """
    layers = batch_norms(model)
    kept = [layer.momentum for layer in layers]
    for number in range(batches):
        for layer in layers:
            layer.momentum = number / (number + 1)
        model(dealer.batch(SETTLING_BATCHES + number)[0], training=True)
    for layer, momentum in zip(layers, kept, strict=True):
        layer.momentum = momentum


def _steps(recipe: Recipe) -> int:
    return max(1, recipe.mixture.faces_per_epoch // recipe.mixture.batch)
