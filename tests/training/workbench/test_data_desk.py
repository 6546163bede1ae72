"""The pages see the data as it is now."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge.contract import Label
from edge.errors import ConfigError
from tests.support.predictions import drawn_split
from training.workbench.data_desk import DataDesk


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_split(tmp_path_factory.mktemp("drawn"), 2)


@pytest.fixture
def desk(drawn: Path, tmp_path: Path) -> DataDesk:
    split = tmp_path / "split.json"
    shutil.copy(drawn, split)
    return DataDesk(split, tmp_path / "workbench")


def test_a_correction_is_seen_at_once(desk: DataDesk) -> None:
    """And nothing is read again while nothing has changed."""
    before = desk.catalogue()
    assert desk.catalogue() is before
    desk.corrections.relabel(before.faces[0].record, Label.WITHOUT_MASK)
    assert desk.catalogue().corrected[0].record.label is Label.WITHOUT_MASK
    assert desk.split.parent == desk.corrections.file.parent


def test_faces_are_measured_once(desk: DataDesk) -> None:
    """In a thread beside the pages; a later workbench finds the measures."""
    assert desk.catalogue().measures is None
    desk.measure()
    desk.wait()
    assert desk.measuring().share is None
    assert desk.catalogue().measures is not None
    later = DataDesk(desk.split, desk.split.parent / "workbench")
    assert later.catalogue().measures is not None
    later.measure()
    assert later.measuring().share is None


def test_measures_that_cannot_be_kept(desk: DataDesk, tmp_path: Path) -> None:
    """It is said, and not tried again and again."""
    (tmp_path / "workbench").write_text("a file")
    desk.measure()
    desk.wait()
    assert "cannot be written" in desk.measuring().problem
    desk.measure()
    assert "cannot be written" in desk.measuring().problem


def test_there_is_no_data(tmp_path: Path) -> None:
    """What to do is said."""
    with pytest.raises(ConfigError, match="read the data, or name --split"):
        DataDesk(None, tmp_path).catalogue()
