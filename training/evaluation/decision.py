"""The decision that a bundle carries, chosen on the predictions of folds, and how it fares on other faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edge.cli.output import Columns, table
from edge.contract import LABELS, Label
from edge.errors import GateError
from edge.types import Probabilities
from training.evaluation.predictions import ModelPredictions, Predictions
from training.evaluation.thresholds import DecisionLimits, LimitCheck, answers, check, trusted_sizes


@dataclass(frozen=True, slots=True)
class Decision:
    """Thresholds and sizes, and the limits on the faces they were chosen on and on others.

    Attributes:
        thresholds: Of each label.
        smallest_px: From which face size each label can be trusted; a label that never can is left out.
        chosen: Every limit on the faces that the thresholds were chosen on.
        crossed: The same, the thresholds for each fold chosen on the other folds: what to expect of new
            faces. Empty where there are no other folds.
    """

    thresholds: Probabilities
    smallest_px: dict[Label, float]
    chosen: tuple[LimitCheck, ...]
    crossed: tuple[LimitCheck, ...]

    def insist(self) -> None:
        """Ends in an error that names the limits that no thresholds hold.

        Raises:
            GateError: There are some.
        """
        if broken := [one.sentence() for one in self.chosen if not one.held]:
            raise GateError(
                f"no thresholds hold the limits: {'; '.join(broken)}; train a better model, look for wrong "
                "labels among the worst answers (evaluate --worst), or name other limits with --limits"
            )

    def as_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return {
            "thresholds": dict(zip(LABELS, self.thresholds, strict=True)),
            "smallest_px": self.smallest_px,
            "chosen": [_row(one) for one in self.chosen],
            "crossed": [_row(one) for one in self.crossed],
        }

    def text(self) -> str:
        """Tables for a terminal."""
        labels: list[Sequence[str]] = [("label", "from", "trusted from px")]
        labels += [
            (label, f"{at:.5f}", f"{self.smallest_px[label]:.0f}" if label in self.smallest_px else "never")
            for label, at in zip(LABELS, self.thresholds, strict=True)
        ]
        limits: list[Sequence[str]] = [("limit", "faces", "bound", "chosen on", "", "other folds", "")]
        limits += [
            (one.limit, one.where, f"{one.bound:.4f}", *_cells(one), *_cells(self._other(one)))
            for one in self.chosen
        ]
        return "\n\n".join((table(labels, "l"), table(limits, Columns("llrrlrl"))))

    def _other(self, one: LimitCheck) -> LimitCheck | None:
        """The same limit on other faces."""
        return next(
            (also for also in self.crossed if (also.limit, also.where) == (one.limit, one.where)), None
        )


def _row(one: LimitCheck) -> dict[str, Any]:
    # JSON has no NaN.
    return asdict(one) | {"value": one.value if np.isfinite(one.value) else None}


def _cells(one: LimitCheck | None) -> tuple[str, str]:
    if one is None or not np.isfinite(one.value):
        return "-", ""
    return f"{one.value:.4f}", "held" if one.held else "BROKEN"


def decide(predictions: Predictions, column: ModelPredictions, limits: DecisionLimits) -> Decision:
    """Chooses the decision of a recipe on what the models of its folds say of faces they never saw.

    Args:
        predictions: Of all folds, with thresholds across folds.
        column: The model that runs on a device.
        limits: What the thresholds hold.
    """
    everybody = np.ones(len(predictions), bool)
    faces, here = predictions.decision_faces(column, everybody)
    thresholds = predictions.chosen_thresholds(column, everybody, limits)
    crossed = check(faces, column.answers()[here], limits) if column.has_threshold else ()
    sizes = trusted_sizes(
        predictions.truth, answers(column.shares, thresholds), predictions.px, limits.trusted_precision
    )
    return Decision(thresholds, sizes, check(faces, answers(faces.shares, thresholds), limits), crossed)
