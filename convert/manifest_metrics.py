"""The figures and the decision that a bundle's manifest carries, and the faces they come from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from edge.contract import LABELS, Label
from edge.errors import ConfigError
from training.data.dataset import FaceDataset
from training.data.readers import DataLayout
from training.evaluation.decision import decide
from training.evaluation.evaluate import Predictor
from training.evaluation.intervals import Estimates, estimates
from training.evaluation.predictions import MIN_PX, Predictions, padded
from training.evaluation.thresholds import DecisionLimits
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


def of_test(reference: Predictor, device: Predictor, size: int, test: FaceDataset) -> ManifestMetrics:
    """Figures of the very model on faces that it never saw.

    Raises:
        ConfigError: There are none.
    """
    if not test.faces:
        raise ConfigError("the split has no test faces; name the folds of the same recipe with --folds")
    crops, truth = test.crops(size), test.truth()
    shares = padded(device(crops))
    wanted = {"float_macro_f1": figures(truth, padded(reference(crops))).flat()["macro_f1"]}
    groups = np.array([face.group for face in test.faces], np.intp)
    return ManifestMetrics(
        figures(truth, shares).flat() | wanted, intervals=_intervals(estimates(truth, shares, groups))
    )


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
    thresholds = {label.value: at for label, at in zip(LABELS, decision.thresholds, strict=True)}
    return ManifestMetrics(metrics, thresholds, intervals, decision.smallest_px)


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
