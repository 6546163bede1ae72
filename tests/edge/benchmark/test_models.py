"""Models are measured in processes of their own, in turns."""

from __future__ import annotations

import pytest

from edge import bundle
from edge.benchmark.models import BenchmarkedModel, lap_rows, race_models, thread_counts
from edge.errors import ModelError

MODEL = bundle.SHIPPED / bundle.CLASSIFIER


def test_every_model_is_measured_with_every_number_of_threads() -> None:
    """Times, size and memory are there; ratios are to the first model."""
    done: list[int] = []
    laps = race_models(
        [BenchmarkedModel("a", MODEL), BenchmarkedModel("b", MODEL)], (1, 2), rounds=2, tell=done.append
    )
    assert [(lap.name, lap.threads) for lap in laps] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert [lap.ratio for lap in laps if lap.name == "a"] == [1, 1]
    assert all(0 < lap.p50_ms <= lap.p95_ms for lap in laps)
    assert all(lap.file_bytes == MODEL.stat().st_size for lap in laps)
    assert all(0 < lap.model_mb < lap.peak_mb for lap in laps)
    assert len(done) == 4


def test_what_is_no_model_is_refused() -> None:
    """The sentence names the file and what its process said last."""
    with pytest.raises(ModelError, match=r"manifest\.json cannot be run: .*Flatbuffer"):
        race_models([BenchmarkedModel("a", bundle.SHIPPED / bundle.MANIFEST)], (1,), rounds=1)


def test_no_more_threads_than_cores_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would only wait for one another."""
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert thread_counts() == (1, 2)


def test_the_table_has_a_head_for_each_cell() -> None:
    """And a row for each lap."""
    table = lap_rows(race_models([BenchmarkedModel("a", MODEL)], (1,), rounds=1))
    assert len(table) == 2
    assert len({len(row) for row in table}) == 1
