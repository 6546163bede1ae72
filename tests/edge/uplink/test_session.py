"""One connection's window and acknowledgements; each test makes the broker's answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import BrokerError
from edge.messages.payloads import Stored
from edge.mqtt.client import WINDOW
from edge.mqtt.events import ConnectionAccepted
from edge.spool import Spool
from edge.uplink.retained import RetainedMessage
from edge.uplink.session import SessionLimits
from tests.support.builders import event, limits
from tests.support.fakes import FakeConnection, FakeSpoolReader
from tests.support.sessions import (
    BUSY,
    DENIED,
    LATER,
    NOBODY,
    OK,
    TOPICS,
    answer_all,
    answer_birth,
    begin,
    make,
)


def test_birth_comes_first() -> None:
    """`online` and the state, both retained, come before all events."""
    connection = FakeConnection()
    session, retained_messages = make(connection, FakeSpoolReader(2))
    retained_messages.put(RetainedMessage("state", TOPICS.state, b"{}"))
    session.open(ConnectionAccepted(20, None))
    session.fill(0)
    assert [(topic, retained) for topic, _, retained in connection.published] == [
        (TOPICS.availability, True),
        (TOPICS.state, True),
        (TOPICS.event, False),
        (TOPICS.event, False),
    ]


def test_nothing_is_sent_before_the_broker_accepts() -> None:
    """A connection that is still being made is given nothing."""
    connection = FakeConnection()
    session, _ = make(connection, FakeSpoolReader(3))
    session.fill(0)
    assert connection.published == []
    assert not session.drained


@pytest.mark.parametrize(("maximum", "window"), [(1, 1), (10, 10), (20, 20), (65_535, WINDOW)])
def test_the_window(maximum: int, window: int) -> None:
    """No more messages are in flight than the broker takes, nor more than 20."""
    session, connection, reader = begin(200, maximum)
    session.fill(0)
    while connection.in_flight:
        assert len(connection.in_flight) <= window
        session.handle_acknowledgement(connection.answer(OK), 0)
        session.fill(0)
    assert reader.sent == list(range(1, 201))
    assert session.drained


def test_nobody_subscribed_counts_as_sent() -> None:
    """An event that the broker took for nobody is sent."""
    session, connection, reader = begin(1)
    answer_birth(session, connection)
    session.handle_acknowledgement(connection.answer(NOBODY), 0)
    session.settle()
    assert reader.sent == [1]
    assert session.no_subscribers == 1


@pytest.mark.parametrize("code", [0x90, 0x95, 0x99])
def test_an_event_that_never_fits_blocks_nobody(code: int) -> None:
    """Refused for what it is it holds nothing up; refused again while others are taken, it is a gap."""
    session, connection, reader = begin(9)
    answer_birth(session, connection)
    assert session.handle_acknowledgement(connection.answer(code), 0)
    answer_all(session, connection)
    assert reader.sent == list(range(2, 10))
    assert reader.given_up == []
    session.fill(LATER)
    assert session.handle_acknowledgement(connection.answer(code), LATER)
    assert reader.given_up == [1]
    assert session.forbidden == ""


@pytest.mark.parametrize("code", [0x90, 0x95, 0x99])
def test_what_every_event_meets_gives_none_up(code: int) -> None:
    """A broker that refuses all events for good pauses them, is told of, and gets them once it is mended."""
    session, connection, reader = begin(50)
    reader.events = [Stored(number, b"x" * 600) for number in range(1, 51)]
    answer_birth(session, connection)
    now = 0.0
    for _ in range(100):
        while connection.in_flight:
            session.handle_acknowledgement(connection.answer(code), now)
        assert "others as well" in session.forbidden
        now += 60.0
        session.fill(now)
    assert reader.given_up == []
    while connection.in_flight:
        session.handle_acknowledgement(connection.answer(OK), now)
        now += 60.0
        session.fill(now)
    assert sorted(reader.sent) == list(range(1, 51))
    assert session.forbidden == ""


def test_answers_of_one_window_pause_once() -> None:
    """A window full of refusals is one failure: the pause does not double with each of them."""
    session, connection, _ = begin(50)
    answer_birth(session, connection)
    while connection.in_flight:
        session.handle_acknowledgement(connection.answer(DENIED), 0)
    assert (session.wait(0) or 99) <= 5.0


def test_a_broker_too_small_for_every_event_gets_none_and_keeps_none() -> None:
    """Events of ordinary size that no packet of the broker holds wait for another connection."""
    session, connection, reader = begin(300, largest=100)
    reader.events = [Stored(number, b"x" * (200 + number % 20)) for number in range(1, 301)]
    for moment in range(20):
        session.fill(moment)
        while connection.in_flight:
            session.handle_acknowledgement(connection.answer(OK), moment)
    assert "at most 100 bytes" in session.forbidden
    assert reader.given_up == []
    assert reader.sent == []
    assert session.drained


def test_what_is_larger_than_the_broker_takes_is_not_sent() -> None:
    """A packet above the server's maximum becomes a gap: it would end the connection for ever."""
    session, connection, reader = begin(3, largest=200)
    reader.events[1] = Stored(2, b"x" * 200)
    assert "200 bytes" in session.fill(0)
    while connection.in_flight:
        session.handle_acknowledgement(connection.answer(OK), 0)
        session.fill(0)
    assert reader.sent == [1, 3]
    assert reader.given_up == [2]


