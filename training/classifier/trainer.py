"""Trains a classifier: the head first, then the whole network, judged on validation every epoch."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from edge.system import files
from training.classifier import calibration, checkpoint, distillation, objective, precision, stored
from training.classifier.batches import BatchSampler, FacePool, pool, usable
from training.classifier.callbacks import (
    BatchSource,
    CurvesCallback,
    EpochProgressBar,
    EpochSync,
    ProgressLine,
    Report,
    TensorBoardWriter,
    ValidationCallback,
)
from training.classifier.devices import sharing
from training.classifier.distillation import Teacher
from training.classifier.inference import predict, save
from training.classifier.network import batch_norms, build, fold_in, require_layer, set_trainable
from training.classifier.recipe import Recipe
from training.classifier.run import TrainingRun
from training.data.dataset import FaceDataset
from training.data.manifest import SplitPart

HEAD_BATCHES = 10**6
"""Batches of phases that are not validated are numbered from here: the first phase must not repeat them."""
# Beyond the numbers of every phase, so that no batch was trained on.
SETTLING_BATCHES = 2 * 10**6


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """What all phases of a training share.

    Attributes:
        run: The run's folder.
        recipe: What to do.
        faces: Training faces by use.
        validator: Validates the model after an epoch.
        teacher: Gives soft labels, where there is one.
        report: Gets a line for every finished epoch.
        board: Gets the curves.
    """

    run: TrainingRun
    recipe: Recipe
    faces: FacePool
    validator: ValidationCallback
    teacher: Teacher | None
    report: Report
    board: TensorBoardWriter


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
    def validated(self) -> bool:
        """Whether the model is validated after every epoch."""
        return self.name == "first"

    @property
    def first_batch(self) -> int:
        """Number of the first batch."""
        return 0 if self.validated else HEAD_BATCHES


def run_phase(job: Job, model: keras.Model, phase: Phase) -> None:
    """Runs a phase from its last finished epoch on."""
    steps = phase.epochs * _steps(job.recipe)
    optimizer = objective.optimizer(job.recipe, phase.decay, phase.rate, steps)
    model.compile(optimizer=optimizer, loss=objective.loss(job.recipe))
    model.optimizer.build(model.trainable_variables)
    state = checkpoint.load(job.run.state)
    done = state.epochs if state and state.phase == phase.name else 0
    if state and done:
        checkpoint.restore(model, state, job.run.state)
    # Killed after its last state was stored; this is what `fit` would still have done.
    if done == phase.epochs:
        model.optimizer.finalize_variable_values(model.trainable_weights)
        return
    batches = BatchSource(
        BatchSampler(job.faces, phase.recipe), _steps(job.recipe), phase.first_batch, job.teacher
    )
    callbacks = _callbacks(job, phase, batches, done)
    # Not shuffled: batches are random by themselves, and their order is part of the result.
    model.fit(batches, initial_epoch=done, epochs=phase.epochs, verbose=0, callbacks=callbacks, shuffle=False)


def _callbacks(job: Job, phase: Phase, batches: BatchSource, done: int) -> list[Any]:
    """Validation sees the averaged weights; the state is stored after all others have run."""
    average = [checkpoint.Average(done > 0)] if job.recipe.schedule.average else []
    decay = objective.DECAY_CALLBACKS[phase.decay](
        job.recipe.schedule, job.run, phase.epochs * _steps(job.recipe), done
    )
    return [
        EpochProgressBar(phase.title, *_epochs(job.recipe, phase)),
        EpochSync(batches),
        *average,
        job.validator if phase.validated else ProgressLine(job.report, phase.title),
        *decay,
        CurvesCallback(job.board, phase.name),
        checkpoint.CheckpointCallback(job.run.state, phase.name, average[0] if average else None),
    ]


def re_estimate_batch_norm(job: Job, model: keras.Model, phase: Phase) -> None:
    """Measures the statistics of batch normalisation anew, unless they are frozen."""
    if not job.recipe.schedule.freeze_batch_norm:
        _re_estimate(model, BatchSampler(job.faces, phase.recipe), job.recipe.schedule.settling_batches)


def _re_estimate(model: keras.Model, sampler: BatchSampler, batches: int) -> None:
    """For the weights as they are at the end.

    Source: Wu and Johnson, "Rethinking Batch in BatchNorm", 2021.
    """
    layers = batch_norms(model)
    kept = [layer.momentum for layer in layers]
    for number in range(batches):
        for layer in layers:
            # Turns Keras's moving mean into the plain mean of all batches so far.
            layer.momentum = number / (number + 1)
        model(sampler.batch(SETTLING_BATCHES + number)[0], training=True)
    for layer, momentum in zip(layers, kept, strict=True):
        layer.momentum = momentum


def _epochs(recipe: Recipe, phase: Phase) -> tuple[int, int]:
    """Epochs before a phase, and of all phases."""
    schedule, finish = recipe.schedule, recipe.finish
    each = dict(zip(checkpoint.PHASES, (schedule.head_epochs, schedule.epochs, finish.epochs), strict=True))
    before = checkpoint.PHASES[: checkpoint.PHASES.index(phase.name)]
    return sum(each[name] for name in before), sum(each.values())


def _steps(recipe: Recipe) -> int:
    return max(1, recipe.mixture.faces_per_epoch // recipe.mixture.batch)


def train(
    run: TrainingRun,
    material: FaceDataset,
    weights: str | None,
    report: Report,
    devices: Sequence[str] = (),
) -> None:
    """Trains to the end of the run's recipe and leaves the best model in the run's folder.

    A run that was interrupted goes on after its last finished epoch, with the same result on the same CPU.

    Args:
        run: The run's folder.
        material: All parts; only training and validation faces are looked at.
        weights: Backbone weights, the recipe's own where None.
        report: Gets a line for every finished epoch.
        devices: Names as in `training.classifier.devices`; one device where empty.
    """
    recipe, weights = run.recipe(), run.weights(weights)
    material = usable(material, recipe)
    training, validation = material.of(SplitPart.TRAIN), material.of(SplitPart.VALIDATION)
    # For the head's first weights and for dropout; batches have generators of their own.
    keras.utils.set_random_seed(recipe.seed)
    board, faces = TensorBoardWriter(run.board), pool(training, recipe.mixture, run.hard_faces())
    validator = ValidationCallback(run, validation, report, board)
    job = Job(run, recipe, faces, validator, distillation.teacher(recipe), report, board)
    with sharing(devices, recipe.mixture.batch):
        _run_phases(job, weights)
    calibrate(run, validation, recipe.network.input_size)
    # Last, since a kill before this line needs the state.
    shutil.rmtree(run.state.parent, ignore_errors=True)


def _run_phases(job: Job, weights: str | None) -> None:
    run, recipe = job.run, job.recipe
    # Built also where only the second phase is left: the random numbers that it takes are gone for
    # what comes later, which is to be the same after an interruption.
    with precision.policy(recipe.schedule.precision):
        model = build(
            recipe.network, "none" if checkpoint.load(run.state) or _finished(run, recipe) else weights
        )
    require_layer(model, recipe.schedule.frozen_until)
    if not _finished(run, recipe):
        _first_phase(job, model)
    if recipe.finish.epochs and not _finished(run, recipe, 1):
        _second_phase(job)


def _finished(run: TrainingRun, recipe: Recipe, phase: int = 0) -> bool:
    return any(row["epoch"] >= recipe.schedule.epochs + phase for row in run.epochs())


def _first_phase(job: Job, model: keras.Model) -> None:
    schedule = job.recipe.schedule
    state = checkpoint.load(job.run.state)
    if schedule.head_epochs and not (state and state.is_past("head")):
        set_trainable(model, backbone=False, batch_norm=False)
        head = Phase("head", "head", job.recipe, schedule.head_epochs, schedule.head_rate)
        run_phase(job, model, head)
    set_trainable(model, True, not schedule.freeze_batch_norm, schedule.frozen_until)
    phase = Phase("first", "first descent", job.recipe, schedule.epochs, schedule.rate, schedule.decay)
    run_phase(job, model, phase)
    re_estimate_batch_norm(job, model, phase)
    job.validator.set_model(model)
    job.validator.validate(schedule.epochs)


def _second_phase(job: Job) -> None:
    """The second phase, from the best model of the first.

    Its result stays whatever the validation loss says of it: before calibration, the loss depends
    on the mixture of classes more than on the network.
    """
    run, recipe, finish = job.run, job.recipe, job.recipe.finish
    if not run.first.exists():
        # Kept apart: this phase overwrites `raw` at its end, and a resumed run begins it from here again.
        files.write_atomic(run.first, run.raw.read_bytes())
    mixture = recipe.mixture.model_copy(
        update={"class_shares": finish.class_shares, "drawn_wrong": finish.drawn_wrong}
    )
    # Its batches have the numbers of the head's; another seed makes other batches of them.
    changed = recipe.model_copy(update={"mixture": mixture, "seed": recipe.seed + 1})
    model = precision.mixed(stored.load(run.first), recipe)
    set_trainable(model, True, not recipe.schedule.freeze_batch_norm, recipe.schedule.frozen_until)
    phase = Phase("second", "second descent", changed, finish.epochs, finish.rate)
    run_phase(job, model, phase)
    re_estimate_batch_norm(job, model, phase)
    job.validator.set_model(model)
    save(precision.plain(model, recipe), run.raw)
    job.validator.validate(recipe.schedule.epochs + 1)


def calibrate(run: TrainingRun, validation: FaceDataset, size: int) -> None:
    """Fits the scaling of a trained model on validation faces and stores the model with it."""
    model = stored.load(run.raw)
    scaling = calibration.fit(validation.truth(), predict(model, validation.crops(size)))
    run.write("scaling.json", scaling.as_json())
    fold_in(model, scaling)
    save(model, run.model)
