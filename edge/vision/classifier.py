"""The mask classifier: the model of a bundle, held against its manifest, judges the faces of a frame."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from edge.bundle import Bundle, golden_crop
from edge.contract import LABELS, Cropper, answer
from edge.errors import ModelError
from edge.types import Face, Frame, Observation, Probabilities
from edge.vision.interpreter import TfliteModel


class TfliteClassifier:
    """Judges the faces of a frame with the model of a bundle."""

    def __init__(self, bundle: Bundle, runtime: str = "auto", threads: int = 1) -> None:
        """Opens the bundle's model and puts it to its golden self-test.

        Raises:
            ModelError: The model does not fit the manifest, or answers otherwise than it did when
                the bundle was made.
        """
        self.model = TfliteModel(bundle.classifier, runtime, threads)
        self.model_version = bundle.manifest.version
        _check_manifest(bundle, self.model)
        _self_test(bundle, self.model)
        self._cropper = Cropper(self.model.size)
        self._thresholds = bundle.manifest.answer_thresholds
        self._trusted_px = bundle.manifest.trusted_px

    def classify(self, frame: Frame, faces: Iterable[Face]) -> tuple[Observation, ...]:
        """Judges each face; the order is kept."""
        return tuple(self._observe(frame, face) for face in faces)

    def _observe(self, frame: Frame, face: Face) -> Observation:
        crop = self._cropper.crop(frame.pixels, face.box)
        probabilities = _padded(self.model.probabilities(crop))
        called = answer(probabilities, self._thresholds)
        return Observation(face, probabilities, self._cropper.sharpness(), called, self._trusted_px)


def _check_manifest(bundle: Bundle, model: TfliteModel) -> None:
    manifest = bundle.manifest
    if model.size != manifest.input.size:
        raise ModelError(
            f"{model.path} takes {model.size} px, its manifest says {manifest.input.size} px; "
            "convert the model again"
        )
    if model.classes != len(manifest.labels):
        raise ModelError(
            f"{model.path} has {model.classes} outputs, its manifest names {len(manifest.labels)} labels; "
            "convert the model again"
        )


def _self_test(bundle: Bundle, model: TfliteModel) -> None:
    for golden in bundle.manifest.golden:
        found = model.probabilities(golden_crop(golden.seed, model.size, golden.kind))
        difference = float(np.abs(found - np.array(golden.probabilities)).max())
        # Not `>`: an answer that is not a number has to fail as well.
        if not difference <= golden.tolerance:
            raise ModelError(
                f"{bundle.path} fails its golden self-test with {model.runtime}: crop {golden.seed} is off "
                f"by {difference:.3f}, allowed is {golden.tolerance}; install another bundle or interpreter"
            )


def _padded(probabilities: NDArray[np.float64]) -> Probabilities:
    """Python floats for all labels; a two-class model leaves the third at zero."""
    shares = probabilities.tolist() + [0.0] * (len(LABELS) - len(probabilities))
    return shares[0], shares[1], shares[2]
