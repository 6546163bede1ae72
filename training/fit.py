"""Trains a classifier: the head first, then the whole network, judged on validation every epoch."""

from __future__ import annotations

from typing import Any

import keras

from training import scale
from training.batches import Dealer, pool
from training.callbacks import Batches, Follow, Judge, Report
from training.manifest import Part
from training.material import Material
from training.network import batch_norms, build, fold_in, set_trainable
from training.predict import predict, save
from training.recipe import Recipe, Schedule
from training.runs import Run

HEAD_BATCHES = 10**6
"""Batches of the head's phase are numbered from here, so that no phase sees the other's."""
SETTLING_BATCHES = 2 * 10**6


def train(run: Run, recipe: Recipe, material: Material, weights: str | None, report: Report) -> None:
    """Trains to the end of the recipe and leaves the best model in the run's folder.

    A run that was interrupted goes on after its last finished epoch.

    Args:
        run: The run's folder.
        recipe: What to do.
        material: All parts; only training and validation faces are looked at.
        weights: Backbone weights, the recipe's own where None.
        report: Gets the figures of every finished epoch.
    """
    keras.utils.set_random_seed(recipe.seed)
    training, validation = material.of(Part.TRAIN), material.of(Part.VALIDATION)
    if not _finished(run, recipe):
        _train(run, recipe, training, Judge(run, validation, recipe, report), weights)
    if recipe.finish.epochs and not _finished(run, recipe, 1):
        _finish(run, recipe, training, Judge(run, validation, recipe, report))
    calibrate(run, validation, recipe.network.input_size)


def _finished(run: Run, recipe: Recipe, phase: int = 0) -> bool:
    return any(row["epoch"] >= recipe.schedule.epochs + phase for row in run.epochs())


def _finish(run: Run, recipe: Recipe, training: Material, judge: Judge) -> None:
    """The second descent; where it is interrupted it starts again.

    Its result stays whatever the validation loss says of it: before calibration, the loss judges the
    mixture of classes more than the network.
    """
    finish, schedule = recipe.finish, recipe.schedule
    mixture = recipe.mixture.model_copy(
        update={"class_shares": finish.class_shares, "drawn_wrong": finish.drawn_wrong}
    )
    dealer = Dealer(
        pool(training.faces, training.patches),
        recipe.model_copy(update={"mixture": mixture, "seed": recipe.seed + 1}),
    )
    model = keras.saving.load_model(run.raw, compile=False)
    set_trainable(model, True, not schedule.freeze_batch_norm, schedule.frozen_until)
    _compile(model, recipe, finish.rate, finish.epochs)
    _phase(model, dealer, recipe, finish.epochs, [])
    if not schedule.freeze_batch_norm:
        settle(model, dealer, schedule.settling_batches)
    judge.set_model(model)
    save(model, run.raw)
    judge.consider(schedule.epochs + 1)


def calibrate(run: Run, validation: Material, size: int) -> None:
    """Fits the scaling of a trained model on validation faces and stores the model with it."""
    model = keras.saving.load_model(run.raw, compile=False)
    scaling = scale.fit(validation.truth(), predict(model, validation.crops(size)))
    run.write("scaling.json", scaling.as_json())
    fold_in(model, scaling)
    save(model, run.model)


def _train(run: Run, recipe: Recipe, training: Material, judge: Judge, weights: str | None) -> None:
    dealer = Dealer(pool(training.faces, training.patches), recipe)
    model = build(recipe.network, weights)
    schedule = recipe.schedule
    if schedule.head_epochs and not run.epochs():
        set_trainable(model, backbone=False, batch_norm=False)
        _compile(model, recipe, schedule.head_rate, schedule.head_epochs)
        _phase(model, dealer, recipe, schedule.head_epochs, [])
    set_trainable(model, True, not schedule.freeze_batch_norm, schedule.frozen_until)
    _compile(model, recipe, schedule.rate, schedule.epochs)
    backup = keras.callbacks.BackupAndRestore(str(run.folder / "backup"), delete_checkpoint=False)
    _phase(model, dealer, recipe, schedule.epochs, [judge], backup)
    if not schedule.freeze_batch_norm:
        settle(model, dealer, schedule.settling_batches)
    judge.consider(schedule.epochs)


def settle(model: keras.Model, dealer: Dealer, batches: int) -> None:
    """Measures the statistics of batch normalisation anew, for the weights as they are at the end.

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


def _compile(model: keras.Model, recipe: Recipe, rate: float, epochs: int) -> None:
    optimizer = _optimizer(recipe, rate, epochs * _steps(recipe))
    model.compile(optimizer=optimizer, loss=_loss(recipe.schedule))


def _loss(schedule: Schedule) -> Any:
    """Cross-entropy, or focal loss where `focal_gamma` is above 0 or classes weigh differently.

    Source: Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017.
    """
    weights, smoothing = schedule.class_weights, schedule.label_smoothing
    if not schedule.focal_gamma and len(set(weights)) == 1:
        return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
    return keras.losses.CategoricalFocalCrossentropy(
        alpha=list(weights), gamma=schedule.focal_gamma, label_smoothing=smoothing
    )


def _optimizer(recipe: Recipe, rate: float, steps: int) -> Any:
    """AdamW with warm-up, cosine and an average of the weights."""
    warm = max(1, int(steps * recipe.schedule.warmup))
    schedule = keras.optimizers.schedules.CosineDecay(
        rate * 0.02, max(1, steps - warm), alpha=0.01, warmup_target=rate, warmup_steps=warm
    )
    average = recipe.schedule.average
    return keras.optimizers.AdamW(
        schedule,
        weight_decay=recipe.schedule.weight_decay,
        global_clipnorm=5.0,
        use_ema=average > 0,
        ema_momentum=average or 0.99,
    )


def _phase(
    model: keras.Model, dealer: Dealer, recipe: Recipe, epochs: int, judges: list[Any], *backup: Any
) -> None:
    """Runs one phase; those who judge see the averaged weights, the head's phase has no judges."""
    batches = Batches(dealer, _steps(recipe), 0 if judges else HEAD_BATCHES)
    average = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if recipe.schedule.average else []
    # The backup comes before the swap: what goes on after a kill are the weights themselves.
    callbacks = [Follow(batches), *backup, *average, *judges]
    model.fit(batches, epochs=epochs, verbose=0, callbacks=callbacks, shuffle=False)
