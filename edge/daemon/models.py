"""Which bundle the daemon works with: the one in use, the one before it, or the shipped one."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from edge.bundle import SHIPPED, Bundle, trust
from edge.bundle.store import MOST_ATTEMPTS, PACKAGED, BundleStore, open_bundle_store
from edge.bundle.trial import LOCK_WAIT_S, Trial, give_up, renew
from edge.config import Config
from edge.daemon import factory
from edge.daemon.configured_models import detector_names, without_failed
from edge.daemon.service import Problem, Service, attempt
from edge.errors import MaskGateError, ModelError
from edge.pipeline.pipeline import Vision
from edge.self_test.self_test import self_test
from edge.types import Box, Frame, FrameAnalysis
from edge.vision.libraries import libraries

RELOAD_WAIT_S = 0.5
"""How long a reload waits for another process, since the loop waits with it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadedModels:
    """Models that were opened.

    Attributes:
        vision: Both of them, in a row.
        trial: The trial of bundle and detector; None where both are the shipped ones.
        problem: Why it is not the bundle that was wanted; empty where it is.
    """

    vision: Vision
    trial: Trial | None = None
    problem: str = ""


def load_models(config: Config, *, on_trial: bool = True) -> LoadedModels:
    """Opens the bundle to work with; one that is damaged gives way to the shipped one, loudly.

    Args:
        config: What config.toml says.
        on_trial: Whether this is an attempt with a new bundle; else nothing is written.

    Raises:
        ModelError: The configuration names a place where no bundle is, or the shipped one cannot be used.
    """
    try:
        return load_wanted_models(config) if on_trial else LoadedModels(factory.open_vision(config))
    except ModelError as error:
        # A wrong path is for its owner to correct; a damaged bundle must not stop the daemon.
        if config.classifier.bundle and not _is_bundle(config):
            raise
        problem = f"{error}; the bundle that comes with the package is in use instead"
        _log.error("%s", problem)
        return _shipped(config, problem)


def load_wanted_models(config: Config, wait_s: float = LOCK_WAIT_S) -> LoadedModels:
    """Opens the bundle that is configured or in use, going back from one that fails.

    Args:
        config: What config.toml says.
        wait_s: How long it waits for another process that is changing the bundles.

    Raises:
        ModelError: It is damaged, or cannot be used.
    """
    store, versions = open_bundle_store(), libraries(config.classifier.interpreter)
    wanted = without_failed(config, store, versions)
    if wanted.bundle is not None:
        trial = Trial(store, *detector_names(wanted.config), wanted.bundle.name)
        loaded = LoadedModels(_open(wanted.config, wanted.bundle, trial), trial)
    else:
        loaded = _load_installed(wanted.config, store, versions, wait_s)
    return replace(loaded, problem=wanted.problem or loaded.problem)


def _load_installed(config: Config, store: BundleStore, versions: str, wait_s: float) -> LoadedModels:
    """Opens the bundle in use, or what was before it."""
    failures = Counter[str]()
    name = store.current()
    while name != PACKAGED:
        renew(store, name, versions)
        if store.record(name).failed or failures[name] >= MOST_ATTEMPTS:
            # A bundle that was given up in this run is not tried again, whatever the disk takes.
            given_up = give_up(store, name, wait_s)
            name = PACKAGED if failures[given_up] >= MOST_ATTEMPTS else given_up
            continue
        trial = Trial(store, *detector_names(config), name)
        bundle = trust.open_trusted(store.path(name), config.classifier.trusted_keys)
        try:
            vision = _open(config, bundle, trial)
        except ModelError as error:
            if trial.proven or trial.name != name:
                raise
            trial.begin()
            _log.error("the new bundle %s cannot be used: %s", name, error)
            failures[name] += 1
            continue
        return LoadedModels(vision, trial, store.record(name).note)
    return _shipped(config, store.record(PACKAGED).note)


def _open(config: Config, bundle: Bundle, trial: Trial | None) -> Vision:
    """Opens the models; an attempt is left on the disk only if the process ends meanwhile."""
    if trial is None:
        return factory.open_vision(config, bundle)
    trial.begin()
    try:
        return factory.open_vision(config, bundle)
    finally:
        trial.pause()


