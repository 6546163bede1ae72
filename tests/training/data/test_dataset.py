"""The faces of a split together with their pixels."""

from __future__ import annotations

from dataclasses import replace

from edge.contract import LABELS
from tests.support.training import patch, record
from training.data.dataset import FaceDataset
from training.data.manifest import SplitFace, SplitPart


def drawn() -> FaceDataset:
    """A face of each label in each part."""
    pairs = [(label, part) for part in SplitPart for label in LABELS]
    faces = tuple(SplitFace(record(at, label), at, part) for at, (label, part) in enumerate(pairs))
    return FaceDataset(faces, tuple(patch(at) for at in range(len(pairs))))


def test_a_part_keeps_its_faces_and_their_pixels() -> None:
    """In the same order."""
    whole = drawn()
    test = whole.of(SplitPart.TEST)
    assert [face.part for face in test.faces] == [SplitPart.TEST] * 3
    assert [whole.patches.index(one) for one in test.patches] == [whole.faces.index(f) for f in test.faces]


def test_a_network_of_two_labels_gets_no_third() -> None:
    """Truth is the index of the label."""
    assert drawn().of_classes(2).truth().tolist() == [0, 1] * len(SplitPart)
    assert drawn().truth().tolist() == [0, 1, 2] * len(SplitPart)


def test_crops_are_what_the_device_would_see() -> None:
    """One square of the wanted size for each face."""
    found = drawn().of(SplitPart.TRAIN).crops(96)
    assert found.shape == (3, 96, 96, 3)


def test_faces_that_are_dealt_anew_keep_their_patches() -> None:
    """Also where some are left out and the others stand in another order."""
    faces = tuple(SplitFace(record(number), number, SplitPart.TRAIN) for number in range(3))
    patches = tuple(patch(seed=number) for number in range(3))
    dealt = FaceDataset(faces, patches).dealt([faces[2], replace(faces[0], part=SplitPart.TEST)])
    assert dealt.patches == (patches[2], patches[0])
    assert [face.part for face in dealt.faces] == [SplitPart.TRAIN, SplitPart.TEST]
