"""Shares of the faces that a network learns from: growing ones, and all but one source."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.errors import ConfigError
from training.data.manifest import SplitFace, SplitPart

ALL = "all"
_WITHOUT = "without-"


@dataclass(frozen=True, slots=True)
class TrainingShare:
    """Which of the faces to train on a network learns from; all of them where neither is said.

    Attributes:
        faces: So many; a few more where a group would be cut.
        without: Name of a source that it never sees.
    """

    faces: int | None = None
    without: str | None = None

    @property
    def name(self) -> str:
        """Of its folder, and for people."""
        return f"{_WITHOUT}{self.without}" if self.without is not None else str(self.faces or ALL)

    @classmethod
    def named(cls, name: str) -> TrainingShare:
        """The share of a name.

        Raises:
            ConfigError: It is none of a share.
        """
        if name.startswith(_WITHOUT):
            return cls(without=name.removeprefix(_WITHOUT))
        if name == ALL:
            return cls()
        if name.isascii() and name.isdecimal() and int(name) > 0:
            return cls(int(name))
        raise ConfigError(f"{name} is no number of faces to learn from; name numbers above 0, or {ALL}")

    def of(self, faces: Sequence[SplitFace], seed: int) -> tuple[SplitFace, ...]:
        """The faces of a split with this share of those to train on; tested faces all stay.

        A larger share holds every smaller one of the same seed.

        Args:
            faces: All faces with their groups and parts.
            seed: Decides which groups come first.

        Raises:
            ConfigError: There are not so many faces, or none of a class is left.
        """
        if self.without is not None:
            kept = [face for face in faces if face.part is SplitPart.TEST or not self._left_out(face)]
        else:
            learnt = self._first([face for face in faces if face.part is SplitPart.TRAIN], seed)
            kept = [face for face in faces if face.part is not SplitPart.TRAIN or face.group in learnt]
        self._require(faces, kept)
        return tuple(kept)

    def _left_out(self, face: SplitFace) -> bool:
        return face.record.source == self.without

    def _first(self, faces: Sequence[SplitFace], seed: int) -> set[int]:
        """The groups that the share holds."""
        wanted = len(faces) if self.faces is None else self.faces
        if wanted > len(faces):
            raise ConfigError(
                f"a share of {wanted} faces is more than the {len(faces)} that there are to train on; "
                "name a smaller one, or all"
            )
        sizes, taken, held = Counter(face.group for face in faces), set[int](), 0
        for group in groups_in_order(faces, seed):
            if held >= wanted:
                break
            taken.add(group)
            held += sizes[group]
        return taken

    def _require(self, faces: Sequence[SplitFace], kept: Sequence[SplitFace]) -> None:
        if not any(face.part is SplitPart.VALIDATION for face in kept):
            raise ConfigError(f"without the source {self.without} no face is left to calibrate with")
        lost = _labels(faces) - _labels(kept)
        if lost and self.without is not None:
            raise ConfigError(f"without the source {self.without} no face of {min(lost)} is left to train on")
        if lost:
            raise ConfigError(f"a share of {self.name} faces holds none of {min(lost)}; name a larger one")


def _labels(faces: Sequence[SplitFace]) -> set[str]:
    return {face.record.label.value for face in faces if face.part is SplitPart.TRAIN}


def groups_in_order(faces: Sequence[SplitFace], seed: int) -> list[int]:
    """The groups one after another, so that the first of them, however many, resemble all.

    A group belongs to the rarest label and source that it holds. The groups of each are put in random
    order and spread evenly from 0 to 1, and all of them are sorted by their places.

    Source: systematic sampling in strata, Cochran, "Sampling Techniques", 1977, chapter 8.
    """
    total = Counter(_stratum(face) for face in faces)
    members: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for face in faces:
        members[face.group].append(_stratum(face))
    # Sorted first, so that the seed alone decides the order.
    rng = np.random.default_rng(seed)
    passed: Counter[tuple[str, str]] = Counter()
    spots = {}
    for group in map(int, rng.permutation(sorted(members))):
        owner = min(members[group], key=lambda stratum: (total[stratum], stratum))
        weight = members[group].count(owner)
        # Somewhere within its own stretch, else the only group of a stratum were always in the middle.
        spots[group] = owner, passed[owner] + rng.random() * weight
        passed[owner] += weight
    return sorted(spots, key=lambda group: spots[group][1] / passed[spots[group][0]])


def _stratum(face: SplitFace) -> tuple[str, str]:
    return face.record.label.value, face.record.source


def without_each(faces: Sequence[SplitFace]) -> tuple[TrainingShare, ...]:
    """All faces, and all but one source, once for each.

    Raises:
        ConfigError: There is one source only.
    """
    names = sorted({face.record.source for face in faces})
    if len(names) < 2:
        raise ConfigError(f"the split holds one source only, {names[0]}; read several to leave one out")
    return (TrainingShare(), *(TrainingShare(without=name) for name in names))
