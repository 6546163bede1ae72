"""Figures for Prometheus."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from edge.web.metrics import WebMetrics


def test_the_format_is_that_of_prometheus() -> None:
    """Its own parser reads every figure; a method that nobody knows makes no new series."""
    metrics = WebMetrics("1.0")
    for method in ("GET", "BREW", "EVIL"):
        metrics.count_request(method, "/api/stats", 200, 0.02)
    metrics.set("blind", "Whether the camera gives nothing", 1)
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }
    assert found["maskgate_http_requests_total", "/api/stats", "200", "other"] == 2
    assert found["maskgate_http_request_seconds_bucket", "/api/stats", "0.025"] == 3
    assert found["maskgate_blind",] == 1
