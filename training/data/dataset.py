"""The faces of a split together with their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.cli.output import progress
from edge.contract import LABELS
from training.data.crops import Patch, default_cache, patches
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.metrics import Truth


@dataclass(frozen=True, slots=True, eq=False)
class FaceDataset:
    """The faces of a split and their patches, in the same order."""

    faces: tuple[SplitFace, ...]
    patches: tuple[Patch, ...]

    def of(self, part: SplitPart) -> FaceDataset:
        """Only the faces of one part."""
        pairs = [pair for pair in zip(self.faces, self.patches, strict=True) if pair[0].part is part]
        return FaceDataset(tuple(face for face, _ in pairs), tuple(patch for _, patch in pairs))

    def dealt(self, faces: Sequence[SplitFace]) -> FaceDataset:
        """These of the faces, in other parts."""
        place = {face.record.key: number for number, face in enumerate(self.faces)}
        return FaceDataset(tuple(faces), tuple(self.patches[place[face.record.key]] for face in faces))

    def of_classes(self, number: int) -> FaceDataset:
        """Only the faces of the first labels, for a network that knows no more."""
        pairs = zip(self.faces, self.patches, strict=True)
        kept = [pair for pair in pairs if pair[0].record.label in LABELS[:number]]
        return FaceDataset(tuple(face for face, _ in kept), tuple(patch for _, patch in kept))

    def truth(self) -> Truth:
        """(n,) indices of the labels."""
        return np.array([LABELS.index(face.record.label) for face in self.faces], np.intp)

    def crops(self, size: int) -> NDArray[np.uint8]:
        """(n, size, size, 3) RGB as the device would see them."""
        return np.stack([patch.crop(size) for patch in self.patches])


def load_material(manifest: SplitManifest, cache: Path | None) -> FaceDataset:
    """Loads the split's faces, with a bar on a terminal while they are cut the first time."""
    faces = manifest.assigned()
    records = [face.record for face in faces]
    with progress("cutting faces", len(faces)) as bar:
        cut = patches(records, manifest.fingerprint, cache or default_cache(), bar.advance)
    return FaceDataset(faces, cut)
