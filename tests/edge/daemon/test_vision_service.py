"""A daemon without a camera."""

from __future__ import annotations

import signal
import socket
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.daemon.vision_service import FrameRate, VisionService
from edge.errors import SourceError
from edge.pipeline.pipeline import Cycle
from edge.tracking.register import PassUpdate
from edge.types import Blind, Frame, ViewProblem
from tests.support.daemons import Start
from tests.support.mosquitto import Mosquitto, Subscriber


def test_the_service_is_ready_without_a_camera_and_stops_on_sigterm(start: Start, tmp_path: Path) -> None:
    """A camera that is not there makes it blind, no more; it stops with code 0, lamps off."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(30)
        sections = '[camera]\nsource = "/dev/video99"\n[mqtt]\nenabled = false\n'
        daemon = start(sections, NOTIFY_SOCKET=address, WATCHDOG_USEC="2000000")
        heard = [listener.recv(1024) for _ in range(3)]
        daemon.send_signal(signal.SIGTERM)
        began = time.monotonic()
        out, err = daemon.communicate(timeout=30)
    assert heard[0].startswith(b"READY=1\nSTATUS=blind: /dev/video99 is not there"), (
        "after the first blind cycle"
    )
    assert heard[1:] == [b"WATCHDOG=1", b"WATCHDOG=1"]
    assert daemon.returncode == 0
    assert out.splitlines() == ["lamp: blind", "lamp: off"]
    assert "/dev/video99" in err
    assert "Traceback" not in err
    # The promise is 2 s; the rest is for a machine that has other things to do.
    assert time.monotonic() - began < 10


@pytest.mark.broker
def test_the_hour_so_far_is_told_without_a_camera_too(start: Start, broker: Mosquitto) -> None:
    """A blind device tells that it is, and that it has watched nothing."""
    with Subscriber(broker.port) as subscriber:
        daemon = start(f'[camera]\nsource = "/dev/video99"\n[mqtt]\nport = {broker.port}\n')
        subscriber.wait(lambda: any(message.json()["blind"] for message in subscriber.named("state")))
        subscriber.wait(lambda: len(subscriber.named("hour")) >= 2)
        before, now = (message.json() for message in subscriber.named("hour")[:2])
        assert (before["complete"], now["complete"]) == (True, False)
        assert before["end"] == now["start"]
        assert now["minutes_watched"] == 0.0
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(30) == 0
        subscriber.wait_for_availability(b"offline")


def cycle_of(moment: Frame | Blind) -> Cycle:
    return Cycle(moment, None, PassUpdate(), 0.0)


def test_the_status_says_what_keeps_the_camera_from_seeing() -> None:
    """Blind, or with pictures in which nothing can be seen; in full words."""
    now = [0.0]
    rate = FrameRate(lambda: now[0])
    frame = Frame(0, np.zeros((4, 4, 3), np.uint8), 0.0, 0.0)
    said = []
    for moment in (frame, replace(frame, view=ViewProblem.OUT_OF_FOCUS), Blind("it is gone", 0.0, 0.0)):
        now[0] += 0.5
        rate.observe(cycle_of(moment), ())
        said.append(rate.status())
    assert said == ["watching, 2.0 fps", "the view is out of focus, watching, 2.0 fps", "blind: it is gone"]


class GivenUp:
    """A source that only a new start could help."""

    given_up = "the camera is gone, for 61 s by now"
    busy_s = 0.0


def test_a_camera_that_does_not_come_back_ends_a_managed_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it is started again; one that nobody would start goes on waiting."""
    vision = VisionService.__new__(VisionService)
    vision._source = GivenUp()  # type: ignore[assignment]
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    vision.check()
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere")
    with pytest.raises(SourceError, match="the camera is gone, for 61 s by now; the program ends"):
        vision.check()
