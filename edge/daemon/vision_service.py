"""The side that sees as a service: it opens camera and lamps, and its loop runs the pipeline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import StringIO

from edge.camera import connect_source, examine_source, open_source
from edge.config import Config
from edge.daemon.factory import make_lamp_policy, make_register, make_tracker
from edge.daemon.models import ModelService, reload_models
from edge.daemon.service import Problem, Service, attempt
from edge.daemon.spool_service import SpoolService
from edge.errors import IndicatorError, SourceError
from edge.indicator import examine_indicator, examine_relay, open_indicator, open_relay, try_relay
from edge.indicator.gpio import BuzzerMute
from edge.pipeline.attention import Attention
from edge.pipeline.events import EventFactory, EventSource
from edge.pipeline.pipeline import Cycle, CycleObserver, Pipeline, Reporter, reported
from edge.pipeline.ports import FrameSource, Indicator, NoOutbox, Relay
from edge.pipeline.relay import RelayObserver, RelayPolicy
from edge.system import clock
from edge.system.governor import Governor
from edge.system.systemd import is_managed
from edge.tracking.tracker import Tracker
from edge.types import Blind, Event, Frame, ViewProblem
from edge.vision.live_view import LiveView

STALLED_S = 30.0
"""How long a camera may take to open, or for one picture: drivers give up by themselves within 10 s."""


@dataclass(frozen=True, slots=True)
class Controls:
    """What others move, and the loop goes by: the buzzer's mute, how often it looks, and the live view."""

    buzzer_mute: BuzzerMute
    governor: Governor
    live_view: LiveView


