"""What the tools can ask of a spool, and the answers: the same for a running daemon and for a closed file."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from edge.errors import SpoolError
from edge.messages.ranges import Range
from edge.spool.records import GENERATION_BITS, ConsumerMark, Replayed
from edge.spool.storage import statistics
from edge.spool.storage.database import DamagedError
from edge.spool.writer import SpoolWriter
from edge.types import Reason

MOST_ROWS = 500
"""Events in one answer, so that no export keeps the spool's thread from storing events."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Asks for events in order.

    Attributes:
        after: The place after which they begin.
        upto: The last place.
        limit: How many.
        newest: The last ones instead of the first.
    """

    after: int = -1
    upto: int = (1 << 63) - 1
    limit: int = MOST_ROWS
    newest: bool = False


@dataclass(frozen=True, slots=True)
class StatsRequest:
    """Asks how things stand."""


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """Asks to send events again; of the present epoch where none is named."""

    first: int
    last: int
    epoch: str | None = None


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """Asks to delete events that were decided before a Unix time."""

    before: float
    unsent: bool = False


Request = PageRequest | StatsRequest | ReplayRequest | PurgeRequest


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event in the spool: its message, the Unix times of its decision and of its acknowledgement."""

    position: int
    epoch: str
    payload: str
    wall: float
    sent_at: float | None


@dataclass(frozen=True, slots=True)
class EpochInfo:
    """An epoch of the file: its events have the places `generation << 40 | sequence`."""

    name: str
    generation: int
    last: int


@dataclass(frozen=True, slots=True)
class SpoolStats:
    """How things stand. Times are Unix times; `waiting` events are not on disk yet."""

    epochs: tuple[EpochInfo, ...]
    unsent: int
    waiting: int
    stored: int
    bytes: int
    max_events: int
    max_bytes: int
    dropped: dict[Reason, int]
    gaps: int
    gaps_unsent: int
    oldest_unsent: float | None
    marks: tuple[ConsumerMark, ...]
    problem: str


def page(writer: SpoolWriter, asked: PageRequest) -> tuple[StoredEvent, ...]:
    """Events in order of their places.

    Raises:
        DamagedError: One of them is not what was written.
        SpoolError: The file cannot be read.
    """
    rows = writer.store.db.all(
        "SELECT event.place, epoch.name, event.payload, event.wall, event.sent_at, "  # noqa: S608
        "seal IS seal(place, payload, wall, sent_at) FROM event "
        f"LEFT JOIN epoch ON epoch.generation = event.place >> {GENERATION_BITS} "
        "WHERE event.place > ? AND event.place <= ? "
        f"ORDER BY event.place {'DESC' if asked.newest else 'ASC'} LIMIT ?",
        (asked.after, asked.upto, min(asked.limit, MOST_ROWS)),
    )
    if not all(whole for *_, whole in rows):
        raise DamagedError(f"{writer.store.db} is damaged: some events are not what was written")
    found = [
        StoredEvent(position, epoch or "", payload.decode(), wall, sent_at)
        for position, epoch, payload, wall, sent_at, _ in rows
    ]
    return tuple(reversed(found) if asked.newest else found)


def stats(writer: SpoolWriter) -> SpoolStats:
    """How things stand.

    Raises:
        SpoolError: The file cannot be read.
    """
    store, db = writer.store, writer.store.db
    usage, limits = store.usage, store.limits
    (oldest,) = db.one("SELECT min(wall) FROM event WHERE sent_at IS NULL")
    (gaps, told) = db.one("SELECT count(*), count(sent_at) FROM gap")
    epochs = db.all("SELECT name, generation, last FROM epoch WHERE generation >= 0 ORDER BY generation")
    return SpoolStats(
        epochs=tuple(EpochInfo(*row) for row in epochs),
        unsent=usage.unsent,
        waiting=store.waiting,
        stored=usage.stored,
        bytes=usage.bytes,
        max_events=limits.max_events,
        max_bytes=limits.max_bytes,
        dropped=statistics.dropped(db),
        gaps=gaps,
        gaps_unsent=gaps - told,
        oldest_unsent=oldest,
        marks=store.marks(),
        problem=writer.problem,
    )


def replay(writer: SpoolWriter, asked: ReplayRequest) -> Replayed:
    """Has events sent again.

    Raises:
        SpoolError: None of them is in the spool; nothing was changed.
    """
    epoch = asked.epoch or writer.store.life.epoch
    _, last = writer.store.epoch(epoch)
    found = writer.replay(Range(asked.first, asked.last), epoch, announce=False)
    if not (found.again or found.waiting):
        raise SpoolError(
            f"the spool holds no event from {asked.first} to {asked.last} of epoch {epoch}, "
            f"whose last number is {last}; nothing was changed"
        )
    return found


def answer(writer: SpoolWriter, question: Request) -> dict[str, object]:
    """The answer to a question as JSON can say it.

    Raises:
        SpoolError: It cannot be answered.
    """
    match question:
        case PageRequest():
            return {"events": [asdict(kept) for kept in page(writer, question)]}
        case StatsRequest():
            return asdict(stats(writer))
        case ReplayRequest():
            return asdict(replay(writer, question))
        case PurgeRequest(before, unsent):
            return asdict(writer.purge(before, unsent=unsent))
