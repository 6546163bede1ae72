"""Power cuts at any moment: no committed event is lost, and the spool is whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.power import cuts, judge, record
from tests.faults.results import note

PARTS = 20
IMAGES = 100_000


def verdicts(directory: Path, kind: str, images: int, seed: int, synchronous: str = "FULL") -> Counter[str]:
    """How often which verdict was given on the images of one device."""
    trace = record(directory, kind, seed, 20, synchronous)
    return Counter(
        judge(promise, disk, chance, rescue=kind == "rescue")
        for promise, disk, chance in cuts(trace, images, seed)
    )


@pytest.mark.parametrize("kind", ["marks", "bounds", "rescue"])
def test_a_power_cut_loses_nothing(tmp_path: Path, kind: str) -> None:
    """Amid commits, checkpoints, replays, drops, a start, an end, and the rescue of a damaged file."""
    assert verdicts(tmp_path / "spool", kind, 150, 1) == {"": 150}


def lossy(found: Counter[str]) -> int:
    """Images in which an acknowledged event is missing."""
    return sum(count for verdict, count in found.items() if verdict.startswith("lost"))


def test_the_harness_finds_what_a_weaker_setting_loses(tmp_path: Path) -> None:
    """With synchronous=NORMAL it finds lost events in many images."""
    assert lossy(verdicts(tmp_path / "spool", "marks", 100, 1, "NORMAL")) > 5


@pytest.mark.faults
@pytest.mark.timeout(3_600)
def test_the_harness_finds_what_a_weaker_setting_loses_in_5000_images(tmp_path: Path) -> None:
    """So that the row without losses says something."""
    found = verdicts(tmp_path / "spool", "marks", 5_000, 1, "NORMAL")
    note("power cut, with synchronous=NORMAL", found.total(), images_with_losses=lossy(found))
    assert lossy(found) > 250


@pytest.mark.faults
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_thousand_power_cuts(tmp_path: Path, part: int) -> None:
    """The same, 100,000 times, over devices with other seeds."""
    images, kind = IMAGES // PARTS, ("marks", "bounds", "marks", "rescue")[part % 4]
    found = verdicts(tmp_path / "spool", kind, images, 100 + part)
    note(
        "power cut", found.total(), images_with_losses=lossy(found),
        images_otherwise_wrong=found.total() - found[""] - lossy(found),
    )  # fmt: skip
    assert found == {"": images}
