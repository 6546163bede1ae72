"""The spool as all threads but its own see it."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from edge.errors import SpoolError
from edge.messages.payloads import Stored
from edge.messages.ranges import Range
from edge.spool.records import ConsumerMark, Limits, Replayed
from edge.spool.storage.database import InUseError
from edge.spool.storage.opening import open_store
from edge.spool.storage.stand_in import move, open_stand_in
from edge.spool.storage.store import EventStore
from edge.spool.writer import Outage, SpoolWriter, Work
from edge.telemetry.minutes import MinuteStats
from edge.telemetry.records import Minute, SenderState, SpoolUsage
from edge.types import DeviceKey, Event, Gap, PassNotice, State

ANSWER_S = 30.0
CLOSED_EVERY_S = 0.5
"""How often somebody who waits for an answer looks whether the spool is still open."""
NOTICE_S = 60.0
"""For how long the begin or the end of a pass waits for a connection; later nobody acts on it."""

MOST_NOTICES = 1_000
SENDER_S = 20.0
"""A sender that has said nothing for so long is gone, or hangs."""
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Spool:
    """The spool as all threads see it: the pipeline's `Outbox` and the uplink's `SpoolReader`.

    What says "never waits" puts work into a queue; the rest asks the spool's thread and waits for
    its answer, which takes a while on a slow disk. The lamp's state and the begins and ends of passes are
    kept in memory only: they say nothing once the program has ended, and would wear out the card.
    """

    def __init__(self, path: Path, thread: threading.Thread, writer: SpoolWriter, damage: str) -> None:
        """Use `Spool.open`."""
        self._path = path
        self._thread = thread
        self._writer = writer
        self._damage = damage
        self._run_info = writer.store.run_info
        self._state: State | None = None
        self._recent: MinuteStats | None = None
        self._sender: tuple[float, SenderState] | None = None
        # Two threads and no lock: `append` and `popleft` of a deque are atomic.
        self._notices: deque[tuple[float, PassNotice]] = deque(maxlen=MOST_NOTICES)
        self._closed = False

    @classmethod
    def open(
        cls,
        path: Path,
        limits: Limits,
        wall: Callable[[], float] = time.time,
        origin: DeviceKey | None = None,
    ) -> Self:
        """Opens a spool, makes it where there is none, and counts this run.

        A damaged file is moved aside and a new one made; `problem` says so.

        Args:
            path: The file; its directory is made where only that is missing.
            limits: How much is kept, and for how long.
            wall: Gives Unix time.
            origin: Whose events these are; another one than before begins an epoch, and what was decided
                before keeps its own. None goes on with the one that is there.

        Raises:
            SpoolError: It cannot be opened, is something else, or another process holds it.
        """
        return cls._start(path, lambda: _on_disk(path, limits, wall, origin))

    @classmethod
    def open_or_stand_in(
        cls,
        path: Path,
        limits: Limits,
        wall: Callable[[], float] = time.time,
        origin: DeviceKey | None = None,
    ) -> Self:
        """As `open`; where the file cannot be used the spool is in memory, until it can.

        `problem` says so meanwhile. What was decided by then goes to the file, under the same ids.

        Raises:
            SpoolError: Another process holds it.
        """

        def serve() -> tuple[SpoolWriter, str]:
            try:
                return _on_disk(path, limits, wall, origin)
            except InUseError:
                raise
            except SpoolError as error:
                _log.error("%s; events are kept in memory only, until it can be used", error)
                return _in_memory(path, limits, wall, origin, str(error)), ""

        return cls._start(path, serve)

    @classmethod
    def _start(cls, path: Path, make: Callable[[], tuple[SpoolWriter, str]]) -> Self:
        """A spool that is served by a thread of its own, which makes the writer first."""
        opened: Future[tuple[SpoolWriter, str]] = Future()
        # SQLite ties a connection to the thread that made it, so that this one must open the file too.
        thread = threading.Thread(target=_serve, args=(make, opened), name="maskgate-spool", daemon=True)
        thread.start()
        writer, damage = opened.result()
        return cls(path, thread, writer, damage)

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def alive(self) -> bool:
        """Whether the thread runs that stores events."""
        return self._thread.is_alive()

    @property
    def busy_s(self) -> float:
        """Seconds that the thread's present piece of work has taken, such as a commit. Never waits."""
        return self._writer.busy_s

    @property
    def epoch(self) -> str:
        """The epoch of the sequences that are given now; made with the file, or with another name."""
        return self._run_info.epoch

    @property
    def run(self) -> int:
        """How often this file has been opened, this time included."""
        return self._run_info.run

    @property
    def last_sequence(self) -> int:
        """The highest sequence that may have been given before this run; 0 in a new file."""
        return self._run_info.last_sequence

    @property
    def problem(self) -> str:
        """What is wrong, as one sentence; empty while all is well. Never waits.

        That a damaged file was replaced is a problem until the next start.
        """
        return self._writer.problem or self._damage

    @property
    def failing(self) -> bool:
        """Whether the disk does not take what is decided now, or no room is left. Never waits."""
        return bool(self._writer.problem)

    @property
    def replays(self) -> int:
        """How often events became unsent again: a reader that goes forward only must begin anew."""
        return self._writer.replays

    def append(self, event: Event) -> None:
        """Accepts an event; it is on disk within about 0.1 s. Never waits.

        Raises:
            SpoolError: The spool is closed.
        """
        self._put(lambda writer: writer.append(event))

    def set_state(self, state: State) -> None:
        """Replaces the state that subscribers see. Never waits.

        Raises:
            SpoolError: The spool is closed.
        """
        # One reference is replaced, which needs no lock; the queue carries the wake-up only.
        self._state = state
        self._put(SpoolWriter.notify)

    def set_recent(self, minute_stats: MinuteStats) -> None:
        """Keeps how the present minute goes, for who asks. Never waits."""
        self._recent = minute_stats

    def recent(self) -> MinuteStats | None:
        """The present minute as it went until some seconds ago; None before there is one."""
        return self._recent

    def set_sender(self, sender: SenderState) -> None:
        """Keeps how the sending goes, for who asks. Never waits."""
        self._sender = (time.monotonic(), sender)

    def sender(self) -> SenderState | None:
        """How the sending goes; None where no sender has said so lately."""
        said = self._sender
        return said[1] if said is not None and time.monotonic() - said[0] < SENDER_S else None

    def note_pass(self, notice: PassNotice) -> None:
        """Tells of the begin or the end of a pass, for some time; where many wait the oldest is forgotten.

        Never waits.

        Raises:
            SpoolError: The spool is closed.
        """
        self._notices.append((time.monotonic(), notice))
        self._put(SpoolWriter.notify)

    def next_notice(self) -> PassNotice | None:
        """The next begin or end of a pass, each only once; None where there is none. Never waits."""
        while self._notices:
            noted, notice = self._notices.popleft()
            if time.monotonic() - noted < NOTICE_S:
                return notice
        return None

    def on_change(self, callback: Callable[[], None]) -> None:
        """Has `callback` called on the spool's thread when there is something new to read.

        That is after each commit of events or gaps, after a replay, and when the state or `problem`
        changes. It must not wait for anything.
        """
        # A new tuple: the spool's thread may be going through the old one.
        self._writer.listeners += (callback,)

    def state(self) -> State | None:
        """The latest state, None before the first."""
        return self._state

    def newest(self) -> int:
        """The position of the newest event that is on disk, sent or not: those to come lie beyond it.

        Raises:
            SpoolError: The file cannot be read, or the spool is closed.
        """
        return self.ask(lambda writer: writer.store.newest)

    def depth(self) -> int:
        """Events that were taken up and have no acknowledgement yet. Never waits."""
        return self.figures().unsent

    def figures(self) -> SpoolUsage:
        """How full the spool is. Never waits."""
        # Read without a lock: figures for people may be a moment apart.
        store = self._writer.store
        usage = store.usage
        return replace(usage, unsent=usage.unsent + store.waiting, dropped=usage.dropped + store.losing)

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """Up to `limit` committed events without acknowledgement, in order, with positions beyond `after`.

        Raises:
            SpoolError: The file cannot be read, or the spool is closed.
        """
        return self.ask(lambda writer: writer.store.unsent(after, limit))

    def mark_sent(self, sequences: Iterable[int]) -> None:
        """Says that a broker has acknowledged these events, by `Stored.position`. Never waits.

        Raises:
            SpoolError: The spool is closed.
        """
        # A copy: the caller may change its own while this waits in the queue.
        positions = tuple(sequences)
        self._put(lambda writer: writer.store.pending.sent.update(positions))

    def give_up(self, sequences: Iterable[int]) -> None:
        """Says that no broker will ever take these events, by position; they become gaps. Never waits.

        They stay for `keep_days`, and `replay` has them sent after all.

        Raises:
            SpoolError: The spool is closed.
        """
        positions = tuple(sequences)
        self._put(lambda writer: writer.store.pending.refused.update(positions))

    def unsent_gaps(self, limit: int) -> tuple[Gap, ...]:
        """The oldest gaps without acknowledgement; they do not change any more.

        Raises:
            SpoolError: The file cannot be read, or the spool is closed.
        """
        return self.ask(lambda writer: writer.store.unsent_gaps(limit))

    def mark_gaps_sent(self, positions: Iterable[int]) -> None:
        """Says that a broker has acknowledged these gaps, by `Gap.position`. Never waits.

        Raises:
            SpoolError: The spool is closed.
        """
        gaps = tuple(positions)
        self._put(lambda writer: writer.store.pending.announced.update(gaps))

    def set_mark(self, mark: ConsumerMark) -> None:
        """Keeps what a consumer says it has. Never waits.

        Raises:
            SpoolError: The spool is closed.
        """
        self._put(lambda writer: writer.store.pending.set_mark(mark))

    def origins(self) -> tuple[DeviceKey, ...]:
        """The names under which anything was decided that is kept here.

        Raises:
            SpoolError: The file cannot be read, or the spool is closed.
        """
        return self.ask(lambda writer: writer.store.origins())

    def marks(self) -> tuple[ConsumerMark, ...]:
        """What the consumers last said they have.

        Raises:
            SpoolError: The file cannot be read, or the spool is closed.
        """
        return self.ask(lambda writer: writer.store.marks())

    def add_minute(self, minute: Minute) -> None:
        """Adds to a minute. Never waits.

        The spool counts verdicts by itself, in the transaction that stores their events.

        Raises:
            SpoolError: The spool is closed.
        """
        self._put(lambda writer: writer.store.pending.add_minute(minute))

    def minutes(self, first: int, last: int) -> tuple[Minute, ...]:
        """The minutes that begin from one Unix time to another, both included; empty ones are missing.

        Raises:
            SpoolError: The file cannot be read, or the spool is closed.
        """
        return self.ask(lambda writer: writer.store.minutes(first, last))

    def replay(
        self, first: int, last: int, epoch: str | None = None, sent_before: float = math.inf
    ) -> Replayed:
        """Has acknowledged events sent again; numbers that are no longer kept are announced as a gap.

        Args:
            first: The lowest sequence.
            last: The highest sequence; numbers that were not given yet are left out.
            epoch: Whose they are; the present one unless said.
            sent_before: Only events that were acknowledged before this Unix time.

        Raises:
            SpoolError: The epoch is unknown, the file cannot be written, or the spool is closed.
            ValueError: `first` lies beyond `last`.
        """
        numbers = Range(first, last)
        return self.ask(lambda writer: writer.replay(numbers, epoch, sent_before))

    def flush(self, timeout: float = ANSWER_S) -> None:
        """Waits until all that was appended and marked before is on disk, for `timeout` seconds.

        Raises:
            SpoolError: It is not; it stays in memory and is tried again.
        """
        self.ask(SpoolWriter.commit, timeout)

    def close(self) -> None:
        """Commits what waits and closes the file; may be called twice."""
        if not self._closed and self.alive:
            self._put(SpoolWriter.finish)
            self._thread.join()
        self._closed = True

    def ask(self, work: Callable[[SpoolWriter], _T], timeout: float = ANSWER_S) -> _T:
        """Has something done on the spool's thread, and waits for the answer.

        Raises:
            SpoolError: It failed, took too long, or the spool is closed.
        """
        answer: Future[_T] = Future()

        def reply(writer: SpoolWriter) -> None:
            try:
                answer.set_result(work(writer))
            except SpoolError as error:
                answer.set_exception(error)
            except Exception as error:
                # No question may end the thread that stores events.
                _log.exception("the spool cannot answer a question")
                answer.set_exception(SpoolError(f"the spool {self._path} cannot answer: {error}"))

        self._put(reply)
        deadline = time.monotonic() + timeout
        while not answer.done():
            # In short waits: a spool that is closed meanwhile answers nothing any more.
            wait([answer], min(CLOSED_EVERY_S, max(0.0, deadline - time.monotonic())))
            if answer.done():
                break
            if not self.alive:
                raise SpoolError(f"the spool {self._path} is closed")
            if time.monotonic() >= deadline:
                raise SpoolError(f"the spool {self._path} has not answered for {timeout:g} s")
        return answer.result()

    def _put(self, work: Work) -> None:
        if self._closed:
            raise SpoolError(f"the spool {self._path} is closed")
        if not self.alive:
            raise SpoolError(f"the thread of the spool {self._path} ended unexpectedly; start again")
        self._writer.inbox.put(work)


