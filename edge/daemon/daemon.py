"""The daemon: the parts of the line put together, run, and taken apart in reverse order."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from edge.camera import open_source
from edge.config import Config
from edge.daemon.factory import ends_with_spool, make_tracker, open_spool, open_uplink, start_uplink
from edge.daemon.models import SupervisedVision, choose, choose_again
from edge.daemon.statistics import StatisticsObserver
from edge.indicator import open_indicator
from edge.indicator.gpio import BuzzerMute
from edge.pipeline.events import EventFactory, EventSource
from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.pipeline import Cycle, Pipeline, Reporter
from edge.spool import Spool
from edge.system import clock
from edge.system.systemd import Watchdog, notify
from edge.tracking.tracker import Tracker
from edge.types import Blind, Event

log = logging.getLogger(__name__)

DRAIN_S = 5.0
"""How long the end of a recording waits for a broker; whoever stops the daemon waits for none."""

CycleObserver = Callable[[Cycle, tuple[Event, ...]], None]
"""Looks at each turn and the events that came of it."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Orders:
    """What is asked of a running daemon.

    Attributes:
        stopped: Whether it is to end.
        renew: Whether it is to take the bundle that is in use by now; asked once a turn.
    """

    stopped: Callable[[], bool] = _never
    renew: Callable[[], bool] = _never


@dataclass(frozen=True, slots=True)
class Drive:
    """A line and whoever hears of its turns."""

    line: Pipeline
    tracker: Tracker
    reporter: Reporter
    watch: CycleObserver

    def run(self, stopped: Callable[[], bool], between: Callable[[Cycle], None] = lambda _: None) -> None:
        """Runs the line to its end, or until it is stopped; calls `between` after each turn."""
        watchdog = Watchdog()
        cycle = None
        for cycle in self.line.cycles(stopped):
            events = self.reporter.report(cycle, self.tracker)
            self.watch(cycle, events)
            between(cycle)
            watchdog.feed()
        if cycle is not None:
            self.reporter.finish(cycle.moment)


def serve(config: Config, orders: Orders, watch: CycleObserver) -> None:
    """Runs the daemon until its source ends or it is stopped; takes it apart in reverse order.

    Raises:
        MaskGateError: A part cannot be opened, or the sender died.
    """
    with ExitStack() as stack:
        # What takes longest and fails most often comes first, so that nothing is half started.
        eyes = SupervisedVision(choose(config))
        stack.callback(eyes.rest)
        spool = open_spool(config.spool, stack)
        buzzer_mute, meter = BuzzerMute(), StatisticsObserver(spool)
        ended = ends_with_spool(spool, orders.stopped)
        if config.mqtt.enabled:
            ended = start_uplink(
                open_uplink(config, spool, meter.minute_queue, buzzer_mute.begin), stack, ended
            )
        # Before the sender ends and the spool closes.
        stack.callback(meter.finish)
        indicator = open_indicator(config.lamp, buzzer_mute=buzzer_mute)
        stack.callback(indicator.close)
        source = open_source(config.camera, time.time(), preview_side=config.detector.long_side)
        stack.callback(source.close)
        tracker = make_tracker(config.verdict)
        origin = EventSource(config.device.name, spool.epoch, str(spool.run), eyes.model_version)
        events = EventFactory(origin, spool.last_sequence, clock.synced)
        reporter = Reporter(events, spool, indicator, LampPolicy(config.lamp.hold_s))
        reporter.change_model(eyes.model_version, eyes.problem, {})
        line = Pipeline(source, eyes, tracker, time.perf_counter)
        notify("READY=1\nSTATUS=watching")
        stack.callback(notify, "STOPPING=1")

        def between(cycle: Cycle) -> None:
            meter.cycle(cycle)
            # So that a jump of the clock is seen when it happens, and not with the next event.
            clock.synced()
            if isinstance(cycle.moment, Blind):
                eyes.rest()
            if orders.renew():
                problem = choose_again(config, eyes)
                reporter.change_model(eyes.model_version, problem, tracker.open_passes())

        Drive(line, tracker, reporter, watch).run(ended, between)
        if config.mqtt.enabled and not orders.stopped():
            drain(spool)


def drain(spool: Spool) -> None:
    """Gives the uplink time to send what a recording left; what it cannot send stays in the spool."""
    spool.flush()
    deadline = time.monotonic() + DRAIN_S
    while spool.depth() and time.monotonic() < deadline:
        time.sleep(0.05)
    if spool.depth():
        log.warning("no broker took %d events within %.0f s", spool.depth(), DRAIN_S)
