"""Begins and ends of passes on their way out."""

from __future__ import annotations

import json

from edge.spool.spool import NOTICE_S
from edge.types import DeviceKey, FinishedPass, PassNotice
from tests.support.builders import verdict
from tests.support.schema import validate
from tests.support.sessions import BUSY, DENIED, OK, answer_all, answer_birth, begin, topics


def notice(number: int, *, ended: bool = False) -> PassNotice:
    finished = FinishedPass(number, 1.0, 4.5, 1_700_000_003.5, verdict(number=number)) if ended else None
    return PassNotice(DeviceKey("site", "door"), "e1", f"e1-1-{number}", 4.5, 1_700_000_003.5, True, finished)


def test_passes_are_told_before_events_that_waited() -> None:
    """Below the two topics of the device, not retained, for as long as they are of use."""
    session, connection, reader = begin(3)
    reader.notices = [notice(1), notice(1, ended=True)]
    answer_all(session, connection)
    assert topics(connection) == ["availability", "begin", "end", "event", "event", "event"]
    (_, begun, _), (topic, ended, options) = connection.published[1:3]
    assert topic == "maskgate/site/door/pass/end"
    assert not options
    validate("pass_begin", json.loads(begun))
    validate("pass_end", json.loads(ended))
    assert json.loads(ended)["duration_s"] == 3.5
    assert session.drained


def test_later_ones_are_told_when_the_spool_has_changed() -> None:
    """As events are."""
    session, connection, reader = begin(0)
    answer_all(session, connection)
    reader.notices = [notice(1)]
    session.changed()
    answer_all(session, connection)
    assert topics(connection) == ["availability", "begin"]


def test_a_refused_one_is_forgotten() -> None:
    """Unlike an event: the next ones say more of now."""
    session, connection, reader = begin(0)
    reader.notices = [notice(1)]
    answer_birth(session, connection)
    session.handle_acknowledgement(connection.answer(BUSY), 0)
    session.fill(NOTICE_S)
    assert not connection.in_flight
    reader.notices = [notice(2)]
    session.changed()
    session.fill(NOTICE_S)
    session.handle_acknowledgement(connection.answer(OK), NOTICE_S)
    assert [json.loads(payload)["pass_id"] for _, payload, _ in connection.published[1:]] == [
        "e1-1-1",
        "e1-1-2",
    ]


def test_an_access_list_that_forbids_passes_holds_up_no_event() -> None:
    """It is said once, and `send_problem` is about events."""
    session, connection, reader = begin(1)
    reader.notices = [notice(1)]
    answer_birth(session, connection)
    sentence = session.handle_acknowledgement(connection.answer(DENIED), 0)
    assert "maskgate/site/door/pass/begin" in sentence
    assert "access list" in sentence
    assert session.forbidden == ""
    answer_all(session, connection)
    assert topics(connection) == ["availability", "begin", "event"]
