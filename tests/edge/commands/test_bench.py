"""`maskgate bench`."""

from __future__ import annotations

import json

import pytest

from tests.support.commands import Run
from tests.support.short_bench import SHORT


def test_a_bench_says_what_was_measured_and_on_what(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed, memory, the classifier alone, and the machine."""
    for module, name, value in SHORT:
        monkeypatch.setattr(module, name, value)
    done = run("bench", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["frames"] == 3
    assert {"overhead_ratio", "rss_mb", "ready_s"} <= set(found)
    assert [lap["threads"] for lap in found["classifier_alone"]] == [1]
    assert found["machine"]["python"]
    assert [load["load"] for load in found["loads"]] == ["nobody", "passes", "crowd"]
