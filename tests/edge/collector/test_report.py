"""Counts and minutes per window and device."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.collector import report
from edge.collector.database.queries import ReportFilter
from edge.collector.records import DeviceKey
from edge.collector.report import ReportRow
from tests.support.collector_records import NOON
from tests.support.reports import GATE, HOUR, HOURS, passes, period, rows


def minutes(row: ReportRow) -> tuple[float, float, float, float]:
    return (row.minutes.watched, row.minutes.blind, row.minutes.offline, row.unknown)


def test_compliance_leaves_unsure_out() -> None:
    """And gives its share beside it."""
    (row,) = rows(passes("compliant", "compliant", "no_mask", "mask_incorrect", "unsure"))
    assert row.passes == 5
    assert row.compliance == 0.5
    assert row.unsure == 0.2


def test_passes_are_counted_by_direction() -> None:
    """Those of devices without an entry line, or of an earlier version, have none."""
    ways = ("in", "in", "out", "unknown", None)
    some = [replace(row, direction=way) for row, way in zip(passes(*["compliant"] * 5), ways, strict=True)]
    found = rows(some)
    assert found[0].passes == 5
    assert found[0].directions == {"in": 2, "out": 1, "unknown": 1}
    (whole,) = report.together([*found, *rows([replace(some[0], place=GATE)])])
    assert whole.directions == {"in": 3, "out": 1, "unknown": 1}


def test_nobody_is_no_compliance() -> None:
    """An hour without a verdict has none, rather than all or nothing."""
    (row,) = rows(periods=[period("online", 0, HOUR)])
    assert (row.passes, row.compliance, row.unsure) == (0, None, None)
    (unsure,) = rows(passes("unsure"))
    assert (unsure.compliance, unsure.unsure) == (None, 1.0)


def test_windows_and_devices_are_apart() -> None:
    """Each has a row, in order of time, then of name."""
    found = rows(passes("compliant", at=NOON + HOUR) + passes("no_mask", place=GATE) + passes("no_mask"))
    assert [(row.window.start - NOON, row.place.device) for row in found] == [
        (0.0, "door"), (0.0, "gate"), (HOUR, "door"),
    ]  # fmt: skip


def test_minutes_are_what_the_device_did() -> None:
    """Connected and seeing, connected and blind, not connected, and what nobody knows."""
    found = rows(
        periods=[
            period("online", 600, 3000),
            period("blind", 1200, 1800),
            period("seeing", 1800, None),
            period("offline", 3000, 3300),
        ]
    )
    assert minutes(found[0]) == (30, 10, 5, 15)


def test_blind_while_offline_is_offline() -> None:
    """What a device saw while nobody could hear it is not counted."""
    found = rows(periods=[period("offline", 0, 1800), period("blind", 0, 2400), period("online", 1800, HOUR)])
    assert minutes(found[0]) == (20, 10, 30, 0)


def test_what_still_is_counts_as_far_as_it_is_known() -> None:
    """A collector that has been away does not know that the device still watches."""
    found = rows(periods=[period("online", 0, None)], known_until=NOON + 1800)
    assert [minutes(row) for row in found] == [(30, 0, 0, 0)]
    found = report.rows([], [period("online", 0, None)], HOURS, NOON + 1800, NOON + HOUR)
    assert [minutes(row) for row in found] == [(30, 0, 0, 30)]


def test_a_device_that_falls_silent_does_not_watch() -> None:
    """A broker that dies with it says `online` for ever; three minutes after the last sign nobody knows."""
    periods = [period("online", 0, None), period("alive", 600, 1200), period("alive", 2400, 3000)]
    (row,) = rows(periods=periods, known_until=NOON + HOUR)
    assert minutes(row) == (20 + 3 + 10 + 3, 0, 0, 24)


def test_a_device_that_fell_silent_before_the_report() -> None:
    """Its signs of life lie before the first window."""
    periods = [period("alive", -HOUR, -1800), period("online", -HOUR, None)]
    cut = report.clip(periods, ReportFilter(since=NOON, until=NOON + HOUR))
    (row,) = rows(passes("compliant"), cut, NOON + HOUR)
    assert minutes(row) == (0, 0, 0, 60)


def test_a_long_period_is_divided_among_windows() -> None:
    """Each has its part."""
    found = rows(periods=[period("online", -600, 2.5 * HOUR)])
    assert [row.minutes.watched for row in found] == [10, 60, 60, 30]


cuts = st.lists(st.integers(0, 4 * 3600), min_size=2, max_size=12, unique=True).map(sorted)


@given(cuts, cuts, st.integers(0, 1))
def test_minutes_add_up(presence: list[int], analysis: list[int], first: int) -> None:
    """However presence and sight change, no minute is counted twice or lost."""
    kinds = ("online", "offline")
    periods = [
        period(kinds[(number + first) % 2], since, until)
        for number, (since, until) in enumerate(itertools.pairwise(presence))
    ]
    periods += [
        period(("blind", "seeing")[number % 2], since, until)
        for number, (since, until) in enumerate(itertools.pairwise(analysis))
    ]
    found = rows(periods=periods)
    known = sum(sum(minutes(row)[:3]) for row in found)
    assert known == pytest.approx((presence[-1] - presence[0]) / 60)
    assert all(sum(minutes(row)) == pytest.approx(60) for row in found)
    dark = set()
    for one in periods:
        if one.kind == "blind":
            dark |= set(range(int(one.since - NOON), int((one.until or 0) - NOON)))
    blind = sum(
        len(dark & set(range(int(one.since - NOON), int((one.until or 0) - NOON))))
        for one in periods
        if one.kind == "online"
    )
    assert sum(row.minutes.blind for row in found) == pytest.approx(blind / 60)


def test_a_report_of_a_part_cuts_periods() -> None:
    """What reaches over its ends counts for what lies within."""
    (cut,) = report.clip([period("online", -HOUR, None)], ReportFilter(since=NOON, until=NOON + HOUR))
    assert (cut.since, cut.until) == (NOON, NOON + HOUR)


def test_all_of_a_site_together() -> None:
    """Counts and minutes of its devices are added up."""
    found = rows(
        passes("compliant") + passes("no_mask", place=GATE),
        [period("online", 0, HOUR), period("online", 0, 1800, GATE)],
    )
    (whole,) = report.together(found)
    assert whole.place == DeviceKey("site", "")
    assert whole.compliance == 0.5
    assert minutes(whole) == (90, 0, 0, 30)
