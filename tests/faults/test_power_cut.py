"""Power cuts at any moment: no committed event is lost, and the spool is whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.faults.power import cuts, judge, record

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


def test_the_harness_finds_what_a_weaker_setting_loses(tmp_path: Path) -> None:
    """With synchronous=NORMAL it finds lost events in many images."""
    found = verdicts(tmp_path / "spool", "marks", 100, 1, "NORMAL")
    assert sum(count for verdict, count in found.items() if verdict.startswith("lost")) > 5


@pytest.mark.faults
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_thousand_power_cuts(tmp_path: Path, part: int) -> None:
    """The same, 100,000 times, over devices with other seeds."""
    images, kind = IMAGES // PARTS, ("marks", "bounds", "marks", "rescue")[part % 4]
    assert verdicts(tmp_path / "spool", kind, images, 100 + part) == {"": images}
