"""Reports of passes and periods."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from edge.collector import report
from edge.collector.calendar import Calendar
from edge.collector.database import PassRow, Period
from edge.collector.records import DeviceKey
from edge.collector.report import ReportRow
from tests.support.collector_records import DOOR, NOON

HOURS = Calendar("hour", ZoneInfo("UTC"))


GATE = DeviceKey("site", "gate")


HOUR = 3600.0


LATER = NOON + 24 * HOUR


def passes(*verdicts: str, at: float = NOON, place: DeviceKey = DOOR) -> list[PassRow]:
    return [PassRow(place, at, verdict, True) for verdict in verdicts]


def period(kind: str, since: float, until: float | None, place: DeviceKey = DOOR) -> Period:
    track = {"blind": "sight", "seeing": "sight", "alive": "life"}.get(kind, "presence")
    return Period(place, track, kind, NOON + since, None if until is None else NOON + until)


def rows(
    some: Iterable[PassRow] = (), periods: Iterable[Period] = (), known_until: float = LATER
) -> list[ReportRow]:
    return report.rows(some, periods, HOURS, known_until, known_until)
