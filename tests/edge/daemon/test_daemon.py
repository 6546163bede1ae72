"""The daemon as a process: real models, a real broker, signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.config import Config
from edge.daemon.daemon import all_in_one
from edge.demo import CLIP
from edge.errors import SpoolError
from edge.spool.writer import SpoolWriter
from tests.support.mosquitto import Mosquitto, Subscriber, wait_until

WALKING = "data/clips/face-demographics-walking.gif"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the daemon with a configuration; what still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def call(sections: str, **environment: str) -> subprocess.Popen[str]:
        file = tmp_path / "config.toml"
        file.write_text(f'[spool]\npath = "{tmp_path / "spool.db"}"\n{sections}')
        command = [sys.executable, "-m", "edge", "run", "--config", str(file)]
        daemon = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(daemon)
        return daemon

    yield call
    for daemon in running:
        if daemon.poll() is None:
            daemon.kill()
        daemon.communicate()


def recording(clip: Path, pace: str = "fast") -> str:
    return f'[camera]\nsource = "{clip}"\npace = "{pace}"\n'


@pytest.mark.shared
@pytest.mark.broker
@pytest.mark.parametrize("pace", ["fast", "realtime"])
def test_the_people_of_a_clip_reach_a_subscriber(
    start: Start, shared: Path, broker: Mosquitto, pace: str
) -> None:
    """Two people walk up, nobody wears a mask: two passes, both no_mask, ids unique."""
    with Subscriber(broker.port) as subscriber:
        sections = recording(shared / WALKING, pace) + f"[mqtt]\nport = {broker.port}\n"
        daemon = start(sections)
        assert daemon.wait(60) == 0
        subscriber.wait_for_events(2)
        subscriber.wait_for_availability(b"offline")
        events = [message.json() for message in subscriber.named("event")]
        states = [message.json()["lamp"] for message in subscriber.named("state")]
    verdicts = {event["pass_id"]: event["verdict"] for event in events}
    assert sorted(verdicts.values()) == ["no_mask", "no_mask"]
    assert len(set(subscriber.ids)) == len(subscriber.ids) == 2
    assert states[-1] == "off"


@pytest.mark.broker
def test_the_last_summary_counts_what_was_decided_last(start: Start, broker: Mosquitto) -> None:
    """When the daemon has ended, the retained day agrees with the latest revision of each pass."""
    with Subscriber(broker.port) as subscriber:
        assert start(recording(CLIP) + f"[mqtt]\nport = {broker.port}\n").wait(60) == 0
        subscriber.wait_for_availability(b"offline")
        passes = {m.json()["pass_id"]: m.json()["verdict"] for m in subscriber.named("event")}
        day = [m.json() for m in subscriber.messages if m.topic.endswith("summary/day")][-1]
    assert {verdict: count for verdict, count in day["verdicts"].items() if count} == Counter(passes.values())


@pytest.mark.shared
@pytest.mark.broker
def test_the_will_is_seen_after_a_kill(start: Start, shared: Path, broker: Mosquitto) -> None:
    """Nobody has to guess whether the device is still there."""
    with Subscriber(broker.port) as subscriber:
        daemon = start(recording(shared / WALKING, "realtime") + f"[mqtt]\nport = {broker.port}\n")
        subscriber.wait_for_availability(b"online")
        daemon.kill()
        subscriber.wait_for_availability(b"offline")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_spool_that_stores_nothing_any_more_ends_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is started again by its supervisor, and does not wait for the next event to be lost."""

    def fail(_writer: SpoolWriter) -> None:
        raise RuntimeError("by intent")

    monkeypatch.setattr(SpoolWriter, "notify", fail)
    config = Config.model_validate(
        {
            "spool": {"path": str(tmp_path / "spool.db")},
            "camera": {"source": "/dev/video99"},
            "lamp": {"kind": "none"},
            "mqtt": {"enabled": False},
        }
    )
    with pytest.raises(SpoolError, match="stores nothing any more"):
        all_in_one(config).run()


