"""The crops that set the ranges."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from convert import representative
from convert.gates import Representative
from edge.contract import LABELS, Label
from edge.errors import ConfigError
from edge.types import Box
from tests.support.training import patch
from training.data.dataset import FaceDataset
from training.data.manifest import SplitFace, SplitPart
from training.data.readers import DataLayout, FaceRecord

MASKED, BARE, WRONG = LABELS
FRAME, FOLDER = DataLayout.FRAME, DataLayout.FOLDER
PATCH = patch()
Counts = dict[tuple[Label, DataLayout], int]


def faces(counts: Counts) -> FaceDataset:
    """So many faces of each label and source."""
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    records = [
        FaceRecord(str(number), Path("x.png"), Box(0, 0, 9, 9), label, source)
        for number, (label, source) in enumerate(kinds)
    ]
    return FaceDataset(tuple(SplitFace(one, 0, SplitPart.TRAIN) for one in records), (PATCH,) * len(records))


def counted(chosen: representative.Chosen) -> Counts:
    """How many of each label and source were chosen."""
    return dict(Counter((face.record.label, face.record.layout) for face in chosen.material.faces))


def test_classes_and_sources_are_balanced() -> None:
    """A source that lacks faces leaves its share to the other, a class that lacks faces to nobody."""
    there = {
        (MASKED, FRAME): 900,
        (MASKED, FOLDER): 30,
        (BARE, FRAME): 80,
        (BARE, FOLDER): 90,
        (WRONG, FRAME): 60,
    }
    chosen = representative.choose(faces(there), 3, Representative(per_class=100, least=200))
    assert counted(chosen) == {
        (MASKED, FRAME): 70, (MASKED, FOLDER): 30, (BARE, FRAME): 50, (BARE, FOLDER): 50, (WRONG, FRAME): 60,
    }  # fmt: skip
    assert chosen.counts == (100, 100, 60)


@given(counts=some.lists(some.integers(1, 40), min_size=6, max_size=6), wanted=some.integers(1, 60))
def test_no_class_gets_more_than_was_asked_for(counts: list[int], wanted: int) -> None:
    """And none less, unless it has no more."""
    there = dict(zip(((label, source) for label in LABELS for source in DataLayout), counts, strict=True))
    chosen = representative.choose(faces(there), 3, Representative(per_class=wanted, least=1))
    have = [there[label, FRAME] + there[label, FOLDER] for label in LABELS]
    assert chosen.counts == tuple(min(wanted, count) for count in have)


def test_choosing_twice_gives_the_same() -> None:
    """Conversion is deterministic."""
    there = faces({(label, source): 50 for label in LABELS for source in DataLayout})
    first, second = (representative.choose(there, 3, Representative(per_class=20, least=1)) for _ in range(2))
    assert [one.record.key for one in first.material.faces] == [
        one.record.key for one in second.material.faces
    ]


def test_too_few_faces_are_refused() -> None:
    """The sentence counts them."""
    there = faces({(label, FRAME): 66 for label in LABELS})
    with pytest.raises(ConfigError, match=r"has 198 crops \(66 of with_mask, .*\), needed are 200"):
        representative.choose(there, 3, Representative(per_class=100, least=200))


def test_a_missing_class_is_refused() -> None:
    """The sentence names it."""
    there = faces({(MASKED, FRAME): 300, (WRONG, FRAME): 300})
    with pytest.raises(ConfigError, match="hold none of without_mask"):
        representative.choose(there, 3, Representative(per_class=100, least=200))


def test_a_network_of_two_labels_needs_no_third() -> None:
    """Faces of labels that it does not know are left out."""
    there = faces({(label, FRAME): 100 for label in LABELS})
    chosen = representative.choose(there, 2, Representative(per_class=100, least=200))
    assert {face.record.label for face in chosen.material.faces} == {MASKED, BARE}
