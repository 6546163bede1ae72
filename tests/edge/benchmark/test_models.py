"""Models are measured in processes of their own, in turns."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from edge import bundle
from edge.benchmark.models import BenchmarkedModel, measure_models, thread_counts, timing_rows
from edge.errors import ModelError

MODEL = bundle.SHIPPED / bundle.CLASSIFIER


def test_every_model_is_measured_with_every_number_of_threads() -> None:
    """Times, size and memory are there; ratios are to the first model."""
    done: list[int] = []
    timings = measure_models(
        [BenchmarkedModel("a", MODEL), BenchmarkedModel("b", MODEL)], (1, 2), rounds=2, progress=done.append
    )
    assert [(timing.name, timing.threads) for timing in timings] == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert [timing.ratio for timing in timings if timing.name == "a"] == [1, 1]
    assert all(0 < timing.p50_ms <= timing.p95_ms for timing in timings)
    assert all(timing.file_bytes == MODEL.stat().st_size for timing in timings)
    assert all(0 < timing.model_mb < timing.peak_mb for timing in timings)
    assert len(done) == 4


def test_what_is_no_model_is_refused() -> None:
    """The sentence names the file and what its process said last."""
    with pytest.raises(ModelError, match=r"manifest\.json cannot be run: .*Flatbuffer"):
        measure_models([BenchmarkedModel("a", bundle.SHIPPED / bundle.MANIFEST)], (1,), rounds=1)


def test_a_model_that_ends_its_process_is_named() -> None:
    """With the signal, and not as if the reader of the output had gone."""

    def end(_done: int) -> None:
        for child in Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split():
            if b"model_worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)

    with pytest.raises(
        ModelError, match=r"classifier\.tflite cannot be run: it ended its process \(SIGKILL\)"
    ):
        measure_models([BenchmarkedModel("a", MODEL)], (1,), rounds=3, progress=end)


def test_no_more_threads_than_cores_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would only wait for one another."""
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert thread_counts() == (1, 2)


def test_the_table_has_a_head_for_each_cell() -> None:
    """And a row for each timing."""
    table = timing_rows(measure_models([BenchmarkedModel("a", MODEL)], (1,), rounds=1))
    assert len(table) == 2
    assert len({len(row) for row in table}) == 1
