"""What came of a video, as values of the page."""

from __future__ import annotations

from edge.replay.timeline import LampChange, Timeline
from edge.types import Lamp
from training.workbench.pages.playback import Span, lamp_spans


def test_the_lamp_lasts_until_it_changes() -> None:
    """The last one until the end; what is off is no span."""
    lamps = (LampChange(0.0, Lamp.OFF), LampChange(2.0, Lamp.GREEN), LampChange(5.0, Lamp.RED))
    found = lamp_spans(Timeline((), lamps, 90, 9.0))
    assert found == [Span("green", 2.0, 5.0), Span("red", 5.0, 9.0)]
    assert lamp_spans(Timeline((), (), 0, 0.0)) == []
