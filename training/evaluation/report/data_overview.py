"""What a split manifest tells about its data: counts, sizes, groups, contradictions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from edge.contract import LABELS
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.readers import DataLayout
from training.data.sources import DataSource
from training.evaluation.predictions import MIN_PX


@dataclass(frozen=True, slots=True)
class CountRow:
    """Faces of one class and source: in each part, in all, and those that are large enough."""

    label: str
    source: str
    parts: tuple[int, ...]
    total: int
    large: int


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """The data of a split.

    Attributes:
        fingerprint: SHA-256 of the data set.
        sources: With their licences.
        counts: By class and source.
        groups: Number of groups that a split never divides.
        copies: Images of class folders that share their group with another image.
        largest: Faces in the largest group.
        conflicts: Groups of class-folder images that carry different labels.
    """

    fingerprint: str
    sources: tuple[DataSource, ...]
    counts: tuple[CountRow, ...]
    groups: int
    copies: int
    largest: int
    conflicts: int


def describe(manifest: SplitManifest) -> DatasetReport:
    """Describes the data of a manifest."""
    faces = manifest.assigned()
    groups: dict[int, list[SplitFace]] = defaultdict(list)
    for face in faces:
        groups[face.group].append(face)
    # Faces of a frame share a group anyway; copies and contradictions show in class folders only.
    images = [{face.record.image for face in members if _folder(face)} for members in groups.values()]
    labels = [{face.record.label for face in members if _folder(face)} for members in groups.values()]
    return DatasetReport(
        fingerprint=manifest.fingerprint,
        sources=manifest.sources,
        counts=_counts(faces),
        groups=len(groups),
        copies=sum(len(one) for one in images if len(one) > 1),
        largest=max(map(len, groups.values()), default=0),
        conflicts=sum(len(one) > 1 for one in labels),
    )


def _folder(face: SplitFace) -> bool:
    return face.record.layout is DataLayout.FOLDER


def _counts(faces: Sequence[SplitFace]) -> tuple[CountRow, ...]:
    many = Counter((face.record.label, face.record.source, face.part) for face in faces)
    large = Counter(
        (face.record.label, face.record.source) for face in faces if face.record.box.side >= MIN_PX
    )
    rows = []
    for label in LABELS:
        for source in sorted({face.record.source for face in faces}):
            parts = tuple(many[label, source, part] for part in SplitPart)
            if sum(parts):
                rows.append(CountRow(label.value, source, parts, sum(parts), large[label, source]))
    return tuple(rows)
