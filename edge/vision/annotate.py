"""Drawing what the models saw, for people to look at."""

from __future__ import annotations

import cv2

from edge.contract import LABELS, Label, answer_text
from edge.types import Image, Observation
from edge.vision.anonymise import pixelate

COLOURS = {
    Label.WITH_MASK: (80, 175, 40),
    Label.WITHOUT_MASK: (60, 60, 220),
    Label.MASK_WORN_INCORRECTLY: (30, 160, 250),
}
"""Colour of each label, BGR."""

NO_ANSWER_COLOUR = (128, 128, 128)


def annotated(image: Image, observations: tuple[Observation, ...]) -> Image:
    """A copy of a picture (BGR) with every face pixelated, boxed and labelled."""
    canvas = image.copy()
    for observation in observations:
        pixelate(canvas, observation.face)
    # After all faces are pixelated: a label may reach into the next face.
    for observation in observations:
        _draw(canvas, observation)
    return canvas


def _draw(canvas: Image, observation: Observation) -> None:
    box = observation.face.box
    answer = observation.answer
    colour = NO_ANSWER_COLOUR if answer is None else COLOURS[LABELS[answer]]
    x, y, right, bottom = round(box.x), round(box.y), round(box.x + box.w), round(box.y + box.h)
    scale = max(0.35, min(canvas.shape[:2]) / 900)
    thickness = max(1, round(2 * scale))
    cv2.rectangle(canvas, (x, y), (right, bottom), colour, thickness)
    text = f"{answer_text(answer)} {observation.share:.0%}"
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    left = max(0, min(x, canvas.shape[1] - width))
    base = y - 3 if y - 3 - height > 0 else min(bottom + height + 3, canvas.shape[0] - 3)
    cv2.rectangle(canvas, (left, base - height - 2), (left + width, base + 3), colour, cv2.FILLED)
    cv2.putText(canvas, text, (left, base), cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 1, cv2.LINE_AA)
