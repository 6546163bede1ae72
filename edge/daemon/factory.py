"""From configuration to the parts of the side that sees."""

from __future__ import annotations

import time
from pathlib import Path

from edge import bundle as bundles
from edge.bundle import Bundle
from edge.bundle.store import PACKAGED, open_bundle_store
from edge.bundle.trust import open_trusted
from edge.config import Config, EntranceConfig, VerdictConfig
from edge.errors import ModelError
from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.lamp_schedule import LampSchedule
from edge.pipeline.pipeline import FaceRules, Vision
from edge.system.local_time import LocalTime, WeeklyTime
from edge.tracking.entrance import EntryLine, Side
from edge.tracking.evidence import FaceQuality
from edge.tracking.passes import TrackerRules
from edge.tracking.register import EntranceRules, PassRegister
from edge.tracking.tracker import Tracker
from edge.vision.detector import YuNetDetector
from edge.vision.live_view import LONG_SIDE, LiveView
from edge.vision.opening import find_detector, open_classifier, open_detector
from edge.vision.view_painter import LEAST_SCORE, ViewPainter


def open_bundle(config: Config) -> Bundle:
    """The bundle that the configuration names, else the one in use, else the one that comes with the package.

    Raises:
        ModelError: It is damaged, or not signed as the configuration demands.
    """
    if config.classifier.bundle:
        return open_trusted(Path(config.classifier.bundle), config.classifier.trusted_keys)
    installed = open_bundle_store()
    return open_trusted(installed.path(installed.current()), config.classifier.trusted_keys)


def open_shipped() -> Bundle:
    """The bundle that comes with the package."""
    return bundles.load(open_bundle_store().path(PACKAGED))


def has_manifest(path: str) -> bool:
    """Whether something that means to be a bundle is at a path."""
    return (Path(path) / bundles.MANIFEST).exists()


def open_vision(config: Config, bundle: Bundle | None = None) -> Vision:
    """Both models in a row, of one bundle or of the one that the configuration means."""
    bundle = bundle or open_bundle(config)
    detector = open_detector(config, bundle, with_low_scores=True)
    rules = FaceRules(config.detector.score_threshold, config.entrance.area)
    return Vision(detector, open_classifier(config, bundle), time.perf_counter, rules)


def make_live_view(config: Config) -> LiveView:
    """The live view, off."""
    return LiveView(lambda: open_view_painter(config), allowed=config.web.live_view)


def open_view_painter(config: Config) -> ViewPainter:
    """What makes the pictures of the live view, with the detector of the bundle in use, or the shipped one.

    Raises:
        ModelError: The detector cannot be used.
    """
    # Larger than the daemon's own, so that small faces are found, too.
    settings = config.detector.model_copy(update={"long_side": max(LONG_SIDE, config.detector.long_side)})
    try:
        bundle = open_bundle(config)
    except ModelError:
        bundle = open_shipped()
    detector = YuNetDetector(find_detector(config, bundle), settings, LEAST_SCORE)
    return ViewPainter(detector, config.entrance.area, entry_line(config.entrance))


def make_tracker(config: VerdictConfig) -> Tracker:
    """A tracker with the configured rules: each key of the section is a rule of the same name."""
    rules = config.model_dump()
    quality = FaceQuality(rules.pop("min_face_px"), rules.pop("min_sharpness"))
    return Tracker(TrackerRules(quality, **rules))


def make_lamp_policy(config: Config) -> LampPolicy:
    """What the lamp shows, and when it rests."""
    schedule = config.schedule
    quiet, exempt = (tuple(map(WeeklyTime.parse, times)) for times in (schedule.quiet, schedule.exempt))
    local = LocalTime(config.device.timezone)
    return LampPolicy(config.lamp.hold_s, LampSchedule(local, quiet, exempt, schedule.exempt_area))


def make_register(config: EntranceConfig) -> PassRegister:
    """A register of the passes at the configured entrance."""
    return PassRegister(EntranceRules(entry_line(config), config.still_s))


def entry_line(config: EntranceConfig) -> EntryLine | None:
    """The configured entry line, in shares of the picture; None where there is none."""
    return EntryLine(config.line[0], config.line[1], Side(config.inside)) if config.line else None
