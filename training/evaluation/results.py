"""The figures of every slice and model, as values, as text and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from edge.cli.output import Columns, table
from edge.contract import MASK_WORN_INCORRECTLY, WITH_MASK, WITHOUT_MASK
from edge.types import Probabilities
from training.evaluation.intervals import Estimate, Estimates, difference, estimates
from training.evaluation.predictions import ModelPredictions, Predictions
from training.evaluation.slices import Slice, hard_slices, main_slices
from training.evaluation.trust import AnswerTrust, trust


@dataclass(frozen=True, slots=True)
class ResultRow:
    """What one model is worth on one slice.

    Attributes:
        dimension: What the slices divide by; empty for the main ones.
        name: Of the slice.
        model: Name of the column.
        plain: Where the likeliest class is the answer.
        strict: Where a label must reach its threshold, chosen on other faces, and faces without an answer
            are wrong, as on a device; None without thresholds.
        thresholds: Of each label, the middle one of the faces'; not numbers without any.
    """

    dimension: str
    name: str
    model: str
    plain: Estimates
    strict: Estimates | None
    thresholds: Probabilities

    @property
    def device(self) -> Estimates:
        """As a device answers: at the thresholds where there are any."""
        return self.strict or self.plain


@dataclass(frozen=True, slots=True)
class FigureChange:
    """Macro-F1 of the second model above that of the first on a main slice, drawn in pairs."""

    name: str
    models: tuple[str, str]
    macro_f1: Estimate


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """All rows, the main slices apart from the hard ones; how two models differ; answers by size of face."""

    main: tuple[ResultRow, ...]
    hard: tuple[ResultRow, ...]
    changes: tuple[FigureChange, ...] = ()
    trusted: tuple[AnswerTrust, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values; what could not be measured is null."""
        found: dict[str, Any] = nulls(
            {
                "main": [asdict(row) for row in self.main],
                "slices": [asdict(row) for row in self.hard],
                "changes": [asdict(one) for one in self.changes],
                "trusted": [asdict(one) for one in self.trusted],
            }
        )
        return found

    def row(self, name: str, model: str) -> ResultRow | None:
        """The row of a main slice."""
        return next((row for row in self.main if (row.name, row.model) == (name, model)), None)


def evaluate(predictions: Predictions) -> EvaluationResult:
    """Evaluates every column on every slice."""
    main = main_slices(predictions)
    changes = tuple(
        _change(one, predictions.select(one.mask)) for one in main if len(predictions.columns) == 2
    )
    hard = _rows(predictions, hard_slices(predictions))
    return EvaluationResult(_rows(predictions, main), hard, changes, trust(predictions))


def _change(part: Slice, predictions: Predictions) -> FigureChange:
    """From the float model to the other one, or from the first to the second."""
    columns = sorted(predictions.columns, key=lambda column: not column.name.startswith("float"))
    first, second = (column.shares.argmax(axis=1) for column in columns)
    found = difference(predictions.truth, first, second, predictions.groups)
    return FigureChange(part.name, (columns[0].name, columns[1].name), found)


def _rows(predictions: Predictions, slices: Sequence[Slice]) -> tuple[ResultRow, ...]:
    return tuple(
        _row(part, predictions.select(part.mask), at)
        for part in slices
        for at in range(len(predictions.columns))
    )


def _row(part: Slice, predictions: Predictions, at: int) -> ResultRow:
    column: ModelPredictions = predictions.columns[at]
    plain = estimates(predictions.truth, column.shares, predictions.groups)
    strict = None
    if column.has_threshold:
        strict = estimates(predictions.truth, column.shares, predictions.groups, column.answers())
    masked, bare, incorrect = np.median(column.thresholds, axis=0).tolist()
    return ResultRow(part.dimension, part.name, column.name, plain, strict, (masked, bare, incorrect))


