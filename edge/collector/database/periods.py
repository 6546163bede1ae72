"""How words on presence and sight become periods without holes or overlaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector.database.listed import listed
from edge.collector.database.tables import period
from edge.collector.records import SILENT_S, AvailabilityRecord, CameraRecord, Heartbeat
from edge.types import DeviceKey

PRESENCE = "presence"
SIGHT = "sight"
LIFE = "life"

Word = AvailabilityRecord | CameraRecord | Heartbeat
"""What a device says of itself."""

_TOLD_S = 60.0
"""What one sign of life tells of."""
_TRACK = (period.c.site, period.c.device, period.c.track)


@dataclass(slots=True)
class _Latest:
    """The latest period of a track of a device; `number` is None where it is not stored yet."""

    number: int | None
    kind: str
    reason: str
    since: float
    until: float | None


def note(connection: Connection, words: Sequence[Word]) -> None:
    """Notes what devices say of themselves, in the order in which they said it."""
    if not words:
        return
    tracks = _Tracks(connection, words)
    for word in words:
        match word:
            case AvailabilityRecord():
                tracks.note_presence(word)
            case CameraRecord():
                tracks.note_sight(word)
            case Heartbeat():
                tracks.note_life(word)
    tracks.store(connection)


def _track_of(word: Word) -> str:
    match word:
        case AvailabilityRecord():
            return PRESENCE
        case CameraRecord():
            return SIGHT
        case Heartbeat():
            return LIFE


class _Tracks:
    """What the devices of a batch are, and since when."""

    def __init__(self, connection: Connection, words: Iterable[Word]) -> None:
        wanted = dict.fromkeys((word.place, _track_of(word)) for word in words)
        self._latest: dict[tuple[DeviceKey, str], _Latest] = {}
        self._ended: list[_Latest] = []
        self._begun: list[tuple[DeviceKey, str, _Latest]] = []
        for row in _latest(connection, wanted):
            found = _Latest(row.id, row.kind, row.reason, row.since, row.until)
            self._latest[DeviceKey(row.site, row.device), row.track] = found

    def note_presence(self, heard: AvailabilityRecord) -> None:
        """A device is connected or not; nothing changes where that is known.

        A word that waited for the collector does not say when it was given: what lies between is unknown.
        So it is where a device says anew what it said before: it had been gone, and no broker said so.
        """
        kind = "online" if heard.online else "offline"
        now = self._now(heard.place, PRESENCE)
        unsure = heard.unsure_since
        if now is not None and now.kind == kind and (unsure is None or not heard.anew):
            return
        if now is not None and unsure is not None and now.since < unsure < heard.received:
            self._change(heard.place, PRESENCE, _Latest(None, "unknown", "", unsure, None))
        self._change(heard.place, PRESENCE, _Latest(None, kind, "", heard.received, None))

    def note_sight(self, heard: CameraRecord) -> None:
        """A device is blind or sees; nothing changes where that is known."""
        kind = "blind" if heard.blind else "seeing"
        now = self._now(heard.place, SIGHT)
        if now is not None and now.kind == kind:
            return
        # A clock that was wrong at one of the two moments says nothing of their order.
        at = heard.since if now is None or heard.since > now.since else heard.received
        reason = heard.reason.replace("\0", "?")
        self._change(heard.place, SIGHT, _Latest(None, kind, reason, at, None))

    def note_life(self, heard: Heartbeat) -> None:
        """A device lives, and did for a minute; signs that follow each other are one period.

        One that lived when the collector went and lives when it returns is taken to have lived: what waited
        for the collector has expired, and of a device that went presence tells.
        """
        since = heard.received - _TOLD_S
        last = self._now(heard.place, LIFE)
        until = None if last is None else last.until
        reached = since if heard.unsure_since is None else min(since, heard.unsure_since)
        if last is None or until is None or until + SILENT_S < reached:
            self._begin(heard.place, LIFE, _Latest(None, "alive", "", since, heard.received))
        elif heard.received > until:
            self._end(last, heard.received)

    def store(self, connection: Connection) -> None:
        """Writes what has changed, in its order."""
        if self._ended:
            this = sa.update(period).where(period.c.id == sa.bindparam("of_id"))
            connection.execute(this, [{"of_id": one.number, "until": one.until} for one in self._ended])
        if self._begun:
            connection.execute(period.insert(), [_row(*begun) for begun in self._begun])

    def _now(self, place: DeviceKey, track: str) -> _Latest | None:
        return self._latest.get((place, track))

    def _change(self, place: DeviceKey, track: str, becomes: _Latest) -> None:
        now = self._now(place, track)
        if now is not None:
            # A period never ends before it begins, whatever a clock says.
            becomes.since = max(becomes.since, now.since)
            self._end(now, becomes.since)
        self._begin(place, track, becomes)

    def _end(self, latest: _Latest, at: float) -> None:
        latest.until = at
        # What is not stored yet is stored with its end.
        if latest.number is not None:
            self._ended.append(latest)

    def _begin(self, place: DeviceKey, track: str, latest: _Latest) -> None:
        self._latest[place, track] = latest
        self._begun.append((place, track, latest))


def _row(place: DeviceKey, track: str, one: _Latest) -> dict[str, object]:
    return {
        "site": place.site, "device": place.device, "track": track, "kind": one.kind,
        "reason": one.reason, "since": one.since, "until": one.until,
    }  # fmt: skip


def _latest(
    connection: Connection, wanted: Iterable[tuple[DeviceKey, str]]
) -> Iterable[sa.Row[tuple[object, ...]]]:
    """The last period of each track."""
    rows = ((place.site, place.device, track) for place, track in wanted)
    tracks = listed(connection, rows, *_TRACK)
    any_one = period.alias("any_one")
    same = (any_one.c[column.name] == tracks.c[column.name] for column in _TRACK)
    # They are stored in their order.
    last = sa.select(sa.func.max(any_one.c.id)).where(*same).scalar_subquery()
    return connection.execute(sa.select(period).select_from(tracks.join(period, period.c.id == last)))
