"""Counts by hour, for all who look."""

from __future__ import annotations

from edge.telemetry.records import HOUR_S, MINUTE_S, Minute, VerdictCounts
from edge.web.hours import FRESH_S, SETTLED_S, WHOLE_EVERY_S, HourCounts

NOON = 1_699_963_200
DAY = 24


class Asked:
    """A daemon with a pass in every minute; remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.verdicts = VerdictCounts(compliant=1)

    def minutes(self, first: int, last: int) -> tuple[Minute, ...]:
        self.asked.append((first, last))
        return tuple(Minute(at, self.verdicts, 900, 60.0) for at in range(first, last + 1, MINUTE_S))


class Desk:
    """Hours, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.daemon, self.now = Asked(), 0.0
        self.hours = HourCounts(self.daemon, lambda: self.now)  # type: ignore[arg-type]

    def ask(self, wall: float, hours: int = DAY) -> list[int]:
        self.now += FRESH_S
        return [one.verdicts["compliant"] for one in self.hours.latest(hours, wall)]

    def minutes_asked(self) -> int:
        first, last = self.daemon.asked[-1]
        return (last - first) // MINUTE_S + 1


def test_the_daemon_is_asked_for_what_may_have_changed() -> None:
    """A day is read once; from then on the last minutes, and now and then two hours, however many look."""
    desk = Desk()
    assert desk.ask(NOON + 10) == [60] * (DAY + 1)
    assert desk.minutes_asked() == 60 * (DAY + 1)
    assert desk.ask(NOON + 20) == [60] * (DAY + 1)
    assert desk.minutes_asked() == 70
    assert desk.ask(NOON + WHOLE_EVERY_S + 10) == [60] * (DAY + 1)
    assert desk.minutes_asked() == 120
    # A longer time than before has to be read.
    assert desk.ask(NOON + WHOLE_EVERY_S + 30, 2 * DAY) == [60] * (2 * DAY + 1)
    assert desk.minutes_asked() == 60 * (2 * DAY + 1)


def test_those_who_ask_at_once_share_an_answer() -> None:
    """The page of each viewer asks after a pass, all at the same time."""
    desk = Desk()
    desk.ask(NOON)
    for _ in range(5):
        desk.hours.latest(DAY, NOON)
    assert len(desk.daemon.asked) == 1


def test_late_verdicts_are_counted() -> None:
    """An hour may still change for an hour after its end, and then does not."""
    desk = Desk()
    desk.ask(NOON)
    desk.daemon.verdicts = VerdictCounts(compliant=2)
    assert desk.ask(NOON + 1)[-3:] == [60, 70, 120]
    assert desk.ask(NOON + WHOLE_EVERY_S)[-3:] == [60, 120, 120]
    assert desk.ask(NOON + HOUR_S + SETTLED_S)[-4:] == [120] * 4


def test_a_clock_that_was_set_back_forgets() -> None:
    """Hours that were past come again, and are counted anew."""
    desk = Desk()
    desk.ask(NOON)
    desk.daemon.verdicts = VerdictCounts(compliant=3)
    assert desk.ask(NOON - 10 * HOUR_S) == [180] * (DAY + 1)
