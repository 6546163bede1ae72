"""Until when the collector has heard everything as it happened."""

from __future__ import annotations

from edge.collector.coverage import CAUGHT_UP_S, NOTE_S, Coverage
from tests.support.collector_records import NOON


def returned(seen: float | None) -> Coverage:
    """A collector that is connected again."""
    coverage = Coverage(seen)
    coverage.away()
    coverage.begin(0.0)
    return coverage


def test_a_new_collector_has_missed_nothing() -> None:
    """Nobody waited for it."""
    assert returned(None).unsure_since is None


def test_what_comes_right_after_a_return_has_waited() -> None:
    """It is unsure since the collector was last there, until nothing has come for a moment."""
    coverage = returned(NOON)
    coverage.received(0.9, fresh=False)
    assert not coverage.due(CAUGHT_UP_S + 0.5, NOON + 600)
    assert coverage.unsure_since == NOON
    assert coverage.due(0.9 + CAUGHT_UP_S, NOON + 601)
    assert coverage.unsure_since is None
    assert coverage.seen == NOON + 601


def test_an_event_of_just_now_ends_the_backlog() -> None:
    """On a busy broker there is never a moment without a message."""
    coverage = returned(NOON)
    coverage.received(0.1, fresh=False)
    coverage.received(0.2, fresh=True)
    coverage.received(0.3, fresh=False)
    assert coverage.due(0.3, NOON + 600)
    assert coverage.unsure_since is None


def test_presence_is_written_down_now_and_then() -> None:
    """A disk is not worn out by it, and a kill costs some seconds."""
    coverage = returned(None)
    moments = [second for second in range(1, 31) if coverage.due(float(second), NOON + second)]
    assert moments == [1, 1 + NOTE_S, 1 + 2 * NOTE_S]
    assert coverage.seen == NOON + 30


def test_a_lost_connection_begins_anew() -> None:
    """From when it was last certain."""
    coverage = returned(None)
    coverage.due(5.0, NOON)
    coverage.away()
    assert coverage.unsure_since == NOON
    assert not coverage.due(1000.0, NOON + 1000)
