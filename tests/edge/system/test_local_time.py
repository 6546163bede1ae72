"""Days and times of the week of a time zone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.system.local_time import DAY_MINUTES, LocalTime, WeeklyTime, check_zone

BERLIN = LocalTime("Europe/Berlin")


def unix(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("at", "begin", "end"),
    [
        ("2025-07-01T12:00", "2025-06-30T22:00", "2025-07-01T22:00"),
        ("2025-03-30T12:00", "2025-03-29T23:00", "2025-03-30T22:00"),
        ("2025-10-26T12:00", "2025-10-25T22:00", "2025-10-26T23:00"),
        ("2025-06-30T22:00", "2025-06-30T22:00", "2025-07-01T22:00"),
    ],
)
def test_a_day_lasts_from_midnight_to_midnight(at: str, begin: str, end: str) -> None:
    """Also when the clock is set forward or back in between."""
    assert BERLIN.day(unix(at)) == (unix(begin), unix(end))


@given(
    st.integers(0, 4_000_000_000), st.sampled_from(["Europe/Berlin", "America/Santiago", "Asia/Kathmandu"])
)
def test_days_leave_nothing_out(wall: int, zone: str) -> None:
    """A moment lies in its day, and the next day begins at its end, also where no midnight is."""
    local = LocalTime(zone)
    begin, end = local.day(wall)
    assert begin <= wall < end
    assert 22.5 * 3600 <= end - begin <= 25.5 * 3600
    assert local.day(end)[0] == end
    assert local.day(begin - 1)[1] == begin


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own time zone is that of Tokyo."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_without_a_name_it_is_the_zone_of_the_machine(tokyo: None) -> None:
    """As the machine's own clock shows it."""
    assert LocalTime().day(unix("2025-07-01T20:00")) == (unix("2025-07-01T15:00"), unix("2025-07-02T15:00"))
    assert LocalTime().week_minute(unix("2025-07-01T20:00")) == (2, 5 * 60)


@pytest.mark.parametrize("name", ["Europe/Atlantis", "../etc/passwd", "Europe", "/etc/localtime", "a\0b"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    """In one sentence, whatever the name leads to."""
    with pytest.raises(ValueError, match="there is no time zone"):
        check_zone(name)
    assert check_zone("") == ""


NIGHTS = WeeklyTime.parse("mon-fri 19:00-06:30")


@pytest.mark.parametrize(
    ("day", "clock", "covered"),
    [
        (0, (18, 59), False),
        (0, (19, 0), True),
        (1, (6, 29), True),
        (1, (6, 30), False),
        (0, (3, 0), False),
        (5, (3, 0), True),
        (5, (20, 0), False),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(
    day: int, clock: tuple[int, int], covered: bool
) -> None:
    """The early Monday is part of Sunday's night, which is none of these."""
    assert NIGHTS.covers(day, clock[0] * 60 + clock[1]) is covered


@pytest.mark.parametrize(
    ("text", "days", "begin", "end"),
    [
        ("sat,sun", {5, 6}, 0, DAY_MINUTES),
        ("Sun", {6}, 0, DAY_MINUTES),
        ("22:00-06:00", set(range(7)), 1320, 360),
        ("fri-mon 8:00 - 24:00", {4, 5, 6, 0}, 480, DAY_MINUTES),
        (" mon, wed-thu 00:00-12:15 ", {0, 2, 3}, 0, 735),
    ],
)
def test_how_a_time_of_the_week_is_written(text: str, days: set[int], begin: int, end: int) -> None:
    """Days, a time, or both."""
    assert WeeklyTime.parse(text) == WeeklyTime(frozenset(days), begin, end)


@pytest.mark.parametrize(
    "text",
    ["", "never", "mon-", "mon 25:00-26:00", "mon 8:00", "8:00-8:00", "24:00-6:00", "mon;tue", "montag"],
)
def test_what_is_no_time_of_the_week_is_refused(text: str) -> None:
    """With examples of what is."""
    with pytest.raises(ValueError, match="is no time of the week; write it as in 'mon-fri 19:00-06:30'"):
        WeeklyTime.parse(text)
