"""A float network in the place of a device's classifier."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from edge.contract import INPUT_SIZES, INPUT_SIZES_WORDS, SMALLEST_PX, Cropper, answer
from edge.errors import ModelError
from edge.types import Face, Frame, Image, Observation, Probabilities
from training import framework
from training.classifier import stored
from training.evaluation.predictions import padded
from training.evaluation.report.heat import Heat

NO_THRESHOLDS: Probabilities = (0.0, 0.0, 0.0)
"""A network has none before it becomes a bundle: the likeliest label is its answer."""


class NetworkClassifier:
    """Judges the faces of a frame with a float network, cut as a device would cut them."""

    def __init__(self, network: Any, name: str) -> None:
        """`network`: a Keras model from (n, size, size, 3) RGB pixels to probabilities."""
        self.network = network
        self.model_version = name
        self.size = int(network.input_shape[1])
        self._cropper = Cropper(self.size)

    @classmethod
    def open(cls, file: Path) -> NetworkClassifier:
        """Opens a stored network.

        Raises:
            ModelError: It cannot be opened, or takes no crops of faces.
        """
        framework.load_framework()
        network = stored.load(file)
        _, height, width, *_ = network.input_shape
        if height != width or height not in INPUT_SIZES:
            raise ModelError(f"{file} takes no square pictures whose side is {INPUT_SIZES_WORDS}")
        return cls(network, file.parent.name)

    def heat(self, crop: Image, label: int) -> Heat:
        """The Grad-CAM of a crop (size, size, 3) RGB for a label.

        Raises:
            ModelError: The network has no map of features.
        """
        from training.evaluation.report.gradcam import heat_maps  # noqa: PLC0415 - loads the framework

        return np.asarray(heat_maps(self.network, crop[None], np.array([label]))[0], np.float32)

    def classify(self, frame: Frame, faces: Iterable[Face]) -> tuple[Observation, ...]:
        """Judges each face; the order is kept."""
        return tuple(self._observe(frame, face) for face in faces)

    def _observe(self, frame: Frame, face: Face) -> Observation:
        crop = self._cropper.crop(frame.pixels, face.box)
        found = np.asarray(self.network(crop[None].astype(np.float32), training=False), np.float64)
        a, b, c = padded(found)[0].tolist()
        called = answer((a, b, c), NO_THRESHOLDS)
        return Observation(face, (a, b, c), self._cropper.sharpness(), called, SMALLEST_PX)
