"""The faces of a split together with their pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.contract import LABELS
from training.crops import Patch
from training.manifest import Assigned, Part
from training.metrics import Truth


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """The faces of a split and their patches, in the same order."""

    faces: tuple[Assigned, ...]
    patches: tuple[Patch, ...]

    def of(self, part: Part) -> Material:
        """Only the faces of one part."""
        pairs = [pair for pair in zip(self.faces, self.patches, strict=True) if pair[0].part is part]
        return Material(tuple(face for face, _ in pairs), tuple(patch for _, patch in pairs))

    def of_classes(self, number: int) -> Material:
        """Only the faces of the first labels, for a network that knows no more."""
        pairs = zip(self.faces, self.patches, strict=True)
        kept = [pair for pair in pairs if pair[0].record.label in LABELS[:number]]
        return Material(tuple(face for face, _ in kept), tuple(patch for _, patch in kept))

    def truth(self) -> Truth:
        """(n,) indices of the labels."""
        return np.array([LABELS.index(face.record.label) for face in self.faces], np.intp)

    def crops(self, size: int) -> NDArray[np.uint8]:
        """(n, size, size, 3) RGB as the device would see them."""
        return np.stack([patch.crop(size) for patch in self.patches])
