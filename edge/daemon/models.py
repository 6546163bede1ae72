"""Which bundle the daemon works with: the one in use, the one before it, or the shipped one."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass

from edge.bundle import Bundle, trust
from edge.bundle.store import MOST_ATTEMPTS, PACKAGED, open_bundle_store
from edge.bundle.trial import Trial, give_up
from edge.config import Config
from edge.daemon import factory
from edge.errors import MaskGateError, ModelError
from edge.pipeline.pipeline import Vision
from edge.types import Frame, FrameAnalysis

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """Models that were opened.

    Attributes:
        vision: They.
        trial: The bundle's trial; None where it is not one that was installed.
        problem: Why it is not the bundle that was wanted; empty where it is.
    """

    vision: Vision
    trial: Trial | None = None
    problem: str = ""


def choose(config: Config) -> LoadedModels:
    """Opens the bundle to work with; one that is damaged gives way to the shipped one, loudly.

    Raises:
        ModelError: The configuration names a place where no bundle is, or the shipped one cannot be used.
    """
    try:
        return choose_wanted(config)
    except ModelError as error:
        if config.classifier.bundle and not _is_bundle(config):
            raise
        problem = f"{error}; the bundle that comes with the package is in use instead"
        _log.error("%s", problem)
        return _shipped(config, problem)


def choose_wanted(config: Config) -> LoadedModels:
    """Opens the bundle that is configured or in use, going back from one that fails.

    Raises:
        ModelError: It is damaged, or cannot be used.
    """
    if config.classifier.bundle:
        return LoadedModels(factory.open_vision(config))
    store, failures = open_bundle_store(), Counter[str]()
    name = store.current()
    while name != PACKAGED:
        if store.record(name).failed or failures[name] >= MOST_ATTEMPTS:
            # A bundle that was given up in this run is not tried again, whatever the disk takes.
            given_up = give_up(store, name)
            name = PACKAGED if failures[given_up] >= MOST_ATTEMPTS else given_up
            continue
        trial = Trial(store, name)
        bundle = trust.open_trusted(store.path(name), config.classifier.trusted_keys)
        vision = _try(config, bundle, trial)
        if vision is not None:
            return LoadedModels(vision, trial, store.record(name).note)
        failures[name] += 1
    return _shipped(config, store.record(PACKAGED).note)


def _try(config: Config, bundle: Bundle, trial: Trial) -> Vision | None:
    """Opens a bundle; None where it failed and is on trial."""
    trial.begin()
    try:
        vision = factory.open_vision(config, bundle)
    except ModelError as error:
        if trial.over:
            raise
        _log.error("the new bundle %s cannot be used: %s", trial.name, error)
        return None
    trial.pause()
    return vision


def _shipped(config: Config, problem: str) -> LoadedModels:
    return LoadedModels(factory.open_vision(config, factory.open_shipped()), None, problem)


def _is_bundle(config: Config) -> bool:
    """Whether there is at least something at the place that the configuration names."""
    return factory.has_manifest(config.classifier.bundle)


class SupervisedVision:
    """The models at work: counts for the trial of a new bundle, and can be exchanged between two frames."""

    def __init__(self, choice: LoadedModels) -> None:
        self._choice = choice
        self._at_fault = False

    @property
    def model_version(self) -> str:
        """Version of the bundle that judges."""
        return self._choice.vision.model_version

    @property
    def problem(self) -> str:
        """Why it is not the bundle that was wanted; empty where it is."""
        return self._choice.problem

    def see(self, frame: Frame) -> FrameAnalysis:
        """Finds and judges the faces of a frame; whatever goes wrong here is the bundle's fault."""
        trial = self._choice.trial
        if trial is None:
            return self._choice.vision.see(frame)
        trial.begin()
        self._at_fault = True
        analysis = self._choice.vision.see(frame)
        self._at_fault = False
        trial.passed(len(analysis.observations), frame.monotonic)
        return analysis

    def rest(self) -> None:
        """Says that no frame comes, or no more: that is nobody's fault who is on trial."""
        if self._choice.trial is not None and not self._at_fault:
            self._choice.trial.pause()

    def change(self, choice: LoadedModels) -> None:
        """Goes on with other models."""
        self.rest()
        self._choice = choice


def choose_again(config: Config, eyes: SupervisedVision) -> str:
    """Takes the bundle that is in use by now; where that cannot be, the running one stays.

    Returns:
        Why it is not the one that was wanted; empty where it is.
    """
    eyes.rest()
    try:
        choice = choose_wanted(config)
    except MaskGateError as error:
        _log.error("%s; the running model %s stays", error, eyes.model_version)
        return f"{error}; the model that ran before stays"
    eyes.change(choice)
    _log.info("the model %s judges from now on", eyes.model_version)
    return choice.problem
