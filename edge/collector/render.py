"""Reports as text: a table for people, CSV and JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable

from edge.cli.output import Cell, Columns, table
from edge.collector.calendar import Calendar
from edge.collector.report import DIRECTIONS, VERDICTS, ReportRow
from edge.messages import payloads

FORMATS = ("table", "csv", "json")
COLUMNS = (
    "start", "end", "site", "device", "passes", *VERDICTS, "compliance", "unsure_share",
    "minutes_watched", "minutes_blind", "minutes_offline", "minutes_unknown", "unsynced",
    *(f"direction_{direction}" for direction in DIRECTIONS),
)  # fmt: skip
DROPPED_FIRST = (
    "end", "unsynced", "direction_unknown", "minutes_unknown", "unsure_share", "minutes_offline",
    "minutes_blind", "passes", "direction_out", "direction_in", "minutes_watched",
)  # fmt: skip
"""What a narrow terminal does not show; passes are the sum of the verdicts."""


def text(rows: Iterable[ReportRow], calendar: Calendar, form: str) -> str:
    """The rows in one of `FORMATS`."""
    cells = [_cells(row, calendar) for row in rows]
    if form == "json":
        return json.dumps([dict(zip(COLUMNS, line, strict=True)) for line in cells], indent=1)
    if form == "csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(cells)
        # `click.echo` ends the last line.
        return out.getvalue().removesuffix("\n")
    if not cells:
        return "nothing is stored for this time"
    return table([COLUMNS, *cells], Columns("ttll", DROPPED_FIRST))


def _cells(row: ReportRow, calendar: Calendar) -> tuple[Cell, ...]:
    minutes = row.minutes
    return (
        calendar.local(row.window.start),
        calendar.local(row.window.end),
        row.place.site,
        row.place.device,
        row.passes,
        *(row.verdicts[verdict] for verdict in VERDICTS),
        _share(row.compliance),
        _share(row.unsure),
        *(round(value, 1) for value in (minutes.watched, minutes.blind, minutes.offline, row.unknown)),
        row.unsynced,
        *(row.directions[direction] for direction in DIRECTIONS),
    )


def summary(row: ReportRow, now: float) -> bytes:
    """The payload of a summary; see docs/reference/mqtt.md."""
    minutes = row.minutes
    return payloads.encode(
        {
            "start": payloads.iso_time(row.window.start),
            "end": payloads.iso_time(row.window.end),
            "complete": row.window.end <= now,
            "verdicts": {verdict: row.verdicts[verdict] for verdict in VERDICTS},
            "directions": {direction: row.directions[direction] for direction in DIRECTIONS},
            "compliance": _share(row.compliance),
            "unsure_share": _share(row.unsure),
            "minutes_watched": round(minutes.watched, 1),
            "minutes_blind": round(minutes.blind, 1),
            "minutes_offline": round(minutes.offline, 1),
            "minutes_unknown": round(row.unknown, 1),
        }
    )


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
