"""Draws training faces so that no source drowns the others, and hard faces come more often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from training.classifier.recipe import MixtureRecipe
from training.data.readers import DataLayout, FaceRecord

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class WeightedChoice(Generic[T]):
    """Things of which each is drawn with a chance of its own.

    Attributes:
        things: What is drawn.
        bounds: (n,) cumulated chances; the last one is 1.
    """

    things: tuple[T, ...]
    bounds: NDArray[np.float64]

    @classmethod
    def of(cls, things: Sequence[T], chances: NDArray[np.float64]) -> WeightedChoice[T]:
        """Things with their chances, which need not add up to 1."""
        bounds = np.cumsum(chances)
        return cls(tuple(things), bounds / bounds[-1] if len(bounds) else bounds)

    def __len__(self) -> int:
        return len(self.things)

    def draw(self, rng: np.random.Generator) -> T:
        """One of them."""
        return self.things[int(np.searchsorted(self.bounds, rng.random(), side="right"))]


def chances(
    records: Sequence[FaceRecord], mixture: MixtureRecipe, hard: Mapping[str, float]
) -> NDArray[np.float64]:
    """How often each of some faces of one class is drawn, in relation to the others.

    Annotated frames and class folders share as `frame_share` says, the sources of one layout by their
    numbers of faces as `source_balance` says, times `source_weights`; within a source faces weigh 1, or as
    `hard` says.

    Args:
        records: Faces of one class.
        mixture: Names the shares.
        hard: Weights of faces by key.

    Returns:
        (n,) chances that add up to 1 for each layout's share.
    """
    weights = np.array([hard.get(record.key, 1.0) for record in records], np.float64)
    places: dict[tuple[DataLayout, str], list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        places[record.layout, record.source].append(place)
    shares = _source_shares({key: len(members) for key, members in places.items()}, mixture)
    found = np.zeros(len(records))
    for key, members in places.items():
        found[members] = shares[key] * weights[members] / weights[members].sum()
    return found


def _source_shares(
    counts: Mapping[tuple[DataLayout, str], int], mixture: MixtureRecipe
) -> dict[tuple[DataLayout, str], float]:
    """Of each source among the drawn faces; a layout that has none leaves its share to the other."""
    layouts = {DataLayout.FRAME: mixture.frame_share, DataLayout.FOLDER: 1 - mixture.frame_share}
    if len({layout for layout, _ in counts}) == 1:
        layouts = dict.fromkeys(DataLayout, 1.0)
    raw = {
        key: mixture.source_weights.get(key[1], 1.0) * count ** (1 - mixture.source_balance)
        for key, count in counts.items()
    }
    totals = dict.fromkeys(DataLayout, 0.0)
    for (layout, _), share in raw.items():
        totals[layout] += share
    return {key: layouts[key[0]] * share / totals[key[0]] for key, share in raw.items()}
