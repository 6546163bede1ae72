"""Made-up pictures, and a frame of the demo's clip, in which there is a face."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

from edge.demo import CLIP
from edge.types import Image

E_ACUTE = "\udce9"
"""The byte E9 in a name, as Python gives it: an accented e of the time before UTF-8."""
WITH_A_FACE = 40
"""A frame of the clip."""


def noise(width: int = 60, height: int = 40) -> Image:
    """Something with detail, so that no format shrinks it to nothing."""
    pixels = np.random.default_rng(7).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.GaussianBlur(pixels, (5, 5), 0)  # type: ignore[return-value]


def encoded(suffix: str, pixels: Image | None = None, *options: int) -> bytes:
    """A picture in the format of a suffix."""
    ok, data = cv2.imencode(suffix, noise() if pixels is None else pixels, options)
    assert ok
    return data.tobytes()


def animation(kind: str) -> bytes:
    """A WebP or PNG of two frames."""
    file = BytesIO()
    first, second = (Pillow.new("RGB", (64, 48), colour) for colour in ("red", "blue"))
    first.save(file, kind, save_all=True, append_images=[second])
    return file.getvalue()


@cache
def photo() -> bytes:
    """A JPEG with one person."""
    capture = cv2.VideoCapture(str(CLIP))
    for _ in range(WITH_A_FACE):
        assert capture.grab()
    ok, pixels = capture.retrieve()
    capture.release()
    assert ok
    return encoded(".jpg", np.asarray(pixels, np.uint8))


def huge_png(width: int = 30_000, height: int = 30_000) -> bytes:
    """The beginning of a PNG that would take gigabytes."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + size + b"\x08\x02\0\0\0" + b"\0" * 64


def save_photos(folder: Path, *names: str) -> None:
    """Writes the photo under each name."""
    for name in names:
        (folder / name).write_bytes(photo())
