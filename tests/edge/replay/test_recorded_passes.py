"""The passes that the daemon's line finds in a recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import Config
from edge.demo import CLIP
from edge.errors import SourceError
from edge.replay.recorded_passes import PassRecorder
from edge.types import Outcome


def test_the_passes_of_the_demo_in_their_order() -> None:
    """With the verdicts of each, when they were decided, and until when the person was seen."""
    found = PassRecorder(Config()).passes(CLIP)
    assert [one.outcomes for one in found] == [
        (Outcome.COMPLIANT,),
        (Outcome.NO_MASK,),
        (Outcome.MASK_INCORRECT,),
        (Outcome.NO_MASK, Outcome.COMPLIANT),
    ]
    for one in found:
        assert one.first_s == one.decided_s[0] <= one.decided_s[-1] <= one.last_s
    # Times of the clip's provenance.
    assert 0.8 < found[0].first_s < found[0].last_s < 5.5
    assert 14.0 < found[3].decided_s[1] < found[3].last_s < 18.6


def test_a_recording_that_is_not_there_is_named(tmp_path: Path) -> None:
    """As by every command."""
    with pytest.raises(SourceError, match=r"none\.mp4 does not exist"):
        PassRecorder(Config()).passes(tmp_path / "none.mp4")
