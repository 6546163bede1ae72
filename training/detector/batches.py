"""Composes batches ahead of training, each the same whenever it is asked for."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.detector.composition import MOST, Example, SceneDataset, compose
from training.detector.scenes import Numbers

AHEAD = 6


@dataclass(frozen=True, slots=True, eq=False)
class DetectorBatch:
    """Pictures (n, size, size, 3) uint8 BGR and their padded faces, as in `assignment.Targets`."""

    number: int
    pixels: NDArray[np.uint8]
    boxes: Numbers
    marks: Numbers
    kinds: NDArray[np.int32]


def batch(
    dataset: SceneDataset, number: int, seed: int, shapes: tuple[tuple[int, int], ...]
) -> DetectorBatch:
    """Batch `number` of a run.

    Args:
        dataset: What pictures are made of.
        number: Decides, with the seed, everything random in it.
        seed: Of the run.
        shapes: (pictures, size) that batches take in turn.
    """
    rng = np.random.default_rng((seed, number))
    many, size = shapes[number % len(shapes)]
    examples = [compose(dataset, size, rng) for _ in range(many)]
    rows = [padded(example) for example in examples]
    return DetectorBatch(
        number,
        np.stack([example.pixels for example in examples]),
        np.stack([row[0] for row in rows]),
        np.stack([row[1] for row in rows]),
        np.stack([row[2] for row in rows]),
    )


def padded(example: Example) -> tuple[Numbers, Numbers, NDArray[np.int32]]:
    """Corners (MOST, 4), landmarks (MOST, 10) and kinds (MOST,) of the faces of a picture."""
    boxes, marks = np.zeros((MOST, 4), np.float32), np.zeros((MOST, 10), np.float32)
    kinds = np.zeros(MOST, np.int32)
    many = min(len(example.boxes), MOST)
    boxes[:many, :2] = example.boxes[:many, :2]
    boxes[:many, 2:] = example.boxes[:many, :2] + example.boxes[:many, 2:]
    points = example.marks[:many].reshape(many, 10)
    known = np.asarray(np.isfinite(points).all(axis=1))
    # NaN would spoil the loss even where its weight is 0.
    marks[:many] = np.where(known[:, None], points, 0)
    kinds[:many] = np.where(example.counts[:many], 1 + known, -1)
    return boxes, marks, kinds


def batches(
    dataset: SceneDataset, first: int, last: int, seed: int, shapes: tuple[tuple[int, int], ...]
) -> Iterator[DetectorBatch]:
    """Batches `first` to `last` - 1, made by a thread of its own; an error there is raised here."""
    ready: queue.Queue[DetectorBatch | Exception] = queue.Queue(AHEAD)
    stop = threading.Event()

    def work() -> None:
        for number in range(first, last):
            try:
                made: DetectorBatch | Exception = batch(dataset, number, seed, shapes)
            except Exception as error:  # handed over to the thread that can report it
                made = error
            _put(ready, made, stop)
            if stop.is_set() or isinstance(made, Exception):
                return

    thread = threading.Thread(target=work, name="detector-batches", daemon=True)
    thread.start()
    try:
        for _ in range(first, last):
            made = ready.get()
            if isinstance(made, Exception):
                raise made
            yield made
    finally:
        stop.set()
        thread.join()


def _put(
    ready: queue.Queue[DetectorBatch | Exception], made: DetectorBatch | Exception, stop: threading.Event
) -> None:
    """Waits for room in the queue, and gives up at `stop`."""
    while not stop.is_set():
        try:
            # With an end, because a reader that has gone makes no room any more.
            ready.put(made, timeout=0.2)
        except queue.Full:
            continue
        return
