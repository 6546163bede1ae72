"""One connection's window and answers, with a link that plays a broker that answers as told."""

from __future__ import annotations

import itertools
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
from edge.uplink.event_queue import MOST_REFUSED
from edge.uplink.ports import SpoolReader
from edge.uplink.retained import RetainedMessage, RetainedMessages
from edge.uplink.session import Session, SessionLimits
from tests.builders import event, limits

TOPICS = Topics("site", "door")
OK, NOBODY, BUSY, DENIED, TOO_LARGE = 0x00, 0x10, 0x97, 0x87, 0x95
LATER = 1e6


class ToldLink:
    """A link that records what is published; the test gives the answers."""

    def __init__(self) -> None:
        self.in_flight: dict[int, tuple[str, bytes]] = {}
        self.published: list[tuple[str, bytes, bool]] = []
        self.gone = False
        self._numbers = itertools.count(1)

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        if self.gone:
            raise BrokerError("the connection is gone")
        number = next(self._numbers)
        self.in_flight[number] = (topic, payload)
        self.published.append((topic, payload, retain))
        return number

    def answer(self, code: int, number: int | None = None) -> PublishAcknowledged:
        """Answers the oldest message, or the given one."""
        number = min(self.in_flight) if number is None else number
        del self.in_flight[number]
        return PublishAcknowledged(number, code, "said so")


class Shelf:
    """A reader over a list in memory, as the spool would answer."""

    def __init__(self, count: int) -> None:
        self.events = [Stored(number, b"%d" % number) for number in range(1, count + 1)]
        self.sent: list[int] = []
        self.given_up: list[int] = []
        self.gaps: list[Gap] = []
        self.told: list[int] = []
        self.replays = 0

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        handled = {*self.sent, *self.given_up}
        left = [e for e in self.events if e.position > after and e.position not in handled]
        return tuple(left[:limit])

    def newest(self) -> int:
        return self.events[-1].position if self.events else 0

    def give_up(self, sequences: tuple[int, ...]) -> None:
        self.given_up.extend(sequences)

    def unsent_gaps(self, limit: int) -> tuple[Gap, ...]:
        return tuple([gap for gap in self.gaps if gap.position not in self.told][:limit])

    def mark_gaps_sent(self, positions: tuple[int, ...]) -> None:
        self.told.extend(positions)

    def replay(self, *sequences: int) -> None:
        """Events are unsent again."""
        self.sent = [sequence for sequence in self.sent if sequence not in sequences]
        self.replays += 1

    def mark_sent(self, sequences: tuple[int, ...]) -> None:
        self.sent.extend(sequences)


BIRTH = RetainedMessage("availability", TOPICS.availability, b"online")


def make(
    link: ToldLink, reader: SpoolReader, bounds: SessionLimits | None = None
) -> tuple[Session, RetainedMessages]:
    """A session and its board, on which stands what is told at birth."""
    retained_messages = RetainedMessages()
    retained_messages.put(BIRTH)
    return Session(
        cast(Connection, link), reader, retained_messages, TOPICS, bounds or SessionLimits()
    ), retained_messages


def begin(
    count: int, maximum: int = 65_535, largest: int | None = None, bounds: SessionLimits | None = None
) -> tuple[Session, ToldLink, Shelf]:
    link, shelf = ToldLink(), Shelf(count)
    session, _ = make(link, shelf, bounds)
    session.open(ConnectionAccepted(maximum, largest))
    return session, link, shelf


def answer_all(session: Session, link: ToldLink, now: float = 0.0) -> None:
    """Every message is taken, until nothing more comes."""
    session.fill(now)
    while link.in_flight:
        session.acknowledged(link.answer(OK), now)
        session.fill(now)


def topics(link: ToldLink) -> list[str]:
    return [topic.rpartition("/")[2] for topic, _, _ in link.published]


def numbers(link: ToldLink) -> list[int]:
    """The events that were published, in order; their payload is their number."""
    return [int(payload) for topic, payload, _ in link.published if topic == TOPICS.event]


def answer_births(session: Session, link: ToldLink) -> None:
    session.fill(0)
    session.acknowledged(link.answer(OK), 0)
    session.fill(0)


def test_birth_comes_first() -> None:
    """`online` and the state, both retained, come before all events."""
    link = ToldLink()
    session, retained_messages = make(link, Shelf(2))
    retained_messages.put(RetainedMessage("state", TOPICS.state, b"{}"))
    session.open(ConnectionAccepted(20, None))
    session.fill(0)
    assert [(topic, retained) for topic, _, retained in link.published] == [
        (TOPICS.availability, True),
        (TOPICS.state, True),
        (TOPICS.event, False),
        (TOPICS.event, False),
    ]


