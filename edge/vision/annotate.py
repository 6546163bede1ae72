"""Drawing what the models saw, for people to look at."""

from __future__ import annotations

import cv2

from edge.contract import LABELS, Label, answer_text
from edge.types import Box, FrameAnalysis, Image, Observation
from edge.vision.anonymise import pixelate

Colour = tuple[int, int, int]
"""BGR."""

COLOURS: dict[Label, Colour] = {
    Label.WITH_MASK: (80, 175, 40),
    Label.WITHOUT_MASK: (60, 60, 220),
    Label.MASK_WORN_INCORRECTLY: (30, 160, 250),
}
"""Colour of each label."""

NO_ANSWER_COLOUR = (128, 128, 128)


def annotated(image: Image, analysis: FrameAnalysis) -> Image:
    """A copy of a picture (BGR) with every face pixelated, and those that count boxed and labelled."""
    canvas = image.copy()
    for face in analysis.faces:
        pixelate(canvas, face)
    # After all faces are pixelated: a label may reach into the next face.
    for observation in analysis.observations:
        _draw(canvas, observation)
    return canvas


def _draw(canvas: Image, observation: Observation) -> None:
    answer = observation.answer
    colour = NO_ANSWER_COLOUR if answer is None else COLOURS[LABELS[answer]]
    draw_box(canvas, observation.face.box, f"{answer_text(answer)} {observation.share:.0%}", colour)


def draw_box(canvas: Image, box: Box, text: str, colour: Colour) -> None:
    """Draws a box with a word at its upper edge, in place."""
    x, y, right, bottom = round(box.x), round(box.y), round(box.x + box.w), round(box.y + box.h)
    scale = max(0.35, min(canvas.shape[:2]) / 900)
    thickness = max(1, round(2 * scale))
    cv2.rectangle(canvas, (x, y), (right, bottom), colour, thickness)
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    left = max(0, min(x, canvas.shape[1] - width))
    base = y - 3 if y - 3 - height > 0 else min(bottom + height + 3, canvas.shape[0] - 3)
    cv2.rectangle(canvas, (left, base - height - 2), (left + width, base + 3), colour, cv2.FILLED)
    cv2.putText(canvas, text, (left, base), cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 1, cv2.LINE_AA)
