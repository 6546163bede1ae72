"""How words on presence and sight become periods without holes or overlaps."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector.database.tables import period
from edge.collector.records import Place, Presence, Sight

PRESENCE = "presence"
SIGHT = "sight"


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


def note_presence(connection: Connection, heard: Presence) -> None:
    """A device is connected or not; nothing changes where that is known.

    A word that waited for the collector does not say when it was given: what lies between is unknown.
    """
    kind = "online" if heard.online else "offline"
    now = _open(connection, heard.place, PRESENCE)
    if now is not None and now.kind == kind:
        return
    unsure = heard.unsure_since
    if now is not None and unsure is not None and now.since < unsure < heard.received:
        _change(connection, heard.place, _Change(PRESENCE, "unknown", "", unsure))
    _change(connection, heard.place, _Change(PRESENCE, kind, "", heard.received))


def note_sight(connection: Connection, heard: Sight) -> None:
    """A device is blind or sees; nothing changes where that is known."""
    kind = "blind" if heard.blind else "seeing"
    now = _open(connection, heard.place, SIGHT)
    if now is not None and now.kind == kind:
        return
    # A clock that was wrong at one of the two moments says nothing of their order.
    at = heard.since if now is None or heard.since > now.since else heard.received
    _change(connection, heard.place, _Change(SIGHT, kind, heard.reason.replace("\0", "?"), at))


def _open(connection: Connection, place: Place, track: str) -> _Now | None:
    columns = sa.select(period.c.kind, period.c.since)
    row = connection.execute(columns.where(_still(place, track))).first()
    return None if row is None else _Now(row.kind, row.since)


def _change(connection: Connection, place: Place, change: _Change) -> None:
    now = _open(connection, place, change.track)
    at = change.at if now is None else max(change.at, now.since)
    connection.execute(sa.update(period).where(_still(place, change.track)).values(until=at))
    connection.execute(
        period.insert().values(
            site=place.site,
            device=place.device,
            track=change.track,
            kind=change.kind,
            reason=change.reason,
            since=at,
        )
    )


def _still(place: Place, track: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        period.c.site == place.site,
        period.c.device == place.device,
        period.c.track == track,
        period.c.until.is_(None),
    )
