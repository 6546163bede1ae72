"""Recipes side by side on grouped folds and on a random split, which shows what leakage is worth.

In a random split near-duplicates and faces of one frame stand on both sides. What a recipe scores
more there than on grouped folds, it owes to having seen the tested faces, or their like.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from edge.contract import MASK_WORN_INCORRECTLY
from training.classifier.recipe import Recipe
from training.classifier.run import RunInputs, TrainingRun, open_or_start
from training.data.dataset import FaceDataset, load_material
from training.data.folds import folds
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.evaluation import evaluate, fold_results
from training.evaluation.intervals import Estimate, Estimates, estimates
from training.evaluation.predictions import Predictions
from training.evaluation.results import count, percent, share
from training.evaluation.slices import main_slices

Train = Callable[[TrainingRun, FaceDataset, str], None]
"""Trains the recipe of a run folder, going on where it was interrupted, from the weights named last."""

SCRATCH = "none"


class Scheme(StrEnum):
    """How faces are assigned to folds."""

    GROUPED = "grouped"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class ComparedRecipe:
    """A recipe and the backbone weights it starts from: a file, imagenet or none."""

    recipe: Recipe
    weights: str

    @property
    def start(self) -> str:
        """For the table."""
        return "from scratch" if self.weights == SCRATCH else "pretrained"


@dataclass(frozen=True, slots=True)
class Result:
    """A recipe's figures on one main slice, under each scheme that was run."""

    recipe: str
    start: str
    faces: str
    grouped: Estimates | None
    random: Estimates | None

    @property
    def leakage(self) -> float:
        """Macro-F1 that the random split gives away; not a number where one of both is missing."""
        if self.grouped is None or self.random is None:
            return float("nan")
        return self.random.macro_f1.value - self.grouped.macro_f1.value


def assign_folds(
    faces: Sequence[SplitFace], scheme: Scheme, many: int, seed: int
) -> tuple[tuple[SplitFace, ...], ...]:
    """Faces with the parts of each fold; their groups stay as they are, for the intervals."""
    if scheme is Scheme.GROUPED:
        return folds(faces, many, seed)
    # Every face is a group of its own, so that near-duplicates may fall on both sides.
    alone = [replace(face, group=number) for number, face in enumerate(faces)]
    return tuple(
        tuple(replace(face, part=part.part) for face, part in zip(faces, fold, strict=True))
        for fold in folds(alone, many, seed)
    )


@dataclass(frozen=True, slots=True)
class ComparisonPlan:
    """What is compared, by what a worker of a cluster needs to do a part of it.

    Attributes:
        split: The split; its seed decides the folds, so that they are the same for all recipes.
        cache: Folder of decoded faces; the user's where None.
        output: Folder of the comparison, which every worker sees.
        many: How many folds of each scheme are run; the faces are divided into as many as `GROUPED` has.
        train: Trains one of them.
    """

    split: Path
    cache: Path | None
    output: Path
    many: Mapping[Scheme, int]
    train: Train

    def faces(self) -> FaceDataset:
        """All faces of the split."""
        return _faces(self.split, self.cache)

    def jobs(self, recipes: Sequence[ComparedRecipe]) -> tuple[ComparisonJob, ...]:
        """Every recipe, scheme and fold."""
        return tuple(
            ComparisonJob(self, one, scheme, number)
            for scheme in Scheme
            for one in recipes
            for number in range(self.many[scheme])
        )


@lru_cache(maxsize=1)
def _faces(split: Path, cache: Path | None) -> FaceDataset:
    """Kept, because one process trains many folds of one split."""
    return load_material(SplitManifest.load(split), cache)


