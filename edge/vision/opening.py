"""From configuration and bundle to the two models."""

from __future__ import annotations

from pathlib import Path

from edge.bundle import SHIPPED_DETECTOR, Bundle
from edge.bundle.download import YUNET
from edge.bundle.store import models_directory
from edge.config import Config
from edge.vision.classifier import TfliteClassifier
from edge.vision.detector import YuNetDetector


def find_detector(config: Config, bundle: Bundle) -> Path:
    """The detector: the one configured, else the bundle's, else one that was fetched, else the package's."""
    if config.detector.model:
        return Path(config.detector.model)
    if bundle.detector is not None:
        return bundle.detector
    fetched = models_directory() / YUNET
    return fetched if fetched.is_file() else SHIPPED_DETECTOR


def open_detector(config: Config, bundle: Bundle, *, with_low_scores: bool = False) -> YuNetDetector:
    """The detector, run once; it finds the faces that count, or those that only continue a pass too."""
    settings = config.detector
    least = min(settings.low_threshold, settings.score_threshold) if with_low_scores else None
    return YuNetDetector(find_detector(config, bundle), settings, least)


def open_classifier(config: Config, bundle: Bundle) -> TfliteClassifier:
    """The classifier, self-tested."""
    return TfliteClassifier(bundle, config.classifier.interpreter, config.classifier.threads)
