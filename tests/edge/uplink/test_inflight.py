"""Messages that a broker has not acknowledged."""

from __future__ import annotations

from edge.mqtt.events import PublishAcknowledged
from edge.uplink.session import SessionLimits
from tests.support.sessions import OK, begin


def test_an_answer_to_nothing_is_ignored() -> None:
    """An acknowledgement of an unknown number marks nothing."""
    session, _, reader = begin(1)
    assert session.handle_acknowledgement(PublishAcknowledged(999, OK, ""), 0) == ""
    assert reader.sent == []


def test_a_broker_that_answers_nothing_is_overdue() -> None:
    """Time counts from the first unacknowledged message, or from the last acknowledgement."""
    session, connection, _ = begin(3, limits=SessionLimits(ack_timeout_s=10.0))
    assert not session.overdue(1e9)
    session.fill(100.0)
    assert not session.overdue(109.0)
    session.handle_acknowledgement(connection.answer(OK), 109.0)
    assert not session.overdue(118.0)
    assert session.overdue(119.5)


def test_a_message_that_the_broker_skips_is_overdue() -> None:
    """A broker answers in order: one that goes on behind a message will not answer it any more."""
    session, connection, _ = begin(100, limits=SessionLimits(ack_timeout_s=10.0))
    session.fill(0.0)
    for moment in range(1, 12):
        session.handle_acknowledgement(connection.answer(OK, sorted(connection.in_flight)[1]), float(moment))
        session.fill(float(moment))
    assert session.overdue(11.5)


def test_a_slow_broker_is_not_overdue() -> None:
    """One answer a second, each for a message that waited for twenty: that is slow, and no failure."""
    session, connection, _ = begin(100, limits=SessionLimits(ack_timeout_s=10.0))
    for moment in range(80):
        session.fill(float(moment))
        session.handle_acknowledgement(connection.answer(OK), float(moment))
        assert not session.overdue(float(moment))
