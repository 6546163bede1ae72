"""What the daemon's line makes of a recording over time."""

from __future__ import annotations

import pytest

from edge.bundle import SHIPPED, load
from edge.config import Config
from edge.daemon.factory import open_vision
from edge.demo import CLIP
from edge.replay.timeline import TimelineStoppedError, timeline
from edge.types import Lamp, Outcome


def test_the_demo_over_time() -> None:
    """Its passes, and a lamp that is off at first, green, red, and green in the end."""
    config = Config()
    moments: list[float] = []
    found = timeline(config, open_vision(config, load(SHIPPED)), CLIP, lambda at: moments.append(at) or True)
    assert [one.outcomes[-1] for one in found.passes] == [
        Outcome.COMPLIANT, Outcome.NO_MASK, Outcome.MASK_INCORRECT, Outcome.COMPLIANT,
    ]  # fmt: skip
    lamps = [one.lamp for one in found.lamps]
    assert lamps[:3] == [Lamp.OFF, Lamp.GREEN, Lamp.RED]
    assert Lamp.RED_AMBER in lamps
    assert [one.at_s for one in found.lamps] == sorted(one.at_s for one in found.lamps)
    assert moments == sorted(moments)
    assert found.frames == len(moments) - 1
    assert moments[-1] == found.end_s


def test_it_ends_when_nobody_wants_it() -> None:
    """Before the next frame."""
    config = Config()
    with pytest.raises(TimelineStoppedError):
        timeline(config, open_vision(config, load(SHIPPED)), CLIP, lambda at: False)
