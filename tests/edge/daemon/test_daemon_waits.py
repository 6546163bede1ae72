"""No wait of the daemon's loop is long: it can be stopped and feeds the watchdog, whatever its source."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.bundle.store import open_bundle_store
from edge.camera.recording import LONGEST_SLEEP_S, Playback, Recording
from edge.config import Config
from edge.daemon import models
from edge.daemon.daemon import Daemon
from edge.daemon.service import Service
from edge.types import Frame, NotDue
from tests.support.fakes import FakeClock
from tests.support.matroska import write_matroska

GAP_S = 3600.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_gap_in_a_recording_neither_starves_the_watchdog_nor_hides_a_signal(
    tmp_path: Path, number: signal.Signals
) -> None:
    """During an hour without a frame the daemon shows that it lives, and ends with 0 when it is told to."""
    clip = write_matroska(tmp_path / "gap.mkv", [0.0, 0.1, GAP_S], ends=GAP_S + 0.1)
    config = tmp_path / "config.toml"
    config.write_text(
        f'[camera]\nsource = "{clip}"\n[mqtt]\nenabled = false\n[lamp]\nkind = "none"\n'
        f'[spool]\npath = "{tmp_path / "spool.db"}"\n'
    )
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(60)
        environment = {**os.environ, "NOTIFY_SOCKET": address, "WATCHDOG_USEC": "2000000"}
        command = [sys.executable, "-m", "edge", "run", "--config", str(config)]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as daemon:
            try:
                assert listener.recv(256).startswith(b"READY=1")
                # Both frames are over with the first of these.
                assert [listener.recv(256) for _ in range(4)] == [b"WATCHDOG=1"] * 4
                daemon.send_signal(number)
                assert daemon.wait(30) == 0
            finally:
                daemon.kill()


def test_the_end_of_a_recording_can_be_stopped_too() -> None:
    """What waits for a broker that is away is left in the spool when the daemon is told to stop."""
    calls: list[str] = []

    class Endless(Service):
        def drain(self) -> Iterator[None]:
            while True:
                calls.append("drain")
                yield

        def stop(self) -> None:
            calls.append("stop")

    class Once:
        def cycles(self, stopping: threading.Event) -> Iterator[None]:
            yield

        def reload(self) -> None: ...

    daemon = Daemon([Endless()], Once())
    threading.Timer(0.2, daemon.stop).start()
    daemon.run()
    assert calls[-1] == "stop"
    assert "drain" in calls


def test_a_recording_yields_while_its_next_frame_is_far_off() -> None:
    """And gives every frame at its time all the same."""

    class Reader:
        def __init__(self) -> None:
            self.moments = iter([0.0, 0.1, 3.0])

        def next(self) -> tuple[object, float] | None:
            moment = next(self.moments, None)
            return None if moment is None else (None, moment)

        def close(self) -> None: ...

    clock = FakeClock()
    began = clock.now
    seen = [
        (type(item), clock.now - began)
        for item in Recording(Reader(), Playback(True, 0.0, 0), clock)  # type: ignore[arg-type]
    ]
    assert [moment for kind, moment in seen if kind is Frame] == pytest.approx([0.0, 0.1, 3.0])
    waits = [moment for kind, moment in seen if kind is NotDue]
    assert len(waits) >= 3.0 / LONGEST_SLEEP_S - 2
    gaps = [later - earlier for (_, earlier), (_, later) in pairwise(seen)]
    assert max(gaps) <= 1.0


def test_a_reload_waits_for_no_other_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody who is installing a bundle meanwhile does not hold the frames up; the running model stays."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    store = open_bundle_store()
    waits: list[float] = []

    def busy(_config: Config, wait_s: float) -> None:
        waits.append(wait_s)
        with store.locked(wait_s):
            raise AssertionError("the lock is held")

    monkeypatch.setattr(models, "load_wanted_models", busy)
    running = models.SupervisedVision(models.LoadedModels(SimpleNamespace(model_version="7")))  # type: ignore[arg-type]
    with store.locked():
        problem = models.reload_models(Config(), running)
    assert max(waits) <= 1.0
    assert "another process is changing the bundles" in problem
    assert running.model_version == "7"
