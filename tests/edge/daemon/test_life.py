"""Ready, status and signs of life, as a service manager hears them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from edge import camera
from edge.camera.live import CapturedFrame
from edge.config import Config
from edge.daemon import spool_service, uplink_service, vision_service
from edge.daemon.daemon import Daemon
from edge.daemon.factory import make_live_view
from edge.daemon.life import STATUS_EVERY_S, LifeSigns
from edge.daemon.models import ModelService
from edge.daemon.service import Service
from edge.daemon.spool_service import SpoolService
from edge.daemon.uplink_service import UplinkService
from edge.daemon.vision_service import Controls, VisionService
from edge.indicator.gpio import BuzzerMute
from edge.spool.writer import SpoolWriter
from edge.system.governor import Governor
from edge.telemetry.minutes import MinuteQueue
from edge.types import Box, Frame, FrameAnalysis, Lamp, State
from edge.uplink.uplink import Uplink
from tests.support.fakes import FakeClock
from tests.support.mosquitto import wait_until
from tests.support.service_manager import ServiceManager, service_manager


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceManager]:
    with service_manager(tmp_path) as heard:
        monkeypatch.setenv("NOTIFY_SOCKET", heard.address)
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        monkeypatch.setenv("WATCHDOG_USEC", "200000")
        yield heard


class Told(Service):
    """Says what a test wants."""

    def __init__(self, status: str = "", stalled: str = "") -> None:
        self.says = status
        self.hangs = stalled

    def status(self) -> str:
        return self.says

    def stalled(self) -> str:
        return self.hangs


def test_the_first_turn_makes_ready_and_says_how_it_is(manager: ServiceManager) -> None:
    """Not the start of the services: until the first frame or blindness nobody knows whether it works."""
    services = [
        Told("the spool fails:\nno disk"),
        Told("broker connected"),
        Told(),
        Told("watching, 14.9 fps"),
    ]
    life = LifeSigns(services, FakeClock().monotonic)
    assert manager.heard() == []
    life.turn()
    line = "STATUS=watching, 14.9 fps, broker connected, the spool fails: no disk"
    assert manager.heard() == [f"READY=1\n{line}", "WATCHDOG=1"]


def test_the_status_is_told_when_it_has_changed_and_not_often(manager: ServiceManager) -> None:
    """A line every five seconds at most."""
    clock, service = FakeClock(), Told("watching")
    life = LifeSigns([service], clock.monotonic)
    life.turn()
    manager.heard()
    service.says = "blind: no camera"
    life.turn()
    assert "STATUS" not in "".join(manager.heard())
    clock.now += STATUS_EVERY_S
    life.turn()
    life.turn()
    assert [m for m in manager.heard() if "STATUS" in m] == ["STATUS=blind: no camera"]


def test_a_service_that_stands_still_starves_the_watchdog(
    manager: ServiceManager, caplog: pytest.LogCaptureFixture
) -> None:
    """However often the loop turns; the log says once what hangs."""
    clock, service = FakeClock(), Told()
    life = LifeSigns([Told(), service], clock.monotonic)
    life.turn()
    service.hangs = "the camera has not answered for 31 s"
    manager.heard()
    for _ in range(20):
        clock.now += 1
        life.turn()
    assert manager.heard() == []
    assert [r.levelname for r in caplog.records if "has not answered" in r.message] == ["ERROR"]
    service.hangs = ""
    life.turn()
    assert manager.heard() == ["WATCHDOG=1"]


class Gate:
    """Lets calls pass until it is shut; then they hang until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._open.set()
        self.hanging = threading.Event()

    def shut(self) -> None:
        self.hanging.clear()
        self._open.clear()

    def open(self) -> None:
        self._open.set()

    def pass_through(self) -> None:
        if not self._open.is_set():
            self.hanging.set()
            self._open.wait(60)

    def before(self, call: Callable[..., object]) -> Callable[..., object]:
        def passed(*arguments: object, **named: object) -> object:
            self.pass_through()
            return call(*arguments, **named)

        return passed


class SteadyCamera:
    """Gives a grey picture fifty times a second."""

    def capture(self, spare: CapturedFrame | None) -> CapturedFrame:
        time.sleep(0.02)
        return CapturedFrame(np.full((96, 128, 3), 90, np.uint8), None, time.monotonic())

    def skip(self) -> None:
        time.sleep(0.02)

    def close(self) -> None: ...


class SeesNothing(ModelService):
    """Models that find nobody, in no time."""

    model_version, problem = "1", ""

    @property
    def vision(self) -> SeesNothing:  # type: ignore[override]
        return self

    def analyze(self, frame: Frame, standing: tuple[Box, ...] = ()) -> FrameAnalysis:
        return FrameAnalysis((), 0.0, 0.0)

    def pause(self) -> None: ...


@contextmanager
def running(daemon: Daemon) -> Iterator[None]:
    thread = threading.Thread(target=daemon.run)
    thread.start()
    try:
        yield
    finally:
        daemon.stop()
        thread.join(60)
        assert not thread.is_alive()


def silent(manager: ServiceManager, seconds: float) -> bool:
    manager.heard()
    time.sleep(seconds)
    return "WATCHDOG=1" not in manager.heard()


STAGES = {
    "camera": (SteadyCamera, "capture", vision_service, 0.2),
    "models": (SeesNothing, "analyze", vision_service, 30.0),
    "spool": (SpoolWriter, "notify", spool_service, 0.2),
    "sender": (Uplink, "_send", uplink_service, 0.2),
}
"""What hangs, the service that notices it, and after how long; the loop itself needs no time for it."""


@pytest.mark.parametrize("hangs", [2, pytest.param(20, marks=pytest.mark.faults)])
@pytest.mark.parametrize("stage", STAGES)
def test_a_hang_in_any_stage_ends_the_signs_of_life_until_it_is_over(
    manager: ServiceManager,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    hangs: int,
) -> None:
    """A service manager that hears nothing within its interval starts the service again."""
    gate = Gate()
    holder, method, module, stalled_s = STAGES[stage]
    monkeypatch.setattr(holder, method, gate.before(getattr(holder, method)))
    monkeypatch.setattr(module, "STALLED_S", stalled_s)
    monkeypatch.setattr(camera, "open_usb", lambda *_: SteadyCamera())
    config = Config.model_validate(
        {
            "spool": {"path": str(tmp_path / "spool.db")},
            "camera": {"source": "/dev/video9"},
            "lamp": {"kind": "none"},
            "mqtt": {"port": 9},
        }
    )
    spool, mute = SpoolService(config), BuzzerMute()
    controls = Controls(mute, Governor(), make_live_view(config))
    vision = VisionService(config, SeesNothing(config), spool, controls, ())
    uplink = UplinkService(config, spool, MinuteQueue(), mute.begin)
    services = (spool, uplink, vision)
    with running(Daemon(services, vision)):
        assert "no broker: " in manager.wait_for("READY=1")
        for number in range(hangs):
            manager.wait_for("WATCHDOG=1")
            gate.shut()
            try:
                # What the spool's thread has to do.
                spool.spool.set_state(State(Lamp.OFF, False, "", "1", float(number)))
                assert gate.hanging.wait(60)
                # Two intervals of the watchdog without a sign of life; while all moves there are eight.
                wait_until(lambda: silent(manager, 0.4), timeout=60)
            finally:
                gate.open()
