"""The spool as all threads but one see it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Self, TypeVar

from edge.messages import Stored
from edge.spool.committer import Committer, Item, Sent
from edge.spool.store import Life
from edge.types import Event, SpoolError, State

ANSWER_S = 30.0
DAY_S = 86_400.0

_T = TypeVar("_T")


class Spool:
    """The spool as all threads see it; implements `edge.pipeline.Outbox` and `edge.uplink.Backlog`.

    The lamp's state is kept in memory only: it says nothing once the program has ended, and writing
    every change would wear out the card.
    """

    def __init__(self, path: Path, keep_days: int, wall: Callable[[], float]) -> None:
        """Use `Spool.open`."""
        self._path = path
        self._committer = Committer(keep_days * DAY_S, wall)
        self._state: State | None = None
        self._closed = False
        opened: Future[Life] = Future()
        self._thread = threading.Thread(
            target=self._committer.run, args=(path, opened), name="maskgate-spool", daemon=True
        )
        self._thread.start()
        self._life = opened.result()

    @classmethod
    def open(cls, path: Path, keep_days: int = 7, wall: Callable[[], float] = time.time) -> Self:
        """Opens a spool, makes it where there is none, and counts this run.

        Args:
            path: The file; its directory is made where only that is missing.
            keep_days: How long acknowledged events are kept.
            wall: Gives Unix time.

        Raises:
            SpoolError: It cannot be opened, is something else, or another process holds it.
        """
        return cls(path, keep_days, wall)

    @property
    def epoch(self) -> str:
        """One life of the event counter; made with the file."""
        return self._life.epoch

    @property
    def run(self) -> int:
        """How often this file has been opened, this time included."""
        return self._life.run

    @property
    def last_sequence(self) -> int:
        """The highest sequence that was in the file when it was opened; 0 in a new one."""
        return self._life.last_sequence

    def append(self, event: Event) -> None:
        """Accepts an event; it is on disk within about 0.1 s. Never waits.

        Raises:
            SpoolError: The spool is closed.
        """
        self._put(event)

    def set_state(self, state: State) -> None:
        """Replaces the state that subscribers see. Never waits.

        Raises:
            SpoolError: The spool is closed.
        """
        self._state = state
        self._put(Committer.tell)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Has `callback` called on the spool's thread after each commit of events and each new state.

        It must not wait for anything.
        """
        self._committer.listeners += (callback,)

    def state(self) -> State | None:
        """The latest state, None before the first."""
        return self._state

    def depth(self) -> int:
        """Events that were taken up and have no acknowledgement yet."""
        return self._committer.depth

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """Up to `limit` committed events without acknowledgement, in order, with sequences beyond `after`.

        Raises:
            SpoolError: The file cannot be read, or the spool is closed.
        """
        return self._ask(lambda committer: committer.unsent(after, limit))

    def mark_sent(self, sequences: Iterable[int]) -> None:
        """Says that a broker has acknowledged these events. Never waits.

        Raises:
            SpoolError: The spool is closed.
        """
        self._put(Sent(tuple(sequences)))

    def flush(self, timeout: float = ANSWER_S) -> None:
        """Waits until all that was appended and marked before is on disk, for `timeout` seconds.

        Raises:
            SpoolError: It is not; it stays in memory and is tried again.
        """
        self._ask(Committer.commit, timeout)

    def close(self) -> None:
        """Commits what waits and closes the file; may be called twice."""
        if not self._closed:
            self._put(Committer.finish)
            self._closed = True
            self._thread.join()

    def _put(self, item: Item) -> None:
        if self._closed or not self._thread.is_alive():
            raise SpoolError(f"the spool {self._path} is closed")
        self._committer.inbox.put(item)

    def _ask(self, work: Callable[[Committer], _T], timeout: float = ANSWER_S) -> _T:
        answer: Future[_T] = Future()

        def reply(committer: Committer) -> None:
            try:
                answer.set_result(work(committer))
            except SpoolError as error:
                answer.set_exception(error)

        self._put(reply)
        try:
            return answer.result(timeout)
        except TimeoutError:
            raise SpoolError(f"the spool {self._path} has not answered for {timeout:g} s") from None
