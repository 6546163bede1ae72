"""Lets new labelled images join a split without moving anything that was in it.

The test part is the gate that old and new models have to pass, so it stays as it is: an image that
resembles a face in it is left out. One that resembles other faces joins their group and part; all
others are assigned to training and validation.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.contract import Label
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.notes import NO_NOTES, Notes
from training.data.readers import DataLayout, Dataset, FaceRecord, Skip, digest
from training.data.split import SHARES, assign_parts, group

OPEN = (SplitPart.TRAIN, SplitPart.VALIDATION)
"""Parts that new faces may join."""
PURPOSE = {
    SplitPart.TRAIN: "added, to learn from",
    SplitPart.VALIDATION: "added, to validate with",
    SplitPart.TEST: "added, to test with",
}
"""What becomes of a face of each part, in words."""
OTHER_LABEL = "it resembles a face with another label"


@dataclass(frozen=True, slots=True)
class Added:
    """The split with the new faces in it, and what became of each of them.

    Attributes:
        manifest: The split.
        joined: The new faces in it.
        skips: What is not in it, and why.
        contradictions: Of the new faces those that are left out for their label, each with an old one that
            it resembles or is a copy of.
    """

    manifest: SplitManifest
    joined: tuple[SplitFace, ...]
    skips: tuple[Skip, ...]
    contradictions: tuple[tuple[FaceRecord, FaceRecord], ...] = ()

    def purposes(self) -> dict[str, int]:
        """The new faces in the split by what they are for."""
        return dict(sorted(Counter(PURPOSE[face.part] for face in self.joined).items()))

    def counts(self) -> dict[str, int]:
        """Faces by what became of them."""
        left_out = Counter(f"left out: {skip.reason}" for skip in self.skips)
        return self.purposes() | dict(sorted(left_out.items()))


@dataclass(frozen=True, slots=True)
class _Compared:
    """New faces that the data set does not know, what is left out, and which of that for its label."""

    fresh: list[FaceRecord]
    skips: list[Skip]
    contradictions: list[tuple[FaceRecord, FaceRecord]]


def add(manifest: SplitManifest, new: Dataset, seed: int, said: Notes = NO_NOTES) -> Added:
    """Adds faces to a split.

    Args:
        manifest: The split as it is.
        new: Labelled faces, with what could not be read.
        seed: Of assigning the faces that resemble no other.
        said: Notes on the pictures of the split, whose labels new ones are compared with; the split keeps
            those that it has.
    """
    stored = manifest.assigned()
    old = _relabelled(stored, said)
    compared = _unknown(old, new.records)
    fresh, skips, contradictions = compared.fresh, compared.skips, compared.contradictions
    # Old and new are compared in one go; `numbers` has the old faces first.
    numbers = group([*(face.record for face in old), *fresh])
    members: dict[int, list[SplitFace]] = defaultdict(list)
    for face, number in zip(old, numbers, strict=False):
        members[number].append(face)
    torn = _torn(fresh, numbers[len(old) :])
    alone, joined = [], []
    for record, number in zip(fresh, numbers[len(old) :], strict=True):
        if number in torn:
            skips.append(Skip(record.image, "it resembles another new image, with another label"))
        elif not members[number]:
            alone.append((record, number))
        elif reason := _objection(record, members[number]):
            skips.append(Skip(record.image, reason))
            if reason == OTHER_LABEL:
                contradictions.append((record, members[number][0].record))
        else:
            # The face may resemble several old groups of one part; they keep their numbers.
            joined.append(SplitFace(record, members[number][0].group, members[number][0].part))
    joined += _assigned(alone, 1 + max((face.group for face in old), default=-1), seed)
    faces = (*stored, *joined)
    made = manifest.with_faces(faces, Dataset(tuple(face.record for face in faces), ()).fingerprint())
    return Added(made, tuple(joined), (*new.skips, *skips), tuple(contradictions))


def _relabelled(faces: Sequence[SplitFace], said: Notes) -> tuple[SplitFace, ...]:
    """With the labels that are noted; faces with a flag stay, as their pictures are known all the same."""
    labels = said.relabelled(face.record.key for face in faces)
    return tuple(
        replace(face, record=replace(face.record, label=label)) if label else face
        for face, label in zip(faces, labels, strict=True)
    )


def _unknown(old: Sequence[SplitFace], new: Sequence[FaceRecord]) -> _Compared:
    """Leaves out what is in the data set already, by name or byte for byte, with this or another label.

    New copies of one file with several labels stay: they contradict each other as near-duplicates do.
    """
    keys = {face.record.key for face in old}
    digests = {image: digest(image) for image in {face.record.image for face in old}}
    known: dict[str, list[FaceRecord]] = defaultdict(list)
    for face in old:
        known[digests[face.record.image]].append(face.record)
    found = _Compared([], [], [])
    earlier: dict[str, list[FaceRecord]] = defaultdict(list)
    for record in new:
        content = digest(record.image)
        # A picture may have several faces.
        copies = [one for one in earlier[content] if one.image != record.image]
        earlier[content].append(record)
        if against := _contradicted(record, known[content]):
            found.skips.append(Skip(record.image, OTHER_LABEL))
            found.contradictions.append((record, against))
        elif known[content] or (copies and not _contradicted(record, copies)):
            found.skips.append(Skip(record.image, "the same file is in the data set"))
        elif record.key in keys:
            reason = "another file of this name is in the data set; rename its folder"
            found.skips.append(Skip(record.image, reason))
        else:
            found.fresh.append(record)
            keys.add(record.key)
    return found


def _contradicted(record: FaceRecord, copies: Sequence[FaceRecord]) -> FaceRecord | None:
    """A copy of a picture that has another label, where none has the same; only class folders label one."""
    folders = [one for one in copies if one.layout is DataLayout.FOLDER]
    if record.layout is not DataLayout.FOLDER or any(one.label is record.label for one in folders):
        return None
    return next(iter(folders), None)


def _torn(new: Sequence[FaceRecord], numbers: Sequence[int]) -> set[int]:
    """The groups in which new images of class folders contradict each other."""
    labels: dict[int, set[Label]] = defaultdict(set)
    for record, number in zip(new, numbers, strict=True):
        if record.layout is DataLayout.FOLDER:
            labels[number].add(record.label)
    return {number for number, found in labels.items() if len(found) > 1}


def _objection(record: FaceRecord, like: Sequence[SplitFace]) -> str:
    """Why a face cannot join the faces it resembles; empty where it can."""
    parts = {face.part for face in like}
    if SplitPart.TEST in parts:
        return "it resembles a face of the test part, which stays as it is"
    if len(parts) > 1:
        return "it resembles faces of several parts"
    # A frame holds faces of several labels, so that only class folders can contradict.
    folders = [face.record.label for face in like if face.record.layout is DataLayout.FOLDER]
    if len(folders) == len(like) and record.label not in folders:
        return OTHER_LABEL
    return ""


def _assigned(alone: Sequence[tuple[FaceRecord, int]], first: int, seed: int) -> list[SplitFace]:
    """Assigns faces that resemble none of the old ones; groups get numbers from `first` on."""
    if not alone:
        return []
    records, numbers = [record for record, _ in alone], [number for _, number in alone]
    places = assign_parts(records, numbers, [SHARES[part] for part in OPEN], seed)
    names = {number: first + at for at, number in enumerate(dict.fromkeys(numbers))}
    return [
        SplitFace(record, names[number], OPEN[place])
        for (record, number), place in zip(alone, places, strict=True)
    ]
