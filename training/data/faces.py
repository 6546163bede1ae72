"""Finds the face in an image that has a label but no box.

The rule, in words: the detector looks at the image with a replicated border, because a tight crop
leaves it no background. The largest face is taken if it has at least twice the area of the next
one; otherwise the image shows several people and its label may not hold for any one of them, so it
is skipped. Where no face is found, an image that is small and about as wide as high is taken to be
a face crop already and used whole; any other is skipped.
"""

from __future__ import annotations

from pathlib import Path

import cv2

from edge.config import DetectorConfig
from edge.contract import whole_image_box
from edge.types import Box, Face, Frame, Image
from edge.vision.detector import YuNetDetector
from training.data.readers import FaceFinder, FolderRule

BORDER = 0.25
SEVERAL = 0.5
CROP_MAX_SIDE = 320
CROP_MAX_ASPECT = 1.6


def device_finder(model: Path) -> FaceFinder:
    """The device's own detector as a function of a BGR picture.

    Raises:
        ModelError: The model cannot be opened.
    """
    detector = YuNetDetector(model, DetectorConfig())
    return lambda pixels: detector.detect(Frame(0, pixels, 0.0, 0.0))


def single_face(find: FaceFinder) -> FolderRule:
    """The rule stated at the top, as a function of the image."""

    def rule(pixels: Image) -> tuple[Face | None, str]:
        faces = sorted(_with_border(pixels, find), key=lambda face: -_area(face))
        if not faces:
            if _is_crop(pixels):
                # It has no landmarks, so that no mask is ever drawn on it.
                return Face(whole_image_box(pixels), 0.0), ""
            return None, "no face found"
        if len(faces) > 1 and _area(faces[1]) > SEVERAL * _area(faces[0]):
            return None, "several faces of similar size"
        return faces[0], ""

    return rule


def _area(face: Face) -> float:
    return face.box.w * face.box.h


def _is_crop(pixels: Image) -> bool:
    short, long = sorted((int(pixels.shape[0]), int(pixels.shape[1])))
    return long <= CROP_MAX_SIDE and long <= CROP_MAX_ASPECT * short


def _with_border(pixels: Image, find: FaceFinder) -> list[Face]:
    """Finds faces in the image with a replicated border, in coordinates of the image without it."""
    pad = round(BORDER * max(pixels.shape[:2]))
    padded = cv2.copyMakeBorder(pixels, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    return [_moved(face, -pad) for face in find(padded)]  # type: ignore[arg-type]


def _moved(face: Face, by: int) -> Face:
    box = Box(face.box.x + by, face.box.y + by, face.box.w, face.box.h)
    return Face(box, face.score, tuple((x + by, y + by) for x, y in face.landmarks))
