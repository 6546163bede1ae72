"""What a split manifest tells about its data."""

from __future__ import annotations

from pathlib import Path

from training.data.manifest import SplitManifest, SplitPart
from training.evaluation.report.data_overview import describe


def test_the_data_section_counts_every_face(split: Path) -> None:
    """The counts by class, source and part add up to the manifest."""
    manifest = SplitManifest.load(split)
    found = describe(manifest)
    assert sum(row.total for row in found.counts) == len(manifest.faces)
    tested = sum(row.parts[list(SplitPart).index(SplitPart.TEST)] for row in found.counts)
    assert tested == sum(face.part is SplitPart.TEST for face in manifest.faces)
