"""The two public pedestrian sequences of `motmetrics`, as heads that a detector might find."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from edge.types import Box

FPS = 25.0
SIZE = (640, 480)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: which sequence, how it is seen."""

    name: str
    drop: float
    jitter: float
    every: int


ROWS = tuple(
    Row(name, *seen)
    for name in ("Campus", "Stadtmitte")
    for seen in ((0.0, 0.02, 1), (0.1, 0.05, 1), (0.3, 0.05, 1), (0.1, 0.05, 2), (0.1, 0.05, 4))
)

Heads = list[tuple[int, Box]]


def pedestrians(name: str) -> dict[int, Heads]:
    """The people of a sequence: for each frame (number of the person, box)."""
    spec = find_spec("motmetrics")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("motmetrics")
    file = Path(spec.origin).parent / "data" / f"TUD-{name}" / "gt.txt"
    frames: dict[int, Heads] = defaultdict(list)
    with file.open(newline="") as lines:
        for line in csv.reader(lines):
            frame, person, x, y, w, h = (float(value) for value in line[:6])
            frames[int(frame)].append((int(person), Box(x, y, w, h)))
    return frames


def heads(row: Row, seed: int) -> list[tuple[float, Heads]]:
    """The heads that are found: (time, [(number of the person, box)]) for each frame that is used."""
    random = np.random.default_rng(seed)
    found = []
    for number, people in sorted(pedestrians(row.name).items()):
        if (number - 1) % row.every:
            continue
        seen = [(who, _head(box, row.jitter, random)) for who, box in people if random.random() >= row.drop]
        found.append((number / FPS, seen))
    return found


def _head(person: Box, jitter: float, random: np.random.Generator) -> Box:
    w = 0.13 * person.h
    h = 1.2 * w
    cx, cy = person.x + person.w / 2, person.y + 0.01 * person.h + h / 2
    dx, dy, size = random.normal(0, jitter, 3)
    scale = float(np.exp(size))
    cx, cy, w, h = cx + dx * w, cy + dy * h, w * scale, h * scale
    return Box(cx - w / 2, cy - h / 2, w, h)
