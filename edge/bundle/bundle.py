"""A bundle as a directory: opened with every digest verified, and written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge import contract
from edge.bundle import files as bundle_files
from edge.bundle import golden
from edge.bundle import manifest as manifests
from edge.bundle.manifest import CLASSIFIER, DETECTOR, MANIFEST, Manifest
from edge.errors import ModelError
from edge.types import Image

SIGNATURE = "manifest.sig"
SHIPPED = Path(__file__).parent.parent / "models"
"""The bundle that comes with the package."""
SHIPPED_DETECTOR = SHIPPED / DETECTOR
"""The face detector in it, for bundles that have none of their own."""

MOST_FILE_BYTES = 32 * 1024 * 1024
"""No file of a bundle is larger: a model that a device runs for every face has a tenth of that."""

MOST_FILES = 16


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose manifest and hashes were found right."""

    path: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """Version and the first digits of the digest: what tells bundles apart."""
        return f"{self.manifest.version}-{self.manifest.digest[:8]}"

    @property
    def classifier(self) -> Path:
        """The classifier's TFLite file."""
        return self.path / CLASSIFIER

    @property
    def detector(self) -> Path | None:
        """The detector in the bundle; None where it has none."""
        return self.path / DETECTOR if DETECTOR in self.manifest.files else None


def load(path: Path) -> Bundle:
    """Opens a bundle directory and verifies every digest in it.

    Raises:
        ModelError: It is missing, damaged, or breaks the contract; the sentence names what.
    """
    manifest = manifests.read(path / MANIFEST)
    if CLASSIFIER not in manifest.files:
        raise ModelError(f"{path / MANIFEST} lists no {CLASSIFIER}; convert the model again")
    # Before any of them is read: how many there are is the manifest's claim.
    if len(manifest.files) > MOST_FILES:
        raise ModelError(f"{path / MANIFEST} lists more than {MOST_FILES} files, which no bundle has")
    for name, digest in manifest.files.items():
        if bundle_files.digest(path / name, MOST_FILE_BYTES) != digest:
            raise ModelError(f"{path / name} is damaged: its SHA-256 is not the one in {MANIFEST}")
    return Bundle(path, manifest)


def write_manifest(directory: Path, **fields: Any) -> Manifest:
    """Writes `manifest.json` for the files that stand in a directory, with their digests.

    A signature that stands there belonged to another manifest and is removed.

    Args:
        directory: Holds the classifier and, where there are any, the detector and notices (`*.txt`).
        **fields: The other fields of `Manifest`; its schema is today's unless they name it.
    """
    names = [name for name in (CLASSIFIER, DETECTOR) if (directory / name).exists()]
    names += sorted(file.name for file in directory.glob("*.txt"))
    files = {name: bundle_files.digest(directory / name, MOST_FILE_BYTES) for name in names}
    draft = Manifest.model_validate(
        # A placeholder: the digest is over all members but itself.
        {"schema": contract.SCHEMA, "files": files, "sha256": "0" * 64, **fields}
    ).content()
    draft["sha256"] = manifests.canonical_digest(draft)
    text = json.dumps(draft, indent=2, sort_keys=True, ensure_ascii=False)
    # Before the manifest: at no time may it stand beside one that it does not cover.
    (directory / SIGNATURE).unlink(missing_ok=True)
    (directory / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return Manifest.model_validate(draft)


def golden_crop(seed: int, size: int, kind: golden.Kind = "blobs") -> Image:
    """A made-up crop (size, size, 3) uint8 for self-tests, the same everywhere; see `edge.bundle.golden`."""
    return golden.crop(kind, seed, size)
