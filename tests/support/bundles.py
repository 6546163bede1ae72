"""Small bundles whose model is no model: enough for all that happens before an interpreter opens it."""

from __future__ import annotations

import json
from pathlib import Path

from edge import bundle
from edge.contract import FEWEST_GOLDEN, LABELS


def golden(*probabilities: float, **fields: object) -> list[dict[str, object]]:
    """As many golden answers as a manifest needs, all the same."""
    return [{"seed": seed, "probabilities": probabilities, **fields} for seed in range(FEWEST_GOLDEN)]


def make(directory: Path, version: str = "1.0", model: bytes = b"a model" * 40) -> Path:
    """A bundle directory with a classifier, a detector and a notice."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / bundle.CLASSIFIER).write_bytes(model)
    (directory / bundle.DETECTOR).write_bytes(b"a detector" * 20)
    (directory / "NOTICE.txt").write_text("made by nobody\n")
    bundle.write_manifest(
        directory,
        version=version,
        labels=LABELS,
        input={"size": 128},
        golden=golden(0.5, 0.25, 0.25),
        metrics={"macro_f1": 0.9},
        intervals={"macro_f1": (0.85, 0.93)},
        thresholds=dict.fromkeys(LABELS, 0.6),
        smallest_px={LABELS[0]: 18},
    )
    return directory


def packed(directory: Path, version: str = "1.0", model: bytes = b"a model" * 40) -> Path:
    """The same as an archive in that directory."""
    file = directory / f"{version}.tar.gz"
    bundle.pack(make(directory / version, version, model), file)
    return file


def change(directory: Path, *, resign: bool = False, **fields: object) -> None:
    """Changes the manifest, with or without a fitting digest of its own."""
    file = directory / bundle.MANIFEST
    raw = {**json.loads(file.read_text()), **fields}
    if resign:
        raw["sha256"] = bundle.canonical_digest(raw)
    file.write_text(json.dumps(raw))