def test_the_service_is_ready_without_a_camera_and_stops_on_sigterm(start: Start, tmp_path: Path) -> None:
    """A camera that is not there makes it blind, no more; it stops with code 0, lamps off."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(30)
        sections = '[camera]\nsource = "/dev/video99"\n[mqtt]\nenabled = false\n'
        daemon = start(sections, NOTIFY_SOCKET=address, WATCHDOG_USEC="2000000")
        heard = [listener.recv(256) for _ in range(3)]
        daemon.send_signal(signal.SIGTERM)
        began = time.monotonic()
        out, err = daemon.communicate(timeout=30)
    assert heard[0].startswith(b"READY=1")
    assert heard[1:] == [b"WATCHDOG=1", b"WATCHDOG=1"]
    assert daemon.returncode == 0
    assert out.splitlines() == ["lamp: blind", "lamp: off"]
    assert "/dev/video99" in err
    assert "Traceback" not in err
    # The promise is 2 s; the rest is for a machine that has other things to do.
    assert time.monotonic() - began < 10


@pytest.mark.shared
@pytest.mark.broker
def test_what_was_decided_while_the_broker_was_away_arrives_later(
    start: Start, shared: Path, make_broker: Callable[..., Mosquitto]
) -> None:
    """The first run has no broker, the second one sends what the first one kept."""
    broker = make_broker()
    sections = recording(shared / WALKING) + f"[mqtt]\nport = {broker.port}\n"
    assert start(sections).wait(60) == 0
    broker.start()
    with Subscriber(broker.port) as subscriber:
        assert start(sections).wait(60) == 0
        subscriber.wait_for_events(4)
        passes = {message.json()["pass_id"] for message in subscriber.named("event")}
    assert len(passes) == 4


@pytest.mark.parametrize(
    ("sections", "code", "word"),
    [
        ('[camera]\nsource = "missing.mp4"\n', 4, "missing.mp4"),
        ('[camera]\nsource = "."\n', 4, "."),
        ('[classifier]\nbundle = "nowhere"\n', 3, "nowhere"),
        ('[mqtt]\nusername = "me"\npassword_file = "secret"\n', 2, "mqtt.password_file"),
    ],
)
def test_what_cannot_start_says_why(start: Start, sections: str, code: int, word: str) -> None:
    """In one sentence, with the documented exit code."""
    daemon = start(sections)
    _, err = daemon.communicate(timeout=60)
    assert daemon.returncode == code, err
    last = err.splitlines()[-1]
    assert last.startswith("maskgate: ")
    assert word in last
    assert "Traceback" not in err


@pytest.mark.shared
def test_a_spool_that_cannot_be_written_stops_the_start(start: Start, shared: Path, tmp_path: Path) -> None:
    """A device that could lose events does not pretend to work."""
    (tmp_path / "spool.db").mkdir()
    daemon = start(recording(shared / WALKING))
    _, err = daemon.communicate(timeout=60)
    assert daemon.returncode == 5, err
    assert "spool.db" in err.splitlines()[-1]


@pytest.mark.shared
@pytest.mark.broker
def test_a_run_leaves_no_pixels_behind(start: Start, shared: Path, broker: Mosquitto, tmp_path: Path) -> None:
    """No file grows but the spool; neither it nor a message holds a picture or a run of its pixels."""
    clip = shared / WALKING
    with Subscriber(broker.port) as subscriber:
        daemon = start(recording(clip) + f"[mqtt]\nport = {broker.port}\n", TMPDIR=str(tmp_path))
        assert daemon.wait(60) == 0
        subscriber.wait_for_events(2)
        payloads = b"".join(message.payload for message in subscriber.messages)
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    names = {file.name for file in tmp_path.iterdir() if file.is_file()}
    assert names <= {"config.toml", "spool.db", "spool.db-wal", "spool.db-shm", "spool.db.numbers"}
    for runs in (payloads, kept):
        assert not any(magic in runs for magic in (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF"))
        assert not any(row in runs for row in _rows(clip))
    wait_until(lambda: daemon.poll() is not None)
    assert json.loads(subscriber.named("event")[0].payload)["verdict"] == "no_mask"


def _rows(clip: Path) -> Iterator[bytes]:
    """Runs of 16 pixels out of every frame of a clip, flat ones left out."""
    capture = cv2.VideoCapture(str(clip))
    while True:
        ok, frame = capture.read()
        if not ok:
            return
        for y in range(0, frame.shape[0], 8):
            run = frame[y, 100:116]
            if np.ptp(run) > 8:
                yield run.tobytes()


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
