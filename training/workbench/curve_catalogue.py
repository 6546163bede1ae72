"""What `maskgate-train learning-curve` has found below a folder of runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.system.parsing import parse_json
from training.classifier.run import TrainingRun
from training.evaluation.intervals import Estimate
from training.workbench.run_catalogue import CURVE

CHART = "learning-curve.svg"
COSTLY = {
    "macro_f1": "macro-F1",
    "change": "change of macro-F1",
    "bare_called_masked": "bare called masked",
    "bare_called_incorrect": "bare called wrongly worn",
    "incorrect_precision": "wrongly worn: precision",
    "incorrect_recall": "wrongly worn: found",
}
"""The figures of a point, and what people call them."""


@dataclass(frozen=True, slots=True)
class LearntPoint:
    """A share of the training faces: its name, how many faces it has, and its figures by the names above."""

    share: str
    faces: float
    figures: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class CurveSummary:
    """A learning curve.

    Attributes:
        id: The name of its folder.
        recipe: The name of what was trained; empty where nobody can say it any more.
        points: Its shares.
        chart: As SVG; empty without one.
    """

    id: str
    recipe: str
    points: tuple[LearntPoint, ...]
    chart: str


def curves_in(folder: Path) -> tuple[CurveSummary, ...]:
    """All finished learning curves directly in a folder, the newest first; what is damaged is passed over."""
    found = folder.glob(f"*/{CURVE}") if folder.is_dir() else ()
    files = sorted(found, key=lambda file: (file.stat().st_mtime_ns, file), reverse=True)
    return tuple(filter(None, map(_read, files)))


def _read(file: Path) -> CurveSummary | None:
    try:
        told = parse_json(file.read_bytes())
        points = tuple(_point(one) for one in (*told["sizes"], *told["sources"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    chart = file.with_name(CHART)
    shown = chart.read_text() if chart.exists() else ""
    return CurveSummary(file.parent.name, _recipe(file.parent), points, shown)


def _recipe(folder: Path) -> str:
    """All trainings of a curve are of one recipe."""
    try:
        return TrainingRun(next(folder.glob("*/*/recipe.json")).parent).recipe().name
    except (StopIteration, OSError, ValueError):
        return ""


def _point(told: Mapping[str, Any]) -> LearntPoint:
    figures = {name: Estimate(*map(_number, told[name].values())) for name in COSTLY}
    return LearntPoint(str(told["share"]), float(told["faces"]), figures)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
