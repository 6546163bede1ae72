"""From configuration to the parts of the line."""

from __future__ import annotations

import os
import time
from pathlib import Path

from edge import bundle as bundles
from edge import config as configs
from edge.bundle import Bundle, trust
from edge.bundle.store import PACKAGED, Store
from edge.config import Config
from edge.errors import ModelError
from edge.pipeline.pipeline import Vision
from edge.tracking.evidence import Quality
from edge.tracking.tracker import Rules, Tracker
from edge.vision.classifier import TfliteClassifier
from edge.vision.detector import YuNetDetector

YUNET = "face_detection_yunet_2023mar.onnx"


def models_directory() -> Path:
    """Where fetched models are kept: a place of the system for root and for a service, else of the user."""
    state = os.environ.get("STATE_DIRECTORY", "/var/lib/maskgate" if os.geteuid() == 0 else "")
    if state:
        return Path(state.split(":")[0]) / "models"
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "maskgate" / "models"


def load_config(file: Path | None) -> Config:
    """The configuration in a file, or the defaults where none is named."""
    return Config() if file is None else configs.load(file)


def with_models(config: Config, bundle: Path | None, detector: Path | None) -> Config:
    """The configuration with the models that were named on the command line."""
    changes: dict[str, object] = {}
    if bundle is not None:
        changes["classifier"] = config.classifier.model_copy(update={"bundle": str(bundle)})
    if detector is not None:
        changes["detector"] = config.detector.model_copy(update={"model": str(detector)})
    return config.model_copy(update=changes)


def store() -> Store:
    """The bundles that were installed on this device."""
    return Store(models_directory() / "bundles")


def open_bundle(config: Config) -> Bundle:
    """The bundle that the configuration names, else the one in use, else the one that comes with the package.

    Raises:
        ModelError: It is damaged, or not signed as the configuration demands.
    """
    if config.classifier.bundle:
        return open_trusted(Path(config.classifier.bundle), config)
    installed = store()
    return open_trusted(installed.path(installed.current()), config)


def open_shipped() -> Bundle:
    """The bundle that comes with the package."""
    return bundles.load(store().path(PACKAGED))


def has_manifest(path: str) -> bool:
    """Whether something that means to be a bundle is at a path."""
    return (Path(path) / bundles.MANIFEST).exists()


def open_trusted(path: Path, config: Config) -> Bundle:
    """A bundle that is whole and that this device takes."""
    bundle = bundles.load(path)
    trust.check(bundle, config.classifier.trusted_keys)
    return bundle


def find_detector(config: Config, bundle: Bundle) -> Path:
    """The detector: the one configured, else the bundle's, else the one that was fetched.

    Raises:
        ModelError: There is none.
    """
    if config.detector.model:
        return Path(config.detector.model)
    if bundle.detector is not None:
        return bundle.detector
    fetched = models_directory() / YUNET
    if fetched.is_file():
        return fetched
    raise ModelError(
        f"{bundle.path} holds no face detector: run `maskgate models fetch`, or name a model of YuNet's "
        "kind with --detector or detector.model"
    )


def open_detector(config: Config, bundle: Bundle) -> YuNetDetector:
    """The detector, run once."""
    return YuNetDetector(find_detector(config, bundle), config.detector)


def open_classifier(config: Config, bundle: Bundle) -> TfliteClassifier:
    """The classifier, self-tested."""
    return TfliteClassifier(bundle, config.classifier.interpreter, config.classifier.threads)


def open_vision(config: Config, bundle: Bundle | None = None) -> Vision:
    """Both models in a row, of one bundle or of the one that the configuration means."""
    bundle = bundle or open_bundle(config)
    return Vision(open_detector(config, bundle), open_classifier(config, bundle), time.perf_counter)


def make_tracker(settings: configs.Verdict) -> Tracker:
    """A tracker with the configured rules."""
    return Tracker(
        Rules(
            quality=Quality(settings.min_face_px, settings.min_sharpness),
            presence_s=settings.presence_s,
            dwell_s=settings.dwell_s,
            revise_s=settings.revise_s,
            margin=settings.margin,
            undecided_s=settings.undecided_s,
            memory_s=settings.memory_s,
            gone_s=settings.gone_s,
        )
    )
