"""The figures and the decision that a bundle's manifest carries, and the faces they come from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from edge.contract import LABELS, Label
from edge.errors import ConfigError
from training.data.dataset import FaceDataset
from training.data.readers import DataLayout
from training.evaluation.decision import Decision, decide
from training.evaluation.evaluate import Predictor
from training.evaluation.intervals import Estimates, estimates
from training.evaluation.predictions import MIN_PX, Predictions, gather, padded
from training.evaluation.thresholds import DecisionLimits, answers
from training.evaluation.traits import Traits
from training.metrics import figures


@dataclass(frozen=True, slots=True)
class ManifestMetrics:
    """What is known of a model.

    Attributes:
        metrics: Figures by name.
        thresholds: Of the probability of a label, by label.
        intervals: Of some of the figures, 95 %.
        smallest_px: From which face size each label can be trusted, as far as that is known.
    """

    metrics: dict[str, float]
    thresholds: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    smallest_px: dict[Label, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Predictors:
    """What the float model answers, and what the int8 model that is made of it does.

    Attributes:
        reference: Of the float one.
        device: Of the int8 one, as it runs on a device.
        size: Side of the crops that both take.
    """

    reference: Predictor
    device: Predictor
    size: int


def decide_on(models: Predictors, validation: FaceDataset, limits: DecisionLimits) -> Decision:
    """Chooses the decision of the int8 model on validation faces, where there are no folds.

    Training chose the epoch and the calibration on the same faces, so that the limits may be missed a
    little on new ones.

    Raises:
        ConfigError: There is no validation face.
        GateError: The limits cannot be held.
    """
    if not validation.faces:
        raise ConfigError("the split has no validation faces to choose thresholds on; leave out --decide")
    nothing = Traits.unknown(len(validation.faces))
    told = gather(validation.faces, nothing, [("int8", models.device(validation.crops(models.size)))])
    decision = decide(told, told.column("int8"), limits)
    decision.insist()
    return decision


def of_test(models: Predictors, test: FaceDataset, decision: Decision | None = None) -> ManifestMetrics:
    """Figures of the very model on faces that it never saw, of all sizes.

    Sizes from which labels can be trusted are left out: one split has too few small faces to tell.

    Args:
        models: The model.
        test: The faces.
        decision: What makes an answer of probabilities; the likeliest label where None.

    Raises:
        ConfigError: There are none.
    """
    if not test.faces:
        raise ConfigError("the split has no test faces; name the folds of the same recipe with --folds")
    crops, truth = test.crops(models.size), test.truth()
    reference, shares = padded(models.reference(crops)), padded(models.device(crops))
    # Below any probability: the likeliest label reaches it.
    thresholds = decision.thresholds if decision else (0.0, 0.0, 0.0)
    answer = answers(shares, thresholds)
    was = figures(truth, reference, answers(reference, thresholds)).flat()
    groups = np.array([face.group for face in test.faces], np.intp)
    return ManifestMetrics(
        figures(truth, shares, answer).flat() | {"float_macro_f1": was["macro_f1"]},
        _by_label(decision) if decision else {},
        _intervals(estimates(truth, shares, groups, answer)),
    )


def _by_label(decision: Decision) -> dict[str, float]:
    return {label.value: at for label, at in zip(LABELS, decision.thresholds, strict=True)}


def of_folds(predictions: Predictions, limits: DecisionLimits) -> ManifestMetrics:
    """Figures and decision of the recipe, where the model itself was trained on all faces.

    The figures are those of annotated frames; those of class folders carry the prefix `folders_`. They are
    of answers at thresholds that were chosen, for each fold, on the other folds.

    Args:
        predictions: Of all folds.
        limits: What the thresholds have to hold.

    Raises:
        ConfigError: The folds hold no float and int8 answers.
        GateError: The limits cannot be held.
    """
    predictions.column("float")
    decision = decide(predictions, predictions.column("int8"), limits)
    decision.insist()
    metrics: dict[str, float] = {}
    intervals: dict[str, tuple[float, float]] = {}
    for layout, prefix in ((DataLayout.FRAME, ""), (DataLayout.FOLDER, "folders_")):
        here = predictions.select((predictions.layouts == layout.value) & (predictions.px >= MIN_PX))
        if not len(here):
            continue
        int8, reference = here.column("int8"), here.column("float")
        # A device runs int8; the float model's macro-F1 stands beside it to show what 8 bits cost.
        found = figures(here.truth, int8.shares, int8.answers()).flat()
        was = figures(here.truth, reference.shares, reference.answers()).flat()
        metrics |= {f"{prefix}{key}": value for key, value in found.items()}
        metrics[f"float_{prefix}macro_f1"] = was["macro_f1"]
        spans = _intervals(estimates(here.truth, int8.shares, here.groups, int8.answers()))
        intervals |= {f"{prefix}{key}": span for key, span in spans.items()}
    return ManifestMetrics(metrics, _by_label(decision), intervals, decision.smallest_px)


def _intervals(found: Estimates) -> dict[str, tuple[float, float]]:
    """The 95 % intervals of those figures that can have one."""
    named = {
        "accuracy": found.accuracy,
        "macro_f1": found.macro_f1,
        "bare_called_masked": found.bare_called_masked,
        "bare_called_incorrect": found.bare_called_incorrect,
        "unanswered": found.unanswered,
        "calibration_error": found.calibration_error,
    }
    for one in found.classes:
        named |= {f"recall_{one.label}": one.recall, f"precision_{one.label}": one.precision}
    return {
        name: (round(one.low, 5), round(one.high, 5))
        for name, one in named.items()
        if np.isfinite((one.value, one.low, one.high)).all()
    }
