"""Hours, days and shifts of a time zone, its changes of the clock included. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from edge.errors import ConfigError

KINDS = ("hour", "day", "shift")
DAY_SHIFTS = (time(6), time(14), time(22))

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A stretch of time in Unix seconds; `end` is not part of it."""

    start: float
    end: float


class Calendar:
    """Divides time into windows that neither overlap nor leave anything out."""

    def __init__(self, kind: str, zone: ZoneInfo, shifts: tuple[time, ...] = DAY_SHIFTS) -> None:
        """Takes one of `KINDS`, whose days and hours, and when shifts begin, in order."""
        self.kind = kind
        self.zone = zone
        hours = tuple(time(hour) for hour in range(24))
        self._begins = {"hour": hours, "day": (time(0),), "shift": shifts}[kind]
        # One cache for each calendar: on the method it would keep every calendar alive.
        self._around = lru_cache(maxsize=64)(self._boundaries)

    def window(self, at: float) -> Window:
        """The window that a Unix time lies in."""
        boundaries = self._around(datetime.fromtimestamp(at, self.zone).date())
        after = bisect_right(boundaries, at)
        return Window(boundaries[after - 1], boundaries[after])

    def first_of_day(self, day: date) -> float:
        """When the first window begins that begins on a day, as Unix time."""
        midnight = _moment(day, time(0), self.zone)
        boundaries = self._around(day)
        return boundaries[bisect_left(boundaries, midnight)]

    def local(self, at: float) -> str:
        """A Unix time as this calendar's people write it, with the offset from UTC."""
        return datetime.fromtimestamp(at, self.zone).isoformat(timespec="minutes")

    def _boundaries(self, day: date) -> tuple[float, ...]:
        """Where windows begin from the day before to two days after."""
        days = (day + timedelta(days=number) for number in range(-1, 3))
        # The hour that comes twice when the clock is set back is two hours; a day or shift begins once.
        folds = (0, 1) if self.kind == "hour" else (0,)
        moments = {
            _moment(one, begin, self.zone, fold) for one in days for begin in self._begins for fold in folds
        }
        return tuple(sorted(moments))


def _moment(day: date, clock: time, zone: ZoneInfo, fold: int = 0) -> float:
    """When a clock shows a time, as Unix time; when it is set, for a time that it leaves out.

    Args:
        day: The day.
        clock: The time.
        zone: Whose clock.
        fold: 1 for the second of two times, where there are two.
    """
    first, second = (datetime.combine(day, clock, zone).replace(fold=fold).timestamp() for fold in (0, 1))
    # In order where the time comes twice or once; Python gives one that is left out by the old offset first.
    return (first, second)[fold] if first <= second else _clock_set(zone, second, first)


def _clock_set(zone: ZoneInfo, before: float, after: float) -> float:
    """The first second between two Unix times at which a zone has the offset that it has at the second."""
    seconds = range(int(before), int(after) + 1)
    offset = datetime.fromtimestamp(after, zone).utcoffset()
    later = bisect_left(seconds, 1, key=lambda at: datetime.fromtimestamp(at, zone).utcoffset() == offset)
    return float(seconds[later])


def zone(name: str) -> ZoneInfo:
    """A time zone by its name.

    Raises:
        ConfigError: There is none of that name.
    """
    try:
        return ZoneInfo(name)
    # What is no zone may be a directory, a forbidden path or another file, depending on the name.
    except (OSError, ValueError, KeyError):
        raise ConfigError(
            f"--timezone: there is no time zone {name!r}; give one such as Europe/Berlin"
        ) from None


def shifts(text: str) -> tuple[time, ...]:
    """The beginnings of shifts out of a text such as `06:00,14:00,22:00`.

    Raises:
        ConfigError: It is not such a text.
    """
    found = [_CLOCK.fullmatch(part.strip()) for part in text.split(",")]
    begins = tuple(time(int(match[1]), int(match[2])) for match in found if match)
    if len(begins) < len(found) or list(begins) != sorted(set(begins)):
        raise ConfigError(
            f"--shifts: {text!r} is no list of times in the order of the day; give one such as "
            "06:00,14:00,22:00"
        )
    return begins
