"""Detector and classifier together, as the device runs them: who is found and labelled rightly.

One number: of all annotated faces from a size on, the share that the detector finds and the classifier
labels as annotated. Beside it stands what the classifier says at the annotated boxes themselves, so that
a crop margin that does not fit the detector's boxes shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.contract import LABELS, Label, face_crop
from edge.types import Box, Face, Frame, Image
from edge.vision.detector import YuNetDetector
from edge.vision.interpreter import TfliteModel
from training.data.readers import listed_image
from training.detector.metrics import OVERLAP, Truth

LEAST_PX = 20


@dataclass(frozen=True, slots=True)
class FaceOutcome:
    """What became of one annotated face.

    Attributes:
        label: As annotated.
        found: Whether the detector found it.
        at_found: What the classifier says at the detector's box; None where there is none.
        at_truth: What it says at the annotated box.
    """

    label: Label
    found: bool
    at_found: Label | None
    at_truth: Label


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """Shares of the annotated faces from `LEAST_PX` on.

    Attributes:
        faces: How many there are.
        found: Found by the detector.
        right: Found, and labelled as annotated: the one number.
        right_where_found: Labelled as annotated at the detector's box, of those found.
        right_at_annotation: The same faces at their annotated boxes.
    """

    faces: int
    found: float
    right: float
    right_where_found: float
    right_at_annotation: float


def evaluate_end_to_end(detector: YuNetDetector, model: TfliteModel, pictures: Sequence[Truth]) -> EndToEnd:
    """Runs both models on annotated frames."""
    outcomes = [outcome for truth in pictures for outcome in _picture(detector, model, truth)]
    found = [outcome for outcome in outcomes if outcome.found]
    right = sum(outcome.at_found is outcome.label for outcome in found)
    at_truth = sum(outcome.at_truth is outcome.label for outcome in found)
    return EndToEnd(
        faces=len(outcomes),
        found=_share(len(found), len(outcomes)),
        right=_share(right, len(outcomes)),
        right_where_found=_share(right, len(found)),
        right_at_annotation=_share(at_truth, len(found)),
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else float("nan")


def _picture(detector: YuNetDetector, model: TfliteModel, truth: Truth) -> list[FaceOutcome]:
    image = listed_image(truth.image)
    faces = list(detector.detect(Frame(0, image, 0.0, 0.0)))
    outcomes = []
    # The annotated faces choose in the order of their size; each detection belongs to one of them.
    for record in sorted(truth.faces, key=lambda face: -face.box.side):
        match = _match(record.box, faces)
        if match is not None:
            faces.remove(match)
        if record.box.side >= LEAST_PX:
            at_found = None if match is None else _label(model, image, match.box)
            at_truth = _label(model, image, record.box)
            outcomes.append(FaceOutcome(record.label, match is not None, at_found, at_truth))
    return outcomes


def _match(box: Box, faces: Sequence[Face]) -> Face | None:
    """The face that overlaps a box most, from `OVERLAP` on."""
    best = max(faces, key=lambda face: face.box.iou(box), default=None)
    return best if best is not None and best.box.iou(box) >= OVERLAP else None


def _label(model: TfliteModel, image: Image, box: Box) -> Label:
    return LABELS[int(model.probabilities(face_crop(image, box, model.size)).argmax())]
