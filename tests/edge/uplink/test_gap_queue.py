"""Announcements of gaps."""

from __future__ import annotations

import json

from edge.messages.payloads import Stored
from edge.types import Gap, Reason
from tests.support.sessions import BUSY, DENIED, LATER, OK, answer_all, answer_birth, begin, topics


def gap(position: int) -> Gap:
    return Gap(position, "e1", position, 7, 9, Reason.SPOOL_FULL, 1_700_000_000.0)


def test_gaps_are_announced_and_marked() -> None:
    """Numbers that will never come are announced once, and marked when the broker has that."""
    session, connection, reader = begin(0)
    reader.gaps = [gap(1), gap(2)]
    answer_all(session, connection)
    assert topics(connection) == ["availability", "gap", "gap"]
    assert json.loads(connection.published[1][1])["id"] == "door/e1/gap/1"
    assert reader.announced == [1, 2]
    reader.gaps.append(gap(3))
    session.changed()
    answer_all(session, connection)
    assert reader.announced == [1, 2, 3]
    assert session.drained


def test_a_refused_gap_is_announced_again() -> None:
    """Also an announcement waits for a broker that takes it."""
    session, connection, reader = begin(0)
    reader.gaps = [gap(1)]
    answer_birth(session, connection)
    session.handle_acknowledgement(connection.answer(BUSY), 0)
    session.fill(0)
    assert not connection.in_flight
    answer_all(session, connection, LATER)
    assert reader.announced == [1]


def test_a_gap_that_the_access_list_forbids_holds_up_no_event() -> None:
    """Events go on, the sentence names the topic, and the gap is announced once the list allows it."""
    session, connection, reader = begin(1)
    reader.gaps = [gap(1)]
    answer_birth(session, connection)
    assert topics(connection)[-2:] == ["gap", "event"]
    session.handle_acknowledgement(connection.answer(DENIED), 0)
    session.handle_acknowledgement(connection.answer(OK), 0)
    reader.events.append(Stored(2, b"2"))
    session.changed()
    session.fill(0)
    assert topics(connection)[-1] == "event"
    assert "refuses maskgate/site/door/gap" in session.forbidden
    answer_all(session, connection, LATER)
    assert (reader.sent, reader.announced, session.forbidden) == ([1, 2], [1], "")
