"""What the daemon writes to its log."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from edge.daemon import journal
from edge.daemon.journal import JournalObserver
from edge.pipeline.pipeline import Cycle
from edge.tracking.register import PassUpdate
from edge.types import Blind, Frame, FrameAnalysis
from tests.support.builders import event

SEEN = Cycle(
    Frame(0, np.zeros((4, 4, 3), np.uint8), 0.0, 0.0, age=0.05),
    FrameAnalysis((), 0.0, 0.0),
    PassUpdate(),
    0.01,
)
GONE = Cycle(Blind("unplugged", 0.0, 0.0), None, PassUpdate(), 0.0)


def test_verdicts_and_blindness_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """However many cycles blindness lasts."""
    caplog.set_level(logging.INFO)
    observer = JournalObserver()
    observer.observe(SEEN, (event(1),))
    for cycle in (GONE, GONE, SEEN, SEEN):
        observer.observe(cycle, ())
    assert [record.message for record in caplog.records] == [
        "e1-1-1 revision 0: no_mask",
        "blind: unplugged",
        "seeing again",
    ]


def test_a_line_of_figures_comes_when_it_is_due(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the rate and the age of the oldest frame; then counting begins anew."""
    caplog.set_level(logging.INFO)
    now = [100.0]
    monkeypatch.setattr(journal.time, "monotonic", lambda: now[0])
    observer = JournalObserver()
    for _ in range(120):
        now[0] += 0.5
        observer.observe(SEEN, ())
    observer.observe(SEEN, ())
    assert [record.message for record in caplog.records] == ["2.0 frames/s, oldest frame 50 ms, busy 2 %"]
