"""Faces are relabelled and left out beside the data, which stays as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.contract import Label
from edge.errors import ConfigError, StorageError
from tests.support.training import record
from training.data.notes import load
from training.data.readers import Dataset
from training.workbench import corrections
from training.workbench.corrections import Corrections, corrections_of

FACES = tuple(
    replace(record(), key=f"frame/streets/deep, and/a.jpg#{number}", image=Path("a.jpg"))
    for number in range(3)
)


@pytest.fixture
def kept(tmp_path: Path) -> Corrections:
    return Corrections(corrections_of(tmp_path / "data" / "split.json"))


def labels(kept: Corrections) -> dict[str, Label]:
    """What the commands make of the file, by the number of the face."""
    found = load([kept.file]).applied(Dataset(FACES, ()))
    return {face.key[-1]: face.label for face in found.records}


def test_a_face_is_relabelled_and_another_left_out(kept: Corrections) -> None:
    """The commands read the file as any notes; the third face of the picture stays as it is."""
    kept.relabel(FACES[0], Label.WITHOUT_MASK)
    kept.exclude(FACES[1], "a\ncartoon, drawn")
    assert labels(kept) == {"0": Label.WITHOUT_MASK, "2": Label.WITH_MASK}
    assert kept.file.name == "split-corrections.csv"
    assert "a cartoon, drawn" in kept.file.read_text()


def test_a_correction_is_taken_back(kept: Corrections) -> None:
    """By undoing it, or by giving the face the label that the data gives it."""
    kept.exclude(FACES[0])
    kept.relabel(FACES[1], Label.WITHOUT_MASK)
    kept.undo(FACES[0])
    kept.relabel(FACES[1], FACES[1].label)
    assert kept.by_face() == {}
    assert labels(kept) == {str(number): Label.WITH_MASK for number in range(3)}


def test_the_last_correction_of_a_face_counts(kept: Corrections) -> None:
    """One that was left out and then relabelled is there again."""
    kept.exclude(FACES[0])
    kept.relabel(FACES[0], Label.MASK_WORN_INCORRECTLY)
    (note,) = kept.by_face().values()
    assert (note.flag, note.label) == ("", Label.MASK_WORN_INCORRECTLY)


def test_a_full_disk(kept: Corrections, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was corrected before stays."""
    kept.exclude(FACES[0])

    def full(*_: object) -> None:
        raise StorageError("cannot be written: No space left on device")

    monkeypatch.setattr(corrections, "write_atomic", full)
    with pytest.raises(StorageError, match="No space left"):
        kept.exclude(FACES[1])
    assert len(kept.by_face()) == 1


def test_a_file_that_somebody_broke(kept: Corrections) -> None:
    """It is named, and not written over."""
    kept.exclude(FACES[0])
    kept.file.write_text("nonsense\n")
    with pytest.raises(ConfigError, match=r"split-corrections\.csv need the columns"):
        kept.exclude(FACES[1])
    assert kept.file.read_text() == "nonsense\n"
