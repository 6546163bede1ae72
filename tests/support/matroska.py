"""A minimal Matroska file of JPEG pictures, whose times can be anything. Source: RFC 9559."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 64, 48


def write_matroska(file: Path, moments: Sequence[float], ends: float, fps: float = 10) -> Path:
    """Writes one grey picture for each moment.

    Args:
        file: What to write.
        moments: Time of each picture in seconds, as the container tells it.
        ends: The duration that the header claims, in seconds.
        fps: The rate that the header claims.
    """
    video = _element(0xE0, _number(0xB0, WIDTH) + _number(0xBA, HEIGHT))
    track = _number(0xD7, 1) + _number(0x73C5, 1) + _number(0x83, 1) + _element(0x86, b"V_MJPEG")
    track += _number(0x23E383, round(1e9 / fps)) + video
    info = _number(0x2AD7B1, 1_000_000) + _element(0x4489, struct.pack(">d", ends * 1000))
    body = _element(0x1549A966, info) + _element(0x1654AE6B, _element(0xAE, track))
    for index, moment in enumerate(moments):
        body += _element(0x1F43B675, _number(0xE7, round(moment * 1000)) + _element(0xA3, _block(index)))
    header = _element(0x4282, b"matroska") + _number(0x4287, 4) + _number(0x4285, 2)
    file.write_bytes(_element(0x1A45DFA3, header) + _element(0x18538067, body))
    return file


def _block(index: int) -> bytes:
    picture = np.full((HEIGHT, WIDTH, 3), 20 * (index % 12), np.uint8)
    return b"\x81\0\0\x80" + cv2.imencode(".jpg", picture)[1].tobytes()


def _number(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _element(name: int, content: bytes) -> bytes:
    size = (1 << 56 | len(content)).to_bytes(8, "big")
    return name.to_bytes((name.bit_length() + 7) // 8, "big") + size + content
