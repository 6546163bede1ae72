"""How each request is answered: on the daemon's spool thread, or by a tool that opened the file itself."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge.errors import MaskGateError, SpoolError
from edge.messages.ranges import Range
from edge.spool.control.requests import (
    MOST_ROWS,
    Answer,
    CommissionRequest,
    CurrentState,
    EpochInfo,
    FileRequest,
    LampRequest,
    LiveViewAnswer,
    LiveViewRequest,
    Minutes,
    MinutesRequest,
    Overview,
    OverviewRequest,
    Page,
    PageRequest,
    PurgeRequest,
    RelayRequest,
    ReplayRequest,
    Request,
    SightRequest,
    SpoolStats,
    StateRequest,
    StatsRequest,
    StoredEvent,
    SwitchViewRequest,
    ViewRequest,
)
from edge.spool.records import GENERATION_BITS, Purged, Replayed
from edge.spool.spool import Spool
from edge.spool.storage import statistics
from edge.spool.storage.database import DamagedError
from edge.spool.writer import SpoolWriter
from edge.types import Reason

Commission = Callable[[CommissionRequest], Answer]
"""Answers what an installer asks of the side that sees; raises SpoolError where it cannot."""


class LiveViewPort(Protocol):
    """The live view of the process that sees; any thread may use it."""

    allowed: bool

    @property
    def until(self) -> float | None:
        """Unix time at which it ends; None while it is off."""

    def switch_on(self, by: str) -> None:
        """Begins it.

        Raises:
            MaskGateError: It cannot be had.
        """

    def switch_off(self, by: str) -> None:
        """Ends it."""

    def picture(self) -> bytes:
        """A JPEG in which eyes and foreheads are pixelated already; waits for it.

        Raises:
            MaskGateError: There is none.
        """


@dataclass(frozen=True, slots=True)
class Seeing:
    """What answers for the side that sees, in its own process; None elsewhere.

    Attributes:
        live_view: The live view.
        commission: What an installer asks for.
    """

    live_view: LiveViewPort | None = None
    commission: Commission | None = None


NOTHING_SEES = Seeing()


def answer(spool: Spool, seeing: Seeing, request: Request) -> Answer:
    """A daemon's answer to a request.

    Args:
        spool: What is asked.
        seeing: Answers what is asked of the side that sees.
        request: The request.

    Raises:
        SpoolError: It cannot be answered.
    """
    match request:
        case StateRequest():
            # In memory, and not on the spool's thread.
            return current_state(spool)
        case OverviewRequest():
            held = spool.ask(lambda writer: stats(writer, StatsRequest()))
            return Overview(current_state(spool), held)
        case ViewRequest() | SwitchViewRequest():
            if seeing.live_view is None:
                raise SpoolError("no camera belongs to this spool")
            return answer_with_view(seeing.live_view, request)
        case SightRequest() | LampRequest() | RelayRequest():
            if seeing.commission is None:
                raise SpoolError("no camera belongs to this spool")
            return seeing.commission(request)
    return spool.ask(lambda writer: answer_from_file(writer, request))


def current_state(spool: Spool) -> CurrentState:
    """What the device shows right now."""
    return CurrentState(spool.state(), spool.recent(), spool.sender())


def answer_from_file(writer: SpoolWriter, request: FileRequest) -> Answer:
    """The answer to a request about what the file holds, on the spool's thread.

    Raises:
        SpoolError: It cannot be answered.
    """
    match request:
        case PageRequest():
            return page(writer, request)
        case StatsRequest():
            return stats(writer, request)
        case ReplayRequest():
            return replay(writer, request)
        case PurgeRequest():
            return purge(writer, request)
        case MinutesRequest():
            return minutes(writer, request)


def answer_with_view(live_view: LiveViewPort, request: LiveViewRequest) -> LiveViewAnswer:
    """Switches the live view, or gives a picture of it; what is in the way is told in the answer."""
    jpeg, problem = b"", ""
    try:
        if isinstance(request, ViewRequest):
            jpeg = live_view.picture()
        elif request.on:
            live_view.switch_on(request.by)
        else:
            live_view.switch_off(request.by)
    except MaskGateError as error:
        problem = str(error)
    return LiveViewAnswer(live_view.allowed, live_view.until, b64encode(jpeg).decode(), problem)


def page(writer: SpoolWriter, request: PageRequest) -> Page:
    """Events in order of their positions, at most `MOST_ROWS`.

    Raises:
        DamagedError: One of them is not what was written.
        SpoolError: The file cannot be read.
    """
    db = writer.store.db
    rows = db.all(
        "SELECT event.place, epoch.name, event.payload, event.wall, event.sent_at, "  # noqa: S608
        "seal IS seal(place, payload, wall, sent_at) FROM event "
        f"LEFT JOIN epoch ON epoch.generation = event.place >> {GENERATION_BITS} "
        "WHERE event.place > ? AND event.place <= ? "
        f"ORDER BY event.place {'DESC' if request.newest else 'ASC'} LIMIT ?",
        (request.after, request.upto, min(request.limit, MOST_ROWS)),
    )
    if not all(whole for *_, whole in rows):
        raise DamagedError(f"{db} is damaged: some events are not what was written")
    found = [
        StoredEvent(position, epoch or "", payload.decode(), wall, sent_at)
        for position, epoch, payload, wall, sent_at, _ in rows
    ]
    return Page(tuple(reversed(found) if request.newest else found))


def stats(writer: SpoolWriter, _request: StatsRequest) -> SpoolStats:
    """What the spool holds.

    Raises:
        SpoolError: The file cannot be read.
    """
    store, db = writer.store, writer.store.db
    usage, limits = store.usage, store.limits
    (oldest,) = db.one("SELECT min(wall) FROM event WHERE sent_at IS NULL")
    (newest,) = db.one("SELECT max(place) FROM event")
    (gaps, announced) = db.one("SELECT count(*), count(sent_at) FROM gap")
    epochs = db.all(
        "SELECT name, generation, last, site, device FROM epoch WHERE generation >= 0 ORDER BY generation"
    )
    return SpoolStats(
        epochs=tuple(EpochInfo(*row) for row in epochs),
        unsent=usage.unsent,
        waiting=store.waiting,
        stored=usage.stored,
        bytes=usage.bytes,
        max_events=limits.max_events,
        max_bytes=limits.max_bytes,
        dropped=_dropped(writer),
        gaps=gaps,
        gaps_unsent=gaps - announced,
        oldest_unsent=oldest,
        marks=store.marks(),
        problem=writer.problem,
        newest=-1 if newest is None else newest,
    )


def _dropped(writer: SpoolWriter) -> dict[Reason, int]:
    """Events that were dropped, by reason, also where the disk has not taken that yet."""
    found = Counter(statistics.dropped(writer.store.db))
    for lost in writer.store.pending.lost:
        found[lost.reason] += len(lost.numbers)
    return dict(found)


def replay(writer: SpoolWriter, request: ReplayRequest) -> Replayed:
    """Has events sent again.

    Raises:
        SpoolError: None of them is in the spool; nothing was changed.
    """
    epoch = request.epoch or writer.store.run_info.epoch
    _, last = writer.store.epoch(epoch)
    if request.first <= request.last:
        found = writer.replay(Range(request.first, request.last), epoch, announce=False)
        if found.again or found.waiting:
            return found
    raise SpoolError(
        f"the spool holds no event from {request.first} to {request.last} of epoch {epoch}, "
        f"whose last number is {last}; nothing was changed"
    )


def minutes(writer: SpoolWriter, request: MinutesRequest) -> Minutes:
    """What was counted from one Unix time to another.

    Raises:
        SpoolError: The file cannot be read.
    """
    return Minutes(writer.store.minutes(request.first, request.last))


def purge(writer: SpoolWriter, request: PurgeRequest) -> Purged:
    """Deletes old events.

    Raises:
        SpoolError: Nothing was deleted.
    """
    return writer.purge(request.before, unsent=request.unsent)
