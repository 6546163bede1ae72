"""From which face size on each answer, as a device gives it, can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.contract import LABELS
from training.evaluation.predictions import ModelPredictions, Predictions

SIZES = (0, 12, 16, 20, 24, 32, 48, 64, 96)
"""Lower bounds of the bins, in pixels of the smaller side of the face."""
RIGHT = 0.9
"""Share of an answer that must be right in a bin, and in all bins of larger faces."""
FEWEST = 20
"""Fewer answers in a bin say nothing; they are counted with the bin of the next smaller faces."""


@dataclass(frozen=True, slots=True)
class SizeBin:
    """Faces of a range of sizes, as one answer has it.

    Attributes:
        low: Smallest side, in pixels.
        answers: Faces that get the answer.
        right: Those of them that are of the label.
        faces: Faces of the label.
    """

    low: int
    answers: int
    right: int
    faces: int


@dataclass(frozen=True, slots=True)
class AnswerTrust:
    """What one answer of one model is worth, by the size of the face.

    Attributes:
        model: Name of the column.
        label: The answer.
        bins: From small to large; the largest has no end.
        trusted_from: Smallest side from which on `RIGHT` of the answers are right, in every bin; None where
            that is reached in none.
    """

    model: str
    label: str
    bins: tuple[SizeBin, ...]
    trusted_from: int | None


def trust(predictions: Predictions) -> tuple[AnswerTrust, ...]:
    """Every answer of every model."""
    return tuple(
        _of(predictions, column, label) for column in predictions.columns for label in range(len(LABELS))
    )


def _of(predictions: Predictions, column: ModelPredictions, label: int) -> AnswerTrust:
    answered = column.answers() == label
    truly = predictions.truth == label
    where = np.digitize(predictions.px, SIZES[1:])
    bins = tuple(
        SizeBin(
            low,
            int((answered & (where == place)).sum()),
            int((answered & truly & (where == place)).sum()),
            int((truly & (where == place)).sum()),
        )
        for place, low in enumerate(SIZES)
    )
    return AnswerTrust(column.name, LABELS[label].value, bins, _trusted_from(bins))


def _trusted_from(bins: Sequence[SizeBin]) -> int | None:
    """Goes from the largest faces down, and stops at the first bin in which too few answers are right."""
    trusted = None
    answers = right = 0
    for one in reversed(bins):
        answers, right = answers + one.answers, right + one.right
        if answers < FEWEST:
            continue
        if right < RIGHT * answers:
            break
        trusted, answers, right = one.low, 0, 0
    return trusted