def _shipped(config: Config, problem: str) -> LoadedModels:
    names = detector_names(config)
    trial = Trial(open_bundle_store(), *names) if names else None
    return LoadedModels(_open(config, factory.open_shipped(), trial), trial, problem)


def _is_bundle(config: Config) -> bool:
    """Whether there is at least something at the place that the configuration names."""
    return factory.has_manifest(config.classifier.bundle)


def examine_models(config: Config) -> Iterator[Problem]:
    """What would keep the models from being opened; counts no attempt."""
    classifier, detector = config.classifier, config.detector
    keys = [
        p
        for key in classifier.trusted_keys
        for p in attempt("classifier.trusted_keys", partial(trust.open_keys, (key,)))
    ]
    yield from keys
    found: list[Problem] = []
    if detector.model:
        found += attempt("detector.model", lambda: self_test(factory.open_shipped(), config))
        yield from found
    # What was found already is not found in the bundle once more.
    rest = config.model_copy(
        update={
            "classifier": classifier.model_copy(update={"trusted_keys": ()}) if keys else classifier,
            "detector": detector.model_copy(update={"model": ""}) if found else detector,
        }
    )
    yield from attempt("classifier.bundle", lambda: _examine_bundle(rest))


def _examine_bundle(config: Config) -> None:
    """Tries what was installed or configured in a process of its own, before this one opens it."""
    try:
        bundle = factory.open_bundle(config)
    except ModelError:
        pass  # The daemon would go back from it.
    else:
        if bundle.path.resolve() != SHIPPED.resolve():
            self_test(bundle, config)
    load_models(config, on_trial=False)


class SupervisedVision:
    """Analyzes frames for the trial of a new bundle; its models can be exchanged between two frames."""

    def __init__(self, models: LoadedModels) -> None:
        self._models = models
        self._at_fault = False

    @property
    def model_version(self) -> str:
        """Version of the bundle that judges."""
        return self._models.vision.model_version

    @property
    def problem(self) -> str:
        """Why it is not the bundle that was wanted; empty where it is."""
        return self._models.problem

    def analyze(self, frame: Frame, standing: tuple[Box, ...] = ()) -> FrameAnalysis:
        """Finds and judges the faces of a frame; whatever goes wrong here is the bundle's fault."""
        trial = self._models.trial
        if trial is None:
            return self._models.vision.analyze(frame, standing)
        trial.begin()
        # Stays set where `analyze` raises, so that `pause` does not take the attempt back.
        self._at_fault = True
        analysis = self._models.vision.analyze(frame, standing)
        self._at_fault = False
        trial.passed(len(analysis.observations), frame.monotonic)
        return analysis

    def pause(self) -> None:
        """Takes back the attempt that is under way: no frame comes, which is not the bundle's fault."""
        if self._models.trial is not None and not self._at_fault:
            self._models.trial.pause()

    def change(self, models: LoadedModels) -> None:
        """Goes on with other models."""
        self.pause()
        self._models = models


def reload_models(config: Config, vision: SupervisedVision) -> str:
    """Takes the bundle that is in use by now; where that cannot be, the running one stays.

    Returns:
        Why it is not the one that was wanted; empty where it is.
    """
    # What loading another bundle brings about is not the fault of the running one.
    vision.pause()
    try:
        models = load_wanted_models(config, RELOAD_WAIT_S)
    except MaskGateError as error:
        _log.error("%s; the running model %s stays", error, vision.model_version)
        return f"{error}; the model that ran before stays"
    vision.change(models)
    _log.info("the model %s judges from now on", vision.model_version)
    return models.problem


class ModelService(Service):
    """Holds the models.

    Attributes:
        vision: They, from `start` on.
    """

    vision: SupervisedVision

    def __init__(self, config: Config) -> None:
        self._config = config

    def examine(self) -> Iterator[Problem]:
        """What is wrong with keys, bundle, interpreter and detector."""
        yield from examine_models(self._config)

    def start(self) -> None:
        """Loads the bundle to work with.

        Raises:
            ModelError: There is none that can be used.
        """
        self.vision = SupervisedVision(load_models(self._config))

    def status(self) -> str:
        """Why it is not the bundle that was wanted; nothing where it is."""
        return self.vision.problem

    def stop(self) -> None:
        """Takes back the attempt that is under way: being stopped is not the bundle's fault."""
        self.vision.pause()
