"""Deals class-balanced batches of changed, partly drawn faces for training."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.contract import LABELS, Label
from edge.types import ConfigError, Image
from training.augment import augment
from training.cloth import vary
from training.crops import Patch
from training.data import Source
from training.manifest import Assigned
from training.occlude import occlude
from training.recipe import Recipe
from training.synthesize import WRONG, Random, Wear, draw_mask, lift_cloth

CLOTH_MIN_PX = 60
"""Photographed masks on smaller crops have no cloth worth lifting."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The training faces by use."""

    real: dict[Label, tuple[tuple[Patch, ...], ...]]
    """Per label the faces of each source that has any, annotated frames first."""
    bare: tuple[Patch, ...]
    """Bare faces with landmarks, to draw on."""
    cloths: tuple[Patch, ...]
    """Masked faces with landmarks, to take cloth from."""


def pool(faces: Sequence[Assigned], patches: Sequence[Patch]) -> Pool:
    """Sorts training faces by use.

    Raises:
        ConfigError: A class has no face at all to train on.
    """
    real: dict[Label, dict[Source, list[Patch]]] = {label: defaultdict(list) for label in LABELS}
    bare, cloths = [], []
    for face, patch in zip(faces, patches, strict=True):
        label = face.record.label
        real[label][face.record.source].append(patch)
        if len(patch.landmarks) and label is Label.WITHOUT_MASK:
            bare.append(patch)
        if len(patch.landmarks) and label is Label.WITH_MASK and patch.square[2] >= CLOTH_MIN_PX:
            cloths.append(patch)
    for label in LABELS[:2]:
        if not real[label]:
            raise ConfigError(f"no face of class {label} to train on; add images of it")
    if not real[Label.MASK_WORN_INCORRECTLY] and not bare:
        raise ConfigError(f"no face of class {Label.MASK_WORN_INCORRECTLY}, and no bare face to draw one on")
    sources = {
        label: tuple(tuple(found[source]) for source in Source if found[source])
        for label, found in real.items()
    }
    return Pool(sources, tuple(bare), tuple(cloths))


class Dealer:
    """Makes training faces one after another from a pool."""

    def __init__(self, faces: Pool, recipe: Recipe) -> None:
        self._pool = faces
        self._recipe = recipe

    def batch(self, number: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Batch `number` of the run, the same whenever it is asked for.

        Returns:
            (batch, size, size, 3) RGB 0 to 255, and (batch, 3) one-hot labels.
        """
        rng = np.random.default_rng((self._recipe.seed, number))
        size, count = self._recipe.network.input_size, self._recipe.mixture.batch
        shares = np.array(self._recipe.mixture.class_shares)
        places = rng.choice(len(LABELS), count, p=shares / shares.sum())
        pixels = np.stack([self._face(LABELS[place], size, rng) for place in places])
        return pixels.astype(np.float32), np.eye(len(LABELS), dtype=np.float32)[places]

    def _face(self, label: Label, size: int, rng: Random) -> Image:
        return augment(self._patch(label, rng), size, self._recipe.augment, rng)

    def _patch(self, label: Label, rng: Random) -> Patch:
        drawn = {
            Label.WITH_MASK: self._recipe.mixture.drawn_well,
            Label.WITHOUT_MASK: self._recipe.mixture.occluded_bare,
            Label.MASK_WORN_INCORRECTLY: self._recipe.mixture.drawn_wrong,
        }[label]
        if self._pool.bare and (rng.random() < drawn or not self._pool.real[label]):
            return self._drawn(label, _any(self._pool.bare, rng), rng)
        sources = self._pool.real[label]
        first = len(sources) == 1 or rng.random() < self._recipe.mixture.frame_share
        return _any(sources[0 if first else 1], rng)

    def _drawn(self, label: Label, bare: Patch, rng: Random) -> Patch:
        if label is Label.WITHOUT_MASK:
            return occlude(bare, rng)
        wear = Wear.WELL if label is Label.WITH_MASK else WRONG[rng.integers(len(WRONG))]
        if not self._pool.cloths or rng.random() >= self._recipe.mixture.lifted_cloth:
            return draw_mask(bare, wear, None, rng)
        return draw_mask(bare, wear, vary(lift_cloth(_any(self._pool.cloths, rng)), rng), rng)


def _any(patches: Sequence[Patch], rng: Random) -> Patch:
    return patches[int(rng.integers(len(patches)))]
