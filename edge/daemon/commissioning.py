"""What an installer tries on a device that runs: what its camera sees at the line, its lamps, its relay.

Other threads ask. The thread of the loop does it, which alone moves lamps and relay.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable

from edge.config import Config
from edge.errors import SpoolError
from edge.pipeline.pipeline import Cycle
from edge.pipeline.ports import Indicator, Relay
from edge.scene.sight import SightMeter, face_sight
from edge.spool.control.requests import (
    CommissionRequest,
    LampRequest,
    RelayRequest,
    SightAnswer,
    SightRequest,
    Started,
)
from edge.types import Event, FaceSight, Frame, Lamp, Sight

SIGHT_S = 10.0
"""What is told was seen within this time."""
ASKED_S = 30.0
"""Whoever has not asked for so long is gone, and nothing is measured."""
LAMP_S = 5.0
_log = logging.getLogger(__name__)


class Commissioning:
    """Answers an installer; looks at the cycles, and moves lamps and relay between them."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._clock = clock
        self._asked_until = self._lamp_until = self._relay_until = -math.inf
        self._lamp = Lamp.OFF
        self._meter: SightMeter | None = None
        self._sight: Sight | None = None
        self._indicator: TriedIndicator | None = None
        self._relay: TriedRelay | None = None

    def answer(self, request: CommissionRequest) -> SightAnswer | Started:
        """Takes a request; never waits.

        Raises:
            SpoolError: There is no relay, or it may not be tried.
        """
        now = self._clock()
        match request:
            case SightRequest():
                self._asked_until = now + ASKED_S
                return SightAnswer(self._sight)
            case LampRequest(lamp):
                _log.info("an installer has the lamp show %s for %g s", lamp, LAMP_S)
                self._lamp, self._lamp_until = lamp, now + LAMP_S
                return Started(LAMP_S)
            case RelayRequest():
                if refusal := relay_refusal(self._config):
                    raise SpoolError(refusal)
                pulse_s = min(self._config.relay.pulse_s, self._config.relay.longest_s)
                _log.warning("an installer has the relay energised for %g s", pulse_s)
                self._relay_until = now + pulse_s
                return Started(pulse_s)

    def indicator(self, indicator: Indicator) -> Indicator:
        """The same indicator, on which lamps can be tried."""
        self._indicator = TriedIndicator(indicator)
        return self._indicator

    def relay(self, relay: Relay) -> Relay:
        """The same relay, which can be tried."""
        self._relay = TriedRelay(relay)
        return self._relay

    def observe(self, cycle: Cycle, _events: tuple[Event, ...]) -> None:
        """Does what is asked for, after each cycle."""
        now = self._clock()
        if self._indicator is not None:
            self._indicator.turn(self._lamp if now < self._lamp_until else None)
        if self._relay is not None:
            self._relay.turn(tried=now < self._relay_until)
        if now >= self._asked_until:
            self._meter = self._sight = None
        elif isinstance(cycle.moment, Frame):
            self._meter = self._meter or SightMeter(SIGHT_S)
            self._sight = self._meter.take(cycle.moment, _looks(cycle, cycle.moment))


def relay_refusal(config: Config) -> str:
    """Why the relay may not be tried from the page, as one sentence; empty where it may.

    It goes by the configuration, which nothing can write that is reached from the network.
    """
    if config.relay.pin is None:
        return "no relay is configured; set relay.pin"
    if not config.web.relay_test:
        return (
            "the relay may not be tried from here; set web.relay_test = true and start the service again, "
            "or stop it and run: sudo maskgate commission"
        )
    return ""


def _looks(cycle: Cycle, frame: Frame) -> tuple[FaceSight | None, ...]:
    """The largest face that was judged; nothing where no face was looked for, or none need be judged."""
    analysis = cycle.analysis
    if analysis is None or (analysis.standing and not analysis.observations):
        return ()
    largest = max(analysis.observations, key=lambda seen: seen.face.box.side, default=None)
    return (None if largest is None else face_sight(frame, largest.face.box, largest.sharpness),)


class TriedIndicator:
    """Shows what is tried, and else what it is told to show."""

    def __init__(self, indicator: Indicator) -> None:
        self._indicator = indicator
        self._told = Lamp.OFF
        self._tried: Lamp | None = None

    def show(self, lamp: Lamp) -> None:
        """Switches to another state, once nothing is tried."""
        self._told = lamp
        if self._tried is None:
            self._indicator.show(lamp)

    def turn(self, tried: Lamp | None) -> None:
        """Begins or ends a trial."""
        if tried is not self._tried:
            self._tried = tried
            self._indicator.show(self._told if tried is None else tried)

    def close(self) -> None:
        """All lamps off."""
        self._indicator.close()


class TriedRelay:
    """Energised while it is tried, and else as it is told."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._tried = False

    @property
    def alive(self) -> bool:
        """Whether it can still be moved."""
        return self._relay.alive

    def begin(self) -> None:
        """Energises it, or prolongs its pulse."""
        self._relay.begin()

    def renew(self) -> None:
        """Keeps a pulse going that has begun; begins none."""
        self._relay.renew()

    def release(self) -> None:
        """Lets it go, once nothing is tried."""
        if not self._tried:
            self._relay.release()

    def turn(self, *, tried: bool) -> None:
        """Begins, goes on with or ends a trial."""
        begins, ends, self._tried = tried and not self._tried, self._tried and not tried, tried
        if begins:
            self._relay.begin()
        elif tried:
            self._relay.renew()
        elif ends:
            self._relay.release()

    def close(self) -> None:
        """Lets it go for good."""
        self._relay.close()
