"""Cameras that stall, end, freeze and hang, a hundred times each, on a clock of their own.

The times are those of docs/operations.md: blind within 2 s, back within 5 s of the picture's return.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pytest

from edge.camera.live import HANG_S, RESTART_S, LiveSource, Timeouts, stuck
from edge.types import Blind, Frame, Image, Recovery
from tests.support.breakable_camera import Hardware
from tests.support.mosquitto import wait_until
from tests.support.virtual_clock import VirtualClock

BLIND_WITHIN_S, BACK_WITHIN_S, MAX_AGE_S = 2.0, 5.0, 0.5


@dataclass
class Watched:
    """A source over the hardware; looks at everything that comes."""

    hardware: Hardware
    source: LiveSource
    items: Iterator[Frame | Blind]
    last: Image | None = None

    def until(self, kind: type, most_s: float) -> Frame | Blind:
        """The next item of a kind, which has to come within so many seconds."""
        clock = self.hardware.clock
        deadline = clock.monotonic() + most_s
        for item in self.items:
            if isinstance(item, Frame):
                self._is_fresh(item)
            assert clock.monotonic() <= deadline + 1e-6
            if isinstance(item, kind):
                return item
        raise AssertionError("the source ended")

    def _is_fresh(self, frame: Frame) -> None:
        assert frame.age <= MAX_AGE_S
        assert self.last is None or not np.array_equal(self.last, frame.pixels), "an old picture as a new one"
        self.last = frame.pixels.copy()


@contextmanager
def watching(same_s: float = 0.0, fault: str = "") -> Iterator[Watched]:
    """A source, closed at the end with all that it left behind."""
    clock = VirtualClock()
    hardware = Hardware(clock, fault)
    source = LiveSource("the camera", hardware.open, Timeouts(MAX_AGE_S, 2.0, same_s=same_s), clock)
    yield Watched(hardware, source, iter(source))
    hardware.let_go.set()
    clock.end()
    source.close()
    wait_until(lambda: not stuck())


@pytest.fixture
def watched() -> Iterator[Watched]:
    with watching() as made:
        yield made


@pytest.mark.parametrize("fault", ["stall", "end", "freeze"])
def test_a_hundred_faults_are_told_and_mended_in_time(watched: Watched, fault: str) -> None:
    """Each is told within 2 s and mended within 5 s, and no old picture is taken for a new one."""
    hardware = watched.hardware
    for number in range(100):
        watched.until(Frame, BACK_WITHIN_S)
        hardware.fault = fault
        watched.until(Blind, BLIND_WITHIN_S)
        # For another time each, so that pictures return in every phase of the recovery.
        for _ in range(number % 7):
            watched.until(Blind, BLIND_WITHIN_S)
        hardware.fault = ""
    watched.until(Frame, BACK_WITHIN_S)
    assert watched.source.busy_s < HANG_S


def test_a_driver_that_hangs_is_left_and_opened_beside(watched: Watched) -> None:
    """Once the hang is certain, another thread opens the camera; its pictures come, the old thread ends."""
    hardware = watched.hardware
    for _ in range(20):
        watched.until(Frame, BACK_WITHIN_S)
        hardware.fault = "hang"
        watched.until(Blind, BLIND_WITHIN_S)
        hardware.fault, opened = "", hardware.opened
        item = watched.until(Blind, BLIND_WITHIN_S)
        while isinstance(item, Blind) and item.recovery is not Recovery.RECREATE:
            item = watched.until(Blind, BLIND_WITHIN_S)
        watched.until(Frame, BACK_WITHIN_S)
        assert hardware.opened == opened + 1
        hardware.let_go.set()
        wait_until(lambda: sum(thread.name == "capture" for thread in threading.enumerate()) == 1)
        hardware.let_go.clear()


def test_the_steps_of_a_recovery_are_told_in_their_order(watched: Watched) -> None:
    """Opened again and again; after a minute without a picture only a new start is left."""
    hardware = watched.hardware
    works_until = hardware.clock.monotonic() + RESTART_S + 1
    while hardware.clock.monotonic() < works_until:
        watched.until(Frame, BACK_WITHIN_S)
    assert not watched.source.given_up
    hardware.fault = "end"
    blind = [watched.until(Blind, BLIND_WITHIN_S) for _ in range(65)]
    steps = [item.recovery for item in blind if isinstance(item, Blind)]
    assert steps[1] is Recovery.REOPEN
    assert steps[-1] is Recovery.RESTART
    assert steps == sorted(steps, key=list(Recovery).index)
    assert watched.source.given_up.startswith("the camera is not there, for 6")


def test_a_camera_that_never_worked_is_waited_for(watched: Watched) -> None:
    """Starting anew would not help it: no daemon starts again every minute."""
    watched.until(Frame, BACK_WITHIN_S)
    watched.hardware.fault = "freeze"
    for _ in range(100):
        watched.until(Blind, BLIND_WITHIN_S)
    assert not watched.source.given_up


def test_a_camera_that_was_never_there_is_waited_for() -> None:
    """It is taken when it comes."""
    with watching(fault="end") as absent:
        for _ in range(100):
            absent.until(Blind, BLIND_WITHIN_S)
        assert not absent.source.given_up
        absent.hardware.fault = ""
        absent.until(Frame, BACK_WITHIN_S)


def test_a_driver_that_hangs_on_is_told_to_the_watchdog(watched: Watched) -> None:
    """Leaving it behind does not hide it: the time counts on, and few threads are left."""
    watched.until(Frame, BACK_WITHIN_S)
    watched.hardware.fault = "hang"
    for _ in range(60):
        watched.until(Blind, BLIND_WITHIN_S)
    assert watched.source.busy_s > 50
    assert sum(thread.name == "capture" for thread in threading.enumerate()) <= 4


def test_a_stream_may_say_that_nothing_has_changed() -> None:
    """An encoder takes noise away: the same picture counts for some seconds, and for no longer."""
    with watching(same_s=10.0) as watched:
        clock = watched.hardware.clock
        assert isinstance(next(watched.items), Frame)
        watched.hardware.fault, began = "freeze", clock.monotonic()
        while isinstance(item := next(watched.items), Frame):
            pass
        assert 10.0 <= clock.monotonic() - began <= 10.0 + BLIND_WITHIN_S
        assert item.reason == "the camera gives the same picture again and again"


def test_a_camera_gives_fewer_pictures_while_that_is_enough(watched: Watched) -> None:
    """Those between are dropped before they cost anything; all come again once they are wanted."""
    hardware, clock = watched.hardware, watched.hardware.clock
    hardware.step_s = 0.05
    rates = []
    for resting in (False, True, False):
        watched.source.rest(resting)
        watched.until(Frame, BLIND_WITHIN_S)
        began = clock.monotonic()
        for _ in range(40):
            watched.until(Frame, BLIND_WITHIN_S)
        rates.append(40 / (clock.monotonic() - began))
    assert rates == pytest.approx([20, 5, 20], rel=0.15)
    assert hardware.skipped > 100
