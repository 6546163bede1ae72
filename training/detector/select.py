"""Chooses a checkpoint and a working point on the validation part, against a rival on the same frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from edge.types import ConfigError
from training.detector import export
from training.detector.measure import Matches, Truth, at_least, finder, measure

VIEWS = (0, 320)
"""Long sides at which detectors are compared; 0 is the picture's own."""
THRESHOLD = 0.6
"""The device's default threshold; our scores are shifted so that the chosen working point lies there."""
CAUTION = 0.85
"""Share of the rival's unmatched boxes that are allowed when choosing, so that other frames leave room."""
LEAST_PX = 20.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A checkpoint and what it reaches on the validation part, at each of `VIEWS`."""

    step: int
    delta: float
    recall: tuple[float, ...]
    rival_recall: tuple[float, ...]
    unmatched: tuple[float, ...]
    rival_unmatched: tuple[float, ...]

    def as_json(self) -> dict[str, object]:
        """For a file."""
        return asdict(self)


def look(model: Path, pictures: Sequence[Truth]) -> tuple[Matches, ...]:
    """What a detector finds at each of `VIEWS`."""
    return tuple(measure(finder(model, view), pictures) for view in VIEWS)


def recall_at(found: Sequence[Matches], allowed: Sequence[float]) -> tuple[float, ...]:
    """Recall of faces from `LEAST_PX` on, at the threshold that allows so many unmatched boxes a frame."""
    return tuple(
        one.recall(one.threshold_for(rate), at_least(LEAST_PX))
        for one, rate in zip(found, allowed, strict=True)
    )


def choose(folder: Path, rival: Path, pictures: Sequence[Truth], out: Path) -> Choice:
    """Writes the best checkpoint of a run to `out`, with its working point at `THRESHOLD`.

    Raises:
        ConfigError: The run has no checkpoint, or there is no frame to choose on.
    """
    steps = sorted(folder.glob("step*.onnx"))
    if not steps or not pictures:
        raise ConfigError(f"{folder} holds no checkpoint, or the split no annotated frame, to choose on")
    other = look(rival, pictures)
    rates = tuple(one.unmatched_per_frame(THRESHOLD) for one in other)
    allowed = [rate * CAUTION for rate in rates]
    ranked = [(float(np.mean(recall_at(look(file, pictures), allowed))), file) for file in steps]
    best = max(ranked)[1]
    delta = _working_point(best, pictures, allowed, out)
    found = look(out, pictures)
    return Choice(
        step=int(best.stem.removeprefix("step")),
        delta=delta,
        recall=tuple(one.recall(THRESHOLD, at_least(LEAST_PX)) for one in found),
        rival_recall=tuple(one.recall(THRESHOLD, at_least(LEAST_PX)) for one in other),
        unmatched=tuple(one.unmatched_per_frame(THRESHOLD) for one in found),
        rival_unmatched=rates,
    )


def _working_point(model: Path, pictures: Sequence[Truth], allowed: Sequence[float], out: Path) -> float:
    """Finds by halving the largest shift of the scores at which no view has too many unmatched boxes."""
    low, high = -6.0, 6.0
    for _ in range(9):
        middle = (low + high) / 2
        export.shift_scores(model, middle, out)
        rates = [one.unmatched_per_frame(THRESHOLD) for one in look(out, pictures)]
        fits = all(rate <= limit for rate, limit in zip(rates, allowed, strict=True))
        low, high = (middle, high) if fits else (low, middle)
    export.shift_scores(model, low, out)
    return low