class FrameRate:
    """What is seen, in a few words: frames a second since it was asked last, or why there are none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._frames = 0
        self._blind = ""
        self._view = ViewProblem.NONE

    def observe(self, cycle: Cycle, _events: tuple[Event, ...]) -> None:
        """Counts a cycle."""
        moment = cycle.moment
        self._blind = moment.reason if isinstance(moment, Blind) else ""
        if isinstance(moment, Frame):
            self._view = moment.view
            self._frames += 1

    def status(self) -> str:
        """The words."""
        now = self._clock()
        rate = self._frames / max(now - self._since, 1e-9)
        self._since, self._frames = now, 0
        if self._blind:
            return f"blind: {self._blind}"
        view = f"the view is {self._view.replace('_', ' ')}, " if self._view else ""
        return f"{view}watching, {rate:.1f} fps"


class VisionService(Service):
    """The daemon's loop: one cycle for each frame, or for each second without one."""

    _opened: ExitStack
    _pipeline: Pipeline
    _tracker: Tracker
    _reporter: Reporter
    _source: FrameSource
    _relay: Relay | None = None

    def __init__(
        self,
        config: Config,
        models: ModelService,
        spool: SpoolService,
        controls: Controls,
        observers: tuple[CycleObserver, ...],
    ) -> None:
        self._controls = controls
        self._config = config
        self._models = models
        self._spool = spool
        self._rate = FrameRate()
        self._observers: tuple[CycleObserver, ...] = (*observers, self._rate, controls.live_view)

    def examine(self) -> Iterator[Problem]:
        """What is wrong with the lamp, and with the form of the camera's source or with a recording."""
        yield from attempt("lamp.kind", lambda: examine_indicator(self._config.lamp))
        yield from attempt("relay.pin", lambda: examine_relay(self._config.relay))
        yield from attempt("camera.source", lambda: examine_source(self._config.camera))

    def connect(self) -> Iterator[Problem]:
        """What keeps lamps and relay from being taken for a moment, and the camera from giving a picture."""
        config = self._config
        yield from attempt("lamp.kind", lambda: open_indicator(config.lamp, StringIO()).close())
        yield from attempt("relay.pin", lambda: try_relay(config.relay))
        yield from attempt("camera.source", lambda: connect_source(config.camera, config.detector.long_side))

    def start(self) -> None:
        """Opens lamps, relay and camera; a live camera that is not there yet is no error.

        Raises:
            IndicatorError: A pin cannot be used.
            SourceError: A recording cannot be read.
        """
        config = self._config
        with ExitStack() as opened:
            indicator = open_indicator(config.lamp, buzzer_mute=self._controls.buzzer_mute)
            opened.callback(indicator.close)
            indicator = self._spool.commissioning.indicator(indicator)
            source = open_source(config.camera, time.time(), config.detector.long_side)
            opened.callback(source.close)
            self._tracker = make_tracker(config.verdict)
            self._reporter = self._make_reporter(indicator)
            self._open_relay(opened)
            # Behind the relay's observer, whose word a trial overrules.
            self._observers += (self._spool.commissioning,)
            self._source = source
            self._pipeline = Pipeline(
                source,
                self._models.vision,
                self._tracker,
                time.perf_counter,
                make_register(config.entrance),
                self._make_attention(source),
            )
            self._opened = opened.pop_all()

    def _make_attention(self, source: FrameSource) -> Attention | None:
        if not self._config.detector.adaptive:
            return None
        return Attention(self._controls.governor.interval_s, source.rest)

    def _open_relay(self, opened: ExitStack) -> None:
        settings, reporter = self._config.relay, self._reporter
        relay = open_relay(settings)
        if relay is not None:
            opened.callback(relay.close)
            self._relay = self._spool.commissioning.relay(relay)
            policy = RelayPolicy(settings.pulse_s, settings.longest_s)
            self._observers += (RelayObserver(self._relay, policy, lambda: reporter.lamp),)

    def _make_reporter(self, indicator: Indicator) -> Reporter:
        config, spool, vision = self._config, self._spool.spool, self._models.vision
        events = EventFactory(
            EventSource(
                config.device.name, spool.epoch, str(spool.run), vision.model_version, config.device.site
            ),
            spool.last_sequence,
            clock.synced,
        )
        pass_outbox = spool if config.mqtt.passes else NoOutbox()
        reporter = Reporter(events, spool, indicator, make_lamp_policy(config), pass_outbox)
        # So that the first state says why it is not the bundle that was wanted.
        reporter.change_model(vision.model_version, vision.problem, {})
        return reporter

    def cycles(self, stopping: threading.Event) -> Iterator[None]:
        """Runs until a recording ends or `stopping` is set; leaves the lamp dark."""
        cycles = self._pipeline.cycles(stopping.is_set)
        for cycle in reported(cycles, self._reporter, self._observers):
            # So that a jump of the clock is seen when it happens, and not with the next event.
            clock.synced()
            self._reporter.live_view_until = self._controls.live_view.until
            if isinstance(cycle, Cycle) and isinstance(cycle.moment, Blind):
                self._models.vision.pause()
            yield

    def check(self) -> None:
        """Says whether a new start is needed.

        Raises:
            IndicatorError: The relay cannot be moved any more.
            SourceError: The camera does not come back; only where a service manager starts the program again.
        """
        if (given_up := self._source.given_up) and is_managed():
            raise SourceError(f"{given_up}; the program ends, so that it is started again")
        if self._relay is not None and not self._relay.alive:
            raise IndicatorError("the relay's guard ended unexpectedly; start again")

    def status(self) -> str:
        """How many frames a second are judged, or why it is blind."""
        return self._rate.status()

    def stalled(self) -> str:
        """A camera that hangs in its driver; one that is not there is tried again, and does not hang."""
        busy_s = self._source.busy_s
        return f"the camera has not answered for {busy_s:.0f} s" if busy_s > STALLED_S else ""

    def reload(self) -> None:
        """Takes the bundle that is in use by now; passes that are open go on."""
        vision = self._models.vision
        problem = reload_models(self._config, vision)
        self._reporter.change_model(vision.model_version, problem, self._tracker.open_passes())

    def stop(self) -> None:
        """Closes live view, camera, relay and lamps."""
        self._controls.live_view.stop()
        self._opened.close()
