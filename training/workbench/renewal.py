"""Data read, pictures added and networks trained anew: each as a job of the queue."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from edge import bundle
from edge.contract import Label
from edge.errors import ConfigError, MaskGateError, StorageError
from edge.system.files import make_folder_of, write_atomic
from training.classifier import recipe as recipes
from training.classifier.run import TrainingRun
from training.data.readers import source_name
from training.evaluation.evaluate import BUNDLE
from training.workbench import inbox
from training.workbench.added_pictures import AddedPictures
from training.workbench.data_desk import DataDesk
from training.workbench.inbox import HandedIn, InboxResult
from training.workbench.jobs import RESUMABLE, JobFolder, JobQueue, JobStatus
from training.workbench.run_catalogue import gate_of, runs_in

RUN_RECIPE = "recipe.json"
KEPT_SPLIT, KEPT_NOTES = "split.json", "corrections.csv"
"""What a job keeps of the data as it was when it was asked for."""
DEFAULT_RECIPE = "default"
SOURCE, DEFAULT_SOURCE = "--source", "added"
WEIGHTS = {
    "": "Those of the model to beat, or else of the recipe",
    "none": "None: from random numbers",
    "imagenet": "ImageNet, fetched once",
}
"""Weights to start from, and what people call them."""


class JobKind(StrEnum):
    """What the workbench does as jobs."""

    DATA = "data"
    ADD = "add"
    RETRAIN = "retrain"
    GROWTH = "growth"


class Growth(StrEnum):
    """What the shares of a learning curve differ in."""

    SIZE = "size"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class RetrainRequest:
    """A training that is asked for.

    Attributes:
        rival: The bundle to start from and to beat.
        recipe: A key of `Renewal.recipes`; empty for the usual one.
        weights: As `maskgate-train fit --weights`; empty for those of the recipe.
    """

    rival: Path
    recipe: str = ""
    weights: str = ""


@dataclass(frozen=True, slots=True)
class RenewalFolders:
    """Where runs are, and where the workbench keeps pictures that were added, and bundles as files."""

    runs: Path
    added: Path
    packed: Path


class Renewal:
    """Puts jobs into the queue, and says what came of them. For several threads."""

    def __init__(self, desk: DataDesk, queue: JobQueue, folders: RenewalFolders) -> None:
        self._desk = desk
        self.queue = queue
        self._folders = folders
        self._added = AddedPictures(folders.added, desk, queue)
        self._added.clear_unfinished()

    def advance(self) -> None:
        """Starts what waits and removes what nobody needs any more; to be called now and then.

        Raises:
            StorageError: The next job cannot be begun.
        """
        self.queue.advance()
        self._added.tidy()

    def recipes(self) -> Mapping[str, Path]:
        """The recipes that can be trained: those of the package, then those of the runs, by a name."""
        found = {file.stem: file for file in sorted(recipes.DEFAULT.parent.glob("*.toml"))}
        of_runs = {f"that of {file.parent.name}": file for file in self._run_recipes()}
        return {DEFAULT_RECIPE: recipes.DEFAULT} | found | of_runs

    def recipe_titles(self) -> Mapping[str, str]:
        """What people call each of them."""
        of_runs = {
            f"that of {run.id}": f"{run.recipe}, as in {run.id}" for run in runs_in(self._folders.runs)
        }
        return {name: of_runs.get(name, name) for name in self.recipes()}

    def usual_recipe(self) -> str:
        """The recipe of the newest run: what trained here once trains here again."""
        newest = next(iter(self._run_recipes()), None)
        return f"that of {newest.parent.name}" if newest else DEFAULT_RECIPE

    def _run_recipes(self) -> list[Path]:
        """Those of the runs, the newest first."""
        runs = self._folders.runs
        files = runs.glob(f"*/{RUN_RECIPE}") if runs.is_dir() else ()
        return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file), reverse=True)

    def read_data(self, roots: Sequence[Path]) -> JobStatus:
        """Reads data sets into a new split.

        Raises:
            ConfigError: There is nothing to read, or a split already.
            StorageError: The job cannot be written down.
        """
        if not roots:
            raise ConfigError("no data folder is named; start the workbench with --data DIR")
        if self._desk.split.exists():
            raise ConfigError(f"{self._desk.split} is there already; add pictures to it")
        step = ("data", *map(_absolute, roots), "-o", _absolute(self._desk.split), "--json")
        return self._submit(JobKind.DATA, "Read the data", step)

    def usual_source(self) -> str:
        """The source that was named last: a site hands in pictures more than once."""
        steps = (one.plan.steps[0] for one in self.queue.all() if one.plan.kind == JobKind.ADD)
        named = (step[step.index(SOURCE) + 1] for step in steps if SOURCE in step)
        return next(named, DEFAULT_SOURCE)

    def add(
        self, handed: HandedIn, label: Label | None = None, source: str = ""
    ) -> tuple[JobStatus, InboxResult]:
        """Takes labelled pictures, and has them join the split.

        Args:
            handed: A zip or a folder.
            label: Of pictures that say nothing themselves.
            source: Where they are from; empty for the usual one. All of one name are one source.

        Raises:
            ConfigError: There is no split, what they show is not known, or the source has no such name.
            SourceError: They may not be taken.
            StorageError: There is no room. After each of these nothing has changed.
        """
        # Before anything is unpacked.
        self._desk.catalogue()
        named = source_name(source or self.usual_source())
        job = self.queue.new(JobKind.ADD)
        try:
            target = self._added.place(job.path.name)
            taken = inbox.take(handed, target, label)
        except MaskGateError:
            shutil.rmtree(job.path, ignore_errors=True)
            raise
        step = ("add", _absolute(target), SOURCE, named, *self._data(), "--json")
        many = sum(taken.counts.values())
        try:
            pictures = "1 picture" if many == 1 else f"{many} pictures"
            title = f"Add {pictures} of {handed.name} to {named}"
            status = self.queue.submit(job, JobKind.ADD, title, [step])
        except MaskGateError:
            shutil.rmtree(target, ignore_errors=True)
            raise
        return status, taken

    def retrain(self, wanted: RetrainRequest) -> JobStatus:
        """Trains from a bundle, which the new model has to beat.

        Raises:
            ConfigError: There is no split or no such recipe.
            StorageError: The job cannot be written down.
        """
        self._desk.catalogue()
        recipe = wanted.recipe or self.usual_recipe()
        file = self._recipe(recipe)
        job = self.queue.new(JobKind.RETRAIN)
        step = [
            "fit", *self._data(), "--from", _absolute(wanted.rival),
            "--recipe", _absolute(file), "--runs", _absolute(self._folders.runs),
            "-o", _absolute(self._folders.runs / job.path.name), "--json",
        ]  # fmt: skip
        if wanted.weights:
            step += ["--weights", wanted.weights]
        title = f"Train with the recipe {recipe.removeprefix('that ')} to beat {_spoken_rival(wanted.rival)}"
        return self.queue.submit(job, JobKind.RETRAIN, title, [step])

    def measure_growth(self, recipe: str, weights: str, by: Growth) -> JobStatus:
        """Measures what more data is worth, see `maskgate-train learning-curve`; raises like `retrain`."""
        self._desk.catalogue()
        file = self._recipe(recipe)
        job = self.queue.new(JobKind.GROWTH)
        step = [
            "learning-curve", *self._kept_data(job), "--recipe", _absolute(file),
            "--by", by.value, "-o", _absolute(self._folders.runs / job.path.name), "--json",
        ]  # fmt: skip
        if weights:
            step += ["--weights", weights]
        title = f"Measure what more data is worth, by {by}, {recipe}"
        return self.queue.submit(job, JobKind.GROWTH, title, [step])

    def _data(self) -> list[str]:
        """Where a command finds the split, and the corrections once there are any."""
        return _named_data(self._desk.split, self._desk.corrections.file)

    def _kept_data(self, job: JobFolder) -> list[str]:
        """The same of copies in the folder of a job, which is to go on with them whatever is added since.

        Raises:
            StorageError: There is no room for them; the folder is gone then.
        """
        split, notes = job.file(KEPT_SPLIT), job.file(KEPT_NOTES)
        try:
            for kept, file in ((split, self._desk.split), (notes, self._desk.corrections.file)):
                if file.exists():
                    write_atomic(kept, file.read_bytes())
        except StorageError:
            shutil.rmtree(job.path, ignore_errors=True)
            raise
        return _named_data(split, notes)

    def _recipe(self, name: str) -> Path:
        known = self.recipes()
        if name not in known:
            raise ConfigError(f"there is no recipe {name}; name one of {', '.join(known)}")
        return known[name]

    def can_resume(self, status: JobStatus) -> bool:
        """Whether a job was stopped and what it needs is there."""
        pictures = status.plan.kind != JobKind.ADD or (self._folders.added / status.id).is_dir()
        return status.state in RESUMABLE and pictures

    def resume(self, name: str) -> JobStatus:
        """Goes on with a job that was stopped; a training with the data that it began with.

        Raises:
            ConfigError: There is none, it was not stopped, or its pictures have gone.
        """
        status = self.queue.status(name)
        if status.state in RESUMABLE and not self.can_resume(status):
            raise ConfigError(f"the pictures of job {name} were removed when it ended; hand them in again")
        (step,) = status.plan.steps
        run = self.run_of(name)
        if step[0] == "fit" and (run.folder / RUN_RECIPE).exists():
            rival = step[step.index("--from") + 1]
            runs = _absolute(self._folders.runs)
            step = ("fit", "--resume", _absolute(run.folder), "--from", rival, "--runs", runs, "--json")
        return self.queue.resume(name, [step])

    def run_of(self, name: str) -> TrainingRun:
        """The run of a training, which is there once it has begun."""
        return TrainingRun(self._folders.runs / name)

    def verdict(self, name: str) -> dict[str, Any]:
        """What the gate found of a training, see `training.evaluation.gate`; empty before it was asked."""
        return gate_of(self.run_of(name).folder)

    def bundle(self, name: str) -> Path | None:
        """The bundle of a training that beat its rival."""
        folder = self.run_of(name).folder / BUNDLE
        return folder if folder.is_dir() else None

    def packed(self, name: str) -> Path:
        """The bundle of a run as one file, as `maskgate models install` takes it.

        Raises:
            ModelError: It is damaged, or cannot be written.
        """
        folder = self._folders.runs / name / BUNDLE
        file = self._folders.packed / f"{name}.tar.gz"
        make_folder_of(file)
        bundle.pack(folder, file)
        return file

    def install(self, name: str, inbox_folder: Path) -> Path:
        """Puts the bundle of a run into the folder in which devices look for new ones.

        Raises:
            ModelError: It is damaged.
            StorageError: It cannot be written there.
        """
        file = inbox_folder / f"{name}.tar.gz"
        write_atomic(file, self.packed(name).read_bytes())
        return file

    def _submit(self, kind: JobKind, title: str, step: Sequence[str]) -> JobStatus:
        return self.queue.submit(self.queue.new(kind), kind, title, [step])


def _named_data(split: Path, notes: Path) -> list[str]:
    noted = ["--notes", _absolute(notes)] if notes.exists() else []
    return ["--split", _absolute(split), *noted]


def _spoken_rival(rival: Path) -> str:
    """A run's bundle is called as its run."""
    if rival.resolve() == bundle.SHIPPED.resolve():
        return "the shipped bundle"
    return rival.parent.name if rival.name == BUNDLE else rival.name


def _absolute(path: Path) -> str:
    """A later workbench may be started elsewhere."""
    return str(path.resolve())
