"""What more data is worth: one recipe on growing shares of the training faces, and without each source."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.cli.output import Cell, table
from edge.contract import MASK_WORN_INCORRECTLY
from edge.errors import ConfigError
from training.data.manifest import SplitManifest, SplitPart
from training.data.shares import ALL, TrainingShare
from training.evaluation import fold_results
from training.evaluation.intervals import Estimate, difference, estimates
from training.evaluation.predictions import ModelPredictions, Predictions
from training.evaluation.results import nulls, percent, share, signed


@dataclass(frozen=True, slots=True)
class LearntShare:
    """What the models of one share say of the tested faces.

    Attributes:
        share: Which faces they learnt from.
        faces: How many, the mean of the folds.
        predictions: Of all folds together.
    """

    share: TrainingShare
    faces: float
    predictions: Predictions


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What a share is worth; the likeliest class is the answer, for all shares alike.

    Attributes:
        share: Its name.
        faces: Faces to train on, the mean of the folds.
        macro_f1: With its interval, as all that follow.
        bare_called_masked: Share of the bare faces.
        bare_called_incorrect: Share of the bare faces.
        incorrect_precision: Share of the faces called wrongly worn that are.
        incorrect_recall: Share of the wrongly worn masks that are called so.
        base: Name of the share that `change` is counted from; empty for the first.
        change: Of macro-F1, both shares drawn on the same groups.
    """

    share: str
    faces: float
    macro_f1: Estimate
    bare_called_masked: Estimate
    bare_called_incorrect: Estimate
    incorrect_precision: Estimate
    incorrect_recall: Estimate
    base: str
    change: Estimate


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Growing shares, the smallest first, each beside the one before; and all without each source."""

    sizes: tuple[CurvePoint, ...]
    sources: tuple[CurvePoint, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values; what could not be measured is null."""
        found: dict[str, Any] = nulls(asdict(self))
        return found


def read(folder: Path) -> LearningCurve:
    """Measures the shares below a folder.

    Raises:
        ConfigError: There are none, or some are not finished.
    """
    names = _shares(folder)
    if not names:
        raise ConfigError(f"{folder} holds no learning curve; make it with maskgate-train learning-curve")
    found = [_read(folder / name) for name in names]
    keys = {len(one.predictions) for one in found}
    if len(keys) > 1:
        raise ConfigError(f"{folder} is not finished; call maskgate-train learning-curve again")
    return curve(found)


def is_begun(folder: Path) -> bool:
    """Whether a folder holds a share that has learnt something, as none of a run or of folds does."""
    try:
        return bool([TrainingShare.named(name) for name in _shares(folder)])
    except ConfigError:
        return False


def _shares(folder: Path) -> list[str]:
    """The folders of those shares of which some fold is finished."""
    return sorted({file.parts[-3] for file in folder.glob(f"*/*/{fold_results.PREDICTIONS}")})


def _read(folder: Path) -> LearntShare:
    runs = [SplitManifest.load(file) for file in sorted(folder.glob("*/split.json"))]
    learnt = sum(row.part is SplitPart.TRAIN for run in runs for row in run.faces)
    return LearntShare(TrainingShare.named(folder.name), learnt / len(runs), fold_results.pooled(folder))


def curve(found: Sequence[LearntShare]) -> LearningCurve:
    """Measures shares whose models were all asked about the same faces."""
    sizes = sorted((one for one in found if one.share.without is None), key=lambda one: one.faces)
    sources = sorted((one for one in found if one.share.without is not None), key=lambda one: one.share.name)
    whole = next((one for one in sizes if one.share.name == ALL), None)
    return LearningCurve(
        tuple(_point(one, before) for one, before in zip(sizes, (None, *sizes), strict=False)),
        tuple(_point(one, whole) for one in sources),
    )


def _point(one: LearntShare, base: LearntShare | None) -> CurvePoint:
    told, column = one.predictions, _device(one.predictions)
    found = estimates(told.truth, column.shares, told.groups)
    incorrect = found.classes[MASK_WORN_INCORRECTLY]
    return CurvePoint(
        share=one.share.name,
        faces=one.faces,
        macro_f1=found.macro_f1,
        bare_called_masked=found.bare_called_masked,
        bare_called_incorrect=found.bare_called_incorrect,
        incorrect_precision=incorrect.precision,
        incorrect_recall=incorrect.recall,
        base=base.share.name if base else "",
        change=_change(one, base) if base else Estimate(math.nan, math.nan, math.nan),
    )


def _device(predictions: Predictions) -> ModelPredictions:
    """What the models say in 8 bits, as on a device, where they were asked."""
    return next((one for one in predictions.columns if one.name == "int8"), predictions.columns[0])


def _change(one: LearntShare, base: LearntShare) -> Estimate:
    before, after = (_device(each.predictions).shares.argmax(axis=1) for each in (base, one))
    return difference(one.predictions.truth, before, after, one.predictions.groups)


def text(found: LearningCurve) -> str:
    """Tables of at most 80 columns."""
    blocks = [_block("share", found.sizes), _block("source", found.sources)]
    return "\n\n".join(block for block in blocks if block)


def _block(head: str, points: Sequence[CurvePoint]) -> str:
    if not points:
        return ""
    worth: list[Sequence[Cell]] = [(head, "learnt from", "macro-F1", "change of macro-F1")]
    worth += [(one.share, f"{one.faces:.0f}", share(one.macro_f1), changed(one)) for one in points]
    bare: list[Sequence[Cell]] = [(head, "bare called masked", "bare called wrongly worn")]
    bare += [
        (one.share, percent(one.bare_called_masked), percent(one.bare_called_incorrect)) for one in points
    ]
    wrong: list[Sequence[Cell]] = [(head, "wrongly worn: precision", "wrongly worn: found")]
    wrong += [(one.share, share(one.incorrect_precision), share(one.incorrect_recall)) for one in points]
    return "\n\n".join(table(rows, "l") for rows in (worth, bare, wrong))


def changed(one: CurvePoint) -> str:
    """The change of macro-F1 with its interval; a dash for the first share."""
    return signed(one.change) if one.base else "-"
