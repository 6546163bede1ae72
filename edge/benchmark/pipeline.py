"""How fast the pipeline runs beside the model calls alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge import contract
from edge.bundle import Bundle
from edge.camera import open_recording
from edge.config import CameraConfig, Config
from edge.daemon.factory import make_register, make_tracker, open_bundle, open_vision
from edge.indicator import NullIndicator
from edge.pipeline.events import EventFactory, EventSource
from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.pipeline import Cycle, Pipeline, Reporter, Vision
from edge.pipeline.ports import NoOutbox
from edge.system.native_output import quiet_opencv
from edge.system.native_path import native_path
from edge.types import Face, Frame, Image, NotDue
from edge.vision.detector import YuNetDetector
from edge.vision.interpreter import find_runtime
from edge.vision.opening import find_detector, open_detector

ROUNDS = 10
MOST_FRAMES = 150
"""Frames of each round: many short rounds find every frame's best sooner than few long ones."""


class BaselineModels:
    """The model calls alone, on inputs prepared beforehand: what the pipeline is measured against."""

    def __init__(self, settings: Config, bundle: Bundle) -> None:
        quiet_opencv()
        threshold = settings.detector.score_threshold
        _, interpreter = find_runtime(settings.classifier.interpreter)
        with (
            native_path(find_detector(settings, bundle)) as detector,
            native_path(bundle.classifier) as classifier,
        ):
            self._network = cv2.FaceDetectorYN.create(detector, "", (320, 320), threshold)
            self._interpreter = interpreter(model_path=classifier, num_threads=settings.classifier.threads)
        self._interpreter.allocate_tensors()
        self._input: dict[str, Any] = self._interpreter.get_input_details()[0]
        self._long_side = settings.detector.long_side

    def run(self, frame: Frame, faces: tuple[Face, ...]) -> float:
        """Seconds that the model calls take for one frame and its faces."""
        small = self._prepared(frame)
        size = int(self._input["shape"][1])
        # Before the clock starts: cutting is work of the pipeline.
        crops = [contract.face_crop(frame.pixels, face.box, size)[np.newaxis] for face in faces]
        self._network.setInputSize((small.shape[1], small.shape[0]))
        started = time.perf_counter()
        self._network.detect(small)
        for crop in crops:
            self._interpreter.set_tensor(self._input["index"], crop)
            self._interpreter.invoke()
        return time.perf_counter() - started

    def _prepared(self, frame: Frame) -> Image:
        scale = min(1.0, self._long_side / max(frame.size))
        size = round(frame.size[0] * scale), round(frame.size[1] * scale)
        small = np.empty((size[1], size[0], 3), np.uint8)
        contract.resize_into(frame.pixels, small)
        return small


class BaselineFirst:
    """A recording of which the baseline gets each frame before the pipeline does."""

    busy_s, given_up = 0.0, ""

    def __init__(
        self, frames: Iterator[Frame | NotDue], detector: YuNetDetector, baseline: BaselineModels
    ) -> None:
        self._frames = frames
        self._detector = detector
        self._baseline = baseline
        self.seconds: list[float] = []

    def __iter__(self) -> Iterator[Frame | NotDue]:
        for moment in self._frames:
            if isinstance(moment, Frame):
                # Its faces are found apart, since the pipeline gets the frame only afterwards.
                self.seconds.append(self._baseline.run(moment, self._detector.detect(moment)))
            yield moment

    def rest(self, resting: bool) -> None:
        """Changes nothing."""

    def close(self) -> None:
        """Nothing to give back."""


@dataclass(frozen=True, slots=True)
class StageTiming:
    """Time of one stage over all frames, in milliseconds."""

    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class PipelineFigures:
    """What a bench run found of the pipeline's speed.

    `bare` are the model calls alone. `overhead_ratio` is the pipeline's time over theirs, both summed
    over the frames, each frame at its best of the rounds, measured alternately on the same frames.
    """

    detect: StageTiming
    classify: StageTiming
    rest: StageTiming
    pipeline: StageTiming
    bare: StageTiming
    frames: int
    faces_per_frame: float
    fps: float
    overhead_ratio: float


def measure_pipeline(
    settings: Config, source: Path, progress: Callable[[int], None] = lambda _: None
) -> PipelineFigures:
    """Runs a recording `ROUNDS` times through the pipeline and the baseline, frame by frame in turn.

    Args:
        settings: The models, and how they are used.
        source: The recording.
        progress: Called with the number of rounds done since the last call.

    Raises:
        SourceError: The recording cannot be read.
    """
    bundle = open_bundle(settings)
    detector = open_detector(settings, bundle)
    vision = open_vision(settings, bundle)
    baseline = BaselineModels(settings, bundle)
    recording = CameraConfig(pace="fast").model_copy(update={"source": str(source)})
    rounds = []
    for _ in range(ROUNDS):
        with closing(open_recording(recording, 0.0)) as frames:
            rounds.append(
                _round(settings, vision, BaselineFirst(islice(frames, MOST_FRAMES), detector, baseline))
            )
        progress(1)
    return _figures(_best(np.array(rounds)))


def _best(rounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each frame at its best: what the machine can do, without what else it did meanwhile.

    Args:
        rounds: (rounds, frames, 5) as `_round` gives them.

    Returns:
        (frames, 5): the round with the fastest pipeline, and beside it the fastest baseline.
    """
    fastest = rounds[:, :, 2].argmin(axis=0)
    best: NDArray[np.float64] = rounds[fastest, np.arange(rounds.shape[1])]
    best[:, 3] = rounds[:, :, 3].min(axis=0)
    return best


def _round(settings: Config, vision: Vision, source: BaselineFirst) -> NDArray[np.float64]:
    """Times of one round.

    Returns:
        (frames, 5) seconds: detection, classification, the whole pipeline, the baseline; number of faces.
    """
    tracker = make_tracker(settings.verdict)
    events = EventFactory(EventSource("bench", "bench", "1", vision.model_version), 0, lambda: False)
    reporter = Reporter(events, NoOutbox(), NullIndicator(), LampPolicy(settings.lamp.hold_s))
    rows = []
    register = make_register(settings.entrance)
    for cycle in Pipeline(source, vision, tracker, time.perf_counter, register).cycles(lambda: False):
        if not isinstance(cycle, Cycle):
            continue
        started = time.perf_counter()
        reporter.report(cycle)
        total = cycle.total_s + time.perf_counter() - started
        # The last cycle closes the passes, and has no frame.
        if cycle.analysis is not None:
            analysis = cycle.analysis
            row = (
                analysis.detect_s,
                analysis.classify_s,
                total,
                source.seconds[-1],
                len(analysis.observations),
            )
            rows.append(row)
    return np.array(rows)


def _figures(best: NDArray[np.float64]) -> PipelineFigures:
    detect, classify, total, baseline, faces = best.T
    return PipelineFigures(
        detect=_stage(detect),
        classify=_stage(classify),
        rest=_stage(total - detect - classify),
        pipeline=_stage(total),
        bare=_stage(baseline),
        frames=len(best),
        faces_per_frame=round(float(faces.mean()), 2),
        fps=round(1 / float(total.mean()), 1),
        overhead_ratio=round(float(total.sum() / baseline.sum()), 3),
    )


def _stage(seconds: NDArray[np.float64]) -> StageTiming:
    p50, p95 = np.percentile(seconds * 1000, (50, 95))
    return StageTiming(round(float(p50), 3), round(float(p95), 3))
