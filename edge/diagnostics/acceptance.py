"""What an installer tries before signing off: camera, lamp, buzzer, relay."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

from edge.camera import open_source
from edge.config import Config
from edge.contract import Cropper
from edge.daemon.factory import open_bundle
from edge.diagnostics.finding import Finding, fault, fault_by, ok, skipped
from edge.errors import IndicatorError, MissingPackageError, SourceError
from edge.indicator import open_indicator, open_relay
from edge.pipeline.ports import FaceDetector, FrameSource, Relay
from edge.scene.sight import SightMeter, face_sight
from edge.types import Blind, FaceSight, Frame, Lamp, Sight
from edge.vision.opening import open_detector

Ask = Callable[[str], bool | None]
"""Asks a person: yes, no, or nobody is there to ask."""

PATIENCE_S = 15.0
"""For the first picture."""
RENEW_S = 0.2
LAMPS = (
    (Lamp.GREEN, "green"),
    (Lamp.AMBER, "amber"),
    (Lamp.RED, "red"),
)
WIRING = "see the wiring in docs/install-pi.md, and lamp.pins"


def see(config: Config, seconds: float) -> Sight:
    """What the configured camera sees.

    Raises:
        SourceError: It gives no picture, or cannot be read.
        ModelError: The detector cannot be used.
        MissingPackageError: What the camera needs is not installed.
    """
    bundle = open_bundle(config)
    detector = open_detector(config, bundle)
    source = open_source(config.camera, time.time(), config.detector.long_side)
    try:
        return look(source, detector, Cropper(bundle.manifest.input.size), seconds)
    finally:
        source.close()


def look(source: FrameSource, detector: FaceDetector, cropper: Cropper, seconds: float) -> Sight:
    """What a source shows for so many seconds, or until it ends.

    Raises:
        SourceError: It gives no picture.
    """
    meter, sight, first, reason = SightMeter(math.inf), None, math.inf, "it has no pictures"
    deadline = time.monotonic() + PATIENCE_S
    for item in source:
        if isinstance(item, Frame):
            first = min(first, item.monotonic)
            sight = meter.take(item, (_largest(item, detector, cropper),))
            if item.monotonic - first >= seconds:
                break
        elif isinstance(item, Blind):
            reason = item.reason
            if time.monotonic() > deadline:
                break
    if sight is None:
        raise SourceError(reason)
    return sight


def _largest(frame: Frame, detector: FaceDetector, cropper: Cropper) -> FaceSight | None:
    found = detector.detect(frame)
    if not found:
        return None
    cropper.crop(frame.pixels, found[0].box)
    return face_sight(frame, found[0].box, cropper.sharpness())


def lamps(config: Config, ask: Ask) -> Iterator[Finding]:
    """Lights one lamp after the other; red sounds the buzzer."""
    if config.lamp.kind != "gpio":
        yield skipped("lamp", f"lamp.kind is {config.lamp.kind}")
        return
    try:
        indicator = open_indicator(config.lamp)
    except (IndicatorError, MissingPackageError) as error:
        yield fault_by("lamp", error, WIRING)
        return
    try:
        for lamp, name in LAMPS:
            indicator.show(lamp)
            buzzer = lamp is Lamp.RED and config.lamp.pins.buzzer is not None
            question = f"Is {name} lit, and no other lamp{', and did the buzzer sound' if buzzer else ''}?"
            yield _answered(f"lamp {name}", ask(question), WIRING)
    finally:
        indicator.close()


def relay(config: Config, ask: Ask) -> Iterator[Finding]:
    """Energises the relay once, where somebody says that the way is clear."""
    if config.relay.pin is None:
        yield skipped("relay", "relay.pin is not set")
        return
    seconds = min(config.relay.pulse_s, config.relay.longest_s)
    if not ask(f"The relay is energised for {seconds:g} s. Is the way clear?"):
        yield skipped("relay", "nobody said that the way is clear")
        return
    try:
        opened = open_relay(config.relay)
    except (IndicatorError, MissingPackageError) as error:
        yield fault_by("relay", error, "see the wiring in docs/install-pi.md, and relay.pin")
        return
    if opened is not None:
        _pulse(opened, seconds)
    yield _answered("relay", ask("Did door or turnstile let go, and close again?"), "see its wiring")


def _pulse(opened: Relay, seconds: float) -> None:
    end = time.monotonic() + seconds
    try:
        opened.begin()
        while time.monotonic() < end:
            time.sleep(RENEW_S)
            opened.renew()
    finally:
        opened.close()


def _answered(check: str, answer: bool | None, fix: str) -> Finding:
    if answer is None:
        return skipped(check, "nobody was asked")
    return ok(check, "confirmed") if answer else fault(check, "not as it should be", fix)