def test_nothing_is_sent_before_the_broker_accepts() -> None:
    """A connection that is still being made is given nothing."""
    link = ToldLink()
    session, _ = make(link, Shelf(3))
    session.fill(0)
    assert link.published == []
    assert not session.drained


def test_a_notice_is_told_once() -> None:
    """A state goes out when it changes, not with every turn."""
    link = ToldLink()
    session, retained_messages = make(link, Shelf(0))
    session.open(ConnectionAccepted(20, None))
    for payload in (b"1", b"1", b"2"):
        retained_messages.put(RetainedMessage("state", TOPICS.state, payload))
        session.fill(0)
    assert topics(link).count("state") == 2


def test_a_broker_that_retains_nothing_is_not_asked_to() -> None:
    """A retained message would end the connection to it; it is told without."""
    link = ToldLink()
    session, _ = make(link, Shelf(0))
    session.open(ConnectionAccepted(20, None, retains=False))
    session.fill(0)
    assert [retained for _, _, retained in link.published] == [False]


@pytest.mark.parametrize(("maximum", "window"), [(1, 1), (10, 10), (20, 20), (65_535, WINDOW)])
def test_the_window(maximum: int, window: int) -> None:
    """The broker never owes more answers than it can take, nor more than 20."""
    session, link, shelf = begin(200, maximum)
    session.fill(0)
    while link.in_flight:
        assert len(link.in_flight) <= window
        session.acknowledged(link.answer(OK), 0)
        session.fill(0)
    assert shelf.sent == list(range(1, 201))
    assert session.drained


def test_nobody_subscribed_counts_as_sent() -> None:
    """An event that the broker took for nobody is sent."""
    session, link, shelf = begin(1)
    answer_births(session, link)
    session.acknowledged(link.answer(NOBODY), 0)
    session.settle()
    assert shelf.sent == [1]
    assert session.unheard == 1


@pytest.mark.parametrize("code", [BUSY, DENIED, 0x80, 0x83])
def test_a_refused_event_is_sent_again_after_a_pause(code: int) -> None:
    """A refusal marks nothing, is told in a sentence, and is repeated only after a while."""
    session, link, shelf = begin(1)
    answer_births(session, link)
    assert "refuses maskgate/site/door/event" in session.acknowledged(link.answer(code), 0)
    session.fill(0)
    assert not link.in_flight
    assert shelf.sent == []
    assert session.wait(0) is not None
    session.fill(LATER)
    session.acknowledged(link.answer(OK), LATER)
    session.settle()
    assert shelf.sent == [1]


@pytest.mark.parametrize("code", [0x90, 0x95, 0x99])
def test_an_event_that_never_fits_blocks_nobody(code: int) -> None:
    """A message refused for what it is becomes a gap, and all behind it go on at once."""
    session, link, shelf = begin(30)
    answer_births(session, link)
    assert session.acknowledged(link.answer(code), 0)
    session.fill(0)
    while link.in_flight:
        session.acknowledged(link.answer(OK), 0)
        session.fill(0)
    assert shelf.sent == list(range(2, 31))
    assert shelf.given_up == [1]


def test_what_is_larger_than_the_broker_takes_is_not_sent() -> None:
    """A packet above the server's maximum becomes a gap: it would end the connection for ever."""
    session, link, shelf = begin(3, largest=200)
    shelf.events[1] = Stored(2, b"x" * 200)
    assert "200 bytes" in session.fill(0)
    while link.in_flight:
        session.acknowledged(link.answer(OK), 0)
        session.fill(0)
    assert shelf.sent == [1, 3]
    assert shelf.given_up == [2]


def test_an_answer_to_nothing_is_ignored() -> None:
    """An acknowledgement of an unknown number marks nothing."""
    session, _, shelf = begin(1)
    assert session.acknowledged(PublishAcknowledged(999, OK, ""), 0) == ""
    assert shelf.sent == []


def test_a_lost_connection_marks_nothing() -> None:
    """What was handed over without an answer is still unsent for the next connection."""
    session, link, shelf = begin(50, maximum=1)
    session.fill(0)
    link.gone = True
    session.acknowledged(link.answer(OK), 0)
    with pytest.raises(BrokerError):
        session.fill(0)
    assert shelf.sent == []


@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from([OK, NOBODY, BUSY, DENIED, 0x80])), max_size=80)
)
def test_whatever_the_broker_answers_nothing_is_lost(answers: list[tuple[int, int]]) -> None:
    """Answers in any order: only good ones mark, and in the end every event is sent exactly once."""
    session, link, shelf = begin(40, maximum=7)
    now = 0.0
    for which, code in answers:
        session.fill(now)
        assert len(link.in_flight) <= 7
        if link.in_flight:
            number = sorted(link.in_flight)[which % len(link.in_flight)]
            before = len(shelf.sent)
            is_event = link.in_flight[number][0] == TOPICS.event
            session.acknowledged(link.answer(code, number), now)
            session.settle()
            assert len(shelf.sent) - before == (is_event and code < 0x80)
        now += 60.0
    session.fill(now)
    while link.in_flight:
        session.acknowledged(link.answer(OK), now)
        now += 60.0
        session.fill(now)
    assert sorted(shelf.sent) == list(range(1, 41))


