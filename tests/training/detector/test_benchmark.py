"""Time for one picture."""

from __future__ import annotations

from pathlib import Path

from training.detector import benchmark


def test_detectors_take_turns_at_every_size(detector: Path) -> None:
    """Each gets a time for each input size."""
    times = benchmark.race([detector, detector], rounds=2)
    assert [[(one.width, one.height) for one in row] for row in times] == [list(benchmark.INPUTS)] * 2
    assert all(one.milliseconds > 0 for row in times for one in row)
