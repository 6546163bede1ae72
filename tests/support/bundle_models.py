"""Bundles with the shipped models, for tests that run them."""

from __future__ import annotations

import shutil
from pathlib import Path

from edge import bundle
from tests.support import broken_detectors

ANSWERS_OTHERWISE = [
    {"seed": seed, "probabilities": [0.3, 0.3, 0.4], "tolerance": 0.001} for seed in range(3)
]
"""Golden answers that no model gives."""


def make(directory: Path, version: str, **fields: object) -> Path:
    """The shipped bundle under another version, with some fields of its manifest changed."""
    shutil.copytree(bundle.SHIPPED, directory)
    old = bundle.load(directory).manifest.own_fields()
    bundle.write_manifest(directory, **{**old, "version": version, **fields})
    return directory


def packed(folder: Path, version: str, **fields: object) -> Path:
    """The same as an archive."""
    file = folder / f"{version}.tar.gz"
    bundle.pack(make(folder / version, version, **fields), file)
    return file


def deadly(directory: Path, version: str) -> Path:
    """A bundle with right hashes, whose detector ends the process that runs it."""
    make(directory, version)
    broken_detectors.ends_the_process(directory / bundle.DETECTOR)
    fields = bundle.load(bundle.SHIPPED).manifest.own_fields()
    bundle.write_manifest(directory, **{**fields, "version": version})
    return directory
