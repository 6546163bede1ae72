"""From verdicts to numbered events."""

from __future__ import annotations

from edge.pipeline.events import EventFactory, EventSource, count_passes, latest_by_pass
from edge.types import Outcome
from tests.support.builders import verdict


def test_events_are_numbered_and_name_their_pass() -> None:
    """Numbers go on after the last one; a pass carries epoch and run."""
    factory = EventFactory(EventSource("door", "e1", "3", "1.0"), 7, lambda: True)
    first, second = factory.make(verdict(number=4)), factory.make(verdict(number=4, revision=1))
    assert [str(one.id) for one in (first, second)] == ["door/e1/8", "door/e1/9"]
    assert first.pass_id == second.pass_id == "e1-3-4"
    assert (first.model_version, first.clock_synced) == ("1.0", True)


def test_a_pass_that_no_frame_joined_names_the_bundle_that_judged_it() -> None:
    """One that was seen since names the new bundle, and so do new passes."""
    factory = EventFactory(EventSource("door", "e1", "1", "1.0"), 0, lambda: True)
    factory.change_model("2.0", {1: verdict().frames, 2: 1})
    versions = [factory.make(verdict(number=number)).model_version for number in (1, 2, 3)]
    assert versions == ["1.0", "2.0", "2.0"]


def test_a_pass_counts_by_its_latest_event() -> None:
    """In the order in which passes were first decided."""
    factory = EventFactory(EventSource("door", "e1", "1", "1.0"), 0, lambda: True)
    decided = (verdict(Outcome.NO_MASK, 1), verdict(Outcome.UNSURE, 2), verdict(Outcome.COMPLIANT, 1, 1))
    events = [factory.make(one) for one in decided]
    assert list(latest_by_pass(events)) == ["e1-1-1", "e1-1-2"]
    assert count_passes(events) == {"compliant": 1, "unsure": 1}
