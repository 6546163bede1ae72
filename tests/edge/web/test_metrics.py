"""Figures for Prometheus."""

from __future__ import annotations

import math

from prometheus_client.parser import text_string_to_metric_families

from edge.telemetry.records import Minute, VerdictCounts
from edge.web.device_report import DeviceReport
from edge.web.metrics import SETTLING_S, WebMetrics


def samples(metrics: WebMetrics) -> dict[tuple[str, ...], float]:
    """The figures, by name and labels."""
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_the_format_is_that_of_prometheus() -> None:
    """Its own parser reads every figure; a method that nobody knows makes no new series."""
    metrics = WebMetrics("1.0")
    for method in ("GET", "BREW", "EVIL"):
        metrics.count_request(method, "/api/stats", 200, 0.02)
    report = DeviceReport(running=True, blind=True, live_view_until=600.0, problems=["it is blind"])
    metrics.set_device(report)
    found = samples(metrics)
    assert found["maskgate_http_requests_total", "/api/stats", "200", "other"] == 2
    assert found["maskgate_http_request_seconds_bucket", "/api/stats", "0.025"] == 3
    assert (found["maskgate_blind",], found["maskgate_problems",], found["maskgate_live_view",]) == (1, 1, 1)
    assert math.isnan(found["maskgate_temperature_celsius",])


def test_passes_are_counted_once_and_never_fall() -> None:
    """What there was at the first scrape is left out; later only what is new in a minute counts."""
    metrics = WebMetrics("1.0")
    metrics.count_minutes([Minute(600, VerdictCounts(no_mask=5), 900, 60.0, 0.0)], 660.0)
    assert samples(metrics)["maskgate_passes_total", "no_mask"] == 0
    metrics.count_minutes([Minute(600, VerdictCounts(no_mask=4, compliant=2), 930, 60.0, 2.0)], 670.0)
    found = samples(metrics)
    assert (found["maskgate_passes_total", "no_mask"], found["maskgate_passes_total", "compliant"]) == (0, 2)
    assert (found["maskgate_frames_total",], found["maskgate_camera_seconds_total", "blind"]) == (30, 2)
    assert metrics.minutes_since == 660 - SETTLING_S
