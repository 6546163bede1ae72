"""Until when the collector has heard everything as it happened."""

from __future__ import annotations

from edge.collector.coverage import CAUGHT_UP_S, HEARTBEAT_S, Coverage
from tests.edge.collector.builders import NOON


def returned(seen: float | None) -> Coverage:
    """A collector that is connected again."""
    attendance = Coverage(seen)
    attendance.away()
    attendance.begin(0.0)
    return attendance


def test_a_new_collector_has_missed_nothing() -> None:
    """Nobody waited for it."""
    assert returned(None).unsure_since is None


def test_what_comes_right_after_a_return_has_waited() -> None:
    """It is unsure since the collector was last there, until nothing has come for a moment."""
    attendance = returned(NOON)
    attendance.heard(0.9, fresh=False)
    assert not attendance.due(CAUGHT_UP_S + 0.5, NOON + 600)
    assert attendance.unsure_since == NOON
    assert attendance.due(0.9 + CAUGHT_UP_S, NOON + 601)
    assert attendance.unsure_since is None
    assert attendance.seen == NOON + 601


def test_an_event_of_just_now_ends_the_backlog() -> None:
    """On a busy broker there is never a moment without a message."""
    attendance = returned(NOON)
    attendance.heard(0.1, fresh=False)
    attendance.heard(0.2, fresh=True)
    attendance.heard(0.3, fresh=False)
    assert attendance.due(0.3, NOON + 600)
    assert attendance.unsure_since is None


def test_presence_is_written_down_now_and_then() -> None:
    """A disk is not worn out by it, and a kill costs some seconds."""
    attendance = returned(None)
    moments = [second for second in range(1, 31) if attendance.due(float(second), NOON + second)]
    assert moments == [1, 1 + HEARTBEAT_S, 1 + 2 * HEARTBEAT_S]
    assert attendance.seen == NOON + 30


def test_a_lost_connection_begins_anew() -> None:
    """From when it was last certain."""
    attendance = returned(None)
    attendance.due(5.0, NOON)
    attendance.away()
    assert attendance.unsure_since == NOON
    assert not attendance.due(1000.0, NOON + 1000)