def test_new_events_go_past_those_that_waited() -> None:
    """With a backlog that fills its share of the window, a new event is published at once."""
    session, link, shelf = begin(1000)
    answer_births(session, link)
    assert len(link.in_flight) == WINDOW - WINDOW // 4
    shelf.events.append(Stored(1001, b"1001"))
    session.changed()
    session.fill(0)
    assert numbers(link)[-1] == 1001
    answer_all(session, link)
    assert sorted(shelf.sent) == list(range(1, 1002))


def test_with_a_window_of_one_new_events_come_first() -> None:
    """A broker that takes one message at a time gets the new event before the rest of the backlog."""
    session, link, shelf = begin(50, maximum=1)
    answer_births(session, link)
    shelf.events.append(Stored(51, b"51"))
    session.changed()
    session.acknowledged(link.answer(OK), 0)
    session.fill(0)
    assert numbers(link) == [1, 51]


@given(st.lists(st.sampled_from(["answer", "new", "refuse", "replay"]), max_size=120), st.integers(1, 25))
def test_each_lane_keeps_its_order(steps: list[str], maximum: int) -> None:
    """New events among themselves, and those that waited among themselves, go out as they were decided."""
    session, link, shelf = begin(60, maximum=maximum)
    now = 0.0
    for step in steps:
        now += 100.0
        if step == "new":
            number = len(shelf.events) + 1
            shelf.events.append(Stored(number, b"%d" % number))
            session.changed()
        elif step == "replay" and shelf.sent:
            shelf.replay(*shelf.sent[:3])
            session.changed()
        elif link.in_flight and step == "answer":
            session.acknowledged(link.answer(OK), now)
        elif link.in_flight and step == "refuse":
            session.acknowledged(link.answer(BUSY), now)
        session.fill(now)
        assert len(link.in_flight) <= min(maximum, WINDOW)
        in_flight = [payload for topic, payload in link.in_flight.values() if topic == TOPICS.event]
        assert len(in_flight) == len(set(in_flight))
    answer_all(session, link, now + 100.0)
    first_time = list(dict.fromkeys(numbers(link)))
    old = [number for number in first_time if number <= 60]
    new = [number for number in first_time if number > 60]
    assert old == sorted(old)
    assert new == sorted(new)
    assert sorted(set(shelf.sent)) == list(range(1, len(shelf.events) + 1))


def test_a_replay_is_sent_within_the_same_connection() -> None:
    """Events that became unsent again go out without a reconnect, once each, besides new ones."""
    session, link, shelf = begin(5)
    answer_all(session, link)
    shelf.replay(2, 3)
    session.changed()
    answer_all(session, link)
    assert numbers(link) == [1, 2, 3, 4, 5, 2, 3]
    assert session.drained


def test_a_replay_does_not_double_what_is_on_its_way() -> None:
    """A replay amid the flow sends nothing again that is still unanswered."""
    session, link, shelf = begin(10)
    answer_births(session, link)
    shelf.replays += 1
    session.changed()
    answer_all(session, link)
    assert numbers(link) == list(range(1, 11))


def gap(position: int) -> Gap:
    return Gap(position, "e1", position, 7, 9, Reason.SPOOL_FULL, 1_700_000_000.0)


def test_gaps_are_told_and_marked() -> None:
    """Numbers that will never come are announced once, and marked when the broker has that."""
    session, link, shelf = begin(0)
    shelf.gaps = [gap(1), gap(2)]
    answer_all(session, link)
    assert topics(link) == ["availability", "gap", "gap"]
    assert json.loads(link.published[1][1])["id"] == "door/e1/gap/1"
    assert shelf.told == [1, 2]
    shelf.gaps.append(gap(3))
    session.changed()
    answer_all(session, link)
    assert shelf.told == [1, 2, 3]
    assert session.drained


def test_a_refused_gap_is_told_again() -> None:
    """Also an announcement waits for a broker that takes it."""
    session, link, shelf = begin(0)
    shelf.gaps = [gap(1)]
    answer_births(session, link)
    session.acknowledged(link.answer(BUSY), 0)
    session.fill(0)
    assert not link.in_flight
    answer_all(session, link, LATER)
    assert shelf.told == [1]


def test_a_busy_broker_is_told_the_state_later() -> None:
    """A notice that met a quota is told again; one that is forbidden is not, until it changes."""
    session, link, _ = begin(0)
    session.fill(0)
    session.acknowledged(link.answer(BUSY), 0)
    session.fill(0)
    assert not link.in_flight
    session.fill(LATER)
    session.acknowledged(link.answer(DENIED), LATER)
    session.fill(2 * LATER)
    assert topics(link) == ["availability", "availability"]


