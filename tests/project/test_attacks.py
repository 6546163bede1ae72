"""Inputs of an attack, kept as they were, against what holds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import bundle
from edge.collector.records import Rejected
from edge.config import Config, DetectorConfig
from edge.errors import ModelError, SourceError
from edge.messages.inbound import parse_ack
from edge.messages.ranges import Range, merge
from edge.self_test.self_test import self_test
from edge.system.image_files import read_image
from tests.support.collector_records import NOON, PARSER

pytestmark = pytest.mark.shared


@pytest.fixture
def attacks(shared: Path) -> Path:
    return shared / "cases" / "attacks"


def test_the_poisoned_message_is_rejected_alone(attacks: Path) -> None:
    """It ended the collector's validator; now it is a message with a reason."""
    payload = (attacks / "collector_poison_toplevel.json").read_bytes()
    record = PARSER.read("maskgate/x/y/event", payload, NOON)
    assert isinstance(record, Rejected)
    assert record.payload == payload


def test_the_ranges_that_overlap_are_one(attacks: Path) -> None:
    """A hundred of them kept the spool busy; they ask for one range, which is replayed in parts."""
    ack = parse_ack((attacks / "ack_overlapping_ranges.json").read_bytes())
    assert merge(Range(first, last) for first, last in ack.missing) == (Range(1, 40_000),)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("detector_sigfpe.onnx", "ended the process that tried it"),
        ("detector_opens_96_fails_on_frame.onnx", "fails on a picture of"),
    ],
)
def test_the_deadly_detectors_are_refused(attacks: Path, name: str, words: str) -> None:
    """One ends its process, one fails at the first whole frame: each is a sentence, and nothing ends here."""
    config = Config(detector=DetectorConfig(model=str(attacks / name)))
    with pytest.raises(ModelError, match=words):
        self_test(bundle.load(bundle.SHIPPED), config)


def test_the_small_file_with_a_huge_picture_is_not_decoded(attacks: Path) -> None:
    """Its size is read first."""
    with pytest.raises(SourceError, match="30000x30000"):
        read_image(attacks / "jpeg_691b_30000x30000.jpg")
