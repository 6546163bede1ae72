"""A TensorFlow Lite model behind the smallest interpreter that is installed."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import MissingExtraError, ModelError
from edge.system.native_output import without_native_chatter
from edge.system.native_path import native_path
from edge.types import Image

RUNTIMES = {
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite.python.interpreter",
}
"""Module of each interpreter, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Quantisation:
    """How the raw output of a model becomes probabilities."""

    index: int
    scale: float
    zero_point: int

    def dequantise(self, raw: NDArray[Any]) -> NDArray[np.float64]:
        """Real numbers from the raw output, any shape kept; a float output passes through."""
        if not self.scale:
            return raw.astype(np.float64)
        return (raw.astype(np.float64) - self.zero_point) * self.scale


class TfliteModel:
    """A TFLite classifier: one RGB crop in, one probability per label out."""

    def __init__(self, path: Path, runtime: str = "auto", threads: int = 1) -> None:
        """Opens a model file.

        Args:
            path: The `.tflite` file.
            runtime: A key of `RUNTIMES`, or "auto" for the first one installed.
            threads: Threads of the interpreter.

        Raises:
            ModelError: The file is not a model, or its input or output is not what the contract asks for.
            MissingExtraError: No interpreter is installed.
        """
        self.runtime, interpreter_type = find_runtime(runtime)
        try:
            with without_native_chatter(), native_path(path) as name:
                self._interpreter = interpreter_type(model_path=name, num_threads=threads)
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

    def _read_output(self) -> tuple[Quantisation, int]:
        details = self._interpreter.get_output_details()[0]
        scale, zero_point = details["quantization"]
        return Quantisation(details["index"], float(scale), int(zero_point)), int(details["shape"][-1])

    def probabilities(self, crop: Image) -> NDArray[np.float64]:
        """Runs the model on one crop.

        Args:
            crop: (size, size, 3) uint8, RGB.

        Returns:
            (classes,) probabilities that add up to one.

        Raises:
            ModelError: The model fails, or answers with something that is no probability.
        """
        try:
            self._interpreter.set_tensor(self._input, crop[np.newaxis])
            self._interpreter.invoke()
            raw = self._interpreter.get_tensor(self._output.index)[0]
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{self.path} cannot be run: {' '.join(str(error).split())}") from None
        shares = self._output.dequantise(raw)
        total = float(shares.sum())
        # The quantised shares add up to one within their rounding only.
        if not 0.9 < total < 1.1:
            raise ModelError(f"{self.path} answers {shares.tolist()}, which are no probabilities")
        return shares / total


def find_runtime(name: str) -> tuple[str, Any]:
    """The name and the `Interpreter` class of the interpreter that is asked for and installed.

    Raises:
        MissingExtraError: There is none.
    """
    wanted = RUNTIMES if name == "auto" else {name: RUNTIMES[name]}
    for runtime, module in wanted.items():
        try:
            return runtime, importlib.import_module(module).Interpreter
        except ImportError:
            continue
    raise MissingExtraError(f"no TFLite interpreter is installed ({', '.join(wanted)})", "edge")
