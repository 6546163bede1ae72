"""The models that can be tried: the shipped one, those that were named, and those of the runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

import numpy as np

from edge import bundle
from edge.config import Config
from edge.contract import face_crop
from edge.errors import ConfigError, ModelError
from edge.replay.still import StillJudge, StillPicture
from edge.replay.timeline import Timeline, timeline
from edge.self_test import self_test
from edge.types import Box, Image, Probabilities
from edge.vision.interpreter import TfliteModel
from training.classifier import stored
from training.classifier.run import WEIGHTS
from training.evaluation.evaluate import BUNDLE
from training.evaluation.report.heat import Heat, HeatMaker, occlusion_map
from training.workbench.network import NO_THRESHOLDS, NetworkClassifier

SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that can be chosen: what pages and API call it, a title for people, and its file or folder."""

    key: str
    title: str
    path: Path

    @property
    def is_network(self) -> bool:
        """Whether it is a float network and no bundle."""
        return stored.is_network(self.path)

    def written_ns(self) -> int:
        """When it was written, in nanoseconds; 0 where it has gone."""
        file = self.path / bundle.MANIFEST if self.path.is_dir() else self.path
        return file.stat().st_mtime_ns if file.exists() else 0


def find_models(named: Sequence[Path], runs: Path) -> tuple[ModelChoice, ...]:
    """All that can be tried: the shipped bundle, what was named, then the runs, the newest first.

    Args:
        named: Bundles, packed or as folders, networks, and run folders.
        runs: The folder of all runs; it may be missing.

    Raises:
        ModelError: Something that was named holds no model.
    """
    found = [ModelChoice(SHIPPED, "Shipped bundle", bundle.SHIPPED)]
    for path in named:
        inside = list(_models_in(path))
        if not inside:
            raise ModelError(f"{path} is neither a bundle nor a network nor a run folder with a {WEIGHTS}")
        found += inside
    folders = sorted(runs.iterdir(), reverse=True) if runs.is_dir() else []
    found += [one for folder in folders if folder.is_dir() for one in _models_in(folder)]
    return tuple({one.path.resolve(): one for one in reversed(found)}.values())[::-1]


def usual_bundle(found: Sequence[ModelChoice]) -> ModelChoice:
    """The bundle that was named first or won last, since it is the one in use; else the shipped one."""
    shipped, *others = (one for one in found if not one.is_network)
    return next(iter(others), shipped)


def _models_in(path: Path) -> Iterator[ModelChoice]:
    if path.is_file() or (path / bundle.MANIFEST).exists():
        kind = "network" if stored.is_network(path) else "bundle"
        yield ModelChoice(str(path), f"{_name(path)} ({kind})", path)
        return
    for file, kind in ((path / BUNDLE, "int8 bundle"), (path / WEIGHTS, "float network")):
        if file.exists():
            yield ModelChoice(str(file), f"{path.name} ({kind})", file)


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}" if path.name in (WEIGHTS, BUNDLE) else path.name


class HeatKind(StrEnum):
    """How a heat map is made."""

    GRAD_CAM = "Grad-CAM"
    OCCLUSION = "Occlusion"


class TriedModel:
    """A model that is open, with the detector that finds its faces. One thread at a time works with it."""

    def __init__(self, choice: ModelChoice, judge: StillJudge, size: int, heat: HeatMaker) -> None:
        """`size`: side of its crops; `heat`: from a crop and a label to a map of what speaks for it."""
        self.choice = choice
        self._judge = judge
        self._size = size
        self._heat = heat
        self._lock = threading.Lock()

    @property
    def title(self) -> str:
        """What it is called on the page: a bundle with its version."""
        version = "" if self.choice.is_network else f" {self._judge.vision.model_version}"
        return f"{self.choice.title}{version}"

    @property
    def thresholds(self) -> Probabilities:
        """Of each label, from which on it can be the answer."""
        return self._judge.thresholds

    @property
    def heat_kind(self) -> HeatKind:
        """Of its heat maps."""
        return HeatKind.GRAD_CAM if self.choice.is_network else HeatKind.OCCLUSION

    def look(self, picture: Image) -> StillPicture:
        """What a device with this model makes of a picture."""
        with self._lock:
            return self._judge.judge(picture)

    def heat(self, picture: Image, box: Box, label: int) -> Heat:
        """What in the crop of a face speaks for a label: (size, size), 0 to 1.

        Raises:
            ModelError: The network has no map of features.
        """
        with self._lock:
            return self._heat(face_crop(picture, box, self._size), label)

    def play(self, recording: Path, going_on: Callable[[float], bool]) -> Timeline:
        """What a device with this model makes of a recording; see `edge.replay.timeline`."""
        with self._lock:
            return timeline(self._judge.config, self._judge.vision, recording, going_on)


class ModelShelf:
    """Opens models when they are first used, and keeps them open until their files change."""

    def __init__(self, config: Config, named: Sequence[Path], runs: Path) -> None:
        """Raises `ModelError` where something that was named holds no model."""
        self._config = config
        self._named = tuple(named)
        self._runs = runs
        self._open: dict[str, tuple[int, TriedModel]] = {}
        self._opening = threading.Lock()
        find_models(named, Path())

    def choices(self) -> tuple[ModelChoice, ...]:
        """What there is now: runs come and go."""
        return find_models(self._named, self._runs)

    def open(self, key: str) -> TriedModel:
        """A model by its key.

        Raises:
            ConfigError: There is none of that key.
            ModelError: It cannot be used.
        """
        choice = next((one for one in self.choices() if one.key == key), None)
        if choice is None:
            raise ConfigError(f"there is no model {key}; choose one of the list")
        with self._opening:
            written = choice.written_ns()
            if key not in self._open or self._open[key][0] != written:
                self._open[key] = written, _open(choice, self._config)
            return self._open[key][1]


def _open(choice: ModelChoice, config: Config) -> TriedModel:
    if choice.is_network:
        classifier = NetworkClassifier.open(choice.path)
        shipped = bundle.load(bundle.SHIPPED)
        judge = StillJudge.of_classifier(config, shipped, classifier, NO_THRESHOLDS)
        return TriedModel(choice, judge, classifier.size, classifier.heat)
    # An open model stays readable when the place where its bundle was unpacked is gone.
    with bundle.opened(choice.path) as found:
        if choice.key != SHIPPED:
            self_test.survive(found, config)
        # One of its own: the judge's is not for crops.
        model = TfliteModel(found.classifier)
        judge = StillJudge.of_bundle(config, found)
    return TriedModel(choice, judge, model.size, partial(_occlusion, model))


def _occlusion(model: TfliteModel, crop: Image, label: int) -> Heat:
    return occlusion_map(lambda crops: np.stack([model.probabilities(one) for one in crops]), crop, label)
