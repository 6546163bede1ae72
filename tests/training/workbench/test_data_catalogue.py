"""What the pages show of a data set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.contract import Label
from tests.support.predictions import drawn_split
from tests.support.training import record
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.readers import DataLayout
from training.workbench.corrections import Corrections, corrections_of
from training.workbench.data_catalogue import (
    DataCatalogue,
    FaceQuery,
    catalogue,
    count,
    histogram,
    histograms,
)
from training.workbench.measures import measure


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> SplitManifest:
    return SplitManifest.load(drawn_split(tmp_path_factory.mktemp("drawn"), 4, ("streets", "stock")))


def folder_face(number: int, group: int, label: Label) -> SplitFace:
    face = record(number, label)
    key = f"folder/faces/{label}/{number}.png#0"
    return SplitFace(replace(face, key=key, layout=DataLayout.FOLDER), group, SplitPart.TRAIN)


def test_faces_are_selected(drawn: SplitManifest) -> None:
    """By label, part and slice, all of which must fit."""
    shown = DataCatalogue(drawn, {})
    assert len(shown.select(FaceQuery())) == 24
    (place, *_) = shown.select(FaceQuery("without_mask", slice="source stock"))
    assert shown.faces[place].record.source == "stock"
    assert len(shown.select(FaceQuery("without_mask", slice="source stock"))) == 4
    parts = [len(shown.select(FaceQuery(part=part))) for part in SplitPart]
    assert sum(parts) == 24
    assert shown.select(FaceQuery("without_mask", "test", "face size: below 20 px")) == []


def test_slices_by_light_need_measures(drawn: SplitManifest, tmp_path: Path) -> None:
    """Sizes and sources are known without."""
    measured = measure([face.record for face in drawn.assigned()], (), tmp_path / "m.npz", lambda _: None)
    plain, full = DataCatalogue(drawn, {}), DataCatalogue(drawn, {}, measured)
    assert "face size: 32 to 63 px" in plain.slices or "face size: 64 to 127 px" in plain.slices
    assert not [name for name in plain.slices if name.startswith("brightness")]
    assert len([name for name in full.slices if name.startswith("brightness")]) == 3
    assert full.broken == ()


def test_histograms(drawn: SplitManifest) -> None:
    """Of sizes, and of light and sharpness once these are measured; what is unknown does not count."""
    found = histograms(DataCatalogue(drawn, {}))
    assert list(found) == ["Size of the face, pixels"]
    assert sum(count for _, count in found["Size of the face, pixels"]) == 24
    values = np.array([0.0, 5.0, 10.0, 99.0, np.nan])
    assert histogram(values, (0, 10, 20)) == (("0 to 9", 2), ("10 to 19", 1), ("20 and more", 1))


def test_corrections_are_shown(drawn: SplitManifest, tmp_path: Path) -> None:
    """Labels are those that were noted, and what is left out is not counted; the data stays as it is."""
    kept = Corrections(corrections_of(tmp_path / "split.json"))
    first, second = (drawn.assigned()[at].record for at in (0, 1))
    kept.relabel(first, Label.WITHOUT_MASK)
    kept.exclude(second)
    shown = catalogue(drawn, kept)
    assert shown.corrected[0].record.label is Label.WITHOUT_MASK
    assert shown.faces[0].record.label is Label.WITH_MASK
    assert shown.excluded == {1}
    table = count(shown)
    assert table.labels == tuple(Label)
    assert table.sources == ("stock", "streets")
    assert [sum(row) for row in table.cells] == [sum(row) for row in table.parts] == [7, 8, 8]


def test_what_is_odd() -> None:
    """Near-duplicates in several pictures, and those among them that are labelled differently."""
    faces = [
        folder_face(0, 1, Label.WITH_MASK),
        folder_face(1, 1, Label.WITH_MASK),
        folder_face(2, 1, Label.WITHOUT_MASK),
        folder_face(3, 2, Label.WITH_MASK),
        folder_face(4, 3, Label.WITH_MASK),
        folder_face(5, 3, Label.WITH_MASK),
    ]
    manifest = SplitManifest.of(faces, 1, "f")
    shown = DataCatalogue(manifest, {})
    assert shown.near_duplicates == ((0, 1, 2), (4, 5))
    assert shown.conflicts == ((2, 0, 1),)
    assert shown.place(faces[3].record.key) == 3
    assert shown.place("absent") is None
    assert shown.neighbours(0) == ()


def test_a_conflict_is_settled(tmp_path: Path) -> None:
    """By relabelling the face, or by leaving it out."""
    faces = [folder_face(0, 1, Label.WITH_MASK), folder_face(1, 1, Label.WITHOUT_MASK)]
    manifest = SplitManifest.of(faces, 1, "f")
    kept = Corrections(tmp_path / "corrections.csv")
    for settle in (kept.exclude, lambda record: kept.relabel(record, Label.WITH_MASK)):
        settle(faces[1].record)
        assert catalogue(manifest, kept).conflicts == ()
        kept.undo(faces[1].record)
        assert len(catalogue(manifest, kept).conflicts) == 1


def test_the_faces_of_one_picture(drawn: SplitManifest) -> None:
    """Are neighbours."""
    shown = DataCatalogue(drawn, {})
    assert len(shown.neighbours(0)) == 2
    assert {one.image for one in shown.neighbours(0)} == {shown.faces[0].record.image}
