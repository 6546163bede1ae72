"""The bundle and the detector that config.toml names: on trial like what was installed."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from edge.bundle import Bundle
from edge.bundle.store import BundleStore
from edge.bundle.trial import renew
from edge.config import Config
from edge.daemon import factory

_log = logging.getLogger(__name__)


def detector_names(config: Config) -> tuple[str, ...]:
    """Under what name the trial of the configured detector is kept; nothing where none can be read."""
    if not config.detector.model:
        return ()
    try:
        with Path(config.detector.model).open("rb") as file:
            return (f"detector-{hashlib.file_digest(file, 'sha256').hexdigest()[:8]}",)
    except OSError:
        return ()


@dataclass(frozen=True, slots=True)
class ConfiguredModels:
    """What is left of the configured models without those that were tried in vain.

    Attributes:
        config: The configuration to go by.
        bundle: The configured bundle, opened and verified; None where none is configured or used.
        problem: What to say of what was left out; empty where nothing was.
    """

    config: Config
    bundle: Bundle | None
    problem: str


def without_failed(config: Config, store: BundleStore, libraries: str) -> ConfiguredModels:
    """Leaves out what was tried in vain.

    Args:
        config: What config.toml says.
        store: Where the records are.
        libraries: What runs the models, by version.

    Raises:
        ModelError: The configured bundle is damaged.
    """
    problems, bundle = [], None
    for name in detector_names(config):
        if problem := _failed(store, name, libraries, config.detector.model):
            problems.append(problem)
            config = config.model_copy(update={"detector": config.detector.model_copy(update={"model": ""})})
    if config.classifier.bundle:
        bundle = factory.open_bundle(config)
        if problem := _failed(store, bundle.name, libraries, config.classifier.bundle):
            problems.append(problem)
            bare = config.classifier.model_copy(update={"bundle": ""})
            config, bundle = config.model_copy(update={"classifier": bare}), None
    return ConfiguredModels(config, bundle, "; ".join(problems))


def _failed(store: BundleStore, name: str, libraries: str, configured: str) -> str:
    """Why something is not used any more; empty where it is."""
    renew(store, name, libraries)
    record = store.record(name)
    if not record.failed:
        return ""
    problem = (
        f"{configured} failed {record.attempts} times and is not used; name another one, or remove "
        f"{store.record_file(name)} to try it again"
    )
    _log.error("%s", problem)
    return problem
