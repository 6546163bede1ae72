"""What the pipeline costs under three loads."""

from __future__ import annotations

import pytest

from edge.benchmark import loads
from edge.config import Config
from edge.demo import CLIP


def test_an_empty_entrance_costs_a_small_part_where_less_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By much more than a machine's load could hide; nobody is found there, and in the crowd several are."""
    monkeypatch.setattr(loads, "MEASURED_S", 1.0)
    monkeypatch.setattr(loads, "MOST_FRAMES", 60)
    nobody, passes, crowd = loads.measure_loads(Config(), CLIP)
    assert [one.load for one in (nobody, passes, crowd)] == ["nobody", "passes", "crowd"]
    assert nobody.faces == 0
    assert crowd.faces >= 3
    # Processor time and not time: about 7 % and 60 %.
    assert nobody.adaptive_ms < 0.3 * nobody.every_frame_ms
    assert crowd.adaptive_ms < 0.8 * crowd.every_frame_ms
