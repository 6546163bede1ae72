"""Presence, sight and signs of life as periods."""

from __future__ import annotations

from dataclasses import replace

from edge.collector.database import Queries, Writes
from edge.collector.database.queries import ReportFilter
from edge.collector.records import Heartbeat
from tests.support.collector_records import DOOR, NOON, analysis, presence


def spans(reading: Queries, track: str) -> list[tuple[str, float, float | None]]:
    return [
        (one.kind, one.since - NOON, None if one.until is None else one.until - NOON)
        for one in reading.periods(ReportFilter())
        if one.track == track
    ]


def test_a_device_that_came_back_while_nobody_listened(writing: Writes, reading: Queries) -> None:
    """A broker that died told nobody that it was gone; its new `online` says that it was."""
    writing.store([presence(online=True)])
    again = presence(online=True, received=NOON + 600, unsure_since=NOON + 100)
    writing.store([again])
    assert spans(reading, "presence") == [("online", 0, None)]
    writing.store([replace(again, anew=True)])
    assert spans(reading, "presence") == [("online", 0, 100), ("unknown", 100, 600), ("online", 600, None)]


def test_signs_of_life_become_periods(writing: Writes, reading: Queries) -> None:
    """One a minute is one period; three minutes without any end it."""
    for at in (60, 120, 180, 900, 960):
        writing.store([Heartbeat(DOOR, NOON + at)])
    assert spans(reading, "life") == [("alive", 0, 180), ("alive", 840, 960)]


def test_a_sign_of_life_before_and_after_the_collector_was_away(writing: Writes, reading: Queries) -> None:
    """It lived in between; presence says whether it was connected. One that was silent before did not."""
    writing.store([Heartbeat(DOOR, NOON + 60)])
    writing.store([Heartbeat(DOOR, NOON + 7200, NOON + 100)])
    assert spans(reading, "life") == [("alive", 0, 7200)]
    writing.store([Heartbeat(DOOR, NOON + 9000, NOON + 8000)])
    assert spans(reading, "life") == [("alive", 0, 7200), ("alive", 8940, 9000)]


def test_presence_becomes_periods(writing: Writes, reading: Queries) -> None:
    """A repeated word changes nothing; each change ends a period and begins one."""
    for online, at in ((True, 0), (True, 5), (False, 60), (True, 90)):
        writing.store([presence(online=online, received=NOON + at)])
    assert spans(reading, "presence") == [("online", 0, 60), ("offline", 60, 90), ("online", 90, None)]


def test_a_word_that_waited_leaves_the_time_between_unknown(writing: Writes, reading: Queries) -> None:
    """Between the collector's going and its return nobody knows when the device went."""
    writing.store([presence(online=True)])
    writing.store([presence(online=False, received=NOON + 600, unsure_since=NOON + 100)])
    assert spans(reading, "presence") == [("online", 0, 100), ("unknown", 100, 600), ("offline", 600, None)]


def test_blindness_begins_when_the_device_says(writing: Writes, reading: Queries) -> None:
    """By its own clock, unless that contradicts what it said before."""
    writing.store([analysis(blind=False), analysis(blind=True, since=NOON + 30)])
    assert spans(reading, "sight") == [("seeing", 0, 30), ("blind", 30, None)]
