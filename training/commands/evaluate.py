"""`maskgate-train evaluate`: judge models and bundles on labelled faces, with intervals and slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click
import cv2

from edge import bundle
from edge.cli.options import EXISTING, FILE, cache_option, json_option, megapixels_option
from edge.cli.output import json_text
from edge.errors import ConfigError
from edge.system.files import write_atomic
from edge.system.image_files import IMAGE_SUFFIXES
from edge.types import Probabilities
from training import framework
from training.classifier import stored
from training.commands.common import known_faces, tell_skipped
from training.commands.data import DataRequest, make_split
from training.data import notes as noting
from training.data.dataset import FaceDataset, load_material
from training.data.manifest import SplitManifest, SplitPart
from training.evaluation import evaluate as evaluation
from training.evaluation import fold_results, results
from training.evaluation.options import limits_option, notes_option
from training.evaluation.predictions import Predictions
from training.evaluation.thresholds import DecisionLimits, load_limits

Command = Callable[..., None]
PARTS = (*(part.value for part in SplitPart), "all")

_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    click.argument("paths", metavar="[MODEL] [DATA]...", nargs=-1, type=EXISTING),
    click.option(
        "--beside", multiple=True, type=EXISTING, help="Another model to judge on the same faces; repeatable."
    ),
    click.option(
        "--folds", type=EXISTING, help="Folder of finished folds: judge what is stored there, pooled."
    ),
    click.option(
        "--part",
        default=SplitPart.TEST.value,
        show_default=True,
        type=click.Choice(PARTS),
        help="Of the split.",
    ),
    click.option(
        "--thresholds",
        type=EXISTING,
        help="Bundle whose thresholds are applied to all models; else each has its own, or some are chosen.",
    ),
    notes_option,
    limits_option,
    click.option(
        "--detector",
        type=EXISTING,
        help="Detector that finds the faces, where DATA are folders; MODEL's own, or else the package's.",
    ),
    click.option("--seed", default=7, show_default=True, help="Of the split, where DATA are folders."),
    megapixels_option,
    cache_option,
)


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What is to be evaluated, as the command line says it; `_OPTIONS` explains each field."""

    paths: tuple[Path, ...]
    beside: tuple[Path, ...]
    folds: Path | None
    part: str
    thresholds: Path | None
    notes: tuple[Path, ...]
    limits: Path
    detector: Path | None
    seed: int
    cache: Path | None


def takes_request(command: Command) -> Command:
    """Adds the options of an evaluation to a command, which gets them as `request`."""

    @wraps(command)
    def requested(
        *,
        paths: tuple[Path, ...],
        beside: tuple[Path, ...],
        folds: Path | None,
        part: str,
        thresholds: Path | None,
        notes: tuple[Path, ...],
        limits: Path,
        detector: Path | None,
        seed: int,
        cache: Path | None,
        **rest: Any,
    ) -> None:
        request = EvaluationRequest(
            paths, beside, folds, part, thresholds, notes, limits, detector, seed, cache
        )
        command(request=request, **rest)

    offered: Command = requested
    # Decorators apply from the last to the first; help then lists them in the order above.
    for option in reversed(_OPTIONS):
        offered = option(offered)
    return offered


@click.command()
@takes_request
@json_option
@click.option("--no-slices", is_flag=True, help="Leave out the slices by size, blur, light, wear and tone.")
@click.option("--worst", "sheet", type=FILE, help="Write the worst answers as a PNG, too; it shows people.")
def evaluate(request: EvaluationRequest, as_json: bool, no_slices: bool, sheet: Path | None) -> None:
    """Judges MODEL (a .keras file, a .tflite file, a bundle or a run folder) on labelled faces.

    DATA is a split manifest, or data folders as `maskgate-train data` reads them, all of whose faces are
    then judged. Intervals are 95 %, resampled by group. With --folds the stored predictions of all folds
    are pooled; a split manifest as DATA then adds the slices that need the pictures. At the thresholds a
    face may have no answer, which counts as wrong.

    \b
    Examples:
      maskgate-train evaluate edge/models split.json --beside runs/20250101-120000-default/model.keras
      maskgate-train evaluate --folds runs/folds split.json
      maskgate-train evaluate --folds runs/folds --thresholds edge/models
    """
    if sheet is not None:
        # Before models run for minutes.
        _require_picture(sheet)
    predictions, material = gather(request)
    if sheet is not None:
        _write_worst(predictions, material, sheet)
    found = results.evaluate(predictions)
    if no_slices:
        found = replace(found, hard=())
    click.echo(json_text(found.as_json()) if as_json else results.text(found))


