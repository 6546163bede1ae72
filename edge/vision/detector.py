"""Finding faces with OpenCV's own decoder for models of YuNet's output contract."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.config import DetectorConfig as Settings
from edge.errors import ModelError
from edge.system.native_output import quiet_opencv
from edge.system.native_path import native_path
from edge.types import Box, Face, Frame, Image

NMS_IOU = 0.3
MOST_FACES = 200


class YuNetDetector:
    """A face detector on `cv2.FaceDetectorYN`.

    Source: Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", MIR 2023.
    """

    def __init__(self, model: Path, settings: Settings, least_score: float | None = None) -> None:
        """Opens the model and runs it once.

        Args:
            model: The ONNX file.
            settings: How it is run.
            least_score: Detections below it are no faces; without it the score from which faces count.

        Raises:
            ModelError: The file is missing or is not a model of this kind.
        """
        self._model = model
        self._settings = settings
        self._input: Image = np.zeros((96, 96, 3), np.uint8)
        quiet_opencv()
        # For all of OpenCV in this process: the detector has no setting of its own.
        cv2.setNumThreads(settings.threads)
        self._network = _open(model, settings.score_threshold if least_score is None else least_score)
        try:
            self._network.detect(self._input)
        except cv2.error:
            raise ModelError(f"{model} is not a face detector with YuNet's outputs") from None

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Finds the faces of a frame, the largest first.

        Raises:
            ModelError: The model cannot be run on it.
        """
        return tuple(face for face in self.find(frame) if self._counts(face, *frame.size))

    def find(self, frame: Frame) -> tuple[Face, ...]:
        """The same, with those that are too small, or have their middle outside of the picture.

        Raises:
            ModelError: The model cannot be run on it.
        """
        view = frame.pixels if frame.preview is None else frame.preview
        try:
            fitted = self._fit(view)
            _, rows = self._network.detect(fitted)
        except cv2.error:
            height, width = view.shape[:2]
            raise ModelError(
                f"{self._model} fails on a picture of {width}x{height}; install another detector"
            ) from None
        if rows is None:
            return ()
        width, height = frame.size
        scale = np.array([width / self._input.shape[1], height / self._input.shape[0]])
        # `Box` refuses what is not finite, and one bad row must not cost the frame.
        faces = [_face(row, scale) for row in rows.astype(float) if np.isfinite(row).all()]
        return tuple(sorted(faces, key=lambda face: -face.box.side))

    def _fit(self, view: Image) -> Image:
        """Scales a view down to the working size, into a buffer that is kept between frames."""
        height, width = view.shape[:2]
        scale = min(1.0, self._settings.long_side / max(width, height))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        if (self._input.shape[1], self._input.shape[0]) != size:
            self._input = np.empty((size[1], size[0], 3), np.uint8)
        self._network.setInputSize(size)
        if size == (width, height):
            return view
        cv2.resize(view, size, dst=self._input, interpolation=cv2.INTER_LINEAR_EXACT)
        return self._input

    def _counts(self, face: Face, width: int, height: int) -> bool:
        cx, cy = face.box.centre
        # The classifier cuts a square around the centre, which has to touch the picture.
        return face.box.side >= self._settings.min_face_px and 0 <= cx < width and 0 <= cy < height


def _open(model: Path, threshold: float) -> cv2.FaceDetectorYN:
    if not model.is_file():
        raise ModelError(f"{model} does not exist; name a detector or run: maskgate models fetch")
    try:
        with native_path(model) as name:
            return cv2.FaceDetectorYN.create(name, "", (96, 96), threshold, NMS_IOU, MOST_FACES)
    except cv2.error:
        raise ModelError(f"{model} is not an ONNX model that OpenCV can read") from None


def _face(row: NDArray[np.float64], scale: NDArray[np.float64]) -> Face:
    """A face from one row of the detector: x, y, w, h, five landmarks, score."""
    points = row[:14].reshape(7, 2) * scale
    # `Box` needs a positive size.
    box = Box(*points[0].tolist(), *np.maximum(points[1], 1.0).tolist())
    return Face(box, float(row[14]), tuple((x, y) for x, y in points[2:].tolist()))
