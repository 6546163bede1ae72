"""`maskgate bench`."""

from __future__ import annotations

import json

import pytest

from edge.benchmark import loads, models, pipeline, process
from tests.support.commands import Run


def test_a_bench_says_what_was_measured_and_on_what(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed, memory, the classifier alone, and the machine; the table names the same."""
    monkeypatch.setattr(pipeline, "ROUNDS", 1)
    monkeypatch.setattr(pipeline, "MOST_FRAMES", 3)
    monkeypatch.setattr(loads, "LEAD_S", 0.2)
    monkeypatch.setattr(loads, "MEASURED_S", 0.2)
    monkeypatch.setattr(loads, "MOST_FRAMES", 5)
    monkeypatch.setattr(process, "STARTS", 1)
    monkeypatch.setattr(process, "WATCHED_S", 0.1)
    monkeypatch.setattr(models, "thread_counts", lambda: (1,))
    done = run("bench", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["frames"] == 3
    assert {"overhead_ratio", "rss_mb", "ready_s"} <= set(found)
    assert [lap["threads"] for lap in found["classifier_alone"]] == [1]
    assert found["machine"]["python"]
    assert [load["load"] for load in found["loads"]] == ["nobody", "passes", "crowd"]
    table = run("bench").out
    assert "pipeline / bare model calls" in table
    assert "at rest" in table
    assert "the classifier alone, per face" in table
