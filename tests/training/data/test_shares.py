"""Shares of the faces to train on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract import LABELS, Label
from edge.errors import ConfigError
from tests.support.training import record
from training.data.manifest import SplitFace, SplitPart
from training.data.shares import TrainingShare, groups_in_order, without_each

SOURCES = ("streets", "stock")
Drawn = tuple[int, Label, str, SplitPart]
drawn_face = st.tuples(*map(st.sampled_from, (range(40), LABELS, SOURCES, SplitPart)))
drawn_faces = st.lists(drawn_face, min_size=1, max_size=120)


def face(number: int, group: int, label: Label, source: str = "stock", part: str = "train") -> SplitFace:
    named = replace(record(number, label), key=f"frame/{source}/{number}.png#0")
    return SplitFace(named, group, SplitPart(part))


def split_of(drawn: list[Drawn]) -> list[SplitFace]:
    """Faces whose groups are in one part each, with one of each class that every share holds."""
    parts = {group: part for group, _, _, part in drawn}
    rows = [face(n, group, label, source, parts[group]) for n, (group, label, source, _) in enumerate(drawn)]
    return [*rows, face(1000, 100, Label.WITH_MASK, part="validation")]


def learnt(faces: tuple[SplitFace, ...]) -> set[str]:
    return {one.record.key for one in faces if one.part is SplitPart.TRAIN}


def share_or_none(faces: list[SplitFace], size: int, seed: int) -> tuple[SplitFace, ...] | None:
    """The share, or None where it is refused because it holds none of a class."""
    try:
        return TrainingShare(size).of(faces, seed)
    except ConfigError:
        return None


@given(drawn_faces, st.integers(0, 3), st.data())
def test_a_larger_share_holds_the_smaller(drawn: list[Drawn], seed: int, data: st.DataObject) -> None:
    """Whatever the faces are, no group is cut, and the faces that are not trained on stay."""
    faces = split_of(drawn)
    train = [one for one in faces if one.part is SplitPart.TRAIN]
    if not train:
        return
    sizes = sorted(data.draw(st.lists(st.integers(1, len(train)), min_size=1, max_size=4)))
    shares = [found for size in sizes if (found := share_or_none(faces, size, seed)) is not None]
    for smaller, larger in pairwise(shares):
        assert learnt(smaller) <= learnt(larger)
    members = Counter(one.group for one in train)
    for found in shares:
        held = Counter(one.group for one in found if one.part is SplitPart.TRAIN)
        assert all(members[group] == count for group, count in held.items())
        rest = [one for one in faces if one.part is not SplitPart.TRAIN]
        assert [one for one in found if one.part is not SplitPart.TRAIN] == rest
    whole = TrainingShare().of(faces, seed)
    assert list(whole) == faces


@given(st.lists(st.integers(1, 6), min_size=1, max_size=40), st.data())
def test_a_share_ends_with_the_group_that_fills_it(sizes: list[int], data: st.DataObject) -> None:
    """Without its last group it would be too small."""
    groups = [group for group, size in enumerate(sizes) for _ in range(size)]
    faces = [face(n, group, Label.WITH_MASK) for n, group in enumerate(groups)]
    faces.append(face(999, 999, Label.WITH_MASK, part="validation"))
    wanted = data.draw(st.integers(1, len(groups)))
    held = len(learnt(TrainingShare(wanted).of(faces, 1)))
    assert wanted <= held < wanted + max(sizes)


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(SOURCES)), min_size=1, max_size=300))
def test_the_first_groups_resemble_all(drawn: list[tuple[Label, str]]) -> None:
    """However many of them: each class of each source has its share, to a face for each."""
    faces = [face(n, n, label, source) for n, (label, source) in enumerate(drawn)]
    whole, so_far = Counter(drawn), Counter[tuple[Label, str]]()
    for count, group in enumerate(groups_in_order(faces, 1), 1):
        so_far[drawn[group]] += 1
        for stratum, total in whole.items():
            assert abs(so_far[stratum] - total * count / len(drawn)) <= 1 + len(whole)


def test_the_seed_alone_decides_the_order() -> None:
    """The order of the faces does not; another seed gives another one."""
    faces = [face(n, n, LABELS[n % 3]) for n in range(60)]
    assert groups_in_order(faces, 1) == groups_in_order(faces[::-1], 1)
    assert groups_in_order(faces, 1) != groups_in_order(faces, 2)


def test_a_source_that_is_left_out_is_only_tested() -> None:
    """None of its faces trains or calibrates; all of them are still tested."""
    faces = [
        face(at, at, LABELS[at % 3], SOURCES[at // 3 % 2], part)
        for at, part in enumerate(part for part in SplitPart for _ in range(6))
    ]
    everything, *without = without_each(faces)
    assert [one.name for one in without] == ["without-stock", "without-streets"]
    assert everything.name == "all"
    for share, source in zip(without, ("stock", "streets"), strict=True):
        found = share.of(faces, 1)
        assert {one.part for one in found if one.record.source == source} == {SplitPart.TEST}
        assert [one for one in found if one.record.source != source] == [
            one for one in faces if one.record.source != source
        ]


SMALL = [
    *(face(at, at, LABELS[at % 2]) for at in range(10)),
    face(10, 10, Label.MASK_WORN_INCORRECTLY),
    face(11, 11, Label.WITH_MASK, part="validation"),
    face(12, 12, Label.WITH_MASK, "streets"),
    face(13, 13, Label.WITH_MASK, "streets", "validation"),
]


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (TrainingShare(13), "a share of 13 faces is more than the 12 that there are to train on"),
        (TrainingShare(1), "a share of 1 faces holds none of mask_worn_incorrectly; name a larger one"),
        (TrainingShare(without="stock"), "without the source stock no face of mask_worn_incorrectly is left"),
    ],
)
def test_a_share_that_cannot_be_had(share: TrainingShare, words: str) -> None:
    """One sentence says what there is."""
    with pytest.raises(ConfigError, match=words):
        share.of(SMALL, 3)


def test_nothing_is_left_to_calibrate_with() -> None:
    """Where one source has all faces that would."""
    faces = [one for one in SMALL if one.part is SplitPart.TRAIN or one.record.source == "stock"]
    with pytest.raises(ConfigError, match="without the source stock no face is left to calibrate with"):
        TrainingShare(without="stock").of(faces, 1)


def test_one_source_cannot_be_left_out() -> None:
    """The sentence names it."""
    with pytest.raises(ConfigError, match="one source only, stock"):
        without_each([face(0, 0, Label.WITH_MASK)])


@pytest.mark.parametrize("name", ["all", "1000", "without-stock", "without-"])
def test_a_share_is_found_by_its_name(name: str) -> None:
    """As its folder is called."""
    assert TrainingShare.named(name).name == name


@pytest.mark.parametrize("name", ["", "0", "-5", "1e3", "many", "٣"])
def test_other_names_are_refused(name: str) -> None:
    """With what may be named."""
    with pytest.raises(ConfigError, match="name numbers above 0, or all"):
        TrainingShare.named(name)