def _require_picture(file: Path) -> None:
    """Insists on a name that says which kind of picture is to be written.

    Raises:
        ConfigError: It says none.
    """
    suffix = file.suffix.lower()
    if suffix not in IMAGE_SUFFIXES or not cv2.haveImageWriter(f"sheet{suffix}"):
        raise ConfigError(f"--worst {file} is no name of a picture; end it with .png or .jpg")


def _write_worst(predictions: Predictions, material: FaceDataset | None, file: Path) -> None:
    """The worst answers of the first model as one picture.

    Raises:
        ConfigError: The pictures are not at hand, or there is no wrong answer.
    """
    if material is None:
        raise ConfigError("--worst needs the pictures; name the split manifest, too")
    from training.evaluation.report import galleries

    found = galleries.worst(predictions, predictions.columns[0], material)
    if not found:
        raise ConfigError(f"{predictions.columns[0].name} gives no wrong answer, so there is nothing to show")
    _, picture = cv2.imencode(file.suffix.lower(), cv2.cvtColor(galleries.sheet(found), cv2.COLOR_RGB2BGR))
    write_atomic(file, picture.tobytes())


def gather(request: EvaluationRequest) -> tuple[Predictions, FaceDataset | None]:
    """What the command line asks for: predictions, and their faces in the same order where these are at hand.

    Raises:
        ConfigError: The data cannot be used.
        ModelError: A model cannot be opened.
    """
    limits = load_limits(request.limits)
    # Before models run for minutes.
    fixed = _thresholds_of(request.thresholds) if request.thresholds else None
    predictions, material = _gathered(request, limits)
    if fixed is not None:
        predictions = predictions.with_thresholds([fixed] * len(predictions.columns))
    return predictions, material


def _thresholds_of(path: Path) -> Probabilities:
    """The thresholds of a bundle.

    Raises:
        ModelError: It is none.
        ConfigError: It has none.
    """
    found = evaluation.shipped_thresholds(path)
    if found is evaluation.NO_THRESHOLDS:
        raise ConfigError(
            f"--thresholds {path} has no thresholds; name a bundle that was made with --folds or --decide"
        )
    return found


def _gathered(request: EvaluationRequest, limits: DecisionLimits) -> tuple[Predictions, FaceDataset | None]:
    if request.folds:
        return _folded(fold_results.load(request.folds, limits, noting.load(request.notes)), request)
    if len(request.paths) < 2:
        raise click.UsageError("name MODEL and DATA, or --folds DIR")
    return _evaluated(request, limits)


def _folded(predictions: Predictions, request: EvaluationRequest) -> tuple[Predictions, FaceDataset | None]:
    if not request.paths:
        return predictions, None
    material = load_material(SplitManifest.load(request.paths[0]), request.cache)
    return fold_results.with_pictures(predictions, material)


def _evaluated(request: EvaluationRequest, limits: DecisionLimits) -> tuple[Predictions, FaceDataset]:
    model, *data = request.paths
    models = evaluation.candidates((model, *request.beside))
    manifest, whole = _manifest(tuple(data), model, request.detector, request.seed)
    manifest = noting.corrected(manifest, noting.load(request.notes))
    # Bundles run without TensorFlow, which takes seconds to load.
    if any(stored.is_network(one.path) for one in models):
        framework.load_framework()
    classes = max(evaluation.classes(one.path) for one in models)
    material = known_faces(load_material(manifest, request.cache), classes)
    if whole or request.part == "all":
        return evaluation.on_all(models, material), material
    part = SplitPart(request.part)
    return evaluation.on_split(models, material, part, limits), material.of(part)


def _manifest(
    data: tuple[Path, ...], model: Path, detector: Path | None, seed: int
) -> tuple[SplitManifest, bool]:
    """The split, and whether all of it is to be judged because it was made just now."""
    if data[0].is_file():
        if len(data) > 1:
            raise ConfigError("name one split manifest, or only data folders")
        return SplitManifest.load(data[0]), False
    # A bundle's own detector cuts faces as the device does.
    own = model / bundle.DETECTOR
    found_by = detector or (own if own.is_file() else bundle.SHIPPED_DETECTOR)
    manifest, found = make_split(DataRequest(data, found_by), seed)
    tell_skipped(found.skips)
    return manifest, True
