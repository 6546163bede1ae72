"""Folds that test every face once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract import LABELS, Label
from edge.errors import ConfigError
from tests.support.training import record
from training.data.folds import folds, whole, without_each_source
from training.data.manifest import SplitFace, SplitPart

faces = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(LABELS)), min_size=1, max_size=120)


def assigned(drawn: list[tuple[int, Label]]) -> list[SplitFace]:
    return [SplitFace(record(n, label), group, SplitPart.TRAIN) for n, (group, label) in enumerate(drawn)]


@given(faces, st.integers(2, 6), st.integers(0, 3))
def test_every_face_is_tested_once(drawn: list[tuple[int, Label]], count: int, seed: int) -> None:
    """Whatever the faces are, each is tested in one fold, and all keep their place and label."""
    given_faces = assigned(drawn)
    dealt = folds(given_faces, count, seed)
    for row in zip(given_faces, *dealt, strict=True):
        assert sum(face.part is SplitPart.TEST for face in row[1:]) == 1
        assert {face.record.key for face in row} == {row[0].record.key}


@given(faces, st.integers(2, 6))
def test_no_group_crosses_within_a_fold(drawn: list[tuple[int, Label]], count: int) -> None:
    """In every fold all faces of a group are in one part."""
    for dealt in folds(assigned(drawn), count, 1):
        parts = {(face.group, face.part) for face in dealt}
        assert len(parts) == len({face.group for face in dealt})


def test_folds_share_out_the_rare_class() -> None:
    """Ten wrongly worn masks make two for each of five folds, and some to calibrate each with."""
    labels = [Label.WITH_MASK] * 100 + [Label.WITHOUT_MASK] * 50 + [Label.MASK_WORN_INCORRECTLY] * 10
    for dealt in folds(assigned(list(enumerate(labels))), 5, 1):
        rare = [face.part for face in dealt if face.record.label is Label.MASK_WORN_INCORRECTLY]
        assert rare.count(SplitPart.TEST) == 2
        assert rare.count(SplitPart.VALIDATION) in (1, 2)


@given(faces)
def test_a_whole_split_tests_nobody(drawn: list[tuple[int, Label]]) -> None:
    """All faces train or calibrate, and a group does one of both."""
    dealt = whole(assigned(drawn))
    assert SplitPart.TEST not in {face.part for face in dealt}
    assert len({(face.group, face.part) for face in dealt}) == len({face.group for face in dealt})


sourced = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(("streets", "stock", "faces"))), min_size=1, max_size=80
)


@given(sourced)
def test_a_source_that_is_left_out_is_tested_and_unseen(drawn: list[tuple[int, str]]) -> None:
    """Every face is tested once, and none of its source or its group trains or validates there."""
    given_faces = [
        SplitFace(replace(record(n), key=f"frame/{source}/{n}.png#0"), group, SplitPart.TRAIN)
        for n, (group, source) in enumerate(drawn)
    ]
    names = {face.record.source for face in given_faces}
    if len(names) < 2:
        with pytest.raises(ConfigError, match="one source only"):
            without_each_source(given_faces, 1)
        return
    dealt = without_each_source(given_faces, 1)
    assert list(dealt) == sorted(names)
    for name, faces in dealt.items():
        tested = {face.record.key for face in faces if face.part is SplitPart.TEST}
        assert tested == {face.record.key for face in given_faces if face.record.source == name}
        groups = {face.group for face in faces if face.part is SplitPart.TEST}
        assert not groups & {face.group for face in faces if face.part is not SplitPart.TEST}
