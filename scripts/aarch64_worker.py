"""One side of `aarch64_parity.py`: cuts, resizes and classifies, and prints what came out as JSON.

python scripts/aarch64_worker.py BUNDLE COUNT [split.json]
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np

from edge import bundle
from edge.bundle import golden
from edge.contract import Cropper, whole_image_box
from edge.types import Box, Image
from edge.vision.interpreter import TfliteModel

PICTURE = 180
"""Side of a made-up picture, which the contract then cuts and resizes."""


def made_up(count: int) -> Iterator[tuple[Image, Box]]:
    """Drawn faces, and a blob of colours for every fourth."""
    for seed in range(count):
        crop = golden.crop("blobs" if seed % 4 == 3 else "face", seed, PICTURE)
        # A camera gives blue first.
        picture = np.ascontiguousarray(crop[..., ::-1])
        yield picture, whole_image_box(picture)


def of_split(file: Path, count: int) -> Iterator[tuple[Image, Box]]:
    """Faces of a data set, evenly taken from all labels."""
    by_label: dict[str, list[dict[str, object]]] = {}
    for row in json.loads(file.read_bytes())["faces"]:
        by_label.setdefault(row["label"], []).append(row)
    for rows in by_label.values():
        wanted = -(-count // len(by_label))
        for row in rows[:: max(1, len(rows) // wanted)][:wanted]:
            picture = cv2.imread(str(row["image"]))
            if picture is None:
                raise SystemExit(f"{row['image']} cannot be read")
            yield picture, Box(*row["box"])


def main() -> None:
    """Prints one JSON object."""
    directory, count, *split = sys.argv[1:]
    model = TfliteModel(bundle.load(Path(directory)).classifier)
    cropper, digest, answers = Cropper(model.size), hashlib.sha256(), []
    faces = of_split(Path(split[0]), int(count)) if split else made_up(int(count))
    for picture, box in faces:
        crop = cropper.crop(picture, box)
        digest.update(crop.tobytes())
        answers.append(model.probabilities(crop).tolist())
    told = {
        "machine": platform.machine(),
        "interpreter": f"{model.runtime} {version(model.runtime)}",
        "opencv": cv2.__version__,
        "crops": digest.hexdigest(),
        "answers": answers[: int(count)],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
