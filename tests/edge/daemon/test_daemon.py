"""The daemon as a process: real models, a real broker, signals."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.demo import CLIP
from tests.support.daemons import WALKING, Start, recording
from tests.support.mosquitto import Mosquitto, Subscriber, wait_until


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
