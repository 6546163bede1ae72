"""Days and times of the week where the device is. Pure, but for the machine's own time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
_CLOCK = r"([01]?[0-9]|2[0-4]):([0-5][0-9])"
_WEEKLY = re.compile(rf"(?:([a-z,\- ]*[a-z]))?(?:(?:^|\s+){_CLOCK}\s*-\s*{_CLOCK})?")


def check_zone(name: str) -> str:
    """The name of a time zone; an empty one is that of the machine.

    Raises:
        ValueError: There is none of that name.
    """
    try:
        LocalTime(name)
    # What is no zone may be a directory, a forbidden path or another file, depending on the name.
    except (OSError, ValueError, KeyError):
        raise ValueError(
            f"there is no time zone {name!r}; give one such as Europe/Berlin, or leave it empty for that of "
            "the machine"
        ) from None
    return name


class LocalTime:
    """The clock on the wall of one time zone."""

    def __init__(self, zone: str = "") -> None:
        """`zone`: its name, such as Europe/Berlin; empty for that of the machine."""
        self._zone = ZoneInfo(zone) if zone else None

    def day(self, wall: float) -> tuple[int, int]:
        """The day in which a Unix time lies: its beginning and its end, 23 to 25 hours later."""
        today = datetime.fromtimestamp(wall, self._zone).date()
        midnights = (datetime.combine(today + timedelta(days=n), time(), self._zone) for n in (0, 1))
        begin, end = (int(midnight.timestamp()) for midnight in midnights)
        return begin, end

    def week_minute(self, wall: float) -> tuple[int, int]:
        """The day of the week, 0 for Monday, and the minute of that day."""
        now = datetime.fromtimestamp(wall, self._zone)
        return now.weekday(), now.hour * 60 + now.minute


MACHINE = LocalTime()
"""The time zone of this machine."""


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """A time that comes every week, such as Monday to Friday from 19:00 to 06:30.

    Attributes:
        days: The days on which it begins, 0 for Monday.
        begin: Minute of the day at which it begins.
        end: Minute at which it ends; of the next day where that is not after the beginning.
    """

    days: frozenset[int]
    begin: int
    end: int

    @classmethod
    def parse(cls, text: str) -> WeeklyTime:
        """Out of a text such as `mon-fri 19:00-06:30`, `sat,sun` or `22:00-06:00`.

        Raises:
            ValueError: It is not such a text.
        """
        match = _WEEKLY.fullmatch(text.strip().lower())
        if not text.strip() or match is None:
            raise ValueError(_refusal(text))
        days = _days(match[1], text) if match[1] else frozenset(range(7))
        if match[2] is None:
            return cls(days, 0, DAY_MINUTES)
        begin, end = int(match[2]) * 60 + int(match[3]), int(match[4]) * 60 + int(match[5])
        if begin >= DAY_MINUTES or end > DAY_MINUTES or begin == end:
            raise ValueError(_refusal(text))
        return cls(days, begin, end)

    def covers(self, weekday: int, minute: int) -> bool:
        """Whether it is so at a minute of a day."""
        if self.begin < self.end:
            return weekday in self.days and self.begin <= minute < self.end
        return (weekday in self.days and minute >= self.begin) or (
            (weekday - 1) % 7 in self.days and minute < self.end
        )


def _days(text: str, whole: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        names = first.strip(), (last or first).strip()
        if not set(names) <= set(DAYS):
            raise ValueError(_refusal(whole))
        begin, end = DAYS.index(names[0]), DAYS.index(names[1])
        found |= {day % 7 for day in range(begin, end + (7 if end < begin else 0) + 1)}
    return frozenset(found)


def _refusal(text: str) -> str:
    return (
        f"{text!r} is no time of the week; write it as in 'mon-fri 19:00-06:30', 'sat,sun' or '22:00-06:00'"
    )
