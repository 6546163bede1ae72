"""The collector: one thread that receives, stores, and acknowledges what is stored.

The broker hands out a limited number of messages before the first is acknowledged. A database that is away
therefore stops the flow, and nothing piles up in memory.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol

from edge.collector.acks import AT_ONCE, AckScheduler, Message, Plan
from edge.collector.connection import CollectorConnection
from edge.collector.coverage import Coverage, ThroughputLog
from edge.collector.database import CollectorDatabase, Queries, Writes
from edge.collector.ingest import BATCH, Ingest, IngestTotals
from edge.collector.parse import Parser
from edge.collector.records import EventRecord
from edge.errors import BrokerError, StorageError
from edge.mqtt.backoff import Backoff
from edge.mqtt.events import (
    ConnectionAccepted,
    ConnectionEvent,
    Entry,
    MessageReceived,
    PublishAcknowledged,
    SubscriptionAcknowledged,
)
from edge.mqtt.reason_codes import REFUSED

CYCLE_S = 1.0
"""How long a cycle waits for an event, at most."""
BATCH_PAUSE_S = 0.005
"""Events that follow each other within this time are stored together,"""
BATCH_S = 0.05
"""for so long at most."""
TURN_S = 0.1
"""For publishing, before what has come is looked after again."""
ROOM_S = 0.001
STOP_S = 2.0
"""For storing what has arrived, once it is stopped."""

log = logging.getLogger(__name__)


class ScheduledMessages(Protocol):
    """Retained messages that are published now and then."""

    def due(self, now: float, wall: float) -> Iterable[Message]:
        """What is to be published now; what is not taken stays due.

        Raises:
            StorageError: The database cannot be read.
        """


class NoScheduledMessages:
    """Publishes nothing."""

    def due(self, _now: float, _wall: float) -> Iterable[Message]:
        """Nothing."""
        return ()


class Collector:
    """Runs in the thread that calls `run`; `stop` may be called by any other and by a signal.

    `connection` is its connection to the broker.
    """

    def __init__(
        self,
        database: CollectorDatabase,
        connection: CollectorConnection,
        plan: Plan,
        scheduled: ScheduledMessages | None = None,
    ) -> None:
        """Raises: StorageError: The database cannot be read."""
        self._scheduled = scheduled or NoScheduledMessages()
        self._reading, self._writing = Queries(database), Writes(database)
        self._ingest = Ingest(self._writing, time.time, Parser(plan.prefix))
        self._ack_scheduler = AckScheduler(self._reading, self._writing, plan)
        self.connection = connection
        self._coverage = Coverage(self._reading.seen(connection.client_id))
        self._store_backoff = Backoff(first=0.2, longest=5.0)
        self._store_at = 0.0
        self._stopping = False
        self._throughput = ThroughputLog()

    @property
    def totals(self) -> IngestTotals:
        """What came since the start."""
        return self._ingest.totals

    @property
    def waiting(self) -> int:
        """Messages that have come and are not stored yet."""
        return self._ingest.waiting

    def stop(self) -> None:
        """Has `run` end soon."""
        self._stopping = True
        self.connection.wake()

    def run(self, progressed: Callable[[], None] = lambda: None) -> None:
        """Collects until it is stopped; calls `progressed` at least once in a few seconds."""
        while not self._stopping:
            self._cycle()
            progressed()
        self._finish(time.monotonic() + STOP_S)

    def _cycle(self) -> None:
        # What one connection brought is stored before the next can bring more.
        if self.connection.wait(time.monotonic()) == 0.0 and not self.waiting:
            self.connection.connect()
        try:
            for number, event in self._gather():
                self._handle(number, event)
            if time.monotonic() >= self._store_at:
                busy = self.waiting >= BATCH
                self._store()
                self._publish(busy=busy)
                self._note_coverage()
        except StorageError as error:
            self._store_at = time.monotonic() + self._store_backoff.next()
            self.connection.log_once(f"{error}; nothing is acknowledged until it can be stored")
        except BrokerError:
            self.connection.publish_failed()
        self.connection.check_thread()
        self._throughput.log(self.totals)

    def _gather(self) -> Iterator[Entry]:
        """The events of the next moment: those that follow each other closely are stored together."""
        entry = self.connection.next(self._timeout(time.monotonic()))
        deadline = time.monotonic() + BATCH_S
        for _ in range(BATCH):
            if entry is None:
                return
            yield entry
            if time.monotonic() > deadline:
                return
            entry = self.connection.next(BATCH_PAUSE_S)
        # It is out of the queue already.
        if entry is not None:
            yield entry

    def _timeout(self, now: float) -> float:
        """How long to wait for an event."""
        waits = [CYCLE_S]
        connect = self.connection.wait(now)
        if connect is not None and not self.waiting:
            waits.append(connect)
        if self.waiting:
            waits.append(self._store_at - now)
        if self.connection.room and (acknowledge := self._ack_scheduler.wait(now)) is not None:
            waits.append(max(acknowledge, self._store_at - now))
        return min(waits)

    def _handle(self, number: int, event: ConnectionEvent | None) -> None:
        if isinstance(event, MessageReceived):
            # Of whichever connection: what has come is stored, even if it can no longer be acknowledged.
            record = self._ingest.take(number, event, self._coverage.unsure_since)
            fresh = isinstance(record, EventRecord) and record.fresh
            self._coverage.received(time.monotonic(), fresh=fresh)
        elif self.connection.is_present(number):
            self.connection.handle(event)
            if isinstance(event, ConnectionAccepted):
                self._subscribe(event)
            elif isinstance(event, PublishAcknowledged) and event.code >= REFUSED:
                self._ack_scheduler.refused()
            elif isinstance(event, SubscriptionAcknowledged) and self.connection.ready:
                self._coverage.begin(time.monotonic())
                self._writing.note_filters(self.connection.client_id, self.connection.filters)

    def _subscribe(self, accepted: ConnectionAccepted) -> None:
        self._coverage.away()
        # MQTT 5.0, section 3.2.2.1.1: without Session Present there is no session from before.
        if not accepted.resumed and self._coverage.seen is not None:
            log.warning(
                "the broker no longer has the session %s; what it held is lost", self.connection.client_id
            )
        try:
            self.connection.subscribe(self._stale_filters())
        except StorageError as error:
            self.connection.disconnect(str(error))

    def _stale_filters(self) -> tuple[str, ...]:
        """What the broker may still hold from a run with other filters."""
        name, wanted = self.connection.client_id, set(self.connection.filters)
        earlier = set(self._reading.filters(name))
        # Written down first: a filter that is forgotten here would stay with the broker.
        self._writing.note_filters(name, sorted(earlier | wanted))
        return tuple(sorted(earlier - wanted))

    def _store(self) -> None:
        while self.waiting:
            batch = self._ingest.commit()
            self._store_backoff.reset()
            self.connection.acknowledge((one.connection, one.message) for one in batch.messages)
            self._ack_scheduler.touched(sorted(batch.touched))
            for place, online in batch.presences:
                self._ack_scheduler.presence(place, online=online)

    def _publish(self, *, busy: bool = False) -> None:
        """Publishes what is due to devices and dashboards, as much as broker and turn have room for.

        `busy`: more has come than fits into a batch. What is said later says more, so room is not waited for.
        """
        now, wall = time.monotonic(), time.time()
        at_once = max(self.connection.room, 1) if busy else AT_ONCE
        for source in (self._ack_scheduler.messages(now, wall, at_once), self._scheduled.due(now, wall)):
            room = self.connection.room
            if not room:
                return
            for message in islice(source, room if busy else None):
                self.connection.publish(message)
                if not busy and not self._may_publish(now + TURN_S):
                    break

    def _may_publish(self, until: float) -> bool:
        """Waits for room, as long as the turn lasts: the broker answers within a moment."""
        while self.connection.ready and time.monotonic() < until:
            if self.connection.room:
                return True
            time.sleep(ROOM_S)
        return False

    def _note_coverage(self) -> None:
        if self.connection.ready and self._coverage.due(time.monotonic(), time.time()):
            self._writing.note_seen(self.connection.client_id, self._coverage.seen or time.time())

    def _finish(self, deadline: float) -> None:
        """Stores what has arrived, acknowledges it, and leaves the session to the broker."""
        try:
            while time.monotonic() < deadline and not self.connection.empty:
                for number, event in self._gather():
                    self._handle(number, event)
            self._store()
            self._publish()
            # Only where all that had waited has come: else nobody knows what happened in between.
            if self.connection.ready and self._coverage.unsure_since is None:
                self._writing.note_seen(self.connection.client_id, time.time())
        except (BrokerError, StorageError) as error:
            self.connection.log_once(str(error))
        self.connection.close(max(deadline - time.monotonic(), 0.1))
