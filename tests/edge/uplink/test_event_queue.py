"""New events, the backlog, and events that were refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.messages.payloads import Stored
from edge.mqtt.client import WINDOW
from edge.uplink.event_queue import MAX_REFUSED
from tests.support.sessions import BUSY, DENIED, LATER, OK, TOPICS, answer_all, answer_birth, begin, numbers


@pytest.mark.parametrize("code", [BUSY, DENIED, 0x80, 0x83])
def test_a_refused_event_is_sent_again_after_a_pause(code: int) -> None:
    """A refusal marks nothing, is one sentence, and the event is repeated only after a while."""
    session, connection, reader = begin(1)
    answer_birth(session, connection)
    assert "refuses maskgate/site/door/event" in session.handle_acknowledgement(connection.answer(code), 0)
    session.fill(0)
    assert not connection.in_flight
    assert reader.sent == []
    assert session.wait(0) is not None
    session.fill(LATER)
    session.handle_acknowledgement(connection.answer(OK), LATER)
    session.settle()
    assert reader.sent == [1]


def test_new_events_go_past_those_that_waited() -> None:
    """With a backlog that fills its share of the window, a new event is published at once."""
    session, connection, reader = begin(1000)
    answer_birth(session, connection)
    assert len(connection.in_flight) == WINDOW - WINDOW // 4
    reader.events.append(Stored(1001, b"1001"))
    session.changed()
    session.fill(0)
    assert numbers(connection)[-1] == 1001
    answer_all(session, connection)
    assert sorted(reader.sent) == list(range(1, 1002))


def test_with_a_window_of_one_new_events_come_first() -> None:
    """A broker that takes one message at a time gets the new event before the rest of the backlog."""
    session, connection, reader = begin(50, maximum=1)
    answer_birth(session, connection)
    reader.events.append(Stored(51, b"51"))
    session.changed()
    session.handle_acknowledgement(connection.answer(OK), 0)
    session.fill(0)
    assert numbers(connection) == [1, 51]


@given(st.lists(st.sampled_from(["answer", "new", "refuse", "replay"]), max_size=120), st.integers(1, 25))
def test_new_events_and_the_backlog_each_keep_their_order(steps: list[str], maximum: int) -> None:
    """New events among themselves, and those that waited among themselves, go out as they were decided."""
    session, connection, reader = begin(60, maximum=maximum)
    now = 0.0
    for step in steps:
        now += 100.0
        if step == "new":
            number = len(reader.events) + 1
            reader.events.append(Stored(number, b"%d" % number))
            session.changed()
        elif step == "replay" and reader.sent:
            reader.replay(*reader.sent[:3])
            session.changed()
        elif connection.in_flight and step == "answer":
            session.handle_acknowledgement(connection.answer(OK), now)
        elif connection.in_flight and step == "refuse":
            session.handle_acknowledgement(connection.answer(BUSY), now)
        session.fill(now)
        assert len(connection.in_flight) <= min(maximum, WINDOW)
        in_flight = [payload for topic, payload in connection.in_flight.values() if topic == TOPICS.event]
        assert len(in_flight) == len(set(in_flight))
    answer_all(session, connection, now + 100.0)
    first_time = list(dict.fromkeys(numbers(connection)))
    old = [number for number in first_time if number <= 60]
    new = [number for number in first_time if number > 60]
    assert old == sorted(old)
    assert new == sorted(new)
    assert sorted(set(reader.sent)) == list(range(1, len(reader.events) + 1))


def test_a_replay_is_sent_within_the_same_connection() -> None:
    """Events that became unsent again go out without a reconnect, once each, besides new ones."""
    session, connection, reader = begin(5)
    answer_all(session, connection)
    reader.replay(2, 3)
    session.changed()
    answer_all(session, connection)
    assert numbers(connection) == [1, 2, 3, 4, 5, 2, 3]
    assert session.drained


def test_a_replay_does_not_double_what_is_in_flight() -> None:
    """A replay while events flow sends nothing again that is still in flight."""
    session, connection, reader = begin(10)
    answer_birth(session, connection)
    reader.replays += 1
    session.changed()
    answer_all(session, connection)
    assert numbers(connection) == list(range(1, 11))


def test_one_event_that_is_always_refused_holds_up_nobody_for_long() -> None:
    """The broker fails at one event only: all others are through within 10 s, and it is still kept."""
    session, connection, reader = begin(100)
    now = 0.0
    while now < 10.0 and len(reader.sent) < 99:
        session.fill(now)
        while connection.in_flight:
            bad = next((n for n, (_, payload) in connection.in_flight.items() if payload == b"50"), None)
            session.handle_acknowledgement(connection.answer(OK if bad is None else 0x83, bad), now)
            session.settle()
            session.fill(now)
        now += 0.1
    assert 50 not in reader.sent
    assert len(reader.sent) == 99
    assert reader.given_up == []


def test_a_broker_that_refuses_everything_fills_no_memory() -> None:
    """However long it lasts, a bounded number of events is remembered; all arrive in the end."""
    session, connection, reader = begin(3 * MAX_REFUSED)
    now = 0.0
    answer_birth(session, connection)
    for _ in range(500):
        while connection.in_flight:
            session.handle_acknowledgement(connection.answer(DENIED), now)
        now += 100.0
        session.fill(now)
    assert len(set(numbers(connection))) <= MAX_REFUSED + WINDOW
    answer_all(session, connection, now + 1000.0)
    session.settle()
    assert sorted(reader.sent) == list(range(1, 3 * MAX_REFUSED + 1))
