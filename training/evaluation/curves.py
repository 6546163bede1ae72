"""Curves and operating points: reliability, ROC, precision and recall, and the masked threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.contract import WITH_MASK, WITHOUT_MASK
from training.metrics import Shares, Truth

MOST_CALLED_MASKED = 0.005
"""Share of bare faces that may be called masked at the threshold."""

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


def masked_threshold(truth: Truth, shares: Shares, most: float = MOST_CALLED_MASKED) -> float:
    """The smallest P(with_mask) that must be reached so that few enough bare faces are called masked.

    Args:
        truth: (n,) labels of the faces it is chosen on, which must not be those it is reported on.
        shares: (n, classes) probabilities.
        most: Largest share of bare faces that may be called masked.

    Returns:
        0 where the likeliest class alone keeps to `most`.
    """
    without_mask = truth == WITHOUT_MASK
    wrong = np.sort(shares[without_mask & (shares.argmax(axis=1) == WITH_MASK), WITH_MASK])[::-1]
    allowed = int(most * without_mask.sum())
    # Just above the first error that is too many; towards 2, because it may be 1 itself.
    return float(np.nextafter(wrong[allowed], 2)) if len(wrong) > allowed else 0.0


def answers(shares: Shares, threshold: float | Line = 0.0) -> Truth:
    """The likeliest class, except that `with_mask` below the threshold gives way to the next likeliest.

    Args:
        shares: (n, classes) probabilities.
        threshold: Of P(with_mask), one for all or one per face.
    """
    likeliest = shares.argmax(axis=1)
    # `with_mask` is the first label, so that all others stand behind it.
    second = shares[:, WITH_MASK + 1 :].argmax(axis=1) + WITH_MASK + 1
    found: Truth = np.where((likeliest == WITH_MASK) & (shares[:, WITH_MASK] < threshold), second, likeliest)
    return found
