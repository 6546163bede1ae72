"""95 % intervals by resampling whole groups, because the faces of a group are no independent witnesses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.contract import LABELS, MASK_WORN_INCORRECTLY, WITH_MASK, WITHOUT_MASK
from training.metrics import NO_ANSWER, ClassFigures, Shares, Truth, figures

ROUNDS, SEED = 1000, 7
LEVEL = 0.95
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its interval; all three are not a number where nothing can be said."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ClassEstimates:
    """One class."""

    label: str
    faces: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    roc_auc: Estimate
    average_precision: float


@dataclass(frozen=True, slots=True)
class Estimates:
    """The figures of one model on some faces, with intervals. See `training.metrics.ClassifierFigures`."""

    faces: int
    groups: int
    accuracy: Estimate
    macro_f1: Estimate
    bare_called_masked: Estimate
    bare_called_incorrect: Estimate
    unanswered: Estimate
    calibration_error: Estimate
    classes: tuple[ClassEstimates, ...]
    confusion: tuple[tuple[int, ...], ...]


def draws(
    groups: NDArray[np.intp], rounds: int = ROUNDS, seed: int = SEED
) -> tuple[Floats, NDArray[np.intp]]:
    """How often each group is drawn in each round, and the group of each face.

    Returns:
        (rounds, distinct groups) counts, and (n,) columns of it.
    """
    names, column = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(seed)
    # Counts instead of drawn faces make every figure a weighted sum over all rounds at once.
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=rounds)
    return counts.astype(np.float64), column


def resampled_confusions(truth: Truth, answer: Truth, counts: Floats, column: NDArray[np.intp]) -> Floats:
    """(rounds, classes, classes + 1) confusion matrices, rows truth; the last column is for no answer."""
    by_group = np.zeros((counts.shape[1], len(LABELS), len(LABELS) + 1))
    np.add.at(by_group, (column, truth, answer), 1)
    shape = by_group.shape[1:]
    tables: Floats = (counts @ by_group.reshape(len(by_group), -1)).reshape(-1, *shape)
    return tables


def estimates(
    truth: Truth, shares: Shares, groups: NDArray[np.intp], answer: Truth | None = None
) -> Estimates:
    """Figures with intervals.

    Where all faces that a share counts, or none, are hit, resampling has nothing to vary; the exact
    binomial interval over the groups stands instead.

    Args:
        truth: (n,) labels.
        shares: (n, classes) probabilities.
        groups: (n,) numbers; faces of a group are drawn together.
        answer: (n,) what is answered, `NO_ANSWER` among it; the likeliest class where None.

    Raises:
        ValueError: There is no face.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993 (percentile intervals);
    Clopper and Pearson, Biometrika 26, 1934.
    """
    point = figures(truth, shares, answer)
    answer = shares.argmax(axis=1) if answer is None else answer
    counts, column = draws(groups)
    tables = resampled_confusions(truth, answer, counts, column)
    hits, faces, f1s = _by_class(tables)
    among, answering = _groups_by_class(truth, groups), _groups_by_class(answer, groups)
    areas = [_resampled_auc(truth == at, shares[:, at], counts[:, column]) for at in range(len(LABELS))]
    classes = tuple(
        _class(one, tables, areas[at], (at, among[at], answering[at])) for at, one in enumerate(point.classes)
    )
    bare = _ratio(tables[:, WITHOUT_MASK], faces[:, WITHOUT_MASK, None])
    right = hits.sum(axis=1) / tables.sum(axis=(1, 2))
    return Estimates(
        faces=point.faces,
        groups=counts.shape[1],
        accuracy=_estimate(point.accuracy, right, counts.shape[1]),
        # A round may draw no face of a rare class, whose F1 then takes no part.
        macro_f1=_estimate(point.macro_f1, _mean_where(f1s, faces > 0)),
        bare_called_masked=_estimate(point.bare_called_masked, bare[:, WITH_MASK], among[WITHOUT_MASK]),
        bare_called_incorrect=_estimate(
            point.bare_called_incorrect, bare[:, MASK_WORN_INCORRECTLY], among[WITHOUT_MASK]
        ),
        unanswered=_estimate(
            point.unanswered, _ratio(tables[:, :, NO_ANSWER].sum(axis=1), faces.sum(axis=1)), counts.shape[1]
        ),
        calibration_error=_centred(point.calibration_error, _errors(truth, shares, counts, column)),
        classes=classes,
        confusion=point.confusion,
    )


def _by_class(tables: Floats) -> tuple[Floats, Floats, Floats]:
    """Hits, faces and F1 of each class in each round, (rounds, classes) each."""
    answered = tables[:, :, : len(LABELS)]
    hits, faces = np.einsum("rii->ri", answered), tables.sum(axis=2)
    return hits, faces, _ratio(2 * hits, faces + answered.sum(axis=1))


def _groups_by_class(labels: Truth, groups: NDArray[np.intp]) -> list[int]:
    """In how many groups each class occurs."""
    return [len(np.unique(groups[labels == index])) for index in range(len(LABELS))]


def _class(one: ClassFigures, tables: Floats, areas: Floats, which: tuple[int, int, int]) -> ClassEstimates:
    """The figures of one class with intervals.

    Args:
        one: The figures.
        tables: (rounds, classes, classes + 1) confusion matrices.
        areas: (rounds,) under the ROC curve.
        which: Its index, the groups in which it occurs, and those in which it is answered.
    """
    at, among, answering = which
    hits, faces, answered = tables[:, at, at], tables[:, at].sum(axis=1), tables[:, :, at].sum(axis=1)
    return ClassEstimates(
        label=one.label,
        faces=one.faces,
        precision=_estimate(one.precision, _ratio(hits, answered), answering),
        recall=_estimate(one.recall, _ratio(hits, faces), among),
        f1=_estimate(one.f1, _ratio(2 * hits, faces + answered)),
        roc_auc=_estimate(one.roc_auc, areas),
        average_precision=one.average_precision,
    )


def difference(truth: Truth, first: Truth, second: Truth, groups: NDArray[np.intp]) -> Estimate:
    """What the second model's macro-F1 is above the first's, both drawn on the same groups each round.

    Args:
        truth: (n,) labels.
        first: (n,) answers of one model.
        second: (n,) answers of the other.
        groups: (n,) numbers; faces of a group are drawn together.
    """
    counts, column = draws(groups)
    samples = np.stack([_macro_f1(truth, answer, counts, column) for answer in (first, second)])
    # Every group drawn once gives the figure itself.
    once = np.ones((1, counts.shape[1]))
    values = [float(_macro_f1(truth, answer, once, column)[0]) for answer in (first, second)]
    return _estimate(values[1] - values[0], samples[1] - samples[0])


def _macro_f1(truth: Truth, answer: Truth, counts: Floats, column: NDArray[np.intp]) -> Floats:
    _, faces, f1s = _by_class(resampled_confusions(truth, answer, counts, column))
    return _mean_where(f1s, faces > 0)


def _estimate(value: float, samples: Floats, independent: int = 0) -> Estimate:
    """With the number of groups behind a share, for the case that resampling cannot vary it."""
    known = samples[np.isfinite(samples)]
    if not np.isfinite(value) or not len(known):
        return Estimate(float(value), float("nan"), float("nan"))
    # Clopper and Pearson's bound in the closed form that it has where none or all are hit.
    room = 1 - ((1 - LEVEL) / 2) ** (1 / independent) if independent else 0.0
    if independent and value in (0.0, 1.0):
        return Estimate(value, 0.0, room) if value == 0 else Estimate(value, 1 - room, 1.0)
    low, high = np.percentile(known, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return Estimate(float(value), float(low), float(high))


def _centred(value: float, samples: Floats) -> Estimate:
    """For a figure that resampling alone makes larger: the same spread, around the figure itself."""
    return _estimate(value, np.maximum(samples - samples.mean() + value, 0))


def _ratio(top: Floats, bottom: Floats) -> Floats:
    shares: Floats = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    return shares


def _mean_where(values: Floats, there: NDArray[np.bool_]) -> Floats:
    return _ratio(np.where(there, values, 0).sum(axis=1), there.sum(axis=1).astype(np.float64))


def _errors(truth: Truth, shares: Shares, counts: Floats, column: NDArray[np.intp], bins: int = 15) -> Floats:
    """Resampled expected calibration errors; see `training.metrics.calibration_error`."""
    confidence, right = shares.max(axis=1), shares.argmax(axis=1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps, many = np.zeros((counts.shape[1], bins)), np.bincount(column).astype(np.float64)
    # A bin's gap times its number of faces is a plain sum, which adds up over groups.
    np.add.at(gaps, (column, which), right - confidence)
    found: Any = np.abs(counts @ gaps).sum(axis=1) / (counts @ many)
    return np.asarray(found, np.float64)


def _resampled_auc(belongs: NDArray[np.bool_], scores: Floats, weights: Floats) -> Floats:
    """Areas under the ROC curve for (rounds, n) weights of the faces; ties count half."""
    order = np.argsort(scores)
    # Equal scores are one step of the curve.
    starts = np.flatnonzero(np.r_[True, np.diff(scores[order]) > 0])
    inside = np.where(belongs, weights, 0)[:, order]
    positive = np.add.reduceat(inside, starts, axis=1)
    negative = np.add.reduceat(weights[:, order] - inside, starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    return _ratio((positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))
