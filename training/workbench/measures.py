"""What can be measured of the faces of a split: sharpness, light, skin tone, and which files are broken.

To measure thousands of pictures takes minutes, so the result is kept in a file.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.system.files import write_atomic
from edge.types import Image
from training.data.crops import patch_of
from training.data.manifest import SplitManifest
from training.data.readers import FaceRecord, open_image
from training.evaluation.traits import Traits, traits


@dataclass(frozen=True, slots=True, eq=False)
class FaceMeasures:
    """Measures of n faces.

    Attributes:
        traits: Of each face; not numbers where its picture cannot be read.
        readable: (n,) whether it can.
    """

    traits: Traits
    readable: NDArray[np.bool_]


def measures_file(manifest: SplitManifest, folder: Path) -> Path:
    """Where the measures of a split are kept; other data and other boxes have another file."""
    rows = "\n".join(f"{row.key} {row.box}" for row in manifest.faces)
    name = hashlib.sha256(f"{manifest.fingerprint} {rows}".encode()).hexdigest()[:20]
    return folder / f"measures-{name}.npz"


def load(file: Path) -> FaceMeasures | None:
    """What `measure` has kept; None where there is nothing that can be read."""
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as stored:
            found = Traits(stored["sharpness"], stored["brightness"], stored["tone"])
            return FaceMeasures(found, stored["readable"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def measure(records: Sequence[FaceRecord], file: Path, advance: Callable[[int], None]) -> FaceMeasures:
    """Measures faces and keeps the result in a file.

    Args:
        records: The faces; those of one picture should follow each other.
        file: Where it is kept.
        advance: Called with the number of faces that were measured since the last call.

    Raises:
        StorageError: It cannot be kept.
    """
    parts, readable = [], []
    opened: tuple[Path, Image | None] | None = None
    for record in records:
        if opened is None or opened[0] != record.image:
            opened = (record.image, open_image(record.image))
        image = opened[1]
        readable.append(image is not None)
        parts.append(Traits.unknown(1) if image is None else traits((patch_of(image, record),)))
        advance(1)
    found = FaceMeasures(Traits.pooled(parts) if parts else Traits.unknown(0), np.array(readable, np.bool_))
    out = io.BytesIO()
    one = found.traits
    np.savez_compressed(
        out, sharpness=one.sharpness, brightness=one.brightness, tone=one.tone, readable=found.readable
    )
    write_atomic(file, out.getvalue())
    return found
