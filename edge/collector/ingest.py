"""From messages to committed rows: what is acknowledged has been stored."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from edge.collector.database import UnfitError, Writes, WriteTally
from edge.collector.parse import Parser
from edge.collector.records import AvailabilityRecord, EpochKey, Heartbeat, Record, Rejected
from edge.mqtt.events import MessageReceived
from edge.types import DeviceKey

log = logging.getLogger(__name__)

BATCH = 1_000
"""Messages in one transaction."""


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message, what it says (None for nothing), and the connection over which it came."""

    connection: int
    message: MessageReceived
    record: Record | None


@dataclass(frozen=True, slots=True)
class IngestBatch:
    """What one commit did: the messages that may be acknowledged, and what came of them."""

    messages: tuple[ReceivedMessage, ...]
    touched: frozenset[EpochKey]
    presences: tuple[tuple[DeviceKey, bool], ...]


@dataclass(slots=True)
class IngestTotals:
    """What came since the start."""

    stored: int = 0
    known: int = 0
    rejected: int = 0


@dataclass(slots=True)
class Ingest:
    """Holds messages until they are stored."""

    writing: Writes
    wall: Callable[[], float]
    parser: Parser = field(default_factory=Parser)
    totals: IngestTotals = field(default_factory=IngestTotals)
    _waiting: deque[ReceivedMessage] = field(default_factory=deque)

    @property
    def waiting(self) -> int:
        """Messages that are not stored yet."""
        return len(self._waiting)

    def take(self, connection: int, message: MessageReceived, unsure_since: float | None) -> Record | None:
        """Takes a message.

        Args:
            connection: Number of the connection over which it came.
            message: The message.
            unsure_since: Where it may have waited for the collector: since when, Unix time.

        Returns:
            What it says; None for nothing.
        """
        record = self.parser.read(message.topic, message.payload, self.wall())
        if isinstance(record, AvailabilityRecord):
            record = replace(record, unsure_since=unsure_since, anew=not message.retained)
        elif isinstance(record, Heartbeat):
            # One that the broker had kept says nothing of now.
            record = None if message.retained else replace(record, unsure_since=unsure_since)
        self._waiting.append(ReceivedMessage(connection, message, record))
        return record

    def commit(self) -> IngestBatch:
        """Stores what waits, at most one batch of it.

        Raises:
            StorageError: Nothing was stored; it still waits.
        """
        # Not taken out yet: where storing fails, all of it still waits.
        messages = tuple(self._waiting[number] for number in range(min(BATCH, len(self._waiting))))
        records = [one.record for one in messages if one.record is not None]
        tallies = self._store(records)
        for _ in messages:
            self._waiting.popleft()
        for tally in tallies:
            self.totals.stored += tally.stored
            self.totals.known += tally.known
            self.totals.rejected += tally.rejected
        presences = tuple((r.place, r.online) for r in records if isinstance(r, AvailabilityRecord))
        return IngestBatch(messages, frozenset().union(*(tally.touched for tally in tallies)), presences)

    def _store(self, records: list[Record]) -> list[WriteTally]:
        try:
            return [self.writing.store(records)]
        except UnfitError:
            # One of them is to blame, and must not hold up the others.
            return [self._store_one(record) for record in records]

    def _store_one(self, record: Record) -> WriteTally:
        try:
            return self.writing.store([record])
        except UnfitError as error:
            return self._reject(record, str(error))

    def _reject(self, record: Record, reason: str) -> WriteTally:
        """Keeps what cannot be stored with its reason; nothing of it holds up what comes after."""
        try:
            return self.writing.store([Rejected("", repr(record).encode(), reason, self.wall())])
        except UnfitError as error:
            log.warning("a message is counted as rejected and not kept: %s", error)
            return WriteTally(0, 0, 1, frozenset())
