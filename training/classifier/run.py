"""The folder of a training run: what went in, how it went, what came out."""

from __future__ import annotations

import json
import platform
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.errors import ConfigError, ModelError
from edge.system import files
from training.classifier.recipe import Recipe
from training.data import hard_faces
from training.data.manifest import SplitManifest
from training.framework import git_revision, installed_versions

WEIGHTS = "model.keras"
HARD_FACES = "hard-faces.json"
PACKAGES = ("maskgate", "tensorflow-cpu", "tensorflow", "keras", "numpy", "opencv-python-headless")
"""Packages whose versions a run notes."""


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """A run folder; the name of the folder identifies the run."""

    folder: Path

    @property
    def id(self) -> str:
        """The run's name."""
        return self.folder.name

    @property
    def raw(self) -> Path:
        """The best model as training left it."""
        return self.folder / "uncalibrated.keras"

    @property
    def model(self) -> Path:
        """The best model, calibrated; it is there when training is finished."""
        return self.folder / WEIGHTS

    @property
    def split(self) -> Path:
        """The manifest of the split."""
        return self.folder / "split.json"

    @property
    def history(self) -> Path:
        """One JSON object per epoch and line."""
        return self.folder / "history.jsonl"

    @property
    def state(self) -> Path:
        """Where an unfinished training is, see `training.classifier.checkpoint`."""
        return self.folder / "unfinished" / "state.npz"

    @property
    def first(self) -> Path:
        """The best model of the first phase, while the second is unfinished."""
        return self.folder / "unfinished" / "first.keras"

    @property
    def board(self) -> Path:
        """Event files for TensorBoard."""
        return self.folder / "tensorboard"

    def recipe(self) -> Recipe:
        """The recipe this run was started with."""
        return Recipe.model_validate_json((self.folder / "recipe.json").read_bytes())

    def epochs(self) -> list[dict[str, float]]:
        """One row of figures per finished epoch."""
        if not self.history.exists():
            return []
        return [json.loads(line) for line in self.history.read_text().splitlines()]

    def add_epoch(self, row: Mapping[str, float]) -> None:
        """Adds the figures of an epoch; those of a later one come from before a kill and are dropped."""
        rows = [old for old in self.epochs() if old["epoch"] < row["epoch"]]
        text = "".join(json.dumps(one) + "\n" for one in (*rows, row))
        files.write_atomic(self.history, text.encode())

    def weights(self, given: str | None) -> str | None:
        """The backbone weights that this run was started with, which a resumed run need not name again.

        Args:
            given: What the command line says now.

        Returns:
            None where they are the recipe's own.
        """
        file = self.folder / "weights.json"
        if given is not None:
            # Absolute, because a run may be resumed from another folder.
            self.write(file.name, {"weights": str(Path(given).resolve()) if Path(given).exists() else given})
        found = json.loads(file.read_bytes())["weights"] if file.exists() else None
        return None if found is None else str(found)

    def hard_faces(self) -> dict[str, float]:
        """Weights of faces that an earlier round found hard, by key; empty where none were given."""
        file = self.folder / HARD_FACES
        return hard_faces.load(file) if file.exists() else {}

    def write(self, name: str, value: Any) -> None:
        """Writes a JSON file in one piece, so that a kill leaves no half file."""
        files.write_atomic(self.folder / name, (json.dumps(value, indent=2) + "\n").encode())


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What a training starts from, beside its faces and weights.

    Attributes:
        recipe: What to do.
        split: Which face is used for what.
        hard: Weights of faces by key, see `training.data.hard_faces`.
    """

    recipe: Recipe
    split: SplitManifest
    hard: Mapping[str, float] = field(default_factory=dict)


def start(base: Path, inputs: RunInputs) -> TrainingRun:
    """Makes the folder of a new run and writes down where it starts from."""
    while True:
        folder = base / f"{datetime.now():%Y%m%d-%H%M%S}-{inputs.recipe.name}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            time.sleep(0.1)  # another training began in this second
        else:
            return start_at(folder, inputs)


def start_at(folder: Path, inputs: RunInputs) -> TrainingRun:
    """Makes a run in a folder of this name; the recipe, which marks it as a run, is written last."""
    run = TrainingRun(folder)
    run.folder.mkdir(parents=True, exist_ok=True)
    run.write("split.json", inputs.split.model_dump(mode="json"))
    run.write("environment.json", _environment() | {"dataset_fingerprint": inputs.split.fingerprint})
    if inputs.hard:
        hard_faces.save(inputs.hard, folder / HARD_FACES)
    run.write("recipe.json", inputs.recipe.model_dump(mode="json"))
    return run


@contextmanager
def removed_unless_begun(run: TrainingRun) -> Iterator[None]:
    """Removes a new run's folder again where what it was given cannot be used and nothing was learnt yet."""
    try:
        yield
    except (ConfigError, ModelError):
        if not run.epochs() and not run.state.exists():
            shutil.rmtree(run.folder)
        raise


def reopen(folder: Path) -> TrainingRun:
    """A run that was interrupted.

    Raises:
        ConfigError: The folder is none of a run.
    """
    run = TrainingRun(folder)
    if not (folder / "recipe.json").exists() or not run.split.exists():
        raise ConfigError(f"{folder} is not the folder of a training run")
    return run


def open_or_start(folder: Path, inputs: RunInputs) -> TrainingRun:
    """The run of a recipe and a split in a folder of this name, interrupted or new.

    Raises:
        ConfigError: What is there was made with another recipe, other data or other weights of faces.
    """
    if not (folder / "recipe.json").exists():
        return start_at(folder, inputs)
    run = reopen(folder)
    if RunInputs(run.recipe(), SplitManifest.load(run.split), run.hard_faces()) != inputs:
        raise ConfigError(
            f"{folder} was made with another recipe, split or hard faces; name another folder with -o"
        )
    return run


def _environment() -> dict[str, str]:
    about = {"git": git_revision(), "python": platform.python_version(), "machine": platform.machine()}
    return about | installed_versions(PACKAGES)