def test_one_event_that_is_always_refused_holds_up_nobody_for_long() -> None:
    """The broker fails at one event only: all others are through within 10 s, and it is still kept."""
    session, link, shelf = begin(100)
    now = 0.0
    while now < 10.0 and len(shelf.sent) < 99:
        session.fill(now)
        while link.in_flight:
            bad = next((n for n, (_, payload) in link.in_flight.items() if payload == b"50"), None)
            session.acknowledged(link.answer(OK if bad is None else 0x83, bad), now)
            session.settle()
            session.fill(now)
        now += 0.1
    assert 50 not in shelf.sent
    assert len(shelf.sent) == 99
    assert shelf.given_up == []


def test_a_broker_that_refuses_everything_fills_no_memory() -> None:
    """However long it lasts, a bounded number of events is remembered; all arrive in the end."""
    session, link, shelf = begin(3 * MOST_REFUSED)
    now = 0.0
    answer_births(session, link)
    for _ in range(500):
        while link.in_flight:
            session.acknowledged(link.answer(DENIED), now)
        now += 100.0
        session.fill(now)
    assert len(set(numbers(link))) <= MOST_REFUSED + WINDOW
    answer_all(session, link, now + 1000.0)
    session.settle()
    assert sorted(shelf.sent) == list(range(1, 3 * MOST_REFUSED + 1))


def test_forbidden_events_are_an_alarm_until_one_is_taken() -> None:
    """0x87 pauses events, not the state, and is told as long as it lasts."""
    session, link, _ = begin(2)
    answer_births(session, link)
    session.acknowledged(link.answer(DENIED), 0)
    assert "access list" in session.forbidden
    session.acknowledged(link.answer(DENIED), 0)
    assert (session.wait(0) or 0) > 2.0
    answer_all(session, link, LATER)
    assert session.forbidden == ""


def test_a_broker_that_answers_nothing_is_overdue() -> None:
    """Silence counts from the first unanswered message, or from the last answer."""
    session, link, _ = begin(3, bounds=SessionLimits(silence_s=10.0))
    assert not session.overdue(1e9)
    session.fill(100.0)
    assert not session.overdue(109.0)
    session.acknowledged(link.answer(OK), 109.0)
    assert not session.overdue(118.0)
    assert session.overdue(119.5)


def test_a_message_that_is_left_out_is_overdue() -> None:
    """A broker answers in order: one that goes on behind a message will not answer it any more."""
    session, link, _ = begin(100, bounds=SessionLimits(silence_s=10.0))
    session.fill(0.0)
    for moment in range(1, 12):
        session.acknowledged(link.answer(OK, sorted(link.in_flight)[1]), float(moment))
        session.fill(float(moment))
    assert session.overdue(11.5)


def test_a_slow_broker_is_not_overdue() -> None:
    """One answer a second, each for a message that waited for twenty: that is slow, and no failure."""
    session, link, _ = begin(100, bounds=SessionLimits(silence_s=10.0))
    for moment in range(80):
        session.fill(float(moment))
        session.acknowledged(link.answer(OK), float(moment))
        assert not session.overdue(float(moment))


def test_suspects_go_one_by_one() -> None:
    """After an end that a message caused, so many messages travel alone, then the window opens."""
    session, link, _ = begin(50, bounds=SessionLimits(one_by_one=4))
    session.fill(0)
    for _ in range(4):
        assert len(link.in_flight) == 1
        session.acknowledged(link.answer(OK), 0)
        session.fill(0)
    assert len(link.in_flight) == WINDOW - WINDOW // 4


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool.open(tmp_path / "spool.db", limits())) as opened:
        yield opened


def test_a_session_reads_a_real_spool(spool: Spool) -> None:
    """Over more than one page, every event of a spool is sent once and marked."""
    for number in range(1, 251):
        spool.append(event(number))
    spool.flush()
    link = ToldLink()
    session, _ = make(link, spool)
    session.open(ConnectionAccepted(20, None))
    session.fill(0)
    answer_all(session, link)
    session.settle()
    spool.flush()
    assert spool.depth() == 0
    assert len(link.published) == 251


@given(st.integers(0, 200))
def test_backoff_grows_to_a_limit(failures: int) -> None:
    """Every wait is between half of its step and the step, and never beyond the longest."""
    backoff = Backoff(first=0.5, longest=15.0, failures=failures)
    step = min(15.0, 0.5 * 2 ** min(failures, 10))
    assert step / 2 <= backoff.next() <= step
    assert backoff.failures == failures + 1
    backoff.reset()
    assert backoff.next() <= 0.5
