"""Compares a trained detector's outputs in the framework and in an OpenCV of another environment.

python scripts/detector_parity.py write detector.onnx reference.npz pictures/*.png   # training packages
python scripts/detector_parity.py check detector.onnx reference.npz                  # any OpenCV and numpy

The second exits with 1 where any number differs by 0.001 or more.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

LIMIT = 1e-3


def write(model: Path, reference: Path, files: list[Path]) -> None:
    """Stores pictures and what the framework makes of them."""
    from training.detector import parity  # noqa: PLC0415 - the checking side lacks these packages

    arrays: dict[str, np.ndarray] = {"names": np.array(parity.NAMES)}
    pictures = [cv2.imread(str(file)) for file in files]
    for size in parity.SIZES:
        sized = [np.asarray(cv2.resize(one, size), np.uint8) for one in pictures if one is not None]
        outputs = parity.framework(model, sized)
        for number, (picture, found) in enumerate(zip(sized, outputs, strict=True)):
            key = f"{size[0]}x{size[1]}/{number}"
            arrays[f"{key}/picture"] = picture
            arrays |= {f"{key}/{name}": value for name, value in zip(parity.NAMES, found, strict=True)}
    np.savez(reference, **arrays)


def check(model: Path, reference: Path) -> float:
    """The largest difference to the stored numbers."""
    network = cv2.dnn.readNetFromONNX(str(model))
    worst, many = 0.0, 0
    with np.load(reference) as stored:
        names = [str(name) for name in stored["names"]]
        for key in [name for name in stored.files if name.endswith("/picture")]:
            network.setInput(cv2.dnn.blobFromImage(stored[key]))
            many += 1
            for name, value in zip(names, network.forward(names), strict=True):
                wanted = stored[f"{key.removesuffix('/picture')}/{name}"]
                gap = float(np.abs(wanted - value).max()) if wanted.shape == value.shape else np.inf
                worst = max(worst, gap if np.isfinite(gap) else np.inf)
    print(f"OpenCV {cv2.__version__}: {many} pictures, largest difference {worst:.3g}")
    return worst if many else np.inf


if __name__ == "__main__":
    mode, model_file, reference_file, *rest = sys.argv[1:]
    if mode == "write":
        write(Path(model_file), Path(reference_file), [Path(file) for file in rest])
    else:
        sys.exit(check(Path(model_file), Path(reference_file)) >= LIMIT)
