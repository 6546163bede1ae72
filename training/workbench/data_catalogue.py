"""The faces of a split as the pages show them: corrected, in slices, with what is odd about them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.contract import LABELS, Label
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.notes import PictureNote
from training.data.readers import DataLayout, FaceRecord
from training.evaluation.predictions import Predictions, gather
from training.evaluation.slices import Slice, hard_slices, main_slices
from training.evaluation.traits import Traits
from training.workbench.corrections import Corrections, note_of
from training.workbench.measures import FaceMeasures


@dataclass(frozen=True, slots=True)
class FaceQuery:
    """Which faces are looked for: of a label, of a slice, of a part of the split; empty means any."""

    label: str = ""
    part: str = ""
    slice: str = ""


@dataclass(frozen=True)
class DataCatalogue:
    """The faces of one split, (n,), and what is said of them.

    Attributes:
        manifest: The split, as it is.
        notes: What was corrected, by the place of the face.
        measures: Of the faces; None while they are not measured.
    """

    manifest: SplitManifest
    notes: dict[int, PictureNote]
    measures: FaceMeasures | None = None

    @cached_property
    def faces(self) -> tuple[SplitFace, ...]:
        """As the data has them."""
        return self.manifest.assigned()

    @cached_property
    def corrected(self) -> tuple[SplitFace, ...]:
        """With the labels that were noted; what is left out is among them."""
        return tuple(
            face
            if (note := self.notes.get(at)) is None or note.label is None
            else replace(face, record=replace(face.record, label=note.label))
            for at, face in enumerate(self.faces)
        )

    @cached_property
    def excluded(self) -> frozenset[int]:
        """The places of faces that are left out."""
        return frozenset(at for at, note in self.notes.items() if note.flag)

    @cached_property
    def predictions(self) -> Predictions:
        """The corrected faces without any answers, which can be sliced."""
        measured = Traits.unknown(len(self.faces)) if self.measures is None else self.measures.traits
        return gather(self.corrected, measured, ())

    @cached_property
    def slices(self) -> dict[str, Slice]:
        """By a name that is unique: sources and layouts, sizes, sharpness, light, wear, tone."""
        found = (*main_slices(self.predictions), *hard_slices(self.predictions))
        return {f"{one.dimension}: {one.name}" if one.dimension else one.name: one for one in found}

    def prepared(self) -> DataCatalogue:
        """Itself, when what takes long is worked out: pages share one thread."""
        _ = self.slices, self.conflicts, self.near_duplicates
        return self

    def select(self, query: FaceQuery) -> list[int]:
        """The places of the faces that are looked for."""
        mask = np.ones(len(self.faces), np.bool_)
        if query.slice:
            # One that went with a correction has no faces.
            mask &= self.slices[query.slice].mask if query.slice in self.slices else False
        if query.label:
            mask &= self.predictions.truth == LABELS.index(Label(query.label))
        if query.part:
            mask &= np.array([face.part == query.part for face in self.faces], np.bool_)
        return [int(at) for at in np.flatnonzero(mask)]

    @cached_property
    def groups(self) -> dict[int, list[int]]:
        """The places of the faces of each group."""
        found: dict[int, list[int]] = defaultdict(list)
        for at, face in enumerate(self.faces):
            found[face.group].append(at)
        return found

    @cached_property
    def near_duplicates(self) -> tuple[tuple[int, ...], ...]:
        """Pictures that resemble each other, each by its largest face; the largest sets first."""
        sets = (self._one_of_each_picture(members) for members in self.groups.values())
        return _by_size(found for found in sets if len(found) > 1)

    def _one_of_each_picture(self, members: Sequence[int]) -> list[int]:
        largest: dict[Path, int] = {}
        for at in sorted(members, key=lambda at: self.faces[at].record.box.side):
            largest[self.faces[at].record.image] = at
        return sorted(largest.values())

    @cached_property
    def conflicts(self) -> tuple[tuple[int, ...], ...]:
        """Near-duplicates of class folders that are labelled differently, as corrected."""
        kept = (
            [at for at in members if self._folder(at) and at not in self.excluded]
            for members in self.groups.values()
        )
        return _by_size(
            self._rarest_first(members)
            for members in kept
            if len({self.corrected[at].record.label for at in members}) > 1
        )

    def _rarest_first(self, members: Sequence[int]) -> list[int]:
        """The faces first whose label fewest have: it may be the wrong one."""
        labels = [self.corrected[at].record.label for at in members]
        many = Counter(labels)
        order = sorted(zip(members, labels, strict=True), key=lambda one: (many[one[1]], one[1], one[0]))
        return [at for at, _ in order]

    @cached_property
    def broken(self) -> tuple[Path, ...]:
        """Pictures that cannot be read; empty while nothing is measured."""
        if self.measures is None:
            return ()
        listed = (self.faces[at].record.image for at in np.flatnonzero(~self.measures.readable))
        return tuple(dict.fromkeys([*listed, *map(Path, self.measures.broken)]))

    def neighbours(self, at: int) -> tuple[FaceRecord, ...]:
        """The other faces of the picture of a face."""
        image = self.faces[at].record.image
        members = self.groups[self.faces[at].group]
        return tuple(
            self.faces[one].record for one in members if one != at and self.faces[one].record.image == image
        )

    def place(self, key: str) -> int | None:
        """Where a face of that name is."""
        return self._places.get(key)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {face.record.key: at for at, face in enumerate(self.faces)}

    def _folder(self, at: int) -> bool:
        return self.faces[at].record.layout is DataLayout.FOLDER


def catalogue(
    manifest: SplitManifest, corrections: Corrections, measures: FaceMeasures | None = None
) -> DataCatalogue:
    """The catalogue of a split with its corrections.

    Raises:
        ConfigError: The corrections cannot be read.
    """
    said = corrections.by_face()
    found = {
        at: note
        for at, face in enumerate(manifest.assigned())
        if (note := said.get(note_of(face.record).name)) is not None
    }
    return DataCatalogue(manifest, found, measures)


@dataclass(frozen=True, slots=True)
class CountTable:
    """Faces by class and source; `cells` has a row for each label, and `parts` one for each part."""

    labels: tuple[Label, ...]
    sources: tuple[str, ...]
    cells: tuple[tuple[int, ...], ...]
    parts: tuple[tuple[int, ...], ...]


def count(shown: DataCatalogue) -> CountTable:
    """How many faces of each label each source and each part has, as corrected, without those left out."""
    faces = [face for at, face in enumerate(shown.corrected) if at not in shown.excluded]
    sources = tuple(sorted({face.record.source for face in faces}))
    labels = tuple(label for label in LABELS if any(face.record.label is label for face in faces))
    return CountTable(
        labels,
        sources,
        tuple(_row(faces, label, [face.record.source for face in faces], sources) for label in labels),
        tuple(_row(faces, label, [face.part for face in faces], tuple(SplitPart)) for label in labels),
    )


Histogram = tuple[tuple[str, int], ...]
"""Ranges by name, and how many faces lie in each."""

SIZES = (0, 20, 32, 64, 128, 256)
LIGHT = (0, 32, 64, 96, 128, 160, 192, 224)
SHARPNESS = (0, 10, 30, 100, 300, 1000, 3000)


def histograms(shown: DataCatalogue) -> dict[str, Histogram]:
    """How large the faces are, and how light and sharp where that is measured."""
    told = shown.predictions
    found = {
        "Size of the face, pixels": (told.px, SIZES),
        "Brightness, 0 to 255": (told.traits.brightness, LIGHT),
        "Sharpness": (told.traits.sharpness, SHARPNESS),
    }
    return {
        name: histogram(values, edges) for name, (values, edges) in found.items() if np.isfinite(values).any()
    }


def histogram(values: NDArray[np.float64], edges: Sequence[int]) -> Histogram:
    """How many values lie from each edge to the next one, and beyond the last; those unknown do not count."""
    counts, _ = np.histogram(values[np.isfinite(values)], [*edges, np.inf])
    names = [f"{low} to {high - 1}" for low, high in pairwise(edges)]
    return tuple(zip([*names, f"{edges[-1]} and more"], counts.tolist(), strict=True))


def _row(
    faces: Sequence[SplitFace], label: Label, named: Sequence[str], names: Sequence[str]
) -> tuple[int, ...]:
    mine = [name for face, name in zip(faces, named, strict=True) if face.record.label is label]
    return tuple(mine.count(name) for name in names)


def _by_size(sets: Iterable[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(sorted(map(tuple, sets), key=len, reverse=True))
