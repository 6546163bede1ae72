"""Groups of near-duplicates and the parts they are dealt to."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract import LABELS, Label
from tests.support.photographs import photograph, written
from tests.support.training import draw_face, record
from training.data import split
from training.data.readers import DataLayout, Dataset, FaceRecord


def test_near_duplicates_form_a_group(tmp_path: Path) -> None:
    """A brighter, a smaller and a mirrored copy join their original; another picture does not."""
    one = photograph(1)
    records = written(
        tmp_path,
        one=one,
        brighter=cv2.convertScaleAbs(one, alpha=1.1, beta=10),
        smaller=cv2.resize(one, (70, 70)),
        mirrored=cv2.flip(one, 1),
        other=photograph(2),
    )
    assert split.group(records) == (0, 0, 0, 0, 1)


def test_faces_of_one_frame_form_a_group(tmp_path: Path) -> None:
    """Faces of one image are in one group, however different they look."""
    (first,) = written(tmp_path, one=photograph(1))
    second = FaceRecord("frame/one.png#1", first.image, first.box, Label.WITHOUT_MASK, DataLayout.FRAME)
    assert split.group([first, second]) == (0, 0)


def test_tiny_faces_join_nobody(tmp_path: Path) -> None:
    """Faces too small to be told apart are grouped by their frame only."""
    records = [
        FaceRecord(old.key, old.image, old.box.__class__(0, 0, 8, 8), old.label, old.layout)
        for old in written(tmp_path, one=photograph(3), two=photograph(4))
    ]
    assert split.group(records) == (0, 1)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=30))
def test_sets_are_numbered_by_their_first_members(pairs: list[tuple[int, int]]) -> None:
    """What is joined by any way has one number, and numbers begin at 0 and rise with the first members."""
    numbers = split.connected(21, pairs)
    assert all(numbers[first] == numbers[second] for first, second in pairs)
    assert len(set(numbers)) >= 21 - len(pairs)
    assert list(dict.fromkeys(numbers)) == list(range(max(numbers) + 1))


groups = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(LABELS)), min_size=1, max_size=120)


@given(groups, st.integers(0, 5))
def test_no_group_is_divided(faces: list[tuple[int, Label]], seed: int) -> None:
    """Whatever the groups and labels are, all faces of a group get the same part."""
    records = [record(number, label) for number, (_, label) in enumerate(faces)]
    numbers = [group for group, _ in faces]
    places = split.assign_parts(records, numbers, (0.7, 0.1, 0.2), seed)
    assert len(set(zip(numbers, places, strict=True))) == len(set(numbers))


def test_parts_resemble_each_other() -> None:
    """Every part gets about its share of every label, the rare one too."""
    labels = [Label.WITH_MASK] * 300 + [Label.WITHOUT_MASK] * 100 + [Label.MASK_WORN_INCORRECTLY] * 20
    records = [record(number, label) for number, label in enumerate(labels)]
    places = split.assign_parts(records, range(len(records)), (0.7, 0.1, 0.2), seed=1)
    counts = Counter(zip(labels, places, strict=True))
    for label, total in (
        (Label.WITH_MASK, 300),
        (Label.WITHOUT_MASK, 100),
        (Label.MASK_WORN_INCORRECTLY, 20),
    ):
        assert [counts[label, place] for place in range(3)] == pytest.approx(
            [0.7 * total, 0.1 * total, 0.2 * total], abs=1.01
        )


def test_same_seed_same_split() -> None:
    """A seed gives the same split again, another seed another one."""
    records = [record(number, LABELS[number % 2]) for number in range(60)]
    places = [split.assign_parts(records, range(60), (0.5, 0.5), seed) for seed in (1, 1, 2)]
    assert places[0] == places[1] != places[2]


def test_hashes_are_of_faces() -> None:
    """Two drawings of the same face with other noise are near-duplicates of each other."""
    bits = np.stack(
        [split.perceptual_bits(draw_face(seed=5)), split.perceptual_bits(draw_face(seed=5, side=90))]
    )
    assert split.near_pairs(bits).tolist() == [[0, 1]]


def test_what_is_known_to_belong_together_forms_a_group(tmp_path: Path) -> None:
    """Two pictures of one person that do not resemble each other are in one group when somebody says so."""
    records = written(tmp_path, one=photograph(1), two=photograph(2), other=photograph(3))
    assert split.group(records, [(0, 1)]) == (0, 0, 1)


def test_sources_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    """A copy with another label in another source is a contradiction; one in its own source is none."""
    records = written(tmp_path, one=photograph(1), copy=photograph(1), third=photograph(1), far=photograph(2))
    sources = ("streets", "stock", "streets", "stock")
    labels = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.WITHOUT_MASK, Label.WITHOUT_MASK)
    named = [
        replace(one, key=f"frame/{source}/{number}.png#0", label=label)
        for number, (one, source, label) in enumerate(zip(records, sources, labels, strict=True))
    ]
    found = split.contradictions(split.split(Dataset(tuple(named), ()), 1))
    assert [(one.key, other.key) for one, other in found] == [
        ("frame/streets/0.png#0", "frame/stock/1.png#0")
    ]


def test_every_part_gets_its_share_of_every_source() -> None:
    """A small source stands in all parts, as a large one does."""
    names = ["large"] * 300 + ["small"] * 20
    records = [
        replace(record(number), key=f"frame/{name}/{number}.png#0") for number, name in enumerate(names)
    ]
    counts = Counter(zip(names, split.assign_parts(records, range(len(records)), (0.5, 0.5), 1), strict=True))
    assert [counts["small", place] for place in range(2)] == [10, 10]
