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
from edge.system.image_files import is_picture
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
        broken: Pictures of the data folders that are not in the split and cannot be read.
    """

    traits: Traits
    readable: NDArray[np.bool_]
    broken: tuple[str, ...] = ()


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
            return FaceMeasures(found, stored["readable"], tuple(map(str, stored["broken"])))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def others_in(roots: Sequence[Path], records: Sequence[FaceRecord]) -> tuple[Path, ...]:
    """Pictures below folders that no face of the split is in."""
    known = {record.image.resolve() for record in records}
    found = (path for root in roots for path in sorted(root.rglob("*")) if is_picture(path))
    return tuple(path for path in found if path.resolve() not in known)


def measure(
    records: Sequence[FaceRecord], others: Sequence[Path], file: Path, advance: Callable[[int], None]
) -> FaceMeasures:
    """Measures faces and keeps the result in a file.

    Args:
        records: The faces; those of one picture should follow each other.
        others: Pictures that are looked at only to see whether they can be read.
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
    broken = tuple(str(path) for path in others if open_image(path) is None)
    measured = Traits.pooled(parts) if parts else Traits.unknown(0)
    found = FaceMeasures(measured, np.array(readable, np.bool_), broken)
    out = io.BytesIO()
    one = found.traits
    np.savez_compressed(
        out,
        sharpness=one.sharpness,
        brightness=one.brightness,
        tone=one.tone,
        readable=found.readable,
        broken=np.array(broken, np.str_),
    )
    write_atomic(file, out.getvalue())
    return found
