"""The collector: one thread that listens, stores, and acknowledges what is stored.

The broker hands out a limited number of messages before the first is acknowledged. A database that is away
therefore stops the flow, and nothing piles up in memory.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from edge.collector.acks import AckScheduler, Message
from edge.collector.connection import CollectorConnection, Entry
from edge.collector.coverage import Coverage, ThroughputLog
from edge.collector.database import CollectorDatabase, Queries, Writes
from edge.collector.ingest import BATCH, Ingest, Totals
from edge.collector.records import EventRecord
from edge.errors import BrokerError, StorageError
from edge.mqtt.backoff import Backoff
from edge.mqtt.connector import Listener
from edge.mqtt.events import (
    ConnectionAccepted,
    ConnectionEvent,
    MessageReceived,
    PublishAcknowledged,
    SubscriptionAcknowledged,
)
from edge.mqtt.reason_codes import REFUSED

LOOK_S = 1.0
QUIET_S = 0.005
LINGER_S = 0.05
FAREWELL_S = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a collector is to do.

    Attributes:
        consumer: Under which name it talks to devices.
        filters: What it subscribes to.
        patience_s: How long a range is missing before it is asked for.
    """

    consumer: str
    filters: tuple[str, ...]
    patience_s: float = 10.0


class ScheduledMessages(Protocol):
    """Retained messages that are published now and then."""

    def due(self, now: float, wall: float) -> Iterable[Message]:
        """What is to be published now; what is not taken stays due.

        Raises:
            StorageError: The database cannot be read.
        """


class NoScheduledMessages:
    """Has nothing to say."""

    def due(self, _now: float, _wall: float) -> Iterable[Message]:
        """Nothing."""
        return ()


