"""One connection's window and answers, with a link that plays a broker that answers as told."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.messages import Stored, Topics
from edge.mqtt import Link
from edge.session import SET_ASIDE, WINDOW, Backoff, Session
from edge.signals import Acknowledged, Connected
from edge.spool import Spool
from edge.types import BrokerError, Lamp, State
from tests.builders import event

TOPICS = Topics("site", "door")
OK, NOBODY, BUSY, DENIED, TOO_LARGE = 0x00, 0x10, 0x97, 0x87, 0x95
LATER = 1e6


class ToldLink:
    """A link that records what is published; the test gives the answers."""

    def __init__(self) -> None:
        self.owed: dict[int, tuple[str, bytes]] = {}
        self.published: list[tuple[str, bytes, bool]] = []
        self.gone = False
        self._numbers = itertools.count(1)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        if self.gone:
            raise BrokerError("the connection is gone")
        number = next(self._numbers)
        self.owed[number] = (topic, payload)
        self.published.append((topic, payload, retain))
        return number

    def answer(self, code: int, number: int | None = None) -> Acknowledged:
        """Answers the oldest message, or the given one."""
        number = min(self.owed) if number is None else number
        del self.owed[number]
        return Acknowledged(number, code, "said so")


class Shelf:
    """A reader over a list in memory, as the spool would answer."""

    def __init__(self, count: int) -> None:
        self.events = [Stored(number, b"{}") for number in range(1, count + 1)]
        self.sent: list[int] = []
        self.now: State | None = None

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        left = [e for e in self.events if e.sequence > after and e.sequence not in self.sent]
        return tuple(left[:limit])

    def mark_sent(self, sequences: tuple[int, ...]) -> None:
        self.sent.extend(sequences)

    def state(self) -> State | None:
        return self.now


def begin(count: int, maximum: int = 65_535, largest: int | None = None) -> tuple[Session, ToldLink, Shelf]:
    link, shelf = ToldLink(), Shelf(count)
    session = Session(cast(Link, link), shelf, TOPICS)
    session.open(Connected(maximum, largest))
    return session, link, shelf


def answer_births(session: Session, link: ToldLink) -> None:
    session.fill(0)
    session.acknowledged(link.answer(OK), 0)
    session.fill(0)


def test_birth_comes_first() -> None:
    """`online` and the state, both retained, come before all events."""
    session, link, shelf = begin(2)
    shelf.now = State(Lamp.RED, False, "", "1.0", 0.0)
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
    session = Session(cast(Link, link), Shelf(3), TOPICS)
    session.fill(0)
    assert link.published == []
    assert not session.drained


def test_a_state_is_sent_once() -> None:
    """A state goes out when it changes, not with every turn."""
    session, link, shelf = begin(0)
    for moment in (1.0, 1.0, 2.0):
        if shelf.now is None or shelf.now.since != moment:
            shelf.now = State(Lamp.RED, False, "", "1.0", moment)
        session.fill(0)
    assert len([topic for topic, _, _ in link.published if topic == TOPICS.state]) == 2


@pytest.mark.parametrize(("maximum", "window"), [(1, 1), (10, 10), (20, 20), (65_535, WINDOW)])
def test_the_window(maximum: int, window: int) -> None:
    """The broker never owes more answers than it can take, nor more than 20."""
    session, link, shelf = begin(200, maximum)
    session.fill(0)
    while link.owed:
        assert len(link.owed) <= window
        session.acknowledged(link.answer(OK), 0)
        session.fill(0)
    assert shelf.sent == list(range(1, 201))
    assert session.drained


def test_nobody_subscribed_counts_as_sent() -> None:
    """An event that the broker took for nobody is sent."""
    session, link, shelf = begin(1)
    answer_births(session, link)
    session.acknowledged(link.answer(NOBODY), 0)
    assert shelf.sent == [1]


@pytest.mark.parametrize("code", [BUSY, DENIED, 0x80, 0x83])
def test_a_refused_event_is_sent_again_after_a_pause(code: int) -> None:
    """A refusal marks nothing, is told in a sentence, and is repeated only after a while."""
    session, link, shelf = begin(1)
    answer_births(session, link)
    assert "refuses maskgate/site/door/event" in session.acknowledged(link.answer(code), 0)
    session.fill(0)
    assert not link.owed
    assert shelf.sent == []
    assert session.pause_left(0) is not None
    session.fill(LATER)
    session.acknowledged(link.answer(OK), LATER)
    assert shelf.sent == [1]


@pytest.mark.parametrize("code", sorted(SET_ASIDE))
def test_an_event_that_never_fits_blocks_nobody(code: int) -> None:
    """A message refused for what it is stays unsent, and all behind it go on at once."""
    session, link, shelf = begin(30)
    answer_births(session, link)
    assert session.acknowledged(link.answer(code), 0)
    session.fill(0)
    while link.owed:
        session.acknowledged(link.answer(OK), 0)
        session.fill(0)
    assert shelf.sent == list(range(2, 31))


def test_what_is_larger_than_the_broker_takes_is_not_sent() -> None:
    """A packet above the server's maximum is held back: it would end the connection for ever."""
    session, link, shelf = begin(3, largest=200)
    shelf.events[1] = Stored(2, b"x" * 200)
    assert "200 bytes" in session.fill(0)
    while link.owed:
        session.acknowledged(link.answer(OK), 0)
        session.fill(0)
    assert shelf.sent == [1, 3]


def test_an_answer_to_nothing_is_ignored() -> None:
    """An acknowledgement of an unknown number marks nothing."""
    session, _, shelf = begin(1)
    assert session.acknowledged(Acknowledged(999, OK, ""), 0) == ""
    assert shelf.sent == []


def test_a_lost_connection_marks_nothing() -> None:
    """What was handed over without an answer is still unsent for the next connection."""
    session, link, shelf = begin(50)
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
        assert len(link.owed) <= 7
        if link.owed:
            number = sorted(link.owed)[which % len(link.owed)]
            before = len(shelf.sent)
            is_event = link.owed[number][0] == TOPICS.event
            session.acknowledged(link.answer(code, number), now)
            assert len(shelf.sent) - before == (is_event and code < 0x80)
        now += 60.0
    session.fill(now)
    while link.owed:
        session.acknowledged(link.answer(OK), now)
        now += 60.0
        session.fill(now)
    assert sorted(shelf.sent) == list(range(1, 41))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool.open(tmp_path / "spool.db")) as opened:
        yield opened


def test_a_session_reads_a_real_spool(spool: Spool) -> None:
    """Over more than one page, every event of a spool is sent once and marked."""
    for number in range(1, 251):
        spool.append(event(number))
    spool.flush()
    link = ToldLink()
    session = Session(cast(Link, link), spool, TOPICS)
    session.open(Connected(20, None))
    session.fill(0)
    while link.owed:
        session.acknowledged(link.answer(OK), 0)
        session.fill(0)
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
