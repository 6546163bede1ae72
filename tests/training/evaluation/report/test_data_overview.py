"""What a split manifest tells about its data."""

from __future__ import annotations

from pathlib import Path

from training.data.manifest import SplitManifest, SplitPart
from training.data.sources import DataSource
from training.evaluation.predictions import Predictions
from training.evaluation.report import report
from training.evaluation.report.data_overview import describe
from training.evaluation.results import evaluate


def test_the_data_section_counts_every_face(split: Path) -> None:
    """The counts by class, source and part add up to the manifest."""
    manifest = SplitManifest.load(split)
    found = describe(manifest)
    assert sum(row.total for row in found.counts) == len(manifest.faces)
    tested = sum(row.parts[list(SplitPart).index(SplitPart.TEST)] for row in found.counts)
    assert tested == sum(face.part is SplitPart.TEST for face in manifest.faces)


def test_every_source_is_told_with_its_licence(judged: Predictions, split: Path) -> None:
    """In the model card, also one of which nothing is known."""
    manifest = SplitManifest.load(split)
    known = manifest.model_copy(
        update={"sources": (DataSource(name="a", licence="MIT"), DataSource(name="b"))}
    )
    told = report.card(
        report.page(judged, evaluate(judged), report.Extras(dataset=describe(known)), "A title")
    )
    assert "| a | - | MIT | - |" in told
    assert "| b | - | none stated | - |" in told