class Collector:
    """Runs in the thread that calls `run`; `stop` may be called by any other and by a signal."""

    def __init__(
        self,
        database: CollectorDatabase,
        connector: Listener,
        plan: Plan,
        scheduled: ScheduledMessages | None = None,
    ) -> None:
        """Raises: StorageError: The database cannot be read."""
        self._name = connector.client_id
        self._plan = plan
        self._scheduled = scheduled or NoScheduledMessages()
        self._reading, self._writing = Queries(database), Writes(database)
        self._ingest = Ingest(self._writing, time.time)
        self._ack_scheduler = AckScheduler(self._reading, self._writing, plan.consumer, plan.patience_s)
        self._connection = CollectorConnection(connector, plan.filters)
        self._coverage = Coverage(self._reading.seen(self._name))
        self._storage = Backoff(first=0.2, longest=5.0)
        self._store_at = 0.0
        self._stopping = False
        self._meter = ThroughputLog()

    @property
    def totals(self) -> Totals:
        """What came since the start."""
        return self._ingest.totals

    @property
    def listening(self) -> bool:
        """Whether the broker has confirmed the subscriptions of the present connection."""
        return self._connection.ready

    def stop(self) -> None:
        """Has `run` end soon."""
        self._stopping = True
        self._connection.wake()

    def run(self, progressed: Callable[[], None] = lambda: None) -> None:
        """Collects until it is stopped; calls `progressed` at least once in a few seconds."""
        while not self._stopping:
            self._turn()
            progressed()
        self._finish(time.monotonic() + FAREWELL_S)

    def _turn(self) -> None:
        # What one connection brought is stored before the next can bring more.
        if self._connection.wait(time.monotonic()) == 0.0 and not self._ingest.waiting:
            self._connection.connect()
        try:
            for number, signal in self._gather():
                self._handle(number, signal)
            if time.monotonic() >= self._store_at:
                self._commit()
                self._speak()
                self._note_attendance()
        except StorageError as error:
            self._store_at = time.monotonic() + self._storage.next()
            self._connection.say(f"{error}; nothing is acknowledged until it can be stored")
        except BrokerError:
            self._connection.lost()
        self._connection.look()
        self._meter.turn(self.totals)

    def _gather(self) -> Iterator[Entry]:
        """The signals of the next moment: those that follow each other closely are stored together."""
        entry = self._connection.next(self._patience(time.monotonic()))
        deadline = time.monotonic() + LINGER_S
        for _ in range(BATCH):
            if entry is None:
                return
            yield entry
            if time.monotonic() > deadline:
                return
            entry = self._connection.next(QUIET_S)
        if entry is not None:
            yield entry

    def _patience(self, now: float) -> float:
        waits = [LOOK_S]
        dial = self._connection.wait(now)
        if dial is not None and not self._ingest.waiting:
            waits.append(dial)
        if self._ingest.waiting:
            waits.append(self._store_at - now)
        if self._connection.room and (ack_scheduler := self._ack_scheduler.wait(now)) is not None:
            waits.append(max(ack_scheduler, self._store_at - now))
        return min(waits)

    def _handle(self, number: int, signal: ConnectionEvent | None) -> None:
        if isinstance(signal, MessageReceived):
            record = self._ingest.take(number, signal, self._coverage.unsure_since)
            self._coverage.heard(time.monotonic(), fresh=isinstance(record, EventRecord) and record.fresh)
        elif self._connection.present(number):
            self._connection.handle(signal)
            if isinstance(signal, ConnectionAccepted):
                self._greet(signal)
            elif isinstance(signal, PublishAcknowledged) and signal.code >= REFUSED:
                self._ack_scheduler.refused()
            elif isinstance(signal, SubscriptionAcknowledged) and self._connection.ready:
                self._coverage.begin(time.monotonic())
                self._writing.note_filters(self._name, self._plan.filters)

    def _greet(self, connected: ConnectionAccepted) -> None:
        self._coverage.away()
        if not connected.resumed and self._coverage.seen is not None:
            log.warning("the broker no longer has the session %s; what it held is lost", self._name)
        try:
            self._connection.subscribe(self._stale_filters())
        except StorageError as error:
            self._connection.hang_up(str(error))

    def _stale_filters(self) -> tuple[str, ...]:
        """What the broker may still hold from a run with other filters."""
        earlier, wanted = set(self._reading.filters(self._name)), set(self._plan.filters)
        # Written down first: a filter that is forgotten here would stay with the broker.
        self._writing.note_filters(self._name, sorted(earlier | wanted))
        return tuple(sorted(earlier - wanted))

    def _commit(self) -> None:
        while self._ingest.waiting:
            batch = self._ingest.commit()
            self._storage.reset()
            for heard in batch.heard:
                self._connection.acknowledge(heard.connection, heard.arrived)
            self._ack_scheduler.touched(batch.touched)
            for place, online in batch.presences:
                self._ack_scheduler.presence(place, online=online)

    def _speak(self) -> None:
        """Publishes what devices and dashboards are to hear, as much as the broker takes."""
        now, wall = time.monotonic(), time.time()
        for source in (self._ack_scheduler.messages(now, wall), self._scheduled.due(now, wall)):
            if not self._connection.room:
                return
            for message in source:
                self._connection.publish(message)
                if not self._connection.room:
                    break

    def _note_attendance(self) -> None:
        if self._connection.ready and self._coverage.due(time.monotonic(), time.time()):
            self._writing.note_seen(self._name, self._coverage.seen or time.time())

    def _finish(self, deadline: float) -> None:
        """Stores what has arrived, says where it stands, and leaves the session to the broker."""
        try:
            while time.monotonic() < deadline and not self._connection.empty:
                for number, signal in self._gather():
                    self._handle(number, signal)
            self._commit()
            self._speak()
            if self._connection.ready and self._coverage.unsure_since is None:
                self._writing.note_seen(self._name, time.time())
        except (BrokerError, StorageError) as error:
            self._connection.say(str(error))
        self._connection.close(max(deadline - time.monotonic(), 0.1))
