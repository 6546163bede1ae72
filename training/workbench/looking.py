"""One picture, looked at by one model or two: what the page shows of it, as values and encoded pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from edge.contract import LABELS, answer_text, face_crop
from edge.errors import ModelError
from edge.replay.still import StillFace, StillPicture
from edge.system.image_files import decode_image
from edge.types import Face, Image, Observation
from edge.vision.annotate import COLOURS, NO_ANSWER_COLOUR, Colour, draw_box
from edge.vision.anonymise import pixelate
from edge.web.uploads import Upload
from training.evaluation.report.galleries import data_uri
from training.evaluation.report.heat import Heat, overlay
from training.workbench.models import HeatKind, TriedModel

SHOWN_PX = 1280
"""Longest side of a picture that is shown."""
CROP_PX = 192
NO_PLACE = "No single place decides: whatever is hidden, the answer stays as sure as it is."
MOST_HEAT = 4
"""Faces of a picture, the largest ones, for which heat maps are made."""
PictureUrl = str
"""A picture as a data URL."""


@dataclass(frozen=True, slots=True)
class LookOptions:
    """How pictures are shown: with pixelated eyes or without, with heat maps or without."""

    pixelated: bool = True
    heat: bool = True


@dataclass(frozen=True, slots=True)
class FaceView:
    """A face: what a device makes of it, its crop, and what the model looked at.

    Attributes:
        still: What a device makes of it.
        crop: The crop as the model gets it, made fit to be seen.
        heat: The same with the heat map over it; empty where there is none.
        no_heat: Why there is none; empty where nobody asked.
    """

    still: StillFace
    crop: PictureUrl
    heat: PictureUrl
    no_heat: str


@dataclass(frozen=True, slots=True)
class ModelView:
    """A picture as one model sees it."""

    title: str
    thresholds: tuple[float, float, float]
    heat_kind: HeatKind
    picture: PictureUrl
    faces: tuple[FaceView, ...]
    uncounted: int


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture as each of the models sees it."""

    name: str
    width: int
    height: int
    models: tuple[ModelView, ...]


def look(upload: Upload, models: Sequence[TriedModel], options: LookOptions) -> PictureView:
    """Looks at a picture.

    Raises:
        SourceError: It is no picture, damaged, or too large.
        ModelError: A model cannot be run on it.
    """
    picture = decode_image(upload.data, upload.name)
    height, width = picture.shape[:2]
    return PictureView(upload.name, width, height, tuple(_seen_by(one, picture, options) for one in models))


def _seen_by(model: TriedModel, picture: Image, options: LookOptions) -> ModelView:
    found = model.look(picture)
    clean = picture.copy()
    if options.pixelated:
        for face in _all_faces(found):
            pixelate(clean, face)
    faces = tuple(
        _face_view(model, (picture, clean), face, options.heat and number < MOST_HEAT)
        for number, face in enumerate(found.faces)
    )
    return ModelView(
        title=model.title,
        thresholds=model.thresholds,
        heat_kind=model.heat_kind,
        picture=data_uri(_rgb(_shrunk(_drawn(clean, [one.observation for one in found.faces])))),
        faces=faces,
        uncounted=len(found.uncounted),
    )


def _all_faces(found: StillPicture) -> list[Face]:
    return [*(one.observation.face for one in found.faces), *found.uncounted]


def _face_view(model: TriedModel, pictures: tuple[Image, Image], still: StillFace, heated: bool) -> FaceView:
    """`pictures`: as the model gets it, and as people may see it."""
    picture, clean = pictures
    seen = still.observation
    shown = face_crop(clean, seen.face.box, CROP_PX)
    heat, why = _heat(model, picture, seen) if heated else (None, "")
    over = "" if heat is None else data_uri(overlay(shown, np.asarray(cv2.resize(heat, (CROP_PX, CROP_PX)))))
    return FaceView(still, data_uri(shown), over, why)


def _heat(model: TriedModel, picture: Image, seen: Observation) -> tuple[Heat | None, str]:
    label = seen.probabilities.index(max(seen.probabilities)) if seen.answer is None else seen.answer
    try:
        heat = model.heat(picture, seen.face.box, label)
    except ModelError as error:
        return None, str(error)
    return (heat, "") if heat.any() else (None, NO_PLACE)


def _drawn(canvas: Image, observations: Sequence[Observation]) -> Image:
    for number, one in enumerate(observations, 1):
        draw_box(canvas, one.face.box, f"{number} {answer_text(one.answer)} {one.share:.0%}", _colour(one))
    return canvas


def _colour(observation: Observation) -> Colour:
    return NO_ANSWER_COLOUR if observation.answer is None else COLOURS[LABELS[observation.answer]]


def _shrunk(picture: Image) -> Image:
    scale = SHOWN_PX / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _rgb(picture: Image) -> Image:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
