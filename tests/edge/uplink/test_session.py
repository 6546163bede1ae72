"""One connection's window and acknowledgements; each test makes the broker's answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import BrokerError
from edge.messages.payloads import Stored
from edge.messages.topics import Topics
from edge.mqtt.backoff import Backoff
from edge.mqtt.client import WINDOW, Connection
from edge.mqtt.events import ConnectionAccepted, PublishAcknowledged
from edge.spool import Spool
from edge.types import Gap, Reason
from edge.uplink.event_queue import MAX_REFUSED
from edge.uplink.ports import SpoolReader
from edge.uplink.retained import RetainedMessage, RetainedMessages
from edge.uplink.session import Session, SessionLimits
from tests.support.builders import event, limits
from tests.support.fakes import FakeConnection, FakeSpoolReader

TOPICS = Topics("site", "door")
OK, NOBODY, BUSY, DENIED, TOO_LARGE = 0x00, 0x10, 0x97, 0x87, 0x95
LATER = 1e6


BIRTH = RetainedMessage("availability", TOPICS.availability, b"online")


def make(
    connection: FakeConnection, reader: SpoolReader | FakeSpoolReader, limits: SessionLimits | None = None
) -> tuple[Session, RetainedMessages]:
    """A session and its retained messages, of which `online` is the first."""
    retained_messages = RetainedMessages()
    retained_messages.put(BIRTH)
    return Session(
        cast(Connection, connection),
        cast(SpoolReader, reader),
        retained_messages,
        TOPICS,
        limits or SessionLimits(),
    ), retained_messages


def begin(
    count: int, maximum: int = 65_535, largest: int | None = None, limits: SessionLimits | None = None
) -> tuple[Session, FakeConnection, FakeSpoolReader]:
    connection, reader = FakeConnection(), FakeSpoolReader(count)
    session, _ = make(connection, reader, limits)
    session.open(ConnectionAccepted(maximum, largest))
    return session, connection, reader


def answer_all(session: Session, connection: FakeConnection, now: float = 0.0) -> None:
    """Every message is taken, until nothing more comes."""
    session.fill(now)
    while connection.in_flight:
        session.handle_acknowledgement(connection.answer(OK), now)
        session.fill(now)


def topics(connection: FakeConnection) -> list[str]:
    return [topic.rpartition("/")[2] for topic, _, _ in connection.published]


def numbers(connection: FakeConnection) -> list[int]:
    """The events that were published, in order; their payload is their number."""
    return [int(payload) for topic, payload, _ in connection.published if topic == TOPICS.event]


def answer_birth(session: Session, connection: FakeConnection) -> None:
    session.fill(0)
    session.handle_acknowledgement(connection.answer(OK), 0)
    session.fill(0)


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


def test_a_retained_message_is_published_once() -> None:
    """A state goes out when it changes, not with every turn."""
    connection = FakeConnection()
    session, retained_messages = make(connection, FakeSpoolReader(0))
    session.open(ConnectionAccepted(20, None))
    for payload in (b"1", b"1", b"2"):
        retained_messages.put(RetainedMessage("state", TOPICS.state, payload))
        session.fill(0)
    assert topics(connection).count("state") == 2


def test_a_broker_that_retains_nothing_is_not_asked_to() -> None:
    """A retained message would end the connection to it; it gets the same without `retain`."""
    connection = FakeConnection()
    session, _ = make(connection, FakeSpoolReader(0))
    session.open(ConnectionAccepted(20, None, retains=False))
    session.fill(0)
    assert [retained for _, _, retained in connection.published] == [False]


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


@pytest.mark.parametrize("code", [0x90, 0x95, 0x99])
def test_an_event_that_never_fits_blocks_nobody(code: int) -> None:
    """A message refused for what it is becomes a gap, and all behind it go on at once."""
    session, connection, reader = begin(30)
    answer_birth(session, connection)
    assert session.handle_acknowledgement(connection.answer(code), 0)
    session.fill(0)
    while connection.in_flight:
        session.handle_acknowledgement(connection.answer(OK), 0)
        session.fill(0)
    assert reader.sent == list(range(2, 31))
    assert reader.given_up == [1]


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


def test_an_answer_to_nothing_is_ignored() -> None:
    """An acknowledgement of an unknown number marks nothing."""
    session, _, reader = begin(1)
    assert session.handle_acknowledgement(PublishAcknowledged(999, OK, ""), 0) == ""
    assert reader.sent == []


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


def test_a_busy_broker_gets_the_state_later() -> None:
    """A retained message over a quota is published again; one that is forbidden is not, until it changes."""
    session, connection, _ = begin(0)
    session.fill(0)
    session.handle_acknowledgement(connection.answer(BUSY), 0)
    session.fill(0)
    assert not connection.in_flight
    session.fill(LATER)
    session.handle_acknowledgement(connection.answer(DENIED), LATER)
    session.fill(2 * LATER)
    assert topics(connection) == ["availability", "availability"]


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


@given(st.integers(0, 200))
def test_backoff_grows_to_a_limit(failures: int) -> None:
    """Every wait is between half of its step and the step, and never beyond the longest."""
    backoff = Backoff(first=0.5, longest=15.0, failures=failures)
    step = min(15.0, 0.5 * 2 ** min(failures, 10))
    assert step / 2 <= backoff.next() <= step
    assert backoff.failures == failures + 1
    backoff.reset()
    assert backoff.next() <= 0.5
