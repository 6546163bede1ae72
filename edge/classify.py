"""The mask classifier: an int8 TensorFlow Lite model behind the smallest interpreter there is."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.bundle import Bundle, golden_crop
from edge.contract import LABELS, Cropper, Label, answer
from edge.errors import ModelError
from edge.system.native_output import without_native_chatter
from edge.types import Face, Frame, Image, Observation, Probabilities

RUNTIMES = {
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite.python.interpreter",
}
"""Module of each interpreter, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Output:
    """How the raw output of a model becomes probabilities."""

    index: int
    scale: float
    zero_point: int

    def dequantise(self, raw: NDArray[Any]) -> NDArray[np.float64]:
        """Real numbers from the raw output, any shape kept; a float output passes through."""
        if not self.scale:
            return raw.astype(np.float64)
        return (raw.astype(np.float64) - self.zero_point) * self.scale


class Model:
    """A TFLite classifier: one RGB crop in, one probability per label out."""

    def __init__(self, path: Path, runtime: str = "auto", threads: int = 1) -> None:
        """Opens a model file.

        Args:
            path: The `.tflite` file.
            runtime: A key of `RUNTIMES`, or "auto" for the first one installed.
            threads: Threads of the interpreter.

        Raises:
            ModelError: No interpreter is installed, the file is not a model, or its input or
                output is not what the contract asks for.
        """
        self.runtime, interpreter_type = find_runtime(runtime)
        try:
            with without_native_chatter():
                self._interpreter = interpreter_type(model_path=str(path), num_threads=threads)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, SystemError) as error:
            raise ModelError(f"{path} cannot be opened as a TFLite model: {error}") from None
        self.path = path
        self._input, self.size = self._read_input()
        self._output, self.classes = self._read_output()

    def _read_input(self) -> tuple[int, int]:
        details = self._interpreter.get_input_details()[0]
        shape = tuple(int(n) for n in details["shape"])
        if details["dtype"] is not np.uint8 or len(shape) != 4 or shape != (1, shape[1], shape[1], 3):
            raise ModelError(
                f"{self.path} takes {np.dtype(details['dtype']).name}{list(shape)}, "
                "the contract asks for uint8[1, size, size, 3]"
            )
        return int(details["index"]), shape[1]

    def _read_output(self) -> tuple[Output, int]:
        details = self._interpreter.get_output_details()[0]
        scale, zero_point = details["quantization"]
        return Output(details["index"], float(scale), int(zero_point)), int(details["shape"][-1])

    def probabilities(self, crop: Image) -> NDArray[np.float64]:
        """Runs the model on one crop.

        Args:
            crop: (size, size, 3) uint8, RGB.

        Returns:
            (classes,) probabilities that add up to one.

        Raises:
            ModelError: The model answers with something that is no probability.
        """
        self._interpreter.set_tensor(self._input, crop[np.newaxis])
        self._interpreter.invoke()
        raw = self._interpreter.get_tensor(self._output.index)[0]
        shares = self._output.dequantise(raw)
        total = float(shares.sum())
        # The quantised shares add up to one within their rounding only.
        if not 0.9 < total < 1.1:
            raise ModelError(f"{self.path} answers {shares.tolist()}, which are no probabilities")
        return shares / total


class TfliteClassifier:
    """Judges the faces of a frame with the model of a bundle."""

    def __init__(self, bundle: Bundle, runtime: str = "auto", threads: int = 1) -> None:
        """Opens the bundle's model and puts it to its golden self-test.

        Raises:
            ModelError: The model does not fit the manifest, or answers otherwise than it did when
                the bundle was made.
        """
        self.model = Model(bundle.classifier, runtime, threads)
        self.model_version = bundle.manifest.version
        _check_manifest(bundle, self.model)
        _self_test(bundle, self.model)
        self._cropper = Cropper(self.model.size)
        self._masked_from = bundle.manifest.thresholds.get(Label.WITH_MASK, 0.0)

    def classify(self, frame: Frame, faces: Iterable[Face]) -> tuple[Observation, ...]:
        """Judges each face; the order is kept."""
        return tuple(self._observe(frame, face) for face in faces)

    def _observe(self, frame: Frame, face: Face) -> Observation:
        crop = self._cropper.crop(frame.pixels, face.box)
        probabilities = _padded(self.model.probabilities(crop))
        called = answer(probabilities, self._masked_from)
        return Observation(face, probabilities, self._cropper.sharpness(), called)


def find_runtime(name: str) -> tuple[str, Any]:
    """The name and the `Interpreter` class of the interpreter that is asked for and installed."""
    wanted = RUNTIMES if name == "auto" else {name: RUNTIMES[name]}
    for runtime, module in wanted.items():
        try:
            return runtime, importlib.import_module(module).Interpreter
        except ImportError:
            continue
    raise ModelError(
        f"no TFLite interpreter is installed ({', '.join(wanted)}); run: pip install ai-edge-litert"
    )


def _check_manifest(bundle: Bundle, model: Model) -> None:
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


def _self_test(bundle: Bundle, model: Model) -> None:
    for golden in bundle.manifest.golden:
        found = model.probabilities(golden_crop(golden.seed, model.size, golden.kind))
        difference = float(np.abs(found - np.array(golden.probabilities)).max())
        if not difference <= golden.tolerance:
            raise ModelError(
                f"{bundle.path} fails its golden self-test with {model.runtime}: crop {golden.seed} is off "
                f"by {difference:.3f}, allowed is {golden.tolerance}; install another bundle or interpreter"
            )


def _padded(probabilities: NDArray[np.float64]) -> Probabilities:
    """Python floats for all labels; a two-class model leaves the third at zero."""
    shares = probabilities.tolist() + [0.0] * (len(LABELS) - len(probabilities))
    return shares[0], shares[1], shares[2]
