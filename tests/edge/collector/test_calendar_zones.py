"""Hours, days and shifts in every time zone, also where the clock moves by other than a whole hour."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from edge.collector.calendar import KINDS, Calendar

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
STEP = timedelta(days=3)
SHIFTS = (time(2, 15), time(14), time(23, 30))


def changes(zone: ZoneInfo) -> list[float]:
    """The moments from 2020 to 2030 at which the clock of a zone is set, as Unix times."""
    found = []
    at = FIRST
    while at < LAST:
        if offset(zone, at.timestamp()) != offset(zone, (at + STEP).timestamp()):
            found += _within(zone, round(at.timestamp()), round((at + STEP).timestamp()))
        at += STEP
    return found


def _within(zone: ZoneInfo, first: int, last: int) -> list[float]:
    """The changes between two moments, which lie close together."""
    hours = range(first, last, 3600)
    return [_change(zone, one) for one in hours if offset(zone, one) != offset(zone, one + 3600)]


def _change(zone: ZoneInfo, hour: int) -> float:
    """The first second of the new offset in an hour in which it changes."""
    seconds, new = range(hour, hour + 3601), offset(zone, hour + 3600)
    return float(seconds[bisect_left(seconds, 1, key=lambda at: offset(zone, at) == new)])


def offset(zone: ZoneInfo, at: float) -> timedelta | None:
    return datetime.fromtimestamp(at, zone).utcoffset()


@cache
def clocks() -> dict[str, tuple[float, ...]]:
    """The zones whose clock is set, with when; of zones that share all their changes one."""
    found: dict[tuple[object, ...], tuple[str, tuple[float, ...]]] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        moments = tuple(changes(zone))
        offsets = tuple(offset(zone, moment) for moment in moments)
        found.setdefault((moments, offsets), (name, moments))
    return dict(found.values())


def moments_of_change() -> Iterator[tuple[str, float]]:
    """Each zone with each time at which its clock is set."""
    return ((name, moment) for name, moments in clocks().items() for moment in moments)


def windows(by: Calendar, first: float, last: float) -> list[tuple[float, float]]:
    """The windows from one moment to another, one after the other as a report goes through them."""
    found = []
    while first < last:
        one = by.window(first)
        found.append((one.start, one.end))
        first = one.end
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_windows_divide_the_days_on_which_any_clock_is_set(kind: str) -> None:
    """In every zone each window begins where the one before ends, from whichever moment one looks."""
    for name, moment in moments_of_change():
        by = Calendar(kind, ZoneInfo(name), SHIFTS)
        found = windows(by, by.window(moment - 10_000).start, moment + 10_000)
        assert all(end == start for (_, end), (start, _) in pairwise(found)), name
        for start, end in found:
            inside = {by.window(at) for at in (start, (start + end) / 2, end - 1)}
            assert {(one.start, one.end) for one in inside} == {(start, end)}, (name, by.local(start))


def test_an_hour_begins_when_the_clock_shows_one_and_when_it_leaves_one_out() -> None:
    """In every zone each full hour on the clock begins a window, and so does only the time when it is set."""
    for name, moment in moments_of_change():
        zone = ZoneInfo(name)
        by = Calendar("hour", zone)
        for start, end in windows(by, moment - 10_000, moment + 10_000):
            assert start == moment or datetime.fromtimestamp(start, zone).minute == 0, (name, by.local(start))
            later = range(round(start) + 300, round(end), 300)
            assert all(datetime.fromtimestamp(at, zone).minute for at in later), (name, by.local(start))


@pytest.mark.parametrize(
    ("day", "rows", "odd"),
    [
        (date(2026, 10, 4), 24, [("02:30+11:00", "03:00+11:00")]),
        (date(2026, 4, 5), 24, [("01:00+11:00", "02:00+10:30")]),
    ],
)
def test_lord_howe_moves_by_half_an_hour(day: date, rows: int, odd: list[tuple[str, str]]) -> None:
    """The hour that is cut to half begins when the clock is set; one that repeats a half has 90 minutes."""
    by = Calendar("hour", ZoneInfo("Australia/Lord_Howe"))
    found = windows(by, by.first_of_day(day), by.first_of_day(day + timedelta(days=1)))
    assert len(found) == rows
    strange = [(by.local(start)[11:], by.local(end)[11:]) for start, end in found if end - start != 3600]
    assert strange == odd


def test_a_shift_that_begins_in_the_hour_left_out_begins_when_the_clock_is_set() -> None:
    """At half past two of a day that goes from two to three, it is three."""
    by = Calendar("shift", ZoneInfo("Europe/Berlin"), (time(2, 30), time(14)))
    assert by.local(by.first_of_day(date(2025, 3, 30))) == "2025-03-30T03:00+02:00"
