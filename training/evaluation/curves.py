"""Curves: reliability, ROC, precision and recall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.metrics import Shares, Truth

Line = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Points of a curve, (n,) each."""

    x: Line
    y: Line


@dataclass(frozen=True, slots=True)
class Bin:
    """Faces whose confidence lies in one bin: how many, how sure on average, and how many are right."""

    faces: int
    confidence: float
    right: float


def roc(truth: Truth, shares: Shares, index: int) -> Curve | None:
    """Share of the class found over share of the others called so; None where one side is empty."""
    belongs = truth == index
    if belongs.all() or not belongs.any():
        return None
    from sklearn.metrics import roc_curve  # noqa: PLC0415 - help and quick checks need none of it

    others, found, _ = roc_curve(belongs, shares[:, index])
    return Curve(others, found)


def precision_recall(truth: Truth, shares: Shares, index: int) -> Curve | None:
    """Precision over recall of a class; None where one side is empty."""
    belongs = truth == index
    if belongs.all() or not belongs.any():
        return None
    from sklearn.metrics import precision_recall_curve  # noqa: PLC0415 - as above

    precision, recall, _ = precision_recall_curve(belongs, shares[:, index])
    return Curve(recall, precision)


def reliability(truth: Truth, shares: Shares, bins: int = 10) -> tuple[Bin, ...]:
    """Confidence against accuracy in bins of equal width; empty bins are left out."""
    confidence, right = shares.max(axis=1), shares.argmax(axis=1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    return tuple(
        Bin(int(here.sum()), float(confidence[here].mean()), float(right[here].mean()))
        for here in (which == each for each in np.unique(which))
    )
