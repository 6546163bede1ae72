"""The spool knows how the sending goes."""

from __future__ import annotations

from dataclasses import replace

from edge.errors import SpoolError
from edge.telemetry.records import SenderState
from edge.uplink.sender_report import REPORT_EVERY_S, SenderReport
from tests.support.fakes import FakeSpoolReader

WELL = SenderState(True, "", 0, False)


def test_a_change_is_told_at_once_and_the_rest_now_and_then() -> None:
    """What stays as it is comes again after a while, since a silent sender counts as gone."""
    reader = FakeSpoolReader(0)
    report = SenderReport(reader)  # type: ignore[arg-type]
    for now in (0.0, 1.0, REPORT_EVERY_S):
        report.tell(now, WELL)
    lost = replace(WELL, connected=False, problem="no route")
    report.tell(REPORT_EVERY_S + 1, lost)
    assert reader.senders == [WELL, WELL, lost]


def test_a_spool_that_is_away_is_told_when_it_is_back() -> None:
    """Nothing is lost but time, and the sender goes on."""
    reader = FakeSpoolReader(0)
    report = SenderReport(reader)  # type: ignore[arg-type]
    reader.away = SpoolError("the other process is not there")
    report.tell(0.0, WELL)
    reader.away = None
    report.tell(0.1, WELL)
    assert reader.senders == [WELL]