def _serve(make: Callable[[], tuple[SpoolWriter, str]], opened: Future[tuple[SpoolWriter, str]]) -> None:
    """What the spool's thread does: opens the file, and serves it until it is closed."""
    try:
        writer, damage = make()
    except BaseException as error:
        # Whatever it is, `open` waits for this and raises it on its own thread.
        opened.set_exception(error)
        return
    opened.set_result((writer, damage))
    try:
        writer.run()
    except BaseException:
        # Only this thread may close what it opened; what waits is lost with it, as after a kill.
        writer.store.close(clean=False)
        raise


def _on_disk(
    path: Path, limits: Limits, wall: Callable[[], float], origin: DeviceKey | None
) -> tuple[SpoolWriter, str]:
    """A writer to the file, and what was wrong with that; empty where nothing was."""
    found = open_store(path, wall(), limits, origin)
    return SpoolWriter(found.store, wall), found.problem


def _in_memory(
    path: Path, limits: Limits, wall: Callable[[], float], origin: DeviceKey | None, reason: str
) -> SpoolWriter:
    """A writer to a spool in memory, which goes to the file as soon as that can be used."""

    def end(stand_in: EventStore, moment: float) -> EventStore:
        return move(stand_in, open_store(path, moment, limits, origin).store)

    return SpoolWriter(open_stand_in(path, wall(), limits, origin), wall, Outage(reason, end))
