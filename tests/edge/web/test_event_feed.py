"""New events, for all who listen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from edge.spool.control.requests import PageRequest, StoredEvent
from edge.web.event_feed import MOST_KEPT, EventFeed


class Daemon:
    """Has so many events, and gives some of them at a time; counts the questions."""

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self.stored: int | None = None
        self.asked = 0

    def page(self, request: PageRequest) -> tuple[StoredEvent, ...]:
        self.asked += 1
        last = min(self.newest if self.stored is None else self.stored, request.after + request.limit)
        return tuple(StoredEvent(at, "e", "{}", 0.0, None) for at in range(request.after + 1, last + 1))


class Listeners:
    """A feed beside such a daemon, and the loop of those who listen."""

    def __init__(self, newest: int) -> None:
        self.daemon = Daemon(newest)
        self.feed = EventFeed(self.daemon)  # type: ignore[arg-type]
        self._runner = asyncio.Runner()

    def ask(self, position: int, listeners: int = 1) -> list[list[int]]:
        """The positions that each of so many listeners gets."""

        async def ask() -> list[tuple[StoredEvent, ...]]:
            asked = [self.feed.after(position, self.daemon.newest) for _ in range(listeners)]
            return list(await asyncio.gather(*asked))

        return [[event.position for event in found] for found in self._runner.run(ask())]

    def close(self) -> None:
        self._runner.close()


@pytest.fixture
def listening() -> Iterator[Callable[[int], Listeners]]:
    """Makes a feed whose daemon has so many events."""
    with ExitStack() as opened:

        def make(newest: int) -> Listeners:
            found = Listeners(newest)
            opened.callback(found.close)
            return found

        yield make


Listening = Callable[[int], Listeners]


def test_the_daemon_is_asked_once(listening: Listening) -> None:
    """Five pages are open, and each gets every event once."""
    feed = listening(7)
    assert feed.ask(5, 5) == [[6, 7]] * 5
    feed.daemon.newest = 9
    assert feed.ask(7, 5) == [[8, 9]] * 5
    assert feed.ask(6) == [[7, 8, 9]]
    assert feed.daemon.asked == 2


def test_who_comes_back_late_misses_nothing(listening: Listening) -> None:
    """Page by page from where it was, while others listen to what is new."""
    feed = listening(5 * MOST_KEPT)
    newest = feed.daemon.newest
    assert feed.ask(newest - 1) == [[newest]]
    seen, position = list[int](), 0
    while position < newest:
        (found,) = feed.ask(position)
        seen, position = seen + found, found[-1]
    assert seen == list(range(1, newest + 1))


def test_the_oldest_are_forgotten(listening: Listening) -> None:
    """What is kept has a bound, and nobody gets less for it."""
    feed = listening(10)
    feed.ask(9)
    for newest in range(300, 3 * MOST_KEPT, 300):
        feed.daemon.newest = newest
        assert feed.ask(newest - 2) == [[newest - 1, newest]]
    assert len(feed.feed._events) == MOST_KEPT
    (found,) = feed.ask(10)
    assert found[:2] == [11, 12]


def test_what_is_pushed_out_is_asked_for(listening: Listening) -> None:
    """A listener that is behind by more than is kept gets the first of what it lacks."""
    feed = listening(400)
    feed.ask(0)
    feed.daemon.newest = 800
    assert feed.ask(200)[0][0] == 201
    assert feed.ask(400)[0][0] == 401


def test_nobody_listened_for_long(listening: Listening) -> None:
    """What came meanwhile is not read: whoever wants it asks for it."""
    feed = listening(10)
    feed.ask(9)
    feed.daemon.newest = 100 * MOST_KEPT
    assert feed.ask(feed.daemon.newest - 1) == [[feed.daemon.newest]]
    assert feed.daemon.asked == 2


def test_a_spool_that_was_begun_anew(listening: Listening) -> None:
    """Its events have lower positions, and nothing of the earlier one is given."""
    feed = listening(100)
    feed.ask(90)
    feed.daemon.newest = 5
    assert feed.ask(3) == [[4, 5]]


def test_events_that_are_gone_are_not_asked_for_again(listening: Listening) -> None:
    """Purged between two looks: the listener gets nothing, and the daemon is left alone."""
    feed = listening(7)
    feed.ask(6)
    feed.daemon.newest, feed.daemon.stored = 9, 7
    assert feed.ask(7) == feed.ask(7) == [[]]
    assert feed.daemon.asked == 2
