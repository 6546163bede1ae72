"""Pictures of single faces for the pages: eyes pixelated unless somebody switches that off."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import cv2
import numpy as np

from edge.types import Face, Image
from edge.vision.anonymise import pixelate
from training.data.crops import patch_of
from training.data.readers import FaceRecord, open_image

SIDES = (112, 480)
"""A tile of a contact sheet, and what a click on it shows, in pixels."""
_QUALITY = 85
_KEPT = 4_000


@lru_cache(maxsize=_KEPT)
def face_picture(record: FaceRecord, others: tuple[FaceRecord, ...], side: int, eyes: bool) -> bytes | None:
    """A face as JPEG; None where its picture cannot be read.

    Args:
        record: The face.
        others: The other faces of the picture, which may be seen at its edge.
        side: One of `SIDES`; the larger one shows some of what is around the face.
        eyes: Whether eyes are shown as they are.
    """
    image = open_image(record.image)
    if image is None:
        return None
    if not eyes:
        _hide_eyes(image, (record, *others))
    patch = patch_of(image, record)
    # RGB, as networks see it.
    pixels = patch.crop(side) if side == SIDES[0] else _enlarged(patch.pixels, side)
    _, raw = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return raw.tobytes()


def _hide_eyes(image: Image, faces: Iterable[FaceRecord]) -> None:
    for one in faces:
        # Landmarks of a drawn or turned face may be far off: the upper half is hidden whatever they say.
        pixelate(image, Face(one.box, 0.0))
        pixelate(image, Face(one.box, 0.0, one.landmarks))


def _enlarged(pixels: Image, side: int) -> Image:
    size = (side, side)
    smaller = len(pixels) > side
    return np.asarray(
        cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC), np.uint8
    )
