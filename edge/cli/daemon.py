"""The daemon: the parts of the line put together, run, and taken apart in reverse order."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from edge import clock
from edge.camera import open_source
from edge.cli.compose import make_tracker, open_bundle, open_classifier, open_detector
from edge.config import Config
from edge.events import EventFactory, Origin
from edge.indicator import open_indicator
from edge.lamp import LampPolicy
from edge.pipeline import Line, Reporter, Turn, Vision
from edge.spool import Spool
from edge.systemd import Watchdog, notify
from edge.track import Tracker
from edge.types import Blind, Event
from edge.uplink import open_uplink

log = logging.getLogger(__name__)

Watch = Callable[[Turn, tuple[Event, ...]], None]
"""Looks at each turn and the events that came of it."""

METER_S = 60.0


@dataclass(frozen=True, slots=True)
class Drive:
    """A line and whoever hears of its turns."""

    line: Line
    tracker: Tracker
    reporter: Reporter
    watch: Watch

    def run(self, stopped: Callable[[], bool]) -> None:
        """Runs the line to its end, or until it is stopped."""
        watchdog = Watchdog()
        turn = None
        for turn in self.line.turns(stopped):
            events = self.reporter.report(turn, self.tracker)
            self.watch(turn, events)
            watchdog.feed()
        if turn is not None:
            self.reporter.finish(turn.moment)


def serve(config: Config, stopped: Callable[[], bool], watch: Watch) -> None:
    """Runs the daemon until its source ends or it is stopped.

    Raises:
        MaskGateError: A part cannot be opened.
    """
    with ExitStack() as stack:
        # What takes longest and fails most often comes first, so that nothing is half started.
        bundle = open_bundle(config)
        vision = Vision(open_detector(config, bundle), open_classifier(config, bundle), time.perf_counter)
        spool = Spool.open(Path(config.spool.path), config.spool.keep_days)
        stack.callback(spool.close)
        if config.mqtt.enabled:
            uplink = open_uplink(config, spool)
            uplink.start()
            stack.callback(uplink.stop)
        indicator = open_indicator(config.lamp)
        stack.callback(indicator.close)
        source = open_source(config.camera, time.time(), preview_side=config.detector.long_side)
        stack.callback(source.close)
        origin = Origin(config.device.name, spool.epoch, str(spool.run), bundle.manifest.version)
        events = EventFactory(origin, spool.last_sequence, clock.synced)
        tracker = make_tracker(config.verdict)
        reporter = Reporter(events, spool, indicator, LampPolicy(config.lamp.hold_s))
        stack.callback(notify, "STOPPING=1")
        notify("READY=1\nSTATUS=watching")
        Drive(Line(source, vision, tracker, time.perf_counter), tracker, reporter, watch).run(stopped)


class Journal:
    """Writes verdicts, blindness and a line of figures a minute to the log."""

    def __init__(self) -> None:
        self._reason = ""
        self._began = time.monotonic()
        self._frames = 0
        self._oldest_s = 0.0
        self._busy_s = 0.0

    def __call__(self, turn: Turn, events: tuple[Event, ...]) -> None:
        """Takes a turn down."""
        for event in events:
            verdict = event.verdict
            log.info("%s %s: %s", event.pass_id, f"revision {verdict.revision}", verdict.outcome)
        self._note_blindness(turn.moment)
        self._note_figures(turn)

    def _note_blindness(self, moment: object) -> None:
        reason = moment.reason if isinstance(moment, Blind) else ""
        if reason == self._reason:
            return
        if reason:
            log.warning("blind: %s", reason)
        else:
            log.info("seeing again")
        self._reason = reason

    def _note_figures(self, turn: Turn) -> None:
        if not isinstance(turn.moment, Blind):
            self._frames += 1
            self._oldest_s = max(self._oldest_s, turn.moment.age)
        self._busy_s += turn.total_s
        elapsed = time.monotonic() - self._began
        if elapsed >= METER_S:
            log.info(
                "%.1f frames/s, oldest frame %.0f ms, busy %.0f %%",
                self._frames / elapsed,
                self._oldest_s * 1000,
                100 * self._busy_s / elapsed,
            )
            self._began, self._frames, self._oldest_s, self._busy_s = time.monotonic(), 0, 0.0, 0.0
