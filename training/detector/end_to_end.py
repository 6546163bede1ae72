"""Detector and classifier together, as the device runs them: who is found and labelled rightly.

One number: of all annotated faces from a size on, the share that the detector finds and the classifier
labels as annotated. Beside it stands what the classifier says at the annotated boxes themselves, so that
a crop margin that does not fit the detector's boxes shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.contract import LABELS, Label, answer, face_crop
from edge.types import Box, Face, Frame, Image, Probabilities
from edge.vision.detector import YuNetDetector
from edge.vision.interpreter import TfliteModel
from training.data.readers import listed_image
from training.detector.metrics import OVERLAP, Truth
from training.evaluation.predictions import padded

LEAST_PX = 20


@dataclass(frozen=True, slots=True)
class FaceOutcome:
    """What became of one annotated face.

    Attributes:
        label: As annotated.
        found: Whether the detector found it.
        at_found: What the classifier says at the detector's box; None where there is no box, or no answer.
        at_truth: What it says at the annotated box; None where it has no answer.
    """

    label: Label
    found: bool
    at_found: Label | None
    at_truth: Label | None


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """Shares of the annotated faces from `LEAST_PX` on.

    Attributes:
        faces: How many there are.
        found: Found by the detector.
        right: Found, and labelled as annotated: the one number.
        right_where_found: Labelled as annotated at the detector's box, of those found.
        right_at_annotation: The same faces at their annotated boxes.
        unanswered: Found, and without an answer at the detector's box, of those found; they are not right.
    """

    faces: int
    found: float
    right: float
    right_where_found: float
    right_at_annotation: float
    unanswered: float


@dataclass(frozen=True, slots=True)
class BundledClassifier:
    """The classifier of a bundle and the thresholds that a device applies to what it says."""

    model: TfliteModel
    thresholds: Probabilities

    def label(self, image: Image, box: Box) -> Label | None:
        """What the face in a box is called; None where there is no answer."""
        shares = self.model.probabilities(face_crop(image, box, self.model.size))
        masked, bare, incorrect = padded(shares[None])[0].tolist()
        called = answer((masked, bare, incorrect), self.thresholds)
        return None if called is None else LABELS[called]


def evaluate_end_to_end(
    detector: YuNetDetector, classifier: BundledClassifier, pictures: Sequence[Truth]
) -> EndToEnd:
    """Runs both models on annotated frames."""
    outcomes = [outcome for truth in pictures for outcome in _picture(detector, classifier, truth)]
    found = [outcome for outcome in outcomes if outcome.found]
    right = sum(outcome.at_found is outcome.label for outcome in found)
    at_truth = sum(outcome.at_truth is outcome.label for outcome in found)
    return EndToEnd(
        faces=len(outcomes),
        found=_share(len(found), len(outcomes)),
        right=_share(right, len(outcomes)),
        right_where_found=_share(right, len(found)),
        right_at_annotation=_share(at_truth, len(found)),
        unanswered=_share(sum(outcome.at_found is None for outcome in found), len(found)),
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else float("nan")


def _picture(detector: YuNetDetector, classifier: BundledClassifier, truth: Truth) -> list[FaceOutcome]:
    image = listed_image(truth.image)
    faces = list(detector.detect(Frame(0, image, 0.0, 0.0)))
    outcomes = []
    # The annotated faces choose in the order of their size; each detection belongs to one of them.
    for record in sorted(truth.faces, key=lambda face: -face.box.side):
        match = _match(record.box, faces)
        if match is not None:
            faces.remove(match)
        if record.box.side >= LEAST_PX:
            at_found = None if match is None else classifier.label(image, match.box)
            at_truth = classifier.label(image, record.box)
            outcomes.append(FaceOutcome(record.label, match is not None, at_found, at_truth))
    return outcomes


def _match(box: Box, faces: Sequence[Face]) -> Face | None:
    """The face that overlaps a box most, from `OVERLAP` on."""
    best = max(faces, key=lambda face: face.box.iou(box), default=None)
    return best if best is not None and best.box.iou(box) >= OVERLAP else None
