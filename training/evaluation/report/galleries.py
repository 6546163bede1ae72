"""Pictures of a report: the worst answers, and where the network looked."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract import LABELS, MASK_WORN_INCORRECTLY, WITH_MASK, WITHOUT_MASK
from edge.types import Image
from training.data.dataset import FaceDataset
from training.evaluation.predictions import ModelPredictions, Predictions
from training.evaluation.report.heat import overlay
from training.metrics import NO_ANSWER

if TYPE_CHECKING:
    import keras

SIDE = 112
MANY = 24
WORDS = ("masked", "bare", "wrongly worn", "unsure")
"""The classes in captions, and what has no answer."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture and what to say of it; `title` is shown when pointed at."""

    uri: str
    caption: str
    title: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures that belong together."""

    heading: str
    tiles: tuple[Tile, ...]
    left_out: int = 0


def data_uri(pixels: Image) -> str:
    """An RGB picture as a JPEG in a data URI."""
    _, raw = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82])
    return "data:image/jpeg;base64," + base64.b64encode(raw.tobytes()).decode()


def wrong_answers(
    predictions: Predictions, column: ModelPredictions
) -> tuple[tuple[str, NDArray[np.intp]], ...]:
    """The places of wrong answers, the surest first, by kind: the costliest kind before all others."""
    answer = column.answers()
    without_mask = (predictions.truth == WITHOUT_MASK) & (answer == WITH_MASK)
    incorrect = (predictions.truth == MASK_WORN_INCORRECTLY) & (answer == WITH_MASK)
    other = (predictions.truth != answer) & ~without_mask & ~incorrect
    kinds = (
        ("Bare faces called masked", without_mask),
        ("Wrongly worn masks called masked", incorrect),
        ("All other wrong answers", other),
    )
    sure = column.shares.max(axis=1)
    return tuple(
        (name, places[np.argsort(-sure[places])])
        for name, mask in kinds
        if len(places := np.flatnonzero(mask))
    )


def worst(predictions: Predictions, column: ModelPredictions, material: FaceDataset) -> tuple[Gallery, ...]:
    """Pictures of the wrong answers, in the order of `wrong_answers`."""
    return tuple(
        _gallery(name, places, (predictions, column), material)
        for name, places in wrong_answers(predictions, column)
    )


def _gallery(
    name: str,
    places: NDArray[np.intp],
    answered: tuple[Predictions, ModelPredictions],
    material: FaceDataset,
) -> Gallery:
    tiles = tuple(
        Tile(data_uri(material.patches[at].crop(SIDE)), caption(*answered, at), answered[0].keys[at])
        for at in places[:MANY]
    )
    return Gallery(name, tiles, max(0, len(places) - MANY))


def sheet(galleries: Sequence[Gallery], across: int = 8) -> Image:
    """All pictures of the galleries as one, each with its caption below it: (height, width, 3) RGB."""
    cells = [_cell(tile) for gallery in galleries for tile in gallery.tiles]
    blank = np.full_like(cells[0], 255)
    # Rows are stacked, so that the last one must be as long as the others.
    cells += [blank] * (-len(cells) % across)
    rows = [np.hstack(cells[at : at + across]) for at in range(0, len(cells), across)]
    return np.vstack(rows)


def _cell(tile: Tile) -> Image:
    cell = np.full((SIDE + 30, SIDE + 8, 3), 255, np.uint8)
    raw = np.frombuffer(base64.b64decode(tile.uri.partition(",")[2]), np.uint8)
    picture = np.asarray(cv2.imdecode(raw, cv2.IMREAD_COLOR), np.uint8)
    cell[:SIDE, :SIDE] = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    # OpenCV's fonts have no arrow.
    answer, _, size = tile.caption.replace(" → ", " > ").partition(", ")
    for line, text in enumerate((answer, size)):
        cv2.putText(cell, text, (0, SIDE + 11 + 12 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.3, (20, 20, 20), 1)
    return cell


def caption(predictions: Predictions, column: ModelPredictions, at: int) -> str:
    """What the face is, what is answered and how surely, and how large it is."""
    answer = int(column.answers()[at])
    share = column.shares[at].max() if answer == NO_ANSWER else column.shares[at, answer]
    truth, px = WORDS[predictions.truth[at]], predictions.px[at]
    return f"{truth} → {WORDS[answer]} {share:.2f}, {px:.0f} px"


def looked_at(
    model: keras.Model,
    predictions: Predictions,
    column: ModelPredictions,
    material: FaceDataset,
    each: int = 4,
) -> tuple[Gallery, ...]:
    """Grad-CAM overlays for a few faces per class, wrong answers among them where there are any.

    Args:
        model: The float network that the column comes from.
        predictions: The evaluated faces.
        column: What the network says of them.
        material: The faces in the same order.
        each: Faces right and faces wrong of each class.
    """
    size = int(model.input_shape[1])
    found = []
    for index in range(len(LABELS)):
        places = _examples(predictions, column, index, each)
        if len(places):
            found.append(
                Gallery(
                    WORDS[index].capitalize(), _overlays(model, (predictions, column), material, places, size)
                )
            )
    return tuple(found)


def _overlays(
    model: keras.Model,
    answered: tuple[Predictions, ModelPredictions],
    material: FaceDataset,
    places: Sequence[int],
    size: int,
) -> tuple[Tile, ...]:
    from training.evaluation.report.gradcam import heat_maps  # noqa: PLC0415 - needs the framework

    predictions, column = answered
    crops = np.stack([material.patches[at].crop(size) for at in places])
    maps = heat_maps(model, crops, column.shares[list(places)].argmax(axis=1))
    return tuple(
        Tile(
            data_uri(np.hstack([crop, overlay(crop, heat)])),
            caption(predictions, column, at),
            predictions.keys[at],
        )
        for crop, heat, at in zip(crops, maps, places, strict=True)
    )


def _examples(predictions: Predictions, column: ModelPredictions, index: int, each: int) -> list[int]:
    """Some faces of a class that are right, spread over all, and the surest wrong ones; large ones first."""
    answer = column.shares.argmax(axis=1)
    mine = predictions.truth == index
    large = mine & (predictions.px >= 40)
    mine = large if large.any() else mine
    right, wrong = np.flatnonzero(mine & (answer == index)), np.flatnonzero(mine & (answer != index))
    wrong = wrong[np.argsort(-column.shares[wrong].max(axis=1))]
    return [*_spread(right, each), *(int(at) for at in wrong[:each])]


def _spread(places: NDArray[np.intp], count: int) -> Iterable[int]:
    step = max(1, len(places) // count)
    return (int(at) for at in places[::step][:count])
