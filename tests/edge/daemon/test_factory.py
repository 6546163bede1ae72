"""From configuration to the parts of the daemon."""

from __future__ import annotations

from dataclasses import MISSING, fields

from edge import config
from edge.daemon.factory import entry_line, make_tracker
from edge.tracking.entrance import EntryLine, Side
from edge.tracking.evidence import FaceQuality
from edge.tracking.passes import TrackerRules
from edge.tracking.tracker import Tracker


def test_every_rule_of_the_tracker_is_configured() -> None:
    """Each key of the section is a rule of the same name; a rule has no default of its own."""
    keys = set(config.VerdictConfig.model_fields)
    rules = {field.name for field in fields(TrackerRules)} - {"quality"}
    assert keys == rules | {field.name for field in fields(FaceQuality)}
    assert all(field.default is MISSING for kind in (TrackerRules, FaceQuality) for field in fields(kind))
    assert isinstance(make_tracker(config.VerdictConfig()), Tracker)


def test_an_entry_line_is_made_of_three_keys() -> None:
    """Two ends and the side that is inside; without ends there is none."""
    ends = ((0.1, 0.6), (0.9, 0.6))
    assert entry_line(config.EntranceConfig(line=ends, inside="above")) == EntryLine(*ends, Side.ABOVE)
    assert entry_line(config.EntranceConfig()) is None
    assert {side.value for side in Side} == {"above", "below", "left", "right"}
