"""Class-balanced batches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.contract import LABELS, Label
from edge.errors import ConfigError
from tests.support.training import patch, record
from training.classifier.batches import BatchSampler, FacePool, pool, require_usable
from training.classifier.recipe import MixtureRecipe, NetworkRecipe, Recipe
from training.data.crops import Patch
from training.data.dataset import FaceDataset
from training.data.manifest import SplitFace, SplitPart

RECIPE = Recipe(network=NetworkRecipe(input_size=96), mixture=MixtureRecipe(batch=60, class_shares=(1, 1, 1)))


def material(*labels: Label, landmarks: bool = True) -> tuple[list[SplitFace], list[Patch]]:
    patches = [patch(seed=number) for number in range(len(labels))]
    if not landmarks:
        patches = [Patch(one.pixels, one.square, np.empty((0, 2), np.float32)) for one in patches]
    marks = ((1.0, 1.0),) * 5 if landmarks else ()
    records = [replace(record(n, label), landmarks=marks) for n, label in enumerate(labels)]
    return [SplitFace(one, n, SplitPart.TRAIN) for n, one in enumerate(records)], patches


def pooled(*labels: Label) -> FacePool:
    faces, patches = material(*labels)
    return pool(FaceDataset(tuple(faces), tuple(patches)), RECIPE.mixture, {})


def test_classes_are_balanced_whatever_the_data_is() -> None:
    """Ten masked faces and one of each other class still give a batch of about a third each."""
    dealer = BatchSampler(pooled(*[Label.WITH_MASK] * 10, *LABELS), RECIPE)
    counts = sum(dealer.batch(number)[1].sum(axis=0) for number in range(3))
    assert (counts > 40).all()


def test_a_batch_is_the_same_when_asked_again() -> None:
    """A batch depends on its number and the seed alone, so that a resumed run goes on exactly."""
    dealer = BatchSampler(pooled(*LABELS), RECIPE)
    first, again, other = dealer.batch(5), dealer.batch(5), dealer.batch(6)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert (first[0] != other[0]).any()
    assert first[0].shape == (60, 96, 96, 3)


def test_wrongly_worn_masks_can_all_be_drawn() -> None:
    """Without any photographed wrongly worn mask the class is drawn on bare faces."""
    dealer = BatchSampler(pooled(Label.WITH_MASK, Label.WITHOUT_MASK), RECIPE)
    assert dealer.batch(0)[1][:, 2].sum() > 5


@pytest.mark.parametrize("labels", [(Label.WITH_MASK,), (Label.WITHOUT_MASK, Label.MASK_WORN_INCORRECTLY)])
def test_an_empty_class(labels: tuple[Label, ...]) -> None:
    """A class that is not there is an error that names it."""
    missing = next(label for label in LABELS if label not in labels)
    with pytest.raises(ConfigError, match=missing):
        require_usable(material(*labels)[0])


def test_nothing_to_draw_on() -> None:
    """Without wrongly worn masks or landmarks to draw them on, only two classes can be trained."""
    faces, _ = material(Label.WITH_MASK, Label.WITHOUT_MASK, landmarks=False)
    with pytest.raises(ConfigError, match="mask_worn_incorrectly"):
        require_usable(faces)
    require_usable(faces, classes=2)


def test_two_classes() -> None:
    """A network of two classes gets labels of two classes, balanced as the first two shares say."""
    both = RECIPE.model_copy(update={"network": NetworkRecipe(input_size=96, classes=2)})
    _, labels = BatchSampler(pooled(Label.WITH_MASK, Label.WITHOUT_MASK), both).batch(0)
    assert labels.shape == (60, 2)
    assert (labels.sum(axis=0) > 15).all()
