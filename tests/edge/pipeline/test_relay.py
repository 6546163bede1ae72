"""When the relay is energised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.pipeline.pipeline import Cycle
from edge.pipeline.relay import STALE_S, Hold, RelayObserver, RelayPolicy
from edge.system.relay_guard import LEASE_S
from edge.tracking.register import PassUpdate
from edge.types import Blind, FinishedPass, Frame, FrameAnalysis, Lamp, Outcome, Verdict

STEP_S = 0.1


def verdict(number: int = 1, outcome: Outcome = Outcome.COMPLIANT, revision: int = 0) -> Verdict:
    return Verdict(number, revision, outcome, (1.0, 0.0, 0.0), (1.0, 0.0, 0.0), 9, 80, 0.0, 0.0)


class Door:
    """A policy and the time, frame by frame."""

    def __init__(self, pulse_s: float = 3.0, longest_s: float = 10.0) -> None:
        self.policy = RelayPolicy(pulse_s, longest_s)
        self.now = 100.0

    def frame(
        self, *verdicts: Verdict, lamp: Lamp = Lamp.GREEN, age_s: float = 0.05, after_s: float = STEP_S
    ) -> Hold:
        self.now += after_s
        return self.policy.update(PassUpdate(verdicts), lamp, self.now, age_s)

    def held_for(self, lamp: Lamp = Lamp.GREEN) -> float:
        """Seconds until the relay is let go."""
        began = self.now
        while self.frame(lamp=lamp) is Hold.HELD:
            assert self.now < began + 100
        return self.now - began


def test_each_person_who_is_compliant_is_one_pulse() -> None:
    """It begins with the verdict, lasts as configured, and does not come back by itself."""
    door = Door()
    assert door.frame() is Hold.RELEASED
    assert door.frame(verdict()) is Hold.BEGUN
    assert door.held_for() == pytest.approx(3.0, abs=STEP_S)
    assert door.held_for() == pytest.approx(STEP_S)
    assert door.frame(verdict(2)) is Hold.BEGUN


def test_a_direction_that_is_told_later_is_no_second_pulse() -> None:
    """A revision with the same verdict opens nothing; one that turns compliant does."""
    door = Door()
    door.frame(verdict())
    door.held_for()
    assert door.frame(verdict(revision=1)) is Hold.RELEASED
    assert door.frame(verdict(revision=2, outcome=Outcome.NO_MASK), lamp=Lamp.RED) is Hold.RELEASED
    assert door.frame(verdict(revision=3)) is Hold.BEGUN


def test_people_who_follow_each_other_hold_it_no_longer_than_the_longest() -> None:
    """A pulse is prolonged by the next person, up to the bound."""
    door = Door(pulse_s=3.0, longest_s=5.0)
    began = door.now
    for number in (1, 2, 3):
        assert door.frame(verdict(number)) is Hold.BEGUN
        for _ in range(15):
            door.frame()
    door.held_for()
    assert door.now - began == pytest.approx(5.0, abs=2 * STEP_S)


@pytest.mark.parametrize("lamp", [lamp for lamp in Lamp if lamp is not Lamp.GREEN])
def test_no_other_lamp_than_green_energises_it(lamp: Lamp) -> None:
    """Somebody without a mask beside a compliant person ends the pulse, for good."""
    door = Door()
    assert door.frame(verdict(1), lamp=lamp) is Hold.RELEASED
    door.frame(verdict(2))
    assert door.frame(lamp=lamp) is Hold.RELEASED
    assert door.frame() is Hold.RELEASED


def test_an_old_picture_energises_nothing() -> None:
    """Neither by its verdict, nor by keeping a pulse going that has begun."""
    door = Door()
    assert door.frame(verdict(1), age_s=STALE_S + 0.01) is Hold.RELEASED
    assert door.frame() is Hold.RELEASED
    door.frame(verdict(2))
    assert door.frame(age_s=STALE_S + 0.01) is Hold.RELEASED
    assert door.frame() is Hold.RELEASED


def test_a_gap_between_two_pictures_ends_the_pulse() -> None:
    """As the guard ends it meanwhile; the policy must not begin it anew."""
    door = Door()
    door.frame(verdict())
    assert door.frame(after_s=LEASE_S + 0.01) is Hold.RELEASED
    assert door.frame(verdict(2), after_s=LEASE_S + 0.01) is Hold.BEGUN


def test_who_is_gone_is_forgotten() -> None:
    """So that a device that runs for years keeps no numbers."""
    policy = RelayPolicy(3.0, 10.0)
    for number in range(1, 1000):
        done = FinishedPass(number, 0.0, 1.0, 1.0, verdict(number))
        policy.update(PassUpdate((verdict(number),), finished=(done,)), Lamp.GREEN, float(number), 0.0)
    assert not policy._compliant


class RecordedRelay:
    """Records what it is told."""

    alive = True

    def __init__(self) -> None:
        self.told: list[str] = []

    def begin(self) -> None:
        self.told.append("begin")

    def renew(self) -> None:
        self.told.append("renew")

    def release(self) -> None:
        self.told.append("release")

    def close(self) -> None:
        self.told.append("close")


def test_the_relay_is_let_go_while_blind_and_at_the_end() -> None:
    """Each cycle moves it: a verdict begins a pulse, a picture renews it, no picture ends it."""
    relay, lamp = RecordedRelay(), [Lamp.GREEN]
    observer = RelayObserver(relay, RelayPolicy(3.0, 10.0), lambda: lamp[0])
    frame = Frame(0, np.zeros((4, 4, 3), np.uint8), 10.0, 0.0)
    seen = Cycle(frame, FrameAnalysis((), 0.0, 0.0), PassUpdate((verdict(),)), 0.02)
    observer.observe(seen, ())
    observer.observe(replace(seen, moment=replace(frame, monotonic=10.1), passes=PassUpdate()), ())
    observer.observe(Cycle(replace(frame, monotonic=10.15), None, PassUpdate(), 0.0, carried=True), ())
    observer.observe(Cycle(Blind("unplugged", 10.2, 0.0), None, PassUpdate(), 0.0), ())
    observer.observe(replace(seen, moment=replace(frame, monotonic=10.3), passes=PassUpdate()), ())
    # A frame that was not looked at keeps a pulse going; there is none.
    observer.observe(Cycle(replace(frame, monotonic=10.35), None, PassUpdate(), 0.0, carried=True), ())
    # The last cycle of a source that ended.
    observer.observe(Cycle(frame, None, PassUpdate((verdict(2),)), 0.0), ())
    # The models took so long that the picture is old by now.
    slow = replace(seen, total_s=STALE_S + 1, passes=PassUpdate((verdict(3),)))
    observer.observe(slow, ())
    assert relay.told == ["begin", "renew", "renew", "release", "release", "release", "release", "release"]
