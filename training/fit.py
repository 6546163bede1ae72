"""Trains a classifier: the head first, then the whole network, judged on validation every epoch."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import keras

from edge.system import files
from training import checkpoint, distil, precision, scale
from training.batches import pool
from training.board import Board
from training.callbacks import Judge
from training.descent import Job, Phase, descend, settle
from training.devices import sharing
from training.manifest import Part
from training.material import Material
from training.network import build, fold_in, set_trainable
from training.predict import predict, save
from training.progress import Report
from training.recipe import Recipe
from training.runs import Run
from training.usable import usable


def train(
    run: Run,
    material: Material,
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
        devices: Names as in `training.devices`; one device where empty.
    """
    recipe, weights = run.recipe(), run.weights(weights)
    material = usable(material, recipe)
    training, validation = material.of(Part.TRAIN), material.of(Part.VALIDATION)
    keras.utils.set_random_seed(recipe.seed)
    board, faces = Board(run.board), pool(training.faces, training.patches)
    judge = Judge(run, validation, report, board)
    job = Job(run, recipe, faces, judge, distil.teacher(recipe), report, board)
    with sharing(devices, recipe.mixture.batch):
        _descents(job, weights)
    calibrate(run, validation, recipe.network.input_size)
    shutil.rmtree(run.state.parent, ignore_errors=True)


def _descents(job: Job, weights: str | None) -> None:
    run, recipe = job.run, job.recipe
    # Built also where only the second descent is left: the random numbers that it takes are gone for
    # what comes later, which is to be the same after an interruption.
    with precision.policy(recipe.schedule.precision):
        model = build(
            recipe.network, "none" if checkpoint.load(run.state) or _finished(run, recipe) else weights
        )
    if not _finished(run, recipe):
        _first(job, model)
    if recipe.finish.epochs and not _finished(run, recipe, 1):
        _second(job)


def _finished(run: Run, recipe: Recipe, phase: int = 0) -> bool:
    return any(row["epoch"] >= recipe.schedule.epochs + phase for row in run.epochs())


def _first(job: Job, model: keras.Model) -> None:
    schedule = job.recipe.schedule
    state = checkpoint.load(job.run.state)
    if schedule.head_epochs and not (state and state.is_past("head")):
        set_trainable(model, backbone=False, batch_norm=False)
        head = Phase("head", "head", job.recipe, schedule.head_epochs, schedule.head_rate)
        descend(job, model, head)
    set_trainable(model, True, not schedule.freeze_batch_norm, schedule.frozen_until)
    phase = Phase("first", "first descent", job.recipe, schedule.epochs, schedule.rate, schedule.decay)
    descend(job, model, phase)
    settle(job, model, phase)
    job.judge.set_model(model)
    job.judge.consider(schedule.epochs)


def _second(job: Job) -> None:
    """The second descent, from the best model of the first.

    Its result stays whatever the validation loss says of it: before calibration, the loss judges the
    mixture of classes more than the network.
    """
    run, recipe, finish = job.run, job.recipe, job.recipe.finish
    if not run.first.exists():
        files.write_atomic(run.first, run.raw.read_bytes())
    mixture = recipe.mixture.model_copy(
        update={"class_shares": finish.class_shares, "drawn_wrong": finish.drawn_wrong}
    )
    changed = recipe.model_copy(update={"mixture": mixture, "seed": recipe.seed + 1})
    model = precision.mixed(keras.saving.load_model(run.first, compile=False), recipe)
    set_trainable(model, True, not recipe.schedule.freeze_batch_norm, recipe.schedule.frozen_until)
    phase = Phase("second", "second descent", changed, finish.epochs, finish.rate)
    descend(job, model, phase)
    settle(job, model, phase)
    job.judge.set_model(model)
    save(precision.plain(model, recipe), run.raw)
    job.judge.consider(recipe.schedule.epochs + 1)


def calibrate(run: Run, validation: Material, size: int) -> None:
    """Fits the scaling of a trained model on validation faces and stores the model with it."""
    model = keras.saving.load_model(run.raw, compile=False)
    scaling = scale.fit(validation.truth(), predict(model, validation.crops(size)))
    run.write("scaling.json", scaling.as_json())
    fold_in(model, scaling)
    save(model, run.model)
