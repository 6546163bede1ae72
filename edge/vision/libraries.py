"""What runs the models, by version."""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, version

import cv2

from edge.vision.interpreter import RUNTIMES, find_runtime


def libraries(runtime: str = "auto") -> str:
    """OpenCV and the interpreter, each with its version.

    Args:
        runtime: A key of `RUNTIMES`, or "auto" for the first one installed.

    Raises:
        MaskGateError: No interpreter is installed.
    """
    name, _ = find_runtime(runtime)
    return f"OpenCV {cv2.__version__}, {name} {_version(name)}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        # TensorFlow comes as tensorflow-cpu too, and an interpreter of the system as no package of Python's.
        package = importlib.import_module(RUNTIMES[name].partition(".")[0])
        return str(getattr(package, "__version__", "unknown"))