def test_a_lost_connection_marks_nothing() -> None:
    """What was handed over without an answer is still unsent for the next connection."""
    session, connection, reader = begin(50, maximum=1)
    session.fill(0)
    connection.gone = True
    session.handle_acknowledgement(connection.answer(OK), 0)
    with pytest.raises(BrokerError):
        session.fill(0)
    assert reader.sent == []


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from([OK, NOBODY, BUSY, DENIED, 0x80])), max_size=80)
)
def test_whatever_the_broker_answers_nothing_is_lost(answers: list[tuple[int, int]]) -> None:
    """Answers in any order: only good ones mark, and in the end every event is sent exactly once."""
    session, connection, reader = begin(40, maximum=7)
    now = 0.0
    for which, code in answers:
        session.fill(now)
        assert len(connection.in_flight) <= 7
        if connection.in_flight:
            number = sorted(connection.in_flight)[which % len(connection.in_flight)]
            before = len(reader.sent)
            is_event = connection.in_flight[number][0] == TOPICS.event
            session.handle_acknowledgement(connection.answer(code, number), now)
            session.settle()
            assert len(reader.sent) - before == (is_event and code < 0x80)
        now += 60.0
    session.fill(now)
    while connection.in_flight:
        session.handle_acknowledgement(connection.answer(OK), now)
        now += 60.0
        session.fill(now)
    assert sorted(reader.sent) == list(range(1, 41))


def test_forbidden_events_are_reported_until_one_is_taken() -> None:
    """0x87 pauses events, not the state, and is reported as long as it lasts."""
    session, connection, _ = begin(2)
    answer_birth(session, connection)
    session.handle_acknowledgement(connection.answer(DENIED), 0)
    assert "access list" in session.forbidden
    session.handle_acknowledgement(connection.answer(DENIED), 0)
    assert (session.wait(0) or 0) > 2.0
    answer_all(session, connection, LATER)
    assert session.forbidden == ""


def test_after_a_poison_message_messages_go_one_by_one() -> None:
    """After an end that a message caused, so many messages travel alone, then the window opens."""
    session, connection, _ = begin(50, limits=SessionLimits(one_by_one=4))
    session.fill(0)
    for _ in range(4):
        assert len(connection.in_flight) == 1
        session.handle_acknowledgement(connection.answer(OK), 0)
        session.fill(0)
    assert len(connection.in_flight) == WINDOW - WINDOW // 4


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool.open(tmp_path / "spool.db", limits())) as opened:
        yield opened


def test_a_session_reads_a_real_spool(spool: Spool) -> None:
    """Over more than one page, every event of a spool is sent once and marked."""
    for number in range(1, 251):
        spool.append(event(number))
    spool.flush()
    connection = FakeConnection()
    session, _ = make(connection, spool)
    session.open(ConnectionAccepted(20, None))
    session.fill(0)
    answer_all(session, connection)
    session.settle()
    spool.flush()
    assert spool.depth() == 0
    assert len(connection.published) == 251
