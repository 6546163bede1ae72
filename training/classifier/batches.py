"""Samples class-balanced batches of changed, partly drawn faces, and checks that there are faces for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from edge.contract import LABELS, TWO_LABELS, Label
from edge.errors import ConfigError
from edge.types import Image
from training.augmentation.augment import augment
from training.augmentation.masks import INCORRECT_WEARS, Random, Wear, draw_mask, lift_cloth
from training.augmentation.occlusions import occlude
from training.augmentation.textures import Texture, vary
from training.augmentation.unmasking import UNMASKED_WEARS, Donor, donor, unmask
from training.classifier.recipe import MixtureRecipe, Recipe
from training.classifier.sampling import WeightedChoice, chances
from training.data.crops import Patch
from training.data.dataset import FaceDataset
from training.data.manifest import SplitFace, SplitPart
from training.data.readers import FaceRecord

T = TypeVar("T")

CLOTH_MIN_PX = 60
"""Photographed masks on smaller crops have no cloth worth lifting."""

UNMASK_MIN_PX = 32
"""Smaller faces are neither unmasked nor lend their skin: their landmarks are a guess."""


@dataclass(frozen=True, slots=True, eq=False)
class FacePool:
    """The training faces by use."""

    real: dict[Label, WeightedChoice[Patch]]
    without_mask: tuple[Patch, ...]
    """Faces without a mask, with landmarks, to draw on."""
    cloths: tuple[Patch, ...]
    """Masked faces with landmarks, to take cloth from."""
    with_mask: WeightedChoice[Donor]
    """Masked faces with landmarks, to unmask partly."""
    donors: tuple[Donor, ...]
    """Faces without a mask, with landmarks, to take skin from."""

    @property
    def can_unmask(self) -> bool:
        """Whether there are masked faces to change, and skin to change them with."""
        return bool(self.with_mask and self.donors)


def pool(faces: FaceDataset, mixture: MixtureRecipe, hard: Mapping[str, float]) -> FacePool:
    """Sorts training faces by use.

    Args:
        faces: All of training.
        mixture: How sources share.
        hard: Weights of faces by key; 1 where it says nothing.
    """
    pairs = [(face.record, patch) for face, patch in zip(faces.faces, faces.patches, strict=True)]
    of = {label: [pair for pair in pairs if pair[0].label is label] for label in LABELS}
    marked = {label: [pair for pair in of[label] if len(pair[1].landmarks)] for label in LABELS}

    def weighted(chosen: Sequence[tuple[FaceRecord, Patch]]) -> WeightedChoice[Patch]:
        records = [record for record, _ in chosen]
        return WeightedChoice.of([patch for _, patch in chosen], chances(records, mixture, hard))

    without_mask = tuple(patch for _, patch in marked[Label.WITHOUT_MASK])
    large = weighted([pair for pair in marked[Label.WITH_MASK] if pair[1].square[2] >= UNMASK_MIN_PX])
    return FacePool(
        {label: weighted(of[label]) for label in LABELS},
        without_mask,
        tuple(patch for _, patch in marked[Label.WITH_MASK] if patch.square[2] >= CLOTH_MIN_PX),
        WeightedChoice(tuple(donor(patch) for patch in large.things), large.bounds),
        tuple(donor(patch) for patch in without_mask if patch.square[2] >= UNMASK_MIN_PX),
    )


class BatchSampler:
    """Makes training faces one after another from a pool."""

    def __init__(self, faces: FacePool, recipe: Recipe) -> None:
        self._pool = faces
        self._recipe = recipe

    def batch(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Batch `number` of the run, the same whenever it is asked for.

        Returns:
            (batch, size, size, 3) RGB 0 to 255, and (batch, classes) one-hot labels.
        """
        # Seed and number decide alone, so that workers may ask in any order and a resumed run goes on alike.
        rng = np.random.default_rng((self._recipe.seed, number))
        size, count = self._recipe.network.input_size, self._recipe.mixture.batch
        classes = self._recipe.network.classes
        shares = np.array(self._recipe.mixture.class_shares[:classes])
        # With two classes the recipe's first two shares do not add up to 1.
        places = rng.choice(classes, count, p=shares / shares.sum())
        pixels = np.stack([self._face(LABELS[place], size, rng) for place in places])
        return pixels.astype(np.float32), np.eye(classes, dtype=np.float32)[places]

    def _face(self, label: Label, size: int, rng: Random) -> Image:
        return augment(self._patch(label, rng), size, self._recipe.augment, rng)

    def _patch(self, label: Label, rng: Random) -> Patch:
        drawn = {
            Label.WITH_MASK: self._recipe.mixture.drawn_well,
            Label.WITHOUT_MASK: self._recipe.mixture.occluded_bare,
            Label.MASK_WORN_INCORRECTLY: self._recipe.mixture.drawn_wrong,
        }[label]
        # A class without any photographed face is drawn only; `require_usable` has seen to it that it can be.
        if self._pool.without_mask and (rng.random() < drawn or not self._pool.real[label]):
            return self._drawn(label, rng)
        return self._pool.real[label].draw(rng)

    def _drawn(self, label: Label, rng: Random) -> Patch:
        if label is Label.WITHOUT_MASK:
            return occlude(_any(self._pool.without_mask, rng), rng)
        well = label is Label.WITH_MASK
        if self._pool.can_unmask and rng.random() < self._recipe.mixture.freed:
            wear = Wear.WELL if well else _any(UNMASKED_WEARS, rng)
            return unmask(self._pool.with_mask.draw(rng), self._pool.donors, wear, rng)
        wear = Wear.WELL if well else _any(INCORRECT_WEARS, rng)
        return draw_mask(_any(self._pool.without_mask, rng), wear, self._lifted(rng), rng)

    def _lifted(self, rng: Random) -> Texture | None:
        """Cloth of a photographed mask, or none where one is to be drawn."""
        if not self._pool.cloths or rng.random() >= self._recipe.mixture.lifted_cloth:
            return None
        return vary(lift_cloth(_any(self._pool.cloths, rng)), rng)


def _any(things: Sequence[T], rng: Random) -> T:
    return things[int(rng.integers(len(things)))]


def usable(material: FaceDataset, recipe: Recipe) -> FaceDataset:
    """The faces of the classes that the recipe's network knows.

    Raises:
        ConfigError: There are none to train on of a class, or none to validate on.
    """
    known = material.of_classes(recipe.network.classes)
    require_usable(known.of(SplitPart.TRAIN).faces, recipe.network.classes)
    if not known.of(SplitPart.VALIDATION).faces:
        raise ConfigError("the validation part of the split holds no face; add images and split them anew")
    return known


def require_usable(faces: Sequence[SplitFace], classes: int = len(LABELS)) -> None:
    """Insists on training faces of every class, or on faces without a mask that the last can be drawn on.

    Raises:
        ConfigError: A class has no face at all to train on.
    """
    there = {face.record.label for face in faces}
    for label in TWO_LABELS:
        if label not in there:
            raise ConfigError(f"no face of class {label} to train on; add images of it")
    # A mask is placed by landmarks, so that a face without them is of no use here.
    drawable = any(face.record.landmarks for face in faces if face.record.label is Label.WITHOUT_MASK)
    if classes > len(TWO_LABELS) and not drawable and Label.MASK_WORN_INCORRECTLY not in there:
        raise ConfigError(
            f"no face of class {Label.MASK_WORN_INCORRECTLY} to train on, and no bare face to draw one on; "
            "add images of it, or set network.classes to 2"
        )
