"""Figures of a classifier, from labels and probabilities alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from edge.contract import LABELS, MASK_WORN_INCORRECTLY, WITH_MASK, WITHOUT_MASK

Truth = NDArray[np.intp]
"""(n,) indices into `LABELS`; as answers also `NO_ANSWER`."""
Shares = NDArray[np.float64]
"""(n, classes) probabilities."""

NO_ANSWER = len(LABELS)
"""Stands among answers where a face has none; it is wrong whatever the face is."""


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One class: how many faces, and how they fare. Not a number where nothing can be said.

    `roc_auc` and `average_precision` rank this class's probability against all other classes.
    """

    label: str
    faces: int
    precision: float
    recall: float
    f1: float
    roc_auc: float = float("nan")
    average_precision: float = float("nan")


@dataclass(frozen=True, slots=True)
class ClassifierFigures:
    """All figures of one evaluation.

    Attributes:
        faces: Number of faces.
        accuracy: Share that is right.
        macro_f1: Mean F1 of the classes that occur.
        bare_called_masked: Share of bare faces called `with_mask`, the costliest error.
        bare_called_incorrect: Share of bare faces called `mask_worn_incorrectly`.
        unanswered: Share of all faces without an answer; they count as wrong.
        calibration_error: Expected calibration error over 15 bins of confidence.
        classes: Per class.
        confusion: Rows truth, columns answer; the last column counts faces without one.
    """

    faces: int
    accuracy: float
    macro_f1: float
    bare_called_masked: float
    bare_called_incorrect: float
    unanswered: float
    calibration_error: float
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]

    def as_json(self) -> dict[str, object]:
        """Plain values for `json.dumps`."""
        return asdict(self)

    def flat(self) -> dict[str, float]:
        """The figures that a bundle's manifest carries; those that are not numbers are left out."""
        flat = {
            "faces": float(self.faces),
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "bare_called_masked": self.bare_called_masked,
            "bare_called_incorrect": self.bare_called_incorrect,
            "unanswered": self.unanswered,
            "calibration_error": self.calibration_error,
        }
        for figures in self.classes:
            flat |= {
                f"recall_{figures.label}": figures.recall,
                f"precision_{figures.label}": figures.precision,
            }
        return {name: round(value, 5) for name, value in flat.items() if np.isfinite(value)}


def figures(truth: Truth, shares: Shares, answer: Truth | None = None) -> ClassifierFigures:
    """Compares probabilities with labels.

    Args:
        truth: (n,) labels.
        shares: (n, classes) probabilities.
        answer: (n,) what is answered, `NO_ANSWER` among it; the likeliest class where None.

    Raises:
        ValueError: There is no face, or a probability is not a number.
    """
    if not len(truth) or not np.isfinite(shares).all():
        raise ValueError("figures need at least one face and finite probabilities")
    answer = shares.argmax(axis=1) if answer is None else answer
    confusion = np.zeros((len(LABELS), len(LABELS) + 1), np.int64)
    np.add.at(confusion, (truth, answer), 1)
    classes = tuple(_class(confusion, index, truth == index, shares) for index in range(len(LABELS)))
    called = confusion[WITHOUT_MASK]
    bare = called / called.sum() if called.any() else np.full(len(called), np.nan)
    return ClassifierFigures(
        faces=len(truth),
        accuracy=float((answer == truth).mean()),
        macro_f1=float(np.mean([one.f1 for one in classes if one.faces])),
        bare_called_masked=float(bare[WITH_MASK]),
        bare_called_incorrect=float(bare[MASK_WORN_INCORRECTLY]),
        unanswered=float((answer == NO_ANSWER).mean()),
        calibration_error=calibration_error(truth, shares),
        classes=classes,
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def _class(
    confusion: NDArray[np.int64], index: int, belongs: NDArray[np.bool_], shares: Shares
) -> ClassFigures:
    hits, faces, answers = (
        float(confusion[index, index]),
        float(confusion[index].sum()),
        float(confusion[:, index].sum()),
    )
    recall = hits / faces if faces else float("nan")
    precision = hits / answers if answers else float("nan")
    f1 = 2 * hits / (faces + answers) if faces + answers else float("nan")
    plain = ClassFigures(LABELS[index].value, int(faces), precision, recall, f1)
    # A network of two classes says nothing of the third, and one side alone cannot be ranked.
    if index >= shares.shape[1] or belongs.all() or not belongs.any():
        return plain
    from sklearn.metrics import average_precision_score, roc_auc_score  # noqa: PLC0415 - it loads slowly

    scores = shares[:, index]
    return replace(
        plain,
        roc_auc=float(roc_auc_score(belongs, scores)),
        average_precision=float(average_precision_score(belongs, scores)),
    )


def calibration_error(truth: Truth, shares: Shares, bins: int = 15) -> float:
    """Expected calibration error: how far confidence and accuracy lie apart, weighted by bin.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    confidence = shares.max(axis=1)
    right = shares.argmax(axis=1) == truth
    # A confidence of 1 belongs to the last bin.
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        (which == each).mean() * abs(right[which == each].mean() - confidence[which == each].mean())
        for each in np.unique(which)
    ]
    return float(np.sum(gaps))


def tempered_loss(truth: Truth, shares: Shares) -> float:
    """Cross-entropy in which a class weighs as the square root of its number of faces.

    Weighed alike, ten faces of the rare class would decide by themselves which epoch is the best;
    weighed by number, they would have no say.
    """
    losses = -np.log(np.clip(shares[np.arange(len(truth)), truth], 1e-6, 1))
    weights = 1 / np.sqrt(np.bincount(truth)[truth])
    return float((losses * weights).sum() / weights.sum())
