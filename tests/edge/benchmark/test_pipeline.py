"""How fast the pipeline runs beside the model calls alone."""

from __future__ import annotations

import numpy as np
import pytest

from edge.benchmark import pipeline
from edge.config import Config
from edge.demo import CLIP


def test_a_recording_is_measured_frame_by_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every stage took some time, and the bare model calls ran on the same frames."""
    monkeypatch.setattr(pipeline, "ROUNDS", 2)
    monkeypatch.setattr(pipeline, "MOST_FRAMES", 4)
    found = pipeline.measure_pipeline(Config(), CLIP)
    assert found.frames == 4
    assert all(stage.p95_ms >= stage.p50_ms > 0 for stage in (found.detect, found.pipeline, found.bare))
    assert found.fps > 0
    assert found.overhead_ratio > 0


def test_each_frame_counts_at_its_best() -> None:
    """Its row is that of the round with the fastest pipeline, beside the fastest baseline of any round."""
    rounds = np.array([[[1, 1, 5.0, 2, 1], [1, 1, 3.0, 1, 1]], [[2, 2, 4.0, 3, 1], [2, 2, 6.0, 2, 1]]])
    assert pipeline._best(rounds).tolist() == [[2, 2, 4, 2, 1], [1, 1, 3, 1, 1]]
