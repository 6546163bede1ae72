"""Hours, days and shifts, also when the clock is set."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.collector import calendar
from edge.collector.calendar import Calendar, Window
from edge.errors import ConfigError

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"]


def unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def window(kind: str, text: str, shifts: tuple[time, ...] = calendar.DAY_SHIFTS) -> tuple[str, str]:
    by = Calendar(kind, BERLIN, shifts)
    found = by.window(unix(text))
    return by.local(found.start), by.local(found.end)


@given(
    kind=st.sampled_from(calendar.KINDS),
    zone=st.sampled_from(ZONES),
    at=st.floats(unix("2000-01-01T00:00+00:00"), unix("2037-01-01T00:00+00:00")),
)
def test_windows_divide_time(kind: str, zone: str, at: float) -> None:
    """Every moment lies in its window, and the next window begins where that one ends."""
    by = Calendar(kind, ZoneInfo(zone))
    found = by.window(at)
    assert found.start <= at < found.end
    assert by.window(found.start) == found
    assert by.window(found.end).start == found.end


def test_a_day_is_local() -> None:
    """It begins at midnight of the time zone, not of UTC."""
    assert window("day", "2025-03-01T23:30+00:00") == ("2025-03-02T00:00+01:00", "2025-03-03T00:00+01:00")


@pytest.mark.parametrize(("day", "hours"), [("2025-03-30", 23), ("2025-10-26", 25), ("2025-06-01", 24)])
def test_days_on_which_the_clock_is_set(day: str, hours: int) -> None:
    """Are an hour shorter or longer, and have that many hours."""
    by = Calendar("day", BERLIN)
    whole = by.window(datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=BERLIN).timestamp())
    assert whole.end - whole.start == hours * 3600
    hour = Calendar("hour", BERLIN)
    starts = {hour.window(whole.start + minute * 60).start for minute in range(hours * 60)}
    assert len(starts) == hours


def test_the_night_shift_belongs_to_two_days() -> None:
    """It ends in the morning of the next."""
    assert window("shift", "2025-03-02T03:00+01:00") == ("2025-03-01T22:00+01:00", "2025-03-02T06:00+01:00")
    assert window("shift", "2025-03-02T14:00+01:00") == ("2025-03-02T14:00+01:00", "2025-03-02T22:00+01:00")


def test_one_shift_a_day() -> None:
    """Lasts until the next day."""
    assert window("shift", "2025-03-02T03:00+01:00", (time(6),)) == (
        "2025-03-01T06:00+01:00",
        "2025-03-02T06:00+01:00",
    )


def test_the_first_window_of_a_day() -> None:
    """Days and hours begin at midnight, shifts with the first that begins that day."""
    day = date(2025, 3, 2)
    assert Calendar("day", BERLIN).first_of_day(day) == unix("2025-03-02T00:00+01:00")
    assert Calendar("shift", BERLIN).first_of_day(day) == unix("2025-03-02T06:00+01:00")


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "/etc/passwd", "Europe", "a\0b"])
def test_an_unknown_zone(name: str) -> None:
    """Is one sentence with an example."""
    with pytest.raises(ConfigError, match=r"--timezone: .*Europe/Berlin"):
        calendar.zone(name)


@pytest.mark.parametrize("text", ["", "6", "25:00", "06:60", "14:00,06:00", "06:00,06:00", "06:00;14:00"])
def test_wrong_shifts(text: str) -> None:
    """Are one sentence with an example."""
    with pytest.raises(ConfigError, match=r"--shifts: .*06:00,14:00,22:00"):
        calendar.shifts(text)


def test_right_shifts() -> None:
    """Blanks do no harm."""
    assert calendar.shifts("6:00, 14:30") == (time(6), time(14, 30))


def test_windows_compare_by_time() -> None:
    """So that reports come in order."""
    assert sorted([Window(2, 3), Window(0, 2)])[0].start == 0
