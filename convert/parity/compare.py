"""Asks a float network and its int8 model about the same faces, the latter with the device's own code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from convert import representative
from convert.parity import layers
from convert.parity.metrics import Comparison
from convert.quantize import to_float
from edge.contract import LABELS
from edge.errors import ConfigError, ModelError
from edge.types import Image
from edge.vision.interpreter import TfliteModel
from training.classifier.inference import predict
from training.data.dataset import FaceDataset
from training.metrics import Shares

Pixels = NDArray[np.uint8]
COLUMNS, MOST = 6, 24
CELL = 160
"""Width of a picture on the sheet; its words stand below it."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelPair:
    """A float network and the int8 model that was made of it."""

    network: Any
    device: TfliteModel

    def __post_init__(self) -> None:
        """Raises a ModelError where the two cannot belong together."""
        size, classes = self.network.inputs[0].shape[1], self.network.outputs[0].shape[1]
        if (size, classes) != (self.device.size, self.device.classes):
            raise ModelError(
                f"{self.device.path} takes {self.device.size} px and has {self.device.classes} outputs, "
                f"the float model {size} px and {classes}; name the model that the bundle was made of"
            )


def compare(pair: ModelPair, material: FaceDataset, counts: Sequence[float]) -> tuple[Comparison, Pixels]:
    """What both say of the faces, and the crops; faces of labels that they do not know are left out.

    Args:
        pair: The models.
        material: The faces.
        counts: Crops of each class in the representative set, as far as it is known.

    Raises:
        ConfigError: There is no face.
    """
    classes = pair.device.classes
    known = material.of_classes(classes)
    if not known.faces:
        raise ConfigError("there is no face to compare on; name another split or part")
    crops = known.crops(pair.device.size)
    reference = predict(pair.network, crops)
    quantised = np.stack([pair.device.probabilities(crop) for crop in crops])
    # Keeping the value of every tensor is too slow for all crops.
    few = representative.spread(known, classes, layers.PER_CLASS)
    tapped = layers.compare(
        to_float(pair.network), pair.device.path.read_bytes(), few.crops(pair.device.size), few.truth()
    )
    return Comparison(known.truth(), reference, quantised, tapped, tuple(counts)), crops


def worst_sheet(found: Comparison, crops: Pixels, file: Path) -> None:
    """Writes the crops on which the models differ most, worst first, as one PNG for the desktop."""
    worst = np.argsort(-found.differences, kind="stable")[:MOST]
    cells = [_cell(crops[i], int(found.truth[i]), found.reference[i], found.quantised[i]) for i in worst]
    blank = np.full_like(cells[0], 255)
    # Rows are stacked, so that the last one must be as long as the others.
    cells += [blank] * (-len(cells) % COLUMNS)
    rows = [np.hstack(cells[start : start + COLUMNS]) for start in range(0, len(cells), COLUMNS)]
    done, png = cv2.imencode(".png", np.vstack(rows))
    try:
        file.write_bytes(png.tobytes() if done else b"")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from None


def _cell(crop: Image, truth: int, reference: Shares, quantised: Shares) -> Image:
    picture = cv2.cvtColor(cv2.resize(crop, (CELL, CELL)), cv2.COLOR_RGB2BGR)
    cell: Image = np.full((CELL + 54, CELL, 3), 255, np.uint8)
    cell[:CELL] = picture
    words = [LABELS[truth].value, f"float {_words(reference)}", f"int8  {_words(quantised)}"]
    for number, line in enumerate(words):
        place = (3, CELL + 14 + 16 * number)
        cv2.putText(cell, line, place, cv2.FONT_HERSHEY_SIMPLEX, 0.38, (0, 0, 0), 1, cv2.LINE_AA)
    return cell


def _words(shares: Shares) -> str:
    return " ".join(f"{share:.2f}" for share in shares)
