"""Training, validation and test parts that share no frame, near-duplicate or mirror image.

Faces of one image, and faces or images whose 64-bit perceptual hashes differ in at most
`DISTANCE` bits, as they are or mirrored, form a group; a group is never divided. Groups reach over all
sources, and are assigned by label and source so that the parts resemble each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from edge.contract import Label, face_crop
from edge.types import Image
from training.data.manifest import SplitFace, SplitPart
from training.data.readers import Dataset, FaceRecord, listed_image, open_image

DISTANCE = 6
MIN_HASHED_PX = 20
"""Smaller faces are blobs whose hashes collide by chance; their frame alone groups them."""
HASHED_SIDE = 96
"""Side to which a face is brought before it is hashed, in pixels."""

Bits = NDArray[np.float32]
"""(2, 64): a picture's hash and that of its mirror image, as -1 and 1."""


SHARES = {SplitPart.TRAIN: 0.7, SplitPart.VALIDATION: 0.12, SplitPart.TEST: 0.18}


def perceptual_bits(pixels: Image) -> Bits:
    """Hash (pHash by J. Buchner's imagehash) of a picture and of its mirror image."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    views = (grey, cv2.flip(grey, 1))
    return (
        # As -1 and 1, one matrix product counts the equal bits of all pairs.
        np.stack([imagehash.phash(Pillow.fromarray(view)).hash.ravel() for view in views]) * np.float32(2) - 1
    )


def near_pairs(bits: NDArray[np.float32], distance: int = DISTANCE) -> NDArray[np.intp]:
    """Pairs of pictures whose hashes, one of them possibly mirrored, differ in at most `distance` bits.

    Args:
        bits: (n, 2, 64) as `perceptual_bits` gives them.
        distance: Largest Hamming distance.

    Returns:
        (pairs, 2) indices, first smaller than second.
    """
    plain, mirrored = bits[:, 0], bits[:, 1]
    found = []
    # In strips, because the table of all pairs grows with the square of the pictures.
    for start in range(0, len(bits), 1024):
        rows = plain[start : start + 1024]
        # The product of two hashes is 64 less twice the number of bits that differ.
        closest = np.maximum(rows @ plain.T, rows @ mirrored.T)
        pairs = np.argwhere(closest >= 64 - 2 * distance)
        pairs[:, 0] += start
        found.append(pairs[pairs[:, 0] < pairs[:, 1]])
    return np.concatenate(found) if found else np.empty((0, 2), np.intp)


def group(records: Sequence[FaceRecord], together: Sequence[tuple[int, int]] = ()) -> tuple[int, ...]:
    """The group number of every face; equal numbers must stay on one side of a split.

    Args:
        records: Faces of one or many sources; all are compared with all.
        together: Pairs of indices of faces that are known to belong together.
    """
    by_image: dict[Path, list[int]] = defaultdict(list)
    for index, record in enumerate(records):
        by_image[record.image].append(index)
    pairs = [(members[0], index) for members in by_image.values() for index in members[1:]]
    pairs += together
    owners, bits = [], []
    for image, members in by_image.items():
        pixels = open_image(image)
        if pixels is None:
            continue
        owners.append(members[0])
        bits.append(perceptual_bits(pixels))
        for index in members:
            if records[index].box.side >= MIN_HASHED_PX:
                owners.append(index)
                bits.append(perceptual_bits(face_crop(pixels, records[index].box, HASHED_SIDE)))
    if bits:
        pairs += [(owners[first], owners[second]) for first, second in near_pairs(np.stack(bits))]
    return connected(len(records), pairs)


def connected(size: int, pairs: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """The number of the set that each of `size` indices is in, where both of a pair are in one.

    Sets are numbered from 0 in the order of their first members.
    """
    if not size:
        return ()
    first, second = np.array(pairs, np.intp).reshape(-1, 2).T
    graph = coo_array((np.ones(len(first)), (first, second)), shape=(size, size))
    _, numbers = connected_components(graph, directed=False)
    return tuple(numbers.tolist())


def assign_parts(
    records: Sequence[FaceRecord], groups: Sequence[int], shares: Sequence[float], seed: int
) -> tuple[int, ...]:
    """Assigns groups to parts so that each part gets its share of every label and source.

    Groups come in random order, those that hold the rarest strata first; each goes to the part
    that lacks most of its strata.

    Returns:
        For every face the index of its part in `shares`.
    """
    strata: dict[int, Counter[tuple[Label, str]]] = defaultdict(Counter)
    for record, number in zip(records, groups, strict=True):
        strata[number][record.label, record.source] += 1
    total = sum(strata.values(), Counter[tuple[Label, str]]())
    assigned = [Counter[tuple[Label, str]]() for _ in shares]
    # Sorted first, so that the seed alone decides the order.
    order = np.random.default_rng(seed).permutation(sorted(strata))
    place = {}
    for number in sorted(order, key=lambda number: min(total[key] for key in strata[number])):
        lack = [
            # Lack of the strata relative to the share, so that small parts fill as evenly as large ones.
            sum(
                count * (share - got[key] / total[key]) / total[key] / share
                for key, count in strata[number].items()
            )
            for share, got in zip(shares, assigned, strict=True)
        ]
        best = int(np.argmax(lack))
        assigned[best] += strata[number]
        place[number] = best
    return tuple(place[number] for number in groups)


def split(data: Dataset, seed: int, together: Sequence[tuple[int, int]] = ()) -> tuple[SplitFace, ...]:
    """Groups the faces and assigns them to training, validation and test."""
    groups = group(data.records, together)
    places = assign_parts(data.records, groups, tuple(SHARES.values()), seed)
    parts = tuple(SHARES)
    rows = zip(data.records, groups, places, strict=True)
    return tuple(SplitFace(record, number, parts[place]) for record, number, place in rows)


def contradictions(faces: Sequence[SplitFace]) -> tuple[tuple[FaceRecord, FaceRecord], ...]:
    """Pairs of faces that resemble each other, of different sources, which give them different labels."""
    members: dict[int, list[FaceRecord]] = defaultdict(list)
    for face in faces:
        if face.record.box.side >= MIN_HASHED_PX:
            members[face.group].append(face.record)
    return tuple(pair for records in members.values() for pair in _contradicting(records))


def _contradicting(records: Sequence[FaceRecord]) -> Iterator[tuple[FaceRecord, FaceRecord]]:
    """Within one group, whose faces may be there for their pictures alone and not resemble each other."""
    if len({record.source for record in records}) < 2 or len({record.label for record in records}) < 2:
        return
    bits = [perceptual_bits(face_crop(listed_image(one.image), one.box, HASHED_SIDE)) for one in records]
    for first, second in near_pairs(np.stack(bits)):
        one, other = records[first], records[second]
        if one.source != other.source and one.label is not other.label:
            yield one, other