@dataclass(frozen=True, slots=True)
class ComparisonJob:
    """One fold of one recipe, to be trained and evaluated unless it is done; here or on a worker."""

    plan: ComparisonPlan
    compared: ComparedRecipe
    scheme: Scheme
    number: int

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.scheme} {self.compared.recipe.name} fold {self.number + 1}"

    def __call__(self) -> None:
        """Does what is still to be done.

        Raises:
            ConfigError: Its folder was made with other settings.
        """
        plan, material = self.plan, self.plan.faces()
        manifest = SplitManifest.load(plan.split)
        divided = assign_folds(material.faces, self.scheme, plan.many[Scheme.GROUPED], manifest.seed)
        faces = divided[self.number]
        folder = plan.output / self.scheme / self.compared.recipe.name / f"fold-{self.number}"
        split = manifest.dealt(faces, manifest.seed).licensed(self.compared.recipe.licences)
        run_one(self.compared, material.dealt(split.assigned()), (folder, split), plan.train)


def run_one(
    one: ComparedRecipe, material: FaceDataset, where: tuple[Path, SplitManifest], train: Train
) -> None:
    """Trains and evaluates one fold, unless its predictions are there."""
    folder, split = where
    run = open_or_start(folder, RunInputs(one.recipe, split))
    file = folder / fold_results.PREDICTIONS
    # The predictions are written last: where they stand, the fold is finished.
    if not file.exists():
        train(run, material, one.weights)
        model = evaluate.EvaluatedModel("float", run.model)
        fold_results.save(evaluate.on_faces([model], material.of(SplitPart.TEST), measure=False), file)


def results(recipes: Sequence[ComparedRecipe], base: Path) -> tuple[Result, ...]:
    """The figures of every recipe on every main slice, as far as its folds are there."""
    found = []
    for one in recipes:
        name = one.recipe.name
        by_scheme = {scheme: _by_slice(base / scheme / name) for scheme in Scheme}
        for faces in dict.fromkeys(faces for figures in by_scheme.values() for faces in figures):
            grouped, random = (by_scheme[scheme].get(faces) for scheme in Scheme)
            found.append(Result(name, one.start, faces, grouped, random))
    return tuple(found)


def _by_slice(folder: Path) -> dict[str, Estimates]:
    if not list(folder.rglob(fold_results.PREDICTIONS)):
        return {}
    predictions = fold_results.load(folder)
    return {one.name: _figures(predictions.select(one.mask)) for one in main_slices(predictions)}


def _figures(predictions: Predictions) -> Estimates:
    return estimates(predictions.truth, predictions.columns[0].shares, predictions.groups)


def as_json(found: Sequence[Result]) -> list[dict[str, Any]]:
    """The main figures, one object per recipe and slice."""
    return [
        {
            "recipe": one.recipe,
            "start": one.start,
            "faces": one.faces,
            "grouped": _short(one.grouped),
            "random": _short(one.random),
            "leakage": one.leakage if math.isfinite(one.leakage) else None,
        }
        for one in found
    ]


def _short(one: Estimates | None) -> dict[str, Any] | None:
    if one is None:
        return None
    figures = {
        "macro_f1": one.macro_f1,
        "bare_called_masked": one.bare_called_masked,
        "wrong_recall": one.classes[MASK_WORN_INCORRECTLY].recall,
    }
    return {"number": one.faces} | {name: _numbers(figure) for name, figure in figures.items()}


def _numbers(one: Estimate) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in (one.value, one.low, one.high)]


def markdown(found: Sequence[Result]) -> str:
    """A table for each slice."""
    blocks = []
    for faces in dict.fromkeys(one.faces for one in found):
        lines = [
            f"{faces[0].upper()}{faces[1:]}:",
            "",
            "| recipe | start | macro-F1, grouped folds | wrongly worn found | bare called masked "
            "| macro-F1, random split | owed to leakage |",
            "|---|---|--:|--:|--:|--:|--:|",
            *(_line(one) for one in found if one.faces == faces),
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _line(one: Result) -> str:
    grouped, random = one.grouped, one.random
    entries = (
        one.recipe,
        one.start,
        share(grouped.macro_f1) if grouped else "-",
        count(grouped, MASK_WORN_INCORRECTLY, MASK_WORN_INCORRECTLY) if grouped else "-",
        percent(grouped.bare_called_masked) if grouped else "-",
        share(random.macro_f1) if random else "-",
        f"{one.leakage:+.3f}" if math.isfinite(one.leakage) else "-",
    )
    return f"| {' | '.join(entries)} |"
