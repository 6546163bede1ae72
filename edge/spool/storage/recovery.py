"""What becomes of a damaged spool: it is moved aside, and a new one takes what can be read of it.

Only events that no broker has are taken, one by one, and only those whose seal is whole: SQLite keeps
no checksum over a page, and a changed event that looks well would be worse than a lost one. All
numbers that cannot be read any more are announced as lost in the epoch they belong to. Statistics and
marks have no seal and are not taken. The new file is written in one transaction; until that is durable,
the next start finds an empty file and a reservation for an epoch that it does not hold, and does the
same again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from edge.errors import SpoolError
from edge.messages.ranges import Range, ranges_of, without
from edge.spool.records import GENERATION_BITS, SEQUENCE_MASK, sequence_of
from edge.spool.storage import files, schema
from edge.spool.storage.database import DamagedError, SpoolDatabase, Value
from edge.spool.storage.epochs import origin_of
from edge.spool.storage.gaps import GapTable
from edge.spool.storage.sequences import Reservation
from edge.types import DeviceKey, Reason

PAGE = 200
EMPTY_BYTES = 8192
"""A file of this size or less can hold no more than the beginning of a spool."""

PROBE = 1_000
"""Places that are tried one by one where a page of events cannot be read."""

# A generation of 20 bits and a sequence of 40 fit into a position, which has 63 in SQLite.
MOST_EPOCHS = 1 << 20
MOST_UNREADABLE = 50
"""Such stretches without a single event, after which no more is read."""


@dataclass(slots=True)
class _Epoch:
    """An epoch of the damaged file; beyond `end` there are no numbers, if that is `certain`."""

    generation: int
    name: str
    end: int
    gaps: int = 0
    origin: DeviceKey | None = None
    certain: bool = True
    kept: list[int] = field(default_factory=list)


def replace(
    path: Path, reservation: Reservation | None, wall: float, damage: str
) -> tuple[SpoolDatabase, str]:
    """Moves a damaged spool aside and makes a new one.

    Args:
        path: The damaged file.
        reservation: What the reservations say of it.
        wall: Unix time now.
        damage: A sentence on the damage.

    Returns:
        The new file, open, and a sentence on what happened.

    Raises:
        SpoolError: It cannot be moved, or no new one can be made.
    """
    has_content = path.stat().st_size > EMPTY_BYTES
    if has_content:
        aside: Path | None = files.move_aside(path, wall)
    else:
        files.remove(path)
        aside = _moved_before(path)
    with ExitStack() as stack:
        old, epochs = _recoverable(_open(aside), reservation, has_content)
        if old is not None:
            stack.callback(old.close)
        _set_ends(epochs, reservation)
        files.make_file(path)
        # From here a power cut leaves an empty file and a reservation for an epoch that it does not hold.
        db = SpoolDatabase(path)
        stack.callback(db.close)
        recovered = _fill(db, old, epochs, wall)
        stack.pop_all()
    if old is not None:
        old.close()
    where = f"it is kept as {aside.name}" if aside else "nothing of it is left"
    return db, f"{damage}; {where}, {recovered} unsent events were recovered, the rest is announced as a gap"


def _recoverable(
    old: SpoolDatabase | None, reservation: Reservation | None, has_content: bool
) -> tuple[SpoolDatabase | None, list[_Epoch]]:
    """The file that events are taken from, if any are, and the epochs that numbers can be lost of."""
    epochs = [] if old is None else _epochs(old)
    if reservation is None or any(epoch.name == reservation.epoch for epoch in epochs):
        return old, epochs
    # The reservations lie in a file of their own, which this damage did not reach: where they name
    # another epoch than the damaged file does, they are right.
    # Events are taken only if they can be of that epoch: those of a file whose epochs cannot be
    # read, but not those of an older file that an earlier start moved aside.
    source = old if has_content and not epochs else None
    lost = _Epoch(_generation(source), reservation.epoch, reservation.upto, origin=reservation.origin)
    return source, [lost]


def _moved_before(path: Path) -> Path | None:
    """The file that was moved aside by a start which ended before the new one was made."""
    found = files.damaged(path)
    return found[0] if found else None


def _open(aside: Path | None) -> SpoolDatabase | None:
    try:
        return None if aside is None else SpoolDatabase(aside)
    except SpoolError:
        return None


def _epochs(old: SpoolDatabase) -> list[_Epoch]:
    """The epochs of the damaged file, in order; none where they cannot be read."""
    rows = _epoch_rows(old, "site, device") or _epoch_rows(old, "NULL, NULL")
    plausible = {row[0]: row for row in rows if _is_epoch(*row[:4])}
    return [
        _Epoch(generation, name, end, gaps, origin_of(site, device))
        for _, (generation, name, end, gaps, site, device) in sorted(plausible.items())
    ]


def _epoch_rows(old: SpoolDatabase, name: str) -> list[tuple[Any, ...]]:
    """The rows of the epochs; none where they cannot be read, or the format is one without these columns."""
    try:
        return old.all(
            f"SELECT generation, name, max(last, reserved), gaps, {name} FROM epoch ORDER BY generation"  # noqa: S608
        )
    except SpoolError:
        return []


def _is_epoch(generation: object, name: object, end: object, gaps: object) -> bool:
    """Whether a row can be what it was: nothing protects it."""
    limits = ((generation, MOST_EPOCHS), (end, SEQUENCE_MASK), (gaps, SEQUENCE_MASK))
    return isinstance(name, str) and all(isinstance(n, int) and 0 <= n < most for n, most in limits)


def _generation(old: SpoolDatabase | None) -> int:
    """The generation of the latest events, where the list of epochs cannot be read."""
    try:
        return (
            0
            if old is None
            else int(old.one("SELECT ifnull(max(place), 0) FROM event")[0]) >> GENERATION_BITS
        )
    except (SpoolError, ValueError):
        return 0


def _set_ends(epochs: list[_Epoch], reservation: Reservation | None) -> None:
    """Sets how far the latest epoch can have come; without reservations it may have come any further."""
    if epochs and reservation is not None:
        # One that was begun behind that of the reservations has given no numbers yet.
        named = next(epoch for epoch in reversed(epochs) if epoch.name == reservation.epoch)
        named.end = reservation.upto
        named.origin = named.origin or reservation.origin
    elif epochs:
        epochs[-1].certain = False


def _fill(db: SpoolDatabase, old: SpoolDatabase | None, epochs: list[_Epoch], wall: float) -> int:
    """Writes a new spool with what can be recovered, in one transaction; how many events that were."""
    generation = epochs[-1].generation + 1 if epochs else 0
    with db.transaction():
        schema.create(db, generation, schema.new_epoch(wall))
        recovered = 0
        for epoch in epochs:
            db.execute("INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?, ?)", _row(epoch, wall))
            if old is not None:
                # IGNORE: a damaged tree may give an event twice.
                recovered += db.many(
                    "INSERT OR IGNORE INTO event (place, payload, wall, seal) "
                    "VALUES (?1, ?2, ?3, seal(?1, ?2, ?3, NULL))",
                    _unsent(old, epoch),
                )
            _announce(GapTable(db), epoch, wall)
    return recovered


def _row(epoch: _Epoch, wall: float) -> tuple[Value, ...]:
    site, device = (None, None) if epoch.origin is None else astuple(epoch.origin)
    gaps = max(epoch.gaps, int(wall))
    return epoch.generation, epoch.name, epoch.end, epoch.end, gaps, site, device


def _announce(gaps: GapTable, epoch: _Epoch, wall: float) -> None:
    if epoch.end:
        lost = without(Range(1, epoch.end), ranges_of(epoch.kept))
        gaps.add(epoch.name, lost, Reason.DAMAGED, wall)
    if not epoch.certain:
        gaps.add_open(epoch.name, epoch.end + 1, Reason.DAMAGED, wall)


def _unsent(old: SpoolDatabase, epoch: _Epoch) -> Iterator[tuple[int, bytes, float]]:
    """The events of an epoch that no broker has; notes in `epoch` the numbers of all that are whole."""
    for position, payload, wall, unsent in _intact(old, epoch.generation << GENERATION_BITS):
        epoch.kept.append(sequence_of(position))
        if unsent:
            yield position, payload, wall


def _intact(old: SpoolDatabase, base: int) -> Iterator[tuple[int, bytes, float, bool]]:
    """The events of a generation whose seal is whole; steps over what cannot be read."""
    after, last, unreadable = base, base | SEQUENCE_MASK, 0
    while unreadable < MOST_UNREADABLE:
        try:
            rows = _read(old, "place > ? AND place <= ? ORDER BY place LIMIT ?", after, last, PAGE)
            if not rows:
                return
            after = _next_position(rows, after)
        except DamagedError:
            # A page of events cannot be read: SQLite may still find some of them by their positions.
            rows = [
                row for position in range(after + 1, after + PROBE + 1) for row in _read_one(old, position)
            ]
            after += PROBE
            unreadable += not rows
        yield from rows


def _next_position(rows: list[tuple[int, bytes, float, bool]], after: int) -> int:
    """Where reading goes on.

    Raises:
        DamagedError: Not beyond `after`: a damaged tree may give the same events again, without end.
    """
    furthest = max(row[0] for row in rows)
    if furthest <= after:
        raise DamagedError("its events stand in no order")
    return furthest


def _read_one(old: SpoolDatabase, position: int) -> list[tuple[int, bytes, float, bool]]:
    try:
        return _read(old, "place = ?", position)
    except DamagedError:
        return []


def _read(old: SpoolDatabase, condition: str, *values: int) -> list[tuple[int, bytes, float, bool]]:
    # NOT INDEXED: an index may be damaged where its table is not.
    return old.all(
        "SELECT place, payload, wall, sent_at IS NULL FROM event NOT INDEXED "  # noqa: S608
        f"WHERE seal = seal(place, payload, wall, sent_at) AND {condition}",
        values,
    )
