"""The crops whose activations set the ranges of an int8 model: balanced over classes and sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convert.gates import Representative
from edge.contract import LABELS, Label
from edge.errors import ConfigError
from training.data.dataset import FaceDataset

Pixels = NDArray[np.uint8]
"""(n, size, size, 3) RGB crops."""
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A representative set.

    Attributes:
        material: The faces.
        counts: How many of each label, in the order of the network's outputs.
    """

    material: FaceDataset
    counts: tuple[int, ...]

    def figures(self) -> dict[str, float]:
        """What a manifest tells of it."""
        return {_figure(label): float(count) for label, count in zip(LABELS, self.counts, strict=False)}


def class_counts(metrics: Mapping[str, float], classes: int) -> tuple[float, ...]:
    """How many crops of each label a manifest states; nothing where it does not state all."""
    names = [_figure(label) for label in LABELS[:classes]]
    return tuple(metrics[name] for name in names) if set(names) <= set(metrics) else ()


def _figure(label: Label) -> str:
    return f"representative_{label.value}"


def choose(training: FaceDataset, classes: int, wanted: Representative, seed: int = 0) -> Chosen:
    """Chooses faces, as many of each class as can be, and of each class as many from each source.

    Args:
        training: Faces that the network was trained on.
        classes: Number of its outputs; faces of other labels are left out.
        wanted: How many.
        seed: Of the choice within a class and source.

    Raises:
        ConfigError: A class is missing, or there are too few faces altogether.
    """
    truth, sources = training.truth(), np.array([face.record.layout.value for face in training.faces])
    # A fixed seed: the same model, data and options give the same bytes.
    rng = np.random.default_rng(seed)
    chosen = []
    for label in range(classes):
        here = truth == label
        if not here.any():
            raise ConfigError(
                f"the training faces hold none of {LABELS[label].value}, so its range cannot be measured; "
                "name a split with --data that has all labels"
            )
        strata = [
            rng.permutation(np.flatnonzero(here & (sources == one))) for one in np.unique(sources[here])
        ]
        chosen.append(_evenly(strata, wanted.per_class))
    counts = tuple(len(places) for places in chosen)
    if sum(counts) < wanted.least:
        listed = ", ".join(f"{count} of {label.value}" for label, count in zip(LABELS, counts, strict=False))
        raise ConfigError(
            f"the representative set has {sum(counts)} crops ({listed}), needed are {wanted.least}; "
            "add training faces, or lower representative.least in a file for --gates"
        )
    return Chosen(pick(training, np.sort(np.concatenate(chosen))), counts)


def _evenly(strata: Sequence[Places], wanted: int) -> Places:
    """As many from each stratum, the smallest first, so that what it lacks is taken from the others."""
    picked: list[Places] = []
    for left, places in zip(range(len(strata), 0, -1), sorted(strata, key=len), strict=True):
        share = -(-(wanted - sum(len(one) for one in picked)) // left)
        picked.append(places[:share])
    return np.concatenate(picked)


def pick(material: FaceDataset, places: Places) -> FaceDataset:
    """Some of the faces of a material."""
    return FaceDataset(tuple(material.faces[i] for i in places), tuple(material.patches[i] for i in places))


def spread(material: FaceDataset, classes: int, per_class: int) -> FaceDataset:
    """The first few faces of each class, for what is too slow to do on all of them."""
    truth = material.truth()
    places = [np.flatnonzero(truth == label)[:per_class] for label in range(classes)]
    return pick(material, np.sort(np.concatenate(places)))
