"""What `maskgate-train learning-curve` has found below a folder of runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.system.parsing import parse_json
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
    """A learning curve: the name of its folder, its points, and its chart as SVG, empty without one."""

    id: str
    points: tuple[LearntPoint, ...]
    chart: str


def curves_in(folder: Path) -> tuple[CurveSummary, ...]:
    """All finished learning curves directly in a folder; what is damaged is passed over."""
    files = sorted(folder.glob(f"*/{CURVE}")) if folder.is_dir() else []
    return tuple(filter(None, map(_read, files)))


def _read(file: Path) -> CurveSummary | None:
    try:
        told = parse_json(file.read_bytes())
        points = tuple(_point(one) for one in (*told["sizes"], *told["sources"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    chart = file.with_name(CHART)
    return CurveSummary(file.parent.name, points, chart.read_text() if chart.exists() else "")


def _point(told: Mapping[str, Any]) -> LearntPoint:
    figures = {name: Estimate(*map(_number, told[name].values())) for name in COSTLY}
    return LearntPoint(str(told["share"]), float(told["faces"]), figures)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
