"""The process that sees, with the one that sends beside it: real processes, a real broker."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge.demo import CLIP
from edge.spool import Spool
from edge.spool.control.client import SpoolClient
from edge.spool.control.requests import SwitchViewRequest
from tests.support.builders import event, limits
from tests.support.daemons import Start, recording
from tests.support.mosquitto import Mosquitto, Subscriber, wait_until
from tests.support.service_manager import service_manager

VERDICTS = ["compliant", "no_mask", "mask_incorrect", "no_mask", "compliant"]
BLIND = '[camera]\nsource = "/dev/video99"\n[lamp]\nkind = "none"\n'
BACKLOG = 3_000


def loaded(command: str) -> set[str]:
    """The packages that a command's module brings into the process."""
    code = (
        f"import sys, edge.commands.{command}\n"
        "print(*{'.'.join(name.split('.')[:2]) for name in sys.modules if name.startswith(('edge.', 'cv2'))},"
        " *{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_what_sees_cannot_send_and_what_sends_cannot_see() -> None:
    """Neither process even loads what the other one is for."""
    vision, uplink = loaded("vision"), loaded("uplink")
    assert {"cv2", "edge.camera", "edge.vision"} <= vision
    assert not vision & {"paho", "edge.mqtt", "edge.uplink", "edge.collector"}
    assert {"paho", "edge.mqtt", "edge.uplink"} <= uplink
    seeing = {f"edge.{name}" for name in ("bundle", "camera", "indicator", "pipeline", "tracking", "vision")}
    assert not uplink & (seeing | {"cv2", "gpiozero", "picamera2"})


@pytest.mark.slow
@pytest.mark.broker
def test_people_of_a_clip_reach_the_broker_through_both(
    start: Start, tmp_path: Path, broker: Mosquitto
) -> None:
    """What the one has stored the other sends, with the state of the one that sees and its live view."""
    mqtt = f"[mqtt]\nport = {broker.port}\n"
    assert start(recording(CLIP) + mqtt, "vision").wait(120) == 0
    with Subscriber(broker.port) as subscriber, service_manager(tmp_path) as manager:
        start(BLIND + mqtt, "vision", NOTIFY_SOCKET=manager.address)
        assert "blind: /dev/video99 is not there" in manager.wait_for("READY=1")
        start(BLIND + mqtt, "uplink")
        subscriber.wait(lambda: len(subscriber.named("event")) == 5 and bool(subscriber.named("state")), 120)
        found = [message.json() for message in subscriber.named("event")]
        state = subscriber.named("state")[-1].json()
        answer = SpoolClient(tmp_path / "spool.db", limits()).switch_view(SwitchViewRequest(True, "a test"))
        assert answer is not None
        subscriber.wait(lambda: subscriber.named("state")[-1].json()["live_view_until"] is not None)
    assert [event["verdict"] for event in found] == VERDICTS
    assert [event["sequence"] for event in found] == [1, 2, 3, 4, 5]
    assert (state["lamp"], state["blind"], state["live_view_until"]) == ("blind", True, None)


@pytest.mark.slow
@pytest.mark.broker
def test_a_kill_of_either_loses_nothing(start: Start, tmp_path: Path, broker: Mosquitto) -> None:
    """Whatever was stored arrives, however the two end and come back; no sequence means two events."""
    with closing(Spool.open(tmp_path / "spool.db", limits(), origin=None)) as spool:
        for number in range(1, BACKLOG + 1):
            spool.append(event(number))
        spool.flush()
    sections = BLIND + f"[mqtt]\nport = {broker.port}\n"
    with Subscriber(broker.port) as subscriber:
        vision, uplink = start(sections, "vision"), start(sections, "uplink")
        subscriber.wait(lambda: len(set(subscriber.ids)) >= 200, 120)
        uplink.kill()
        uplink.wait()
        uplink = start(sections, "uplink")
        subscriber.wait(lambda: len(set(subscriber.ids)) >= 600, 120)
        vision.kill()
        vision.wait()
        vision = start(sections, "vision")
        wait_until(lambda: len(set(subscriber.ids)) == BACKLOG, timeout=120)
        assert uplink.poll() is None, "the one that sends waits for the other"
    by_id = {message.json()["id"]: message.payload for message in subscriber.named("event")}
    assert {json.loads(payload)["sequence"] for payload in by_id.values()} == set(range(1, BACKLOG + 1))
