"""Losses, optimisers and schedules by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.training import framework
from training.classifier.recipe import DistilRecipe, NetworkRecipe, Recipe, ScheduleRecipe
from training.classifier.run import TrainingRun

pytestmark = [
    pytest.mark.slow,
    # Keras reads variables through a conversion that numpy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

TRUTH = np.eye(3, dtype=np.float32)[[0, 1, 2]]
SAID = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.5, 0.3, 0.2]], np.float32)


@pytest.fixture(scope="module")
def objective() -> Any:
    framework()
    from training.classifier import objective

    return objective


def compiled(objective: Any, decay: str, rate: float = 0.1) -> Any:
    """A network of one weight with an optimiser of ten steps."""
    import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(objective.optimizer(Recipe(schedule=ScheduleRecipe(warmup=0.2)), decay, rate, 10), "mse")
    return model


def test_a_cosine_climbs_and_falls(objective: Any) -> None:
    """The rate climbs over the warm-up to its highest and ends at a hundredth of it."""
    rate = compiled(objective, "cosine").optimizer._learning_rate
    rates = [float(rate(step)) for step in range(11)]
    assert rates[0] < rates[1] < rates[2] == pytest.approx(0.1)
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[10] == pytest.approx(0.001)


def test_a_warm_up_without_a_schedule(objective: Any) -> None:
    """Where the rate waits for a plateau it climbs in a line over the first batches, and then stays."""
    model = compiled(objective, "plateau")
    warm = objective.WarmUp(0.1, 2)
    warm.set_model(model)
    seen = []
    for step in range(4):
        model.optimizer.iterations.assign(step)
        warm.on_train_batch_begin(step)
        seen.append(float(model.optimizer.learning_rate))
    assert seen == pytest.approx([0.002, 0.051, 0.1, 0.1])


@pytest.mark.parametrize(("before", "rate"), [([], 0.1), ([1.0], 0.05), ([1.0, 0.5], 0.1)])
def test_a_plateau_is_remembered(objective: Any, before: list[float], rate: float) -> None:
    """An epoch without progress counts together with one before the interruption."""
    model = compiled(objective, "plateau")
    plateau = objective.Plateau(ScheduleRecipe(plateau_patience=1, plateau_factor=0.5), before)
    plateau.set_model(model)
    plateau.on_train_begin()
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1)
    plateau.on_epoch_end(len(before), {"val_loss": 1.0 if len(before) < 2 else 0.4})
    assert float(model.optimizer.learning_rate) == pytest.approx(rate)


def test_only_plateaus_need_callbacks(objective: Any, tmp_path: Path) -> None:
    """Each decay of a recipe has its rate and its callbacks."""
    assert set(objective.DECAYS) == set(objective.DECAY_CALLBACKS) == {"cosine", "plateau"}
    assert not objective.DECAY_CALLBACKS["cosine"](ScheduleRecipe(), TrainingRun(tmp_path), 10, 0)
    assert len(objective.DECAY_CALLBACKS["plateau"](ScheduleRecipe(), TrainingRun(tmp_path), 10, 0)) == 2


@pytest.mark.parametrize(("name", "decays"), [("adamw", True), ("adam", False)])
def test_optimisers(objective: Any, name: str, decays: bool) -> None:
    """AdamW has the recipe's weight decay, Adam has none; both average the weights."""
    recipe = Recipe(schedule=ScheduleRecipe(optimizer=name, weight_decay=0.3))
    made = objective.optimizer(recipe, "cosine", 0.1, 10)
    assert type(made).__name__.lower() == name
    assert (made.weight_decay == 0.3) is decays
    assert made.use_ema


def test_the_loss_is_mixed_with_the_distance_to_a_teacher(objective: Any) -> None:
    """As the source says: softened probabilities, weighed by the square of the temperature."""
    opinion = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]], np.float32)
    plan = Recipe(
        schedule=ScheduleRecipe(label_smoothing=0),
        distil=DistilRecipe(teacher="t.keras", weight=0.25, temperature=2),
    )
    softened = np.sqrt(SAID) / np.sqrt(SAID).sum(axis=1, keepdims=True)
    distance = (opinion * np.log(opinion / softened)).sum(axis=1)
    hard = -np.log(SAID[TRUTH == 1])
    found = objective.loss(plan)(np.hstack([TRUTH, opinion]), SAID)
    assert float(found) == pytest.approx(float((0.75 * hard + 0.25 * 4 * distance).mean()), rel=1e-4)


def test_two_classes_take_the_first_two_weights(objective: Any) -> None:
    """The weight of the third class counts for nothing where there is none."""
    two = Recipe(
        network=NetworkRecipe(classes=2), schedule=ScheduleRecipe(class_weights=(1, 1, 9), label_smoothing=0)
    )
    found = objective.loss(two)(TRUTH[:2, :2], np.array([[0.8, 0.2], [0.5, 0.5]], np.float32))
    assert float(found) == pytest.approx(-(np.log(0.8) + np.log(0.5)) / 2, rel=1e-4)