def nulls(value: Any) -> Any:
    """A value for JSON, which has no NaN: null stands for each."""
    if isinstance(value, dict):
        return {key: nulls(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [nulls(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def share(one: Estimate, digits: int = 3) -> str:
    """A figure with its interval, such as `0.931 (0.902-0.955)`; a dash where there is none."""
    if not math.isfinite(one.value):
        return "-"
    if not math.isfinite(one.low):
        return f"{one.value:.{digits}f}"
    return f"{one.value:.{digits}f} ({one.low:.{digits}f}-{one.high:.{digits}f})"


def percent(one: Estimate) -> str:
    """A small share in percent with its interval, such as `0.2 % (0.0-0.6)`."""
    if not math.isfinite(one.value):
        return "-"
    return f"{100 * one.value:.1f} % ({100 * one.low:.1f}-{100 * one.high:.1f})"


def count(found: Estimates, truth: int, answer: int) -> str:
    """How many faces of a class get an answer, such as `12 of 15`; a dash where there is none."""
    row = found.confusion[truth]
    return f"{row[answer]} of {sum(row)}" if sum(row) else "-"


def right(found: Estimates, answer: int) -> str:
    """How many of the faces that get an answer are of its class, such as `12 of 15`; a dash without any."""
    column = [row[answer] for row in found.confusion]
    return f"{column[answer]} of {sum(column)}" if sum(column) else "-"


def text(result: EvaluationResult) -> str:
    """Tables for a terminal."""
    blocks = [
        _block("faces", result.main),
        _changes(result),
        _classes(result),
        _strict(result),
        _trusted(result),
    ]
    blocks += [
        _block(dimension, [row for row in result.hard if row.dimension == dimension])
        for dimension in dict.fromkeys(row.dimension for row in result.hard)
    ]
    return "\n\n".join(block for block in blocks if block)


def _block(title: str, rows: Sequence[ResultRow]) -> str:
    lines = [
        (
            title,
            "model",
            "faces",
            "accuracy",
            "macro-F1",
            "bare->mask",
            "bare->wrong",
            "wrong found",
            "and right",
        )
    ]
    lines += [
        (
            row.name, row.model, f"{row.plain.faces}", f"{row.plain.accuracy.value:.3f}",
            share(row.plain.macro_f1), count(row.plain, WITHOUT_MASK, WITH_MASK),
            count(row.plain, WITHOUT_MASK, MASK_WORN_INCORRECTLY),
            count(row.plain, MASK_WORN_INCORRECTLY, MASK_WORN_INCORRECTLY),
            right(row.plain, MASK_WORN_INCORRECTLY),
        )
        for row in rows
    ]  # fmt: skip
    return table(lines, Columns("ll", ("accuracy", "and right", "faces")))


def _changes(result: EvaluationResult) -> str:
    if not result.changes:
        return ""
    lines = [
        (f"from {one.models[0]} to {one.models[1]}", one.name, signed(one.macro_f1)) for one in result.changes
    ]
    return table([("change of macro-F1", "faces", ""), *lines])


def signed(one: Estimate) -> str:
    """A difference with its interval, such as `-0.004 (-0.010 to +0.002)`."""
    return f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f})"


def _classes(result: EvaluationResult) -> str:
    lines: list[Sequence[str]] = [
        ("class, all faces", "model", "faces", "precision", "recall", "F1", "ROC-AUC")
    ]
    for row in result.main:
        if row.name == "all":
            lines += [
                (
                    one.label,
                    row.model,
                    f"{one.faces}",
                    *map(share, (one.precision, one.recall, one.f1, one.roc_auc)),
                )
                for one in row.plain.classes
            ]
    lines += [
        ("calibration error", row.model, f"{row.plain.faces}", share(row.plain.calibration_error), "", "", "")
        for row in result.main
        if row.name == "all"
    ]
    return table(lines, Columns("ll", ("ROC-AUC", "precision")))


def _trusted(result: EvaluationResult) -> str:
    """How many answers are right by the size of the face, and from which size on nine of ten are."""
    if not result.trusted:
        return ""
    sizes = [f"{one.low} px" for one in result.trusted[0].bins]
    lines = [
        (
            one.label, one.model, "never" if one.trusted_from is None else f"{one.trusted_from} px",
            *(f"{part.right}/{part.answers}" if part.answers else "-" for part in one.bins),
        )
        for one in result.trusted
    ]  # fmt: skip
    # The middle is where an answer begins to be trusted.
    outer_first = sorted(sizes, key=lambda size: -abs(sizes.index(size) - len(sizes) // 2))
    return table(
        [("answers right", "model", "trusted from", *sizes), *lines], Columns("ll", tuple(outer_first))
    )


def _strict(result: EvaluationResult) -> str:
    heads = ("at the thresholds", "model", "from", "macro-F1", "bare->mask", "bare->wrong", "wrong precision")
    lines: list[Sequence[str]] = [(*heads, "wrong found", "no answer")]
    lines += [
        (
            row.name, row.model, threshold_text(row.thresholds), share(row.strict.macro_f1),
            percent(row.strict.bare_called_masked), percent(row.strict.bare_called_incorrect),
            share(row.strict.classes[MASK_WORN_INCORRECTLY].precision),
            count(row.strict, MASK_WORN_INCORRECTLY, MASK_WORN_INCORRECTLY), percent(row.strict.unanswered),
        )
        for row in result.main
        if row.strict is not None
    ]  # fmt: skip
    return table(lines, Columns("ll", ("from", "wrong found"))) if len(lines) > 1 else ""


def threshold_text(thresholds: Probabilities) -> str:
    """Such as `0.79 any 0.88`, in the order of the labels; "any" where the likeliest label is the answer."""
    return " ".join(f"{one:.2f}" if one else "any" for one in thresholds)
