"""The figures and the threshold that a bundle's manifest carries, and the faces they come from."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.errors import ConfigError
from training.data.dataset import FaceDataset
from training.data.readers import DataLayout
from training.evaluation.evaluate import Predictor
from training.evaluation.intervals import estimates
from training.evaluation.predictions import MIN_PX, Predictions, padded
from training.metrics import Shares, Truth, figures


@dataclass(frozen=True, slots=True)
class ManifestMetrics:
    """What is known of a model.

    Attributes:
        metrics: Figures by name.
        thresholds: Of the probability of a label, by label.
        intervals: Of some of the figures, 95 %.
    """

    metrics: dict[str, float]
    thresholds: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)


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
        figures(truth, shares).flat() | wanted, intervals=_intervals(truth, shares, groups)
    )


def of_folds(predictions: Predictions) -> ManifestMetrics:
    """Figures of the recipe, where the model itself was trained on all faces.

    They are those of annotated frames; those of class folders carry the prefix `folders_`. The
    threshold of `with_mask` is the one that holds bare faces called masked at half a percent in both.

    Raises:
        ConfigError: The folds hold no float and int8 answers.
    """
    columns = {column.name: column for column in predictions.columns}
    if not {"float", "int8"} <= set(columns):
        raise ConfigError("the folds hold no answers of float and int8 models; finish maskgate-train folds")
    metrics: dict[str, float] = {}
    intervals: dict[str, tuple[float, float]] = {}
    for layout, prefix in ((DataLayout.FRAME, ""), (DataLayout.FOLDER, "folders_")):
        here = (predictions.layouts == layout.value) & (predictions.px >= MIN_PX)
        if not here.any():
            continue
        for name, kind in (("int8", ""), ("float", "float_")):
            flat = figures(predictions.truth[here], columns[name].shares[here]).flat()
            # A device runs int8; the float model's macro-F1 stands beside it to show what 8 bits cost.
            wanted = flat if name == "int8" else {"macro_f1": flat["macro_f1"]}
            metrics |= {f"{kind}{prefix}{key}": value for key, value in wanted.items()}
        spans = _intervals(predictions.truth[here], columns["int8"].shares[here], predictions.groups[here])
        intervals |= {f"{prefix}{key}": span for key, span in spans.items()}
    at = predictions.masked_from(columns["int8"], np.ones(len(predictions), bool))
    return ManifestMetrics(metrics, {"with_mask": round(at, 5)}, intervals)


def _intervals(truth: Truth, shares: Shares, groups: NDArray[np.intp]) -> dict[str, tuple[float, float]]:
    """The 95 % intervals of those figures that can have one."""
    found = estimates(truth, shares, groups)
    named = {
        "accuracy": found.accuracy,
        "macro_f1": found.macro_f1,
        "bare_called_masked": found.bare_called_masked,
        "calibration_error": found.calibration_error,
    }
    for one in found.classes:
        named |= {f"recall_{one.label}": one.recall, f"precision_{one.label}": one.precision}
    return {
        name: (round(one.low, 5), round(one.high, 5))
        for name, one in named.items()
        if np.isfinite((one.value, one.low, one.high)).all()
    }
