"""The bundle: how a trained model travels from the desktop to the device.

A bundle is a directory with `manifest.json` and the files it lists by SHA-256. The manifest also
carries the digest of its own canonical form, so that a changed figure or threshold is noticed too;
`manifest.sig` beside it may say who made it. For the way it becomes one file, see `archive`.
"""

from edge.bundle.archive import opened, pack, unpack, unpacked
from edge.bundle.bundle import SHIPPED, SHIPPED_DETECTOR, SIGNATURE, Bundle, golden_crop, load, write_manifest
from edge.bundle.manifest import (
    CLASSIFIER,
    DETECTOR,
    MANIFEST,
    Calibration,
    Golden,
    Input,
    Manifest,
    Source,
    canonical_digest,
)

__all__ = [
    "CLASSIFIER",
    "DETECTOR",
    "MANIFEST",
    "SHIPPED",
    "SHIPPED_DETECTOR",
    "SIGNATURE",
    "Bundle",
    "Calibration",
    "Golden",
    "Input",
    "Manifest",
    "Source",
    "canonical_digest",
    "golden_crop",
    "load",
    "opened",
    "pack",
    "unpack",
    "unpacked",
    "write_manifest",
]
