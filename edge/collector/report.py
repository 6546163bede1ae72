"""From stored passes and periods to counts per window and device. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from edge.collector.calendar import Calendar, Window
from edge.collector.database import PassRow, Period
from edge.collector.database.queries import ReportFilter
from edge.collector.records import SILENT_S
from edge.telemetry.records import VerdictCounts
from edge.types import DeviceKey, Direction, Outcome

VERDICTS = tuple(outcome.value for outcome in Outcome)
DIRECTIONS = tuple(direction.value for direction in Direction)


@dataclass(slots=True)
class WatchedMinutes:
    """How long a device watched, was blind, was not connected; what is left over is unknown."""

    watched: float = 0.0
    blind: float = 0.0
    offline: float = 0.0


@dataclass(slots=True)
class ReportRow:
    """One device, or several, in one window.

    Attributes:
        window: The stretch of time.
        place: The device; an empty name where it is all of a site.
        verdicts: Passes by their latest verdict.
        unsynced: How many of them have a time of a clock that was not set.
        minutes: What the device did.
        length: Minutes of the window that have passed, for each device counted.
        directions: The same passes by their latest direction; those without an entry line are left out.
    """

    window: Window
    place: DeviceKey
    verdicts: Counter[str] = field(default_factory=Counter)
    unsynced: int = 0
    minutes: WatchedMinutes = field(default_factory=WatchedMinutes)
    length: float = 0.0
    directions: Counter[str] = field(default_factory=Counter)

    @property
    def passes(self) -> int:
        """How many people that were."""
        return self.verdicts.total()

    @property
    def compliance(self) -> float | None:
        """Share of compliant passes among those that are not unsure; None where there are none."""
        return VerdictCounts(**{verdict: self.verdicts[verdict] for verdict in VERDICTS}).compliance

    @property
    def unsure(self) -> float | None:
        """Share of passes that are unsure."""
        return self.verdicts[Outcome.UNSURE.value] / self.passes if self.passes else None

    @property
    def unknown(self) -> float:
        """Minutes of which nothing is known."""
        known = self.minutes.watched + self.minutes.blind + self.minutes.offline
        return max(self.length - known, 0.0)


def rows(
    passes: Iterable[PassRow], periods: Iterable[Period], calendar: Calendar, known_until: float, now: float
) -> list[ReportRow]:
    """Counts passes and minutes.

    Args:
        passes: The latest revision of each.
        periods: Presence and sight of the devices, without overlaps on one track.
        calendar: Its windows.
        known_until: Unix time until which what still is, is known to be so.
        now: Unix time at which a window that has begun is looked at.

    Returns:
        A row for each window and device of which anything is known, in order.
    """
    found: dict[tuple[Window, DeviceKey], ReportRow] = {}

    def row(window: Window, place: DeviceKey) -> ReportRow:
        length = max(min(window.end, max(now, known_until)) - window.start, 0.0) / 60
        return found.setdefault((window, place), ReportRow(window, place, length=length))

    for one in passes:
        counted = row(calendar.window(one.at), one.place)
        counted.verdicts[one.verdict] += 1
        counted.unsynced += not one.clock_synced
        if one.direction is not None:
            counted.directions[one.direction] += 1
    for place, what, window in _stretches(periods, calendar, known_until):
        minutes = row(window, place).minutes
        long = (what.window.end - what.window.start) / 60
        setattr(minutes, what.kind, getattr(minutes, what.kind) + long)
    return [found[key] for key in sorted(found)]


def clip(periods: Iterable[Period], part: ReportFilter) -> Iterator[Period]:
    """Periods cut to the time of a report."""
    for period in periods:
        since = period.since if part.since is None else max(period.since, part.since)
        until = period.until
        if part.until is not None:
            until = part.until if until is None else min(until, part.until)
        yield replace(period, since=since, until=until)


def together(some: Iterable[ReportRow]) -> list[ReportRow]:
    """The rows of all devices of a site as one for each window."""
    sums: dict[tuple[Window, str], ReportRow] = {}
    for row in some:
        whole = sums.setdefault(
            (row.window, row.place.site), ReportRow(row.window, DeviceKey(row.place.site, ""))
        )
        whole.verdicts.update(row.verdicts)
        whole.directions.update(row.directions)
        whole.unsynced += row.unsynced
        whole.length += row.length
        for name in ("watched", "blind", "offline"):
            setattr(whole.minutes, name, getattr(whole.minutes, name) + getattr(row.minutes, name))
    return [sums[key] for key in sorted(sums)]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What a device did in a stretch of time within one window: a name of `WatchedMinutes`."""

    kind: str
    window: Window


@dataclass(slots=True)
class _Tracks:
    """What is known of the devices, each in order of time."""

    present: list[tuple[DeviceKey, str, Window]] = field(default_factory=list)
    blind: dict[DeviceKey, list[Window]] = field(default_factory=lambda: defaultdict(list))
    alive: dict[DeviceKey, list[Window]] = field(default_factory=lambda: defaultdict(list))


def _tracks(periods: Iterable[Period], known_until: float) -> _Tracks:
    found = _Tracks()
    for period in periods:
        end = known_until if period.until is None else min(period.until, known_until)
        if period.kind == "alive":
            # Of one that ended before the report it matters that there was one.
            found.alive[period.place].append(Window(period.since, end + SILENT_S))
        elif end <= period.since:
            continue
        elif period.kind == "blind":
            found.blind[period.place].append(Window(period.since, end))
        elif period.kind in ("online", "offline"):
            found.present.append((period.place, period.kind, Window(period.since, end)))
    return found


def _stretches(
    periods: Iterable[Period], calendar: Calendar, known_until: float
) -> Iterator[tuple[DeviceKey, _Stretch, Window]]:
    tracks = _tracks(periods, known_until)
    for place, kind, whole in tracks.present:
        offline = kind == "offline"
        believed = (whole,) if offline else _believed(whole, tracks.alive[place])
        for part in (part for piece in believed for part in _split(piece, calendar)):
            window = calendar.window(part.start)
            if offline:
                yield place, _Stretch("offline", part), window
                continue
            for sees, piece in _without(part, tracks.blind[place]):
                yield place, _Stretch("watched" if sees else "blind", piece), window


def _believed(online: Window, alive: list[Window]) -> Iterator[Window]:
    """When a device that is said to be connected was; of one that gave no sign yet, that is believed.

    A broker that dies together with a device says `online` for ever.
    """
    if not alive:
        yield online
        return
    # Before its first sign the device may have had a version without `stats`.
    known = [Window(-math.inf, alive[0].end), *alive[1:]]
    yield from (piece for silent, piece in _without(online, known) if not silent)


def _split(whole: Window, calendar: Calendar) -> Iterator[Window]:
    start = whole.start
    while start < whole.end:
        end = min(calendar.window(start).end, whole.end)
        yield Window(start, end)
        start = end


def _without(part: Window, dark: Iterable[Window]) -> Iterator[tuple[bool, Window]]:
    """The pieces of a stretch, each with whether the device saw; `dark` is in order."""
    start = part.start
    for one in dark:
        first, last = max(one.start, start), min(one.end, part.end)
        if first >= last:
            continue
        if first > start:
            yield True, Window(start, first)
        yield False, Window(first, last)
        start = last
    if start < part.end:
        yield True, Window(start, part.end)
