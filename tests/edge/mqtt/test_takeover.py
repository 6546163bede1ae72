"""Another client with the same identifier."""

from __future__ import annotations

import pytest

from edge.mqtt.events import ConnectionLost
from edge.mqtt.takeover import KEEP_ALIVE_TIMEOUT, MANY_SHORT, SESSION_TAKEN_OVER, TakeoverDetector

TAKEN_OVER = ConnectionLost(SESSION_TAKEN_OVER, "session taken over", by_broker=True)
CLOSED = ConnectionLost(0x80, "unspecified error", by_broker=False)


def waits(lost: ConnectionLost, lasted: float, times: int) -> list[float]:
    detector = TakeoverDetector()
    found = []
    for _ in range(times):
        detector.ended(lost, lasted)
        found.append(detector.wait_s)
    return found


def test_a_session_taken_over_is_tried_again_ever_more_slowly() -> None:
    """The broker says it; from the first time on there is a wait, and it grows."""
    found = waits(TAKEN_OVER, 0.5, 8)
    assert found[0] > 0
    assert found[-1] > 10 * found[0]


def test_one_short_connection_is_no_other_client() -> None:
    """Without a reason, several in a row are needed."""
    found = waits(CLOSED, 0.5, MANY_SHORT)
    assert found[:-1] == [0.0] * (MANY_SHORT - 1)
    assert found[-1] > 0


@pytest.mark.parametrize("lasted", [60.0, 3600.0])
def test_connections_that_last_suspect_nobody(lasted: float) -> None:
    """However often they end."""
    assert set(waits(CLOSED, lasted, 10)) == {0.0}


def test_a_keep_alive_that_ran_out_is_no_other_client() -> None:
    """The network was slow."""
    timeout = ConnectionLost(KEEP_ALIVE_TIMEOUT, "keep alive timeout", by_broker=False)
    assert set(waits(timeout, 0.5, 10)) == {0.0}


def test_what_this_side_ends_is_no_other_client() -> None:
    """It knows why: the broker sent what it may not."""
    refused = ConnectionLost(0x80, "a packet that breaks the protocol", by_broker=False, refused=True)
    assert set(waits(refused, 0.5, 10)) == {0.0}
