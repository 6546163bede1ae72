"""A still picture through the daemon's models and tracker: what it makes of each face, and why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from edge.bundle import Bundle
from edge.config import Config
from edge.contract import LABELS, answer_text
from edge.daemon.factory import make_tracker, open_vision
from edge.pipeline.pipeline import FaceRules, Vision
from edge.pipeline.ports import MaskClassifier
from edge.tracking.evidence import FULL, FaceQuality
from edge.types import Face, Frame, Image, Observation, Outcome, Probabilities
from edge.vision.opening import open_detector

STEP_S = 0.1
"""Between two frames of a person who stands still: ten a second, as a Raspberry Pi sees them."""


@dataclass(frozen=True, slots=True)
class StillFace:
    """What the daemon would make of a face if it stayed before the camera as it is in the picture.

    Attributes:
        observation: What the models say of it.
        quality: How much such a frame counts for a verdict, 0 to 1.
        verdict: The first verdict on somebody who is seen like this.
        after_s: Seconds from the first sight to that verdict.
        reasons: Sentences on what keeps the frame from counting, or the answer from being one.
    """

    observation: Observation
    quality: float
    verdict: Outcome
    after_s: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StillPicture:
    """The faces of a picture, the largest first, and those that do not count."""

    faces: tuple[StillFace, ...]
    uncounted: tuple[Face, ...]


class StillJudge:
    """Judges pictures as a device does that has these models and this configuration. Used by one thread."""

    def __init__(self, config: Config, vision: Vision, thresholds: Probabilities) -> None:
        """`thresholds`: those that the models answer by, for the reasons."""
        self.config = config
        self.vision = vision
        self.thresholds = thresholds
        self.quality = FaceQuality(config.verdict.min_face_px, config.verdict.min_sharpness)

    @classmethod
    def of_bundle(cls, config: Config, bundle: Bundle) -> StillJudge:
        """With the models of a bundle.

        Raises:
            ModelError: They cannot be used.
        """
        return cls(config, open_vision(config, bundle), bundle.manifest.answer_thresholds)

    @classmethod
    def of_classifier(
        cls, config: Config, detectors: Bundle, classifier: MaskClassifier, thresholds: Probabilities
    ) -> StillJudge:
        """With a classifier of another kind, and the detector that a device with some bundle has.

        Raises:
            ModelError: The detector cannot be used.
        """
        detector = open_detector(config, detectors, with_low_scores=True)
        rules = FaceRules(config.detector.score_threshold, config.entrance.area)
        return cls(config, Vision(detector, classifier, time.perf_counter, rules), thresholds)

    def judge(self, picture: Image) -> StillPicture:
        """What a device makes of the faces in a picture (height, width, 3), BGR."""
        frame = Frame(0, picture, 0.0, 0.0)
        analysis = self.vision.analyze(frame)
        return StillPicture(
            tuple(self._face(one, frame.size) for one in analysis.observations), analysis.uncounted
        )

    def _face(self, observation: Observation, size: tuple[int, int]) -> StillFace:
        verdict, after_s = self._verdict(observation, size)
        quality = self.quality.of(observation)
        return StillFace(observation, quality, verdict, after_s, tuple(self._reasons(observation)))

    def _verdict(self, observation: Observation, size: tuple[int, int]) -> tuple[Outcome, float]:
        """The verdict on a person who is seen like this frame after frame, from the daemon's own tracker."""
        tracker, now, last_s = make_tracker(self.config.verdict), 0.0, self._last_s()
        while now <= last_s:
            for verdict in tracker.update((observation,), now, now, picture=size):
                return verdict.outcome, now
            now += STEP_S
        return next((one.outcome for one in tracker.close(now, now)), Outcome.UNSURE), now

    def _last_s(self) -> float:
        """By when every pass has a verdict."""
        rules = self.config.verdict
        return rules.presence_s + max(rules.undecided_s, rules.dwell_s) + 1.0

    def _reasons(self, one: Observation) -> Iterator[str]:
        least_px, size = self.quality.least_px(one), one.face.box.side
        if size <= least_px:
            yield f"The face has {size:.0f} px; below {least_px:.0f} px it does not count."
        elif size < FULL * least_px:
            yield f"The face has {size:.0f} px; only from {FULL * least_px:.0f} px on it counts in full."
        least = self.quality.min_sharpness
        if one.sharpness <= least:
            yield f"The face is blurred: sharpness {one.sharpness:.0f}; below {least:.0f} it does not count."
        elif one.sharpness < FULL * least:
            yield (
                f"The face is a little blurred: sharpness {one.sharpness:.0f}; "
                f"only from {FULL * least:.0f} on it counts in full."
            )
        if one.answer is None:
            at = one.probabilities.index(max(one.probabilities))
            yield (
                f"No label reaches its threshold: {LABELS[at]} has {one.probabilities[at]:.1%} "
                f"and needs {self.thresholds[at]:.1%}. The answer is {answer_text(None)}."
            )
