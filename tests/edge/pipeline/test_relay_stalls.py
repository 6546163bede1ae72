"""From a camera that stalls to the relay, a hundred times each: no pulse outlives the pictures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from edge.camera.live import LiveSource, Timeouts, stuck
from edge.contract import answer
from edge.pipeline.events import EventFactory, EventSource
from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.pipeline import Cycle, Pipeline, Reporter, Vision, reported
from edge.pipeline.ports import NoOutbox
from edge.pipeline.relay import RelayObserver, RelayPolicy
from edge.system.relay_guard import BEGIN, RELEASE, RENEW, Lease
from edge.tracking.tracker import Tracker
from edge.types import Blind, Face, Frame, Lamp, Observation
from tests.support.breakable_camera import STEP_S, Hardware
from tests.support.builders import MASKED, face, rules
from tests.support.mosquitto import wait_until
from tests.support.virtual_clock import VirtualClock

SAFE_WITHIN_S = 1.0


@dataclass
class LeasedRelay:
    """The relay with its guard, on the same clock."""

    clock: VirtualClock
    lease: Lease = field(default_factory=lambda: Lease(600.0))
    alive = True
    begun: int = 0

    def begin(self) -> None:
        self.begun += 1
        self.lease.take(BEGIN, self.clock.monotonic())

    def renew(self) -> None:
        self.lease.take(RENEW, self.clock.monotonic())

    def release(self) -> None:
        self.lease.take(RELEASE, self.clock.monotonic())

    def close(self) -> None: ...

    @property
    def off_at(self) -> float:
        """When it is let go, unless another word comes."""
        now = self.clock.monotonic()
        return now + self.lease.left(now)


class EverybodyCompliant:
    """Models that see one person with a mask in every picture."""

    model_version = "1"

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        return (face(x=8, y=8, px=80),)

    def classify(self, frame: Frame, faces: tuple[Face, ...]) -> tuple[Observation, ...]:
        return tuple(Observation(found, MASKED, 500.0, answer(MASKED)) for found in faces)

    def show(self, lamp: Lamp) -> None: ...

    def close(self) -> None: ...


@pytest.fixture
def hardware() -> Iterator[Hardware]:
    made = Hardware(VirtualClock())
    yield made
    made.let_go.set()
    made.clock.end()
    wait_until(lambda: not stuck())


@pytest.mark.parametrize("fault", ["stall", "end", "freeze"])
def test_the_relay_is_let_go_within_a_second_of_each_fault(hardware: Hardware, fault: str) -> None:
    """In the middle of a pulse; the person is a new pass afterwards, and opens by a new verdict only."""
    clock, models = hardware.clock, EverybodyCompliant()
    source = LiveSource("the camera", hardware.open, Timeouts(0.5, 2.0), clock)
    relay = LeasedRelay(clock)
    pipeline = Pipeline(source, Vision(models, models, time.perf_counter), Tracker(rules()), lambda: 0.0)
    events = EventFactory(EventSource("door", "e", "1", "1"), 0, lambda: True)
    reporter = Reporter(events, NoOutbox(), models, LampPolicy(3.0))
    observer = RelayObserver(relay, RelayPolicy(60.0, 600.0), lambda: reporter.lamp)
    broken_at: float | None = None
    rounds = 0
    for cycle in reported(pipeline.cycles(lambda: False), reporter, [observer]):
        assert isinstance(cycle, Cycle)
        now = clock.monotonic()
        if broken_at is None:
            if isinstance(cycle.moment, Frame) and relay.off_at > now:
                hardware.fault, broken_at = fault, now
            continue
        # A picture that was on its way may still come.
        assert relay.off_at <= max(now, broken_at + STEP_S + SAFE_WITHIN_S)
        if isinstance(cycle.moment, Blind) and now > broken_at + 2:
            assert relay.off_at <= now
            hardware.fault, broken_at, rounds = "", None, rounds + 1
            if rounds == 100:
                break
    source.close()
    assert relay.begun >= 100
