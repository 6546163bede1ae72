"""Time for one picture, detectors taking turns so that all meet the same machine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from edge.system.native_path import native_path

INPUTS = ((320, 240), (320, 320), (640, 480))


@dataclass(frozen=True, slots=True)
class Timing:
    """Median milliseconds of one detector at one input size."""

    width: int
    height: int
    milliseconds: float


def race(models: Sequence[Path], rounds: int = 100) -> tuple[tuple[Timing, ...], ...]:
    """Times models at each of `INPUTS` on one thread, decoding included.

    Returns:
        For each model its timings.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        by_size = [_at(models, size, rounds) for size in INPUTS]
    finally:
        cv2.setNumThreads(before)
    return tuple(
        tuple(Timing(*size, row[at]) for size, row in zip(INPUTS, by_size, strict=True))
        for at in range(len(models))
    )


def _at(models: Sequence[Path], size: tuple[int, int], rounds: int) -> list[float]:
    picture = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    networks = [_open(model, size) for model in models]
    taken: list[list[float]] = [[] for _ in networks]
    for turn in range(rounds + 5):
        for network, times in zip(networks, taken, strict=True):
            begin = time.perf_counter()
            network.detect(picture)
            if turn >= 5:  # the first turns allocate
                times.append(1000 * (time.perf_counter() - begin))
    return [median(times) for times in taken]


def _open(model: Path, size: tuple[int, int]) -> cv2.FaceDetectorYN:
    with native_path(model) as name:
        return cv2.FaceDetectorYN.create(name, "", size, 0.9, 0.3, 200)
