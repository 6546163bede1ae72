"""The side that sees, with the real models: how long a frame takes it, and how long until the lamp shows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from functools import cache

from edge.camera import open_recording
from edge.config import CameraConfig
from edge.demo import CLIP
from edge.pipeline.events import EventFactory, EventSource
from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.pipeline import Cycle, Reporter, Vision
from edge.spool import Spool
from edge.tracking.register import PassUpdate
from edge.types import Frame, Image, Lamp, Outcome, Presence
from tests.support.builders import verdict

FRAME_S = 1 / 15
PASS_EVERY = 5
"""Frames between two passes: three a second, more than a door sees and a slow broker takes."""

SCENES_APART = 12
"""Frames of the clip between two that are shown: enough of them to have people in some."""

OUTCOMES = (Outcome.NO_MASK, Outcome.COMPLIANT)

Fault = Callable[[], AbstractContextManager[None]]


@dataclass(slots=True)
class Times:
    """Seconds that each frame took, and seconds from a frame to the lamp that it changed."""

    frames: list[float] = field(default_factory=list)
    lamps: list[float] = field(default_factory=list)

    @property
    def frame_p99_ms(self) -> float:
        return round(statistics.quantiles(self.frames, n=100)[98] * 1000, 2)

    @property
    def lamp_mean_ms(self) -> float:
        return round(statistics.fmean(self.lamps) * 1000, 2)


class _Lamp:
    """Remembers when it was last switched."""

    def __init__(self) -> None:
        self.switched = 0.0

    def show(self, lamp: Lamp) -> None:
        self.switched = time.perf_counter()

    def close(self) -> None:
        pass


@cache
def _scenes() -> tuple[Image, ...]:
    """Frames of the clip that ships with the package."""
    frames = open_recording(CameraConfig(source=str(CLIP), pace="fast"), 0.0)
    with closing(frames):
        return tuple(frame.pixels.copy() for frame in frames if frame.index % SCENES_APART == 0)


class Watcher:
    """A vision side: its frames go through both models, its events into a spool, its verdicts to a lamp."""

    def __init__(self, vision: Vision, spool: Spool) -> None:
        events = EventFactory(EventSource("door", spool.epoch, "1", "1.0"), spool.last_sequence, lambda: True)
        self.times = Times()
        self._vision = vision
        self._lamp = _Lamp()
        self._reporter = Reporter(events, spool, self._lamp, LampPolicy(0.0))
        self._passes = 0
        self._scenes = _scenes()
        self._number = 0

    @property
    def passes(self) -> int:
        """Events that were decided."""
        return self._passes

    def watch(self, seconds: float) -> None:
        """Frames at 15 a second for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            took = self._look()
            time.sleep(max(FRAME_S - took, 0.0))

    def _look(self) -> float:
        self._number += 1
        began = time.perf_counter()
        frame = Frame(
            self._number, self._scenes[self._number % len(self._scenes)], began, float(self._number)
        )
        analysis = self._vision.analyze(frame)
        decides = self._number % PASS_EVERY == 0
        self._passes += decides
        verdicts = (verdict(number=self._passes),) if decides else ()
        # Somebody stands there in every frame; each pass has another outcome than the one before.
        present = (Presence(self._passes, OUTCOMES[self._passes % 2]),)
        self._reporter.report(Cycle(frame, analysis, PassUpdate(verdicts, present=present), 0.0))
        took = time.perf_counter() - began
        self.times.frames.append(took)
        if decides:
            self.times.lamps.append(self._lamp.switched - began)
        return took


def in_turn(
    troubled: Watcher, calm: Watcher, blocks: int, seconds: float, fault: Fault = nullcontext
) -> None:
    """Blocks of one watcher amid a fault and of another without it, so that other load meets both."""
    for _ in range(blocks):
        with fault():
            troubled.watch(seconds)
        calm.watch(seconds / 2)
