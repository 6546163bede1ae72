"""Whether a new model may take the place of an old one, evaluated on the same faces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from edge.cli.output import table
from training.evaluation.intervals import Estimate, Estimates, estimates
from training.evaluation.predictions import Predictions
from training.evaluation.results import share
from training.evaluation.slices import hard_slices


@dataclass(frozen=True, slots=True)
class Check:
    """One figure of both models and the bound that the new one has to keep to.

    Attributes:
        name: Of the figure.
        old: With its interval.
        new: The same of the new model.
        bound: The worst value that passes; `floor` says which side is worse.
        floor: Whether the new figure must be at least `bound`, or else at most.
        strict: Whether the bound itself does not pass.
    """

    name: str
    old: Estimate
    new: Estimate
    bound: float
    floor: bool = True
    strict: bool = False

    @property
    def held(self) -> bool:
        """Whether the new model keeps to the bound; a figure that is not a number does not."""
        if self.strict and self.new.value == self.bound:
            return False
        return self.new.value >= self.bound if self.floor else self.new.value <= self.bound

    def sentence(self) -> str:
        """Such as `F1 of with_mask is 0.810, allowed is 0.902 and more`."""
        side = "more than" if self.strict else "at least" if self.floor else "at most"
        return f"{self.name} is {self.new.value:.4f}, must be {side} {self.bound:.4f}"


@dataclass(frozen=True, slots=True)
class Gate:
    """All checks, and the slices in which the new model falls below the old one's interval.

    `unanswered` is the share of faces without an answer, of the old model and of the new one. They count
    as wrong in every check.
    """

    faces: int
    checks: tuple[Check, ...]
    weaker: tuple[Check, ...]
    unanswered: tuple[Estimate, Estimate]

    @property
    def passed(self) -> bool:
        """Whether the new model may be promoted. Weaker slices alone do not stop it."""
        return all(check.held for check in self.checks)

    def failures(self) -> str:
        """What does not hold, in one sentence."""
        return "; ".join(check.sentence() for check in self.checks if not check.held)

    def as_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        rows = [asdict(check) | {"held": check.held} for check in self.checks]
        return {
            "passed": self.passed,
            "faces": self.faces,
            "checks": rows,
            "weaker": [asdict(check) for check in self.weaker],
            "unanswered": [asdict(one) for one in self.unanswered],
        }

    def text(self) -> str:
        """A table for a terminal."""
        lines: list[Sequence[str]] = [(f"gate, {self.faces} faces", "", "old", "new", "bound")]
        lines += [
            (one.name, "held" if one.held else "FAILED", share(one.old), share(one.new), f"{one.bound:.4f}")
            for one in self.checks
        ]
        lines.append(("without an answer", "", *map(share, self.unanswered), ""))
        lines += [
            (f"slice {one.name}", "weaker", share(one.old), share(one.new), f"{one.bound:.4f}")
            for one in self.weaker
        ]
        return table(lines)


def gate(predictions: Predictions) -> Gate:
    """Evaluates the second column of the predictions against the first.

    The new model must have the higher macro-F1, no class whose F1 lies below the old one's interval, and no
    more bare faces called masked than the old one's interval allows.

    Args:
        predictions: Faces that neither model was trained on; the old model's column first. Each answers at
            its thresholds, where it has any.
    """
    old, new = (_on(predictions, at) for at in (0, 1))
    checks = [Check("macro-F1", old.macro_f1, new.macro_f1, old.macro_f1.value, strict=True)]
    checks += [
        Check(f"F1 of {was.label}", was.f1, now.f1, was.f1.low)
        for was, now in zip(old.classes, new.classes, strict=True)
        if was.faces
    ]
    # Without a bare face among the tested there is nothing to compare.
    if math.isfinite(old.bare_called_masked.value):
        was, now = old.bare_called_masked, new.bare_called_masked
        checks.append(Check("bare faces called masked", was, now, was.high, floor=False))
    return Gate(len(predictions), tuple(checks), _weaker(predictions), (old.unanswered, new.unanswered))


def _weaker(predictions: Predictions) -> tuple[Check, ...]:
    found = []
    for one in hard_slices(predictions):
        part = predictions.select(one.mask)
        old, new = (_on(part, at) for at in (0, 1))
        check = Check(f"{one.dimension}, {one.name}", old.accuracy, new.accuracy, old.accuracy.low)
        if not check.held:
            found.append(check)
    return tuple(found)


def _on(predictions: Predictions, at: int) -> Estimates:
    column = predictions.columns[at]
    return estimates(predictions.truth, column.shares, predictions.groups, column.answers())
