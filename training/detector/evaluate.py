"""Evaluates detectors side by side on the same frames in the same run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from edge.errors import ConfigError, ModelError
from training.detector import benchmark, report
from training.detector.metrics import Matches, Truth, at_least, by_source, finder, measure
from training.detector.report import DetectorTable, write_sheets


@dataclass(frozen=True, slots=True)
class EvaluationSettings:
    """Which detectors to evaluate, on frames of which long sides (0 leaves them), at which threshold."""

    models: tuple[Path, ...]
    views: tuple[int, ...]
    threshold: float


@dataclass(frozen=True, slots=True, eq=False)
class DetectorEvaluation:
    """The tables, and what the first detector found in the first view."""

    tables: tuple[DetectorTable, ...]
    first: Matches


def evaluate(settings: EvaluationSettings, pictures: Sequence[Truth]) -> DetectorEvaluation:
    """Measures every detector in every view.

    Raises:
        ConfigError: There is no annotated frame.
        ModelError: A model is no detector that OpenCV decodes.
    """
    if not pictures:
        raise ConfigError("this part of the split holds no annotated frame; choose another with --part")
    names, sources = _names(settings.models), by_source(pictures)
    tables: list[DetectorTable] = []
    found: list[list[Matches]] = []
    for view in settings.views:
        title = f"long side {view} px" if view else "frames in their own size"
        parts = [[_measured(model, view, part) for part in sources.values()] for model in settings.models]
        found.append([Matches.pooled(row) for row in parts])
        tables.append(report.compare(title, names, found[-1], settings.threshold))
        if len(sources) > 1:
            tables += [
                report.compare(f"{title}, source {source}", names, column, settings.threshold)
                for source, column in zip(sources, zip(*parts, strict=True), strict=True)
            ]
        tables.append(report.sweep(title, names, found[-1], settings.threshold))
    tables.append(report.speeds(names, benchmark.race(settings.models)))
    return DetectorEvaluation(tuple(tables), found[0][0])


def _measured(model: Path, view: int, pictures: Sequence[Truth]) -> Matches:
    try:
        return measure(finder(model, view), pictures)
    except cv2.error:
        raise ModelError(f"{model} is not a face detector with YuNet's outputs") from None


def _names(models: Sequence[Path]) -> list[str]:
    """File names, with their folder where two are alike."""
    plain = [model.stem[-13:] for model in models]
    return [name if plain.count(name) == 1 else f"{model.parent.name[-9:]}/{number}"
            for number, (name, model) in enumerate(zip(plain, models, strict=True))]  # fmt: skip


def write_missed(found: DetectorEvaluation, threshold: float, file: Path) -> bool:
    """The contact sheet of faces from 20 px on that the first detector misses; False where there is none."""
    return write_sheets(found.first, threshold, at_least(20), file)
