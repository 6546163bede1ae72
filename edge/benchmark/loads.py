"""What the pipeline costs while nobody is there, while people pass, and with a crowd that stands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from edge.camera import open_recording
from edge.config import CameraConfig, Config
from edge.daemon.factory import make_register, make_tracker, open_bundle
from edge.pipeline.attention import Attention
from edge.pipeline.pipeline import Cycle, Pipeline, Vision
from edge.types import Frame, Image, NotDue
from edge.vision.opening import open_classifier, open_detector

FPS = 15
LEAD_S = 2.5
"""Until everybody has a verdict, and an empty entrance is at rest; not measured."""
MEASURED_S = 4.0
NOISE = 3.0
"""Standard deviation of a sensor's noise in grey levels."""
MOST_FRAMES = 300
LOADS = 3


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """Milliseconds of processor time for each second of video with 15 frames.

    Attributes:
        load: What was to be seen.
        faces: Faces in a frame, on average.
        every_frame_ms: Where every frame is looked at.
        adaptive_ms: Where less is looked at, as `detector.adaptive` has it.
    """

    load: str
    faces: float
    every_frame_ms: float
    adaptive_ms: float


class Still:
    """A source that shows the same scene for a while, with other noise each time."""

    busy_s, given_up = 0.0, ""

    def __init__(self, scene: Image) -> None:
        random = np.random.default_rng(1)
        noises = (random.normal(0, NOISE, scene.shape) for _ in range(4))
        self._pictures = [np.clip(scene + noise, 0, 255).astype(np.uint8) for noise in noises]

    def __iter__(self) -> Iterator[Frame | NotDue]:
        for number in range(round((LEAD_S + MEASURED_S) * FPS)):
            yield Frame(number, self._pictures[number % 4], number / FPS, number / FPS)

    def rest(self, resting: bool) -> None:
        """Changes nothing."""

    def close(self) -> None:
        """Nothing to give back."""


class Clip:
    """A source that plays pictures at `FPS`."""

    busy_s, given_up = 0.0, ""

    def __init__(self, pictures: Sequence[Image]) -> None:
        self._pictures = pictures

    def __iter__(self) -> Iterator[Frame | NotDue]:
        for number, picture in enumerate(self._pictures):
            yield Frame(number, picture, number / FPS, number / FPS)

    def rest(self, resting: bool) -> None:
        """Changes nothing."""

    def close(self) -> None:
        """Nothing to give back."""


def measure_loads(
    settings: Config, source: Path, progress: Callable[[int], None] = lambda _: None
) -> tuple[LoadFigures, ...]:
    """Measures an empty entrance, the recording, and a crowd: its fullest frame four times over.

    Args:
        settings: The models, and how they are used.
        source: The recording.
        progress: Called with the number of loads measured since the last call.

    Raises:
        SourceError: The recording cannot be read.
    """
    bundle = open_bundle(settings)
    detector, classifier = open_detector(settings, bundle), open_classifier(settings, bundle)
    vision = Vision(detector, classifier, time.perf_counter)
    pictures = _pictures(source)
    fullest = max(pictures, key=lambda picture: len(vision.analyze(Frame(0, picture, 0.0, 0.0)).observations))
    scenes: dict[str, tuple[Callable[[], Still | Clip], float]] = {
        "nobody": (lambda: Still(np.full_like(fullest, 110)), LEAD_S),
        "passes": (lambda: Clip(pictures), 0.0),
        "crowd": (lambda: Still(np.tile(fullest, (2, 2, 1))), LEAD_S),
    }
    found = []
    for load, (make, lead_s) in scenes.items():
        faces, every_frame_ms = _measure(_pipeline(settings, vision, make(), None), lead_s)
        _, adaptive_ms = _measure(_pipeline(settings, vision, make(), Attention()), lead_s)
        found.append(LoadFigures(load, round(faces, 1), round(every_frame_ms, 1), round(adaptive_ms, 1)))
        progress(1)
    return tuple(found)


def _pipeline(
    settings: Config, vision: Vision, source: Still | Clip, attention: Attention | None
) -> Pipeline:
    tracker, register = make_tracker(settings.verdict), make_register(settings.entrance)
    return Pipeline(source, vision, tracker, time.perf_counter, register, attention)


def _pictures(source: Path) -> list[Image]:
    recording = CameraConfig(pace="fast").model_copy(update={"source": str(source)})
    with closing(open_recording(recording, 0.0)) as frames:
        found = (item.pixels.copy() for item in frames if isinstance(item, Frame))
        return list(islice(found, MOST_FRAMES))


def _measure(pipeline: Pipeline, lead_s: float) -> tuple[float, float]:
    """Faces in a frame that was looked at, and milliseconds of processor time for each second of video."""
    began = time.process_time()
    faces, looked, frames = 0, 0, 0
    for cycle in pipeline.cycles(lambda: False):
        if not isinstance(cycle, Cycle):
            continue
        if cycle.moment.monotonic < lead_s:
            began = time.process_time()
            continue
        frames += 1
        if cycle.analysis is not None:
            looked += 1
            faces += len(cycle.analysis.counted)
    used_s = time.process_time() - began
    return faces / max(looked, 1), 1000 * used_s * FPS / max(frames, 1)
