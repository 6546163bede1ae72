"""A picture in, labels out: what the API answers, and the models that judge."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from pydantic import BaseModel

from edge.contract import LABELS, answer_text
from edge.pipeline.pipeline import Vision
from edge.system.image_files import decode_image
from edge.types import Box, Frame, FrameAnalysis, Observation

Shares = dict[str, float]


class PixelBox(BaseModel):
    """A face's place in pixels of the picture: its left upper corner and its size."""

    x: float
    y: float
    w: float
    h: float


class FacePrediction(BaseModel):
    """One face: `score` is the detector's, `probabilities` has a share for each label."""

    box: PixelBox
    score: float
    prediction: str
    confidence: float
    probabilities: Shares


class Prediction(BaseModel):
    """What the models say of a picture.

    `prediction`, `confidence` and `probabilities` are those of the largest face; null and empty where no
    face was found. `faces` are all that count, the largest first. `uncounted` is where a face may be that is
    too small or too unsure to count: whoever shows the picture pixelates it, too.
    """

    prediction: str | None
    confidence: float | None
    probabilities: Shares
    faces: list[FacePrediction]
    uncounted: list[PixelBox]
    width: int
    height: int
    model: str
    ms: float


class Predictor:
    """Judges pictures on several threads, each time with a pair of models that no other thread uses."""

    def __init__(self, make_vision: Callable[[], Vision], threads: int) -> None:
        self.threads = threads
        self._idle: SimpleQueue[Vision] = SimpleQueue()
        for _ in range(threads):
            self._idle.put(make_vision())

    def predict(self, data: bytes, name: str) -> Prediction:
        """Judges a picture.

        Args:
            data: A picture file's content.
            name: What sentences call it.

        Raises:
            SourceError: It is no picture, damaged, or too large.
        """
        started = time.perf_counter()
        frame = Frame(0, decode_image(data, name), 0.0, 0.0)
        with self._vision() as vision:
            analysis = vision.analyze(frame)
            return _prediction(frame, analysis, vision.model_version, time.perf_counter() - started)

    @contextmanager
    def _vision(self) -> Iterator[Vision]:
        vision = self._idle.get()
        try:
            yield vision
        finally:
            self._idle.put(vision)


def _prediction(frame: Frame, analysis: FrameAnalysis, model: str, seconds: float) -> Prediction:
    ordered = sorted(analysis.observations, key=lambda one: one.face.box.side, reverse=True)
    faces = [_face(observation) for observation in ordered]
    width, height = frame.size
    largest = faces[0] if faces else None
    return Prediction(
        prediction=largest.prediction if largest else None,
        confidence=largest.confidence if largest else None,
        probabilities=largest.probabilities if largest else {},
        faces=faces,
        uncounted=[_pixel_box(face.box) for face in analysis.uncounted],
        width=width,
        height=height,
        model=model,
        ms=round(seconds * 1000, 3),
    )


def _pixel_box(box: Box) -> PixelBox:
    return PixelBox(x=round(box.x, 1), y=round(box.y, 1), w=round(box.w, 1), h=round(box.h, 1))


def _face(observation: Observation) -> FacePrediction:
    return FacePrediction(
        box=_pixel_box(observation.face.box),
        score=round(observation.face.score, 4),
        prediction=answer_text(observation.answer),
        confidence=round(observation.share, 4),
        probabilities={
            str(label): round(share, 4)
            for label, share in zip(LABELS, observation.probabilities, strict=True)
        },
    )
