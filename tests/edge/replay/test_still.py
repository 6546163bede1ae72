"""What the daemon makes of a face that stays as it is in a picture."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from edge.bundle import SHIPPED, load
from edge.config import Config
from edge.replay.still import StillFace, StillJudge
from edge.system.image_files import decode_image
from edge.types import Face, Frame, Observation, Outcome, Probabilities
from tests.support.builders import BARE, MASKED, TORN
from tests.support.pictures import photo

THRESHOLDS: Probabilities = (0.9, 0.5, 0.5)


class FixedClassifier:
    """Says the same of every face."""

    model_version = "fixed"

    def __init__(self, shares: Probabilities, answer: int | None, sharpness: float, trusted: float) -> None:
        self._rest = shares, sharpness, answer, trusted

    def classify(self, _frame: Frame, faces: Iterable[Face]) -> tuple[Observation, ...]:
        """One observation for each face."""
        return tuple(Observation(face, *self._rest) for face in faces)


def judged(
    shares: Probabilities, answer: int | None, sharpness: float = 500.0, trusted_px: float = 16.0
) -> StillFace:
    """What becomes of the one face of the photograph."""
    classifier = FixedClassifier(shares, answer, sharpness, trusted_px)
    judge = StillJudge.of_classifier(Config(), load(SHIPPED), classifier, THRESHOLDS)
    (face,) = judge.judge(decode_image(photo(), "photo")).faces
    return face


@pytest.mark.parametrize(
    ("shares", "answer", "outcome"), [(MASKED, 0, Outcome.COMPLIANT), (BARE, 1, Outcome.NO_MASK)]
)
def test_a_sure_face_gets_its_verdict_soon(shares: Probabilities, answer: int, outcome: Outcome) -> None:
    """As the daemon's own tracker decides; nothing keeps it from counting."""
    face = judged(shares, answer)
    assert (face.verdict, face.reasons) == (outcome, ())
    assert face.after_s < 2
    assert face.quality > 0.5


def test_what_keeps_a_face_from_counting_is_said() -> None:
    """Its size, its sharpness, or that no label reaches its threshold."""
    blurred = judged(MASKED, 0, sharpness=10)
    assert (blurred.quality, blurred.verdict) == (0, Outcome.UNSURE)
    assert "sharpness 10" in blurred.reasons[0]
    small = judged(MASKED, 0, trusted_px=1000)
    assert (small.quality, small.verdict) == (0, Outcome.UNSURE)
    assert "below 1000 px it does not count" in small.reasons[0]
    torn = judged(TORN, None)
    assert torn.verdict is Outcome.UNSURE
    assert "with_mask has 34.0% and needs 90.0%" in torn.reasons[0]


def test_a_face_that_counts_in_part() -> None:
    """Between the limit and one and a half of it."""
    face = judged(MASKED, 0, sharpness=40)
    assert 0 < face.quality < 0.7
    assert "only from 45 on it counts in full" in face.reasons[0]


def test_with_the_models_of_a_bundle() -> None:
    """By its own thresholds."""
    bundle = load(SHIPPED)
    judge = StillJudge.of_bundle(Config(), bundle)
    assert judge.thresholds == bundle.manifest.answer_thresholds
    assert len(judge.judge(decode_image(photo(), "photo")).faces) == 1
    assert judge.judge(np.zeros((40, 60, 3), np.uint8)).faces == ()
