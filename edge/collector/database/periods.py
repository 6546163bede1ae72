"""How words on presence and sight become periods without holes or overlaps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector.database.tables import period
from edge.collector.records import SILENT_S, AvailabilityRecord, CameraRecord, Heartbeat
from edge.types import DeviceKey

PRESENCE = "presence"
SIGHT = "sight"
LIFE = "life"

_TOLD_S = 60.0
"""What one sign of life tells of."""


@dataclass(frozen=True, slots=True)
class _Change:
    """From some moment on a device is something else."""

    track: str
    kind: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class _Now:
    """What a device is, since when."""

    kind: str
    since: float


def note_presence(connection: Connection, heard: AvailabilityRecord) -> None:
    """A device is connected or not; nothing changes where that is known.

    A word that waited for the collector does not say when it was given: what lies between is unknown. So
    it is where a device says anew what it said before: it had been gone, and no broker said so.
    """
    kind = "online" if heard.online else "offline"
    now = _open(connection, heard.place, PRESENCE)
    unsure = heard.unsure_since
    if now is not None and now.kind == kind and (unsure is None or not heard.anew):
        return
    if now is not None and unsure is not None and now.since < unsure < heard.received:
        _change(connection, heard.place, _Change(PRESENCE, "unknown", "", unsure))
    _change(connection, heard.place, _Change(PRESENCE, kind, "", heard.received))


def note_sight(connection: Connection, heard: CameraRecord) -> None:
    """A device is blind or sees; nothing changes where that is known."""
    kind = "blind" if heard.blind else "seeing"
    now = _open(connection, heard.place, SIGHT)
    if now is not None and now.kind == kind:
        return
    # A clock that was wrong at one of the two moments says nothing of their order.
    at = heard.since if now is None or heard.since > now.since else heard.received
    _change(connection, heard.place, _Change(SIGHT, kind, heard.reason.replace("\0", "?"), at))


def note_life(connection: Connection, heard: Heartbeat) -> None:
    """A device lives, and did for a minute; signs that follow each other are one period.

    One that lived when the collector went and lives when it returns is taken to have lived: what waited
    for the collector has expired, and of a device that went presence tells.
    """
    since = heard.received - _TOLD_S
    here = sa.and_(
        period.c.site == heard.place.site, period.c.device == heard.place.device, period.c.track == LIFE
    )
    latest = sa.select(period.c.id, period.c.until).where(here).order_by(period.c.until.desc()).limit(1)
    last = connection.execute(latest).first()
    reached = since if heard.unsure_since is None else min(since, heard.unsure_since)
    if last is None or last.until + SILENT_S < reached:
        _begin(connection, heard.place, _Change(LIFE, "alive", "", since), heard.received)
    elif heard.received > last.until:
        connection.execute(sa.update(period).where(period.c.id == last.id).values(until=heard.received))


def _open(connection: Connection, place: DeviceKey, track: str) -> _Now | None:
    columns = sa.select(period.c.kind, period.c.since)
    row = connection.execute(columns.where(_still(place, track))).first()
    return None if row is None else _Now(row.kind, row.since)


def _change(connection: Connection, place: DeviceKey, change: _Change) -> None:
    now = _open(connection, place, change.track)
    # A period never ends before it begins, whatever a clock says.
    at = change.at if now is None else max(change.at, now.since)
    connection.execute(sa.update(period).where(_still(place, change.track)).values(until=at))
    _begin(connection, place, replace(change, at=at))


def _begin(connection: Connection, place: DeviceKey, change: _Change, until: float | None = None) -> None:
    connection.execute(
        period.insert().values(
            site=place.site,
            device=place.device,
            track=change.track,
            kind=change.kind,
            reason=change.reason,
            since=change.at,
            until=until,
        )
    )


def _still(place: DeviceKey, track: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        period.c.site == place.site,
        period.c.device == place.device,
        period.c.track == track,
        period.c.until.is_(None),
    )
