"""How much memory the daemon takes and how soon it is ready."""

from __future__ import annotations

import pytest

from edge.benchmark import process
from edge.config import Config
from edge.demo import CLIP


def test_the_real_daemon_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """It became ready, and takes memory as the bare process does."""
    monkeypatch.setattr(process, "STARTS", 1)
    monkeypatch.setattr(process, "WATCHED_S", 0.3)
    found = process.measure_process(Config(), CLIP)
    assert found.ready_s > 0
    assert found.rss_mb > 10
    assert found.bare_rss_mb > 10
    assert found.rss_overhead_mb == pytest.approx(found.rss_mb - found.bare_rss_mb, abs=0.2)
