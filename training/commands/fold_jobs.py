"""Trainings of folds: each trained, calibrated, converted and judged, here or on a worker of a cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

import click

from edge.system import files
from training import cluster, framework
from training.classifier import run as classifier_run
from training.classifier.recipe import Recipe
from training.commands.common import known_faces
from training.data import hard_faces
from training.data import notes as noting
from training.data.dataset import FaceDataset, load_material
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.shares import TrainingShare
from training.evaluation import evaluate, fold_results

INT8 = "int8.tflite"


class Dealing(StrEnum):
    """How faces are dealt to folds."""

    GROUP = "group"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Dealt:
    """How faces are dealt to folds: by what, to how many where they are dealt by group, and the seed."""

    by: Dealing
    count: int
    seed: int

    def parts(self, faces: Sequence[SplitFace]) -> dict[str, tuple[SplitFace, ...]]:
        """The faces of every fold by the name of its folder."""
        from training.data import folds as dealing

        if self.by is Dealing.SOURCE:
            left_out = dealing.without_each_source(faces, self.seed)
            return {f"without-{name}": part for name, part in left_out.items()}
        folded = dealing.folds(faces, self.count, self.seed)
        return {f"fold-{number}": part for number, part in enumerate(folded)}


@dataclass(frozen=True, slots=True)
class FoldedData:
    """The faces of a split, to be divided into folds, by what a worker needs to read them."""

    split: Path
    classes: int
    how: Dealt
    cache: Path | None
    notes: tuple[Path, ...] = ()

    @classmethod
    def at(
        cls, split: Path, classes: int, how: Dealt, cache: Path | None, notes: Sequence[Path] = ()
    ) -> FoldedData:
        """With absolute paths, because a worker of a cluster starts in another folder.

        Raises:
            ConfigError: The file is no split, or a file of notes is none.
        """
        SplitManifest.load(split)
        noting.load(notes)
        files = tuple(file.resolve() for file in notes)
        return cls(split.resolve(), classes, how, cache and cache.resolve(), files)

    def manifest(self) -> SplitManifest:
        """The split, as the notes correct it."""
        return _corrected(self.split, self.notes) if self.notes else SplitManifest.load(self.split)

    def faces(self) -> FaceDataset:
        """All faces of labels that the network knows."""
        return _faces(self)

    def parts(self) -> dict[str, tuple[SplitFace, ...]]:
        """The faces of every fold by the name of its folder."""
        return _parts(self)


@lru_cache(maxsize=1)
def _corrected(split: Path, notes: tuple[Path, ...]) -> SplitManifest:
    """Kept, because every picture is read for it."""
    return noting.corrected(SplitManifest.load(split), noting.load(notes))


@lru_cache(maxsize=1)
def _parts(data: FoldedData) -> dict[str, tuple[SplitFace, ...]]:
    """Kept, as the faces are."""
    return data.how.parts(data.faces().faces)


@lru_cache(maxsize=1)
def _faces(data: FoldedData) -> FaceDataset:
    """Kept, because one process trains several folds of one split."""
    return known_faces(load_material(data.manifest(), data.cache), data.classes)


@dataclass(frozen=True, slots=True)
class FoldStart:
    """What all folds start from: the recipe, its weights where others are named, and hard faces."""

    settings: Recipe
    weights: str | None
    hard: Mapping[str, float]

    @classmethod
    def at(cls, settings: Recipe, weights: str | None, hard: Path | None) -> FoldStart:
        """With the weights' absolute path, as in `FoldedData.at`, and the hard faces of a file.

        Raises:
            ConfigError: The file is none of hard faces.
        """
        file = weights and str(Path(weights).resolve() if Path(weights).exists() else weights)
        return cls(settings, file, hard_faces.load(hard) if hard else {})


@dataclass(frozen=True, slots=True)
class FoldJob:
    """One fold: trained, calibrated, converted and judged, here or on a worker of a cluster.

    Attributes:
        data: The faces.
        fold: Its name.
        start: What it starts from.
        output: Folder of all jobs, which every worker sees.
        share: What it learns from, in a folder of the share's name; all there is where None.
    """

    data: FoldedData
    fold: str
    start: FoldStart
    output: Path
    share: TrainingShare | None = None

    @property
    def name(self) -> str:
        """For people, and of its folder."""
        return f"{self.share.name}/{self.fold}" if self.share else self.fold

    def of(self, share: TrainingShare) -> FoldJob:
        """The same fold, learnt from a share."""
        return replace(self, share=share)

    def split(self) -> SplitManifest:
        """Which face is used for what.

        Raises:
            ConfigError: There are no faces of the recipe's licences, or the share cannot be had.
        """
        settings = self.start.settings
        dealt = self.data.manifest().dealt(self.data.parts()[self.fold], settings.seed)
        found = dealt.licensed(settings.licences)
        if self.share is None:
            return found
        return found.dealt(self.share.of(found.assigned(), settings.seed), settings.seed)

    def __call__(self) -> None:
        """Does what is still to be done for it."""
        framework.load_framework(self.start.settings.threads)
        assigned = self.split()
        inputs = classifier_run.RunInputs(self.start.settings, assigned, self.start.hard)
        run = classifier_run.open_or_start(self.output / self.name, inputs)
        _finish(run, self.data.faces().dealt(assigned.assigned()), self.start.weights)


def run_jobs(jobs: Sequence[FoldJob], scheduler: str | None) -> None:
    """Does the jobs here one after the other, or on the workers of a scheduler; says how far it is."""
    if scheduler is not None:
        cluster.run_on_cluster(jobs, scheduler, lambda text: click.echo(text, err=True))
        return
    for place, job in enumerate(jobs, 1):
        click.echo(f"{job.name} ({place} of {len(jobs)})", err=True)
        job()


def _finish(run: classifier_run.TrainingRun, material: FaceDataset, weights: str | None) -> None:
    """Does what is still to be done for one fold; every step leaves a file that says it is done."""
    from convert import quantize
    from training.classifier import trainer

    if not run.model.exists():
        trainer.train(run, material, weights, lambda text: click.echo(text, err=True))
    small = run.folder / INT8
    if not small.exists():
        files.write_atomic(small, quantize.of_training(run.model, material.of(SplitPart.TRAIN)))
    if not (run.folder / fold_results.PREDICTIONS).exists():
        models = (evaluate.EvaluatedModel("float", run.model), evaluate.EvaluatedModel("int8", small))
        predictions = evaluate.on_faces(models, material.of(SplitPart.TEST), measure=False)
        fold_results.save(predictions, run.folder / fold_results.PREDICTIONS)
