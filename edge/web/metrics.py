"""Figures for Prometheus: counters that only rise, and histograms of latency."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from edge.telemetry.records import MINUTE_S, Minute, minute_of
from edge.telemetry.totals import RisingMinutes
from edge.types import Outcome
from edge.web.device_report import BrokerLink, DeviceReport
from edge.web.prediction import Prediction

MEDIA_TYPE = CONTENT_TYPE_LATEST
SETTLING_S = 10 * MINUTE_S
"""For so long a minute may still change: passes that began in it get their verdicts."""
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})


class WebMetrics:
    """What this process counts."""

    def __init__(self, model: str) -> None:
        self._registry = CollectorRegistry()
        build = Info("maskgate_build", "Version of the program and of the model", registry=self._registry)
        build.info({"version": version("maskgate"), "model": model})
        self._requests = Counter(
            "maskgate_http_requests",
            "Requests that were answered",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "maskgate_http_request_seconds",
            "Time to the beginning of an answer",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._faces = Counter(
            "maskgate_predicted_faces", "Faces judged over the API", ("prediction",), registry=self._registry
        )
        self._predict_seconds = Histogram(
            "maskgate_predict_seconds",
            "Time to decode and judge a picture",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._gauges: dict[str, Gauge] = {}
        self._passes = Counter(
            "maskgate_passes",
            "Passes, by verdict",
            ("verdict",),
            registry=self._registry,
        )
        self._frames = Counter("maskgate_frames", "Frames that were looked at", registry=self._registry)
        self._seconds_seen = Counter(
            "maskgate_camera_seconds", "Seconds by what the camera gave", ("camera",), registry=self._registry
        )
        for outcome in Outcome:
            self._passes.labels(outcome.value)
        for camera in ("watched", "blind"):
            self._seconds_seen.labels(camera)
        self._minutes = RisingMinutes()
        self.minutes_since: int | None = None
        """The minute from which on they are to be counted; None before the first count."""

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts an answered request."""
        self._requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_prediction(self, prediction: Prediction) -> None:
        """Counts a picture and its faces."""
        self._predict_seconds.observe(prediction.ms / 1000)
        for face in prediction.faces:
            self._faces.labels(face.prediction).inc()

    def count_minutes(self, minutes: Iterable[Minute], wall: float) -> None:
        """Counts what minutes have more than they had before; what there was at first is left out.

        Args:
            minutes: Those from `minutes_since` on.
            wall: Unix time now.
        """
        first, self.minutes_since = self.minutes_since is None, minute_of(wall) - SETTLING_S
        for minute in minutes:
            more = self._minutes.more(minute)
            if first:
                continue
            for verdict, passes in asdict(more.verdicts).items():
                self._passes.labels(verdict).inc(passes)
            self._frames.inc(more.frames)
            self._seconds_seen.labels("watched").inc(more.watched_s)
            self._seconds_seen.labels("blind").inc(more.blind_s)

    def _set(self, name: str, text: str, value: float) -> None:
        if name not in self._gauges:
            self._gauges[name] = Gauge(f"maskgate_{name}", text, registry=self._registry)
        self._gauges[name].set(value)

    def set_device(self, report: DeviceReport) -> None:
        """Sets what the device shows; what it does not tell is left out."""
        for name, text, value in (
            ("daemon_running", "Whether the daemon answers", report.running),
            ("blind", "Whether the camera gives nothing", report.blind),
            ("live_view", "Whether the live view is on", report.live_view_until is not None),
            ("people", "People who are seen now", report.people),
            ("problems", "What somebody has to look after", len(report.problems)),
            ("broker_connected", "Whether the broker is connected", report.broker is BrokerLink.CONNECTED),
            ("spool_unsent_events", "Events without acknowledgement of the broker", report.unsent),
            ("spool_stored_events", "Events in the spool", report.stored),
            ("frames_per_second", "Frames that are judged a second", report.fps),
            ("latency_p95_ms", "From capture to verdict, 95th percentile", report.latency_ms.p95),
            ("temperature_celsius", "Of the processor", report.temperature_c),
        ):
            self._set(name, text, math.nan if value is None else value)

    def text(self) -> bytes:
        """All figures in the format of Prometheus."""
        return generate_latest(self._registry)
