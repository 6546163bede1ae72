"""Cuts faces out of their pictures once and keeps them in a cache, so that runs start fast.

A patch is the contract's square around a face with room for jitter around it, in native pixels up
to `NATIVE` px of square; `Patch.crop` gives what the device would feed. Training shifts and
zooms the square within the patch and resizes with the device's own function.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract import CROP_MARGIN, cut, resize_into, square_around
from edge.system.files import replacing
from edge.types import Image
from training.data.readers import FaceRecord, listed_image

ROOM = 0.4
"""Room on each side of the square, as a share of it: it may be turned, moved and zoomed and stays within."""
NATIVE = 200
"""Larger squares are brought down to this side before they are cached."""


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A face with room around it.

    Attributes:
        pixels: (n, n, 3) RGB.
        square: Left, top and side of the contract's square in `pixels`.
        landmarks: (5, 2) in `pixels`, or (0, 2).
    """

    pixels: Image
    square: tuple[int, int, int]
    landmarks: NDArray[np.float32]

    def crop(self, size: int) -> Image:
        """The contract's crop (size, size, 3), RGB; exact where the square was not brought down."""
        return self.window(*self.square, size)

    def window(self, left: int, top: int, side: int, size: int) -> Image:
        """Any square of the patch, resized as the device resizes: (size, size, 3), RGB."""
        out = np.empty((size, size, 3), np.uint8)
        resize_into(cut(self.pixels, left, top, side), out)
        return out


def patch_of(image: Image, record: FaceRecord) -> Patch:
    """Cuts a patch for a face out of its BGR picture."""
    left, top, side = square_around(record.box)
    room = round(side * ROOM)
    pixels = cut(image, left - room, top - room, side + 2 * room)
    marks = np.asarray(record.landmarks, np.float32).reshape(-1, 2) - (left - room, top - room)
    if side > NATIVE:
        scale = NATIVE / side
        small_room = round(room * scale)
        small = np.empty((NATIVE + 2 * small_room,) * 2 + (3,), np.uint8)
        resize_into(pixels, small)
        marks, pixels, room, side = marks * (len(small) / len(pixels)), small, small_room, NATIVE
    rgb: Image = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)  # type: ignore[assignment]
    return Patch(rgb, (room, room, side), marks.astype(np.float32))


def default_cache() -> Path:
    """The user's cache folder for decoded faces."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "maskgate" / "crops"


def patches(
    records: Sequence[FaceRecord], fingerprint: str, cache: Path, advance: Callable[[int], None]
) -> tuple[Patch, ...]:
    """The patches of all faces, from the cache or cut now.

    Args:
        records: The faces, in the order wanted.
        fingerprint: Of the data set; a change of data makes a new cache file.
        cache: Folder of the cache.
        advance: Called with the number of faces that were cut since the last call.
    """
    # The fingerprint covers neither landmarks nor the order of the faces.
    keys = "\n".join(f"{record.key} {record.landmarks}" for record in records)
    # With a margin that is not in the name, a changed contract would be trained with the old crops.
    name = hashlib.sha256(f"{fingerprint}|{CROP_MARGIN}|{ROOM}|{NATIVE}|{keys}".encode()).hexdigest()[:20]
    file = cache / f"{name}.npz"
    if not file.exists():
        _store(file, tuple(_cut_all(records, advance)))
    return _load(file)


def _cut_all(records: Sequence[FaceRecord], advance: Callable[[int], None]) -> Iterator[Patch]:
    opened: tuple[Path, Image] | None = None
    for record in records:
        # Faces of one picture follow each other, so that it is decoded once.
        if opened is None or opened[0] != record.image:
            opened = (record.image, listed_image(record.image))
        yield patch_of(opened[1], record)
        advance(1)


def _store(file: Path, cut_out: Sequence[Patch]) -> None:
    """Writes the cache in one piece; patches of many faces take gigabytes, so not by way of memory."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # Faces without landmarks stay NaN, so that one array holds all of them.
    marks = np.full((len(cut_out), 5, 2), np.nan, np.float32)
    for row, patch in zip(marks, cut_out, strict=True):
        row[: len(patch.landmarks)] = patch.landmarks
    with replacing(file) as partial:
        np.savez(
            partial,
            # Patches differ in size; they lie end to end, and `sides` says where each one ends.
            pixels=np.concatenate([patch.pixels.ravel() for patch in cut_out]),
            sides=np.array([len(patch.pixels) for patch in cut_out]),
            squares=np.array([patch.square for patch in cut_out]),
            marks=marks,
        )


def _load(file: Path) -> tuple[Patch, ...]:
    with np.load(file) as stored:
        pixels, sides = stored["pixels"], stored["sides"]
        squares, marks = stored["squares"], stored["marks"]
    ends = np.cumsum(sides.astype(np.int64) ** 2 * 3)
    return tuple(
        Patch(
            pixels[end - side * side * 3 : end].reshape(side, side, 3),
            (int(square[0]), int(square[1]), int(square[2])),
            points[np.isfinite(points[:, 0])],
        )
        for end, side, square, points in zip(ends, sides.astype(np.int64), squares, marks, strict=True)
    )
