"""What devices get from the collector: how far it has their events, and what it misses."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest

from edge.collector import acks
from edge.collector.completeness import Completeness
from edge.collector.database import Queries, open_database
from edge.messages.payloads import SCHEMA_FILE
from edge.messages.ranges import Range
from tests.conftest import MakeBroker
from tests.support.collector import FakeDevice, collecting, event_ids, ids
from tests.support.collector_records import made
from tests.support.collectors import mark, path, url
from tests.support.mosquitto import Mosquitto, wait_until

__all__ = ["path", "url"]


pytestmark = pytest.mark.broker


def test_what_it_says_to_devices_matches_the_schema(broker: Mosquitto, url: str) -> None:
    """Consumer, epoch, mark, and the ranges that it misses; at most one message a second."""
    definitions = json.loads(SCHEMA_FILE.read_text())["$defs"]
    validator = jsonschema.Draft202012Validator({"$ref": "#/$defs/ack", "$defs": definitions})
    with collecting(broker.port, url, missing_after_s=0.3), FakeDevice(broker.port) as device:
        device.publish(event for event in made(50) if event.id.sequence not in (7, 20, 21))
        wait_until(lambda: any("missing" in ack for ack in device.acks))
        (asking, *_) = [ack for ack in device.acks if "missing" in ack]
        assert asking == {
            "consumer": "test", "epoch": "e1", "contiguous": 6, "missing": [[7, 7], [20, 21]],
        }  # fmt: skip
        for ack in device.acks:
            validator.validate(ack)
        assert len(device.acks) <= 3


def test_what_the_device_sends_again_closes_the_hole(broker: Mosquitto, path: Path, url: str) -> None:
    """Asked for and sent, nothing is missing any more."""
    events = made(30)
    with collecting(broker.port, url, missing_after_s=0.2), FakeDevice(broker.port) as device:
        device.publish(events[:10] + events[20:])
        wait_until(lambda: any("missing" in ack for ack in device.acks))
        device.publish(events[10:20])
        device.wait_for_mark(30)
    assert event_ids(path) == ids(events)


def test_what_never_comes_is_given_up(broker: Mosquitto, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a number of requests in vain the range counts as lost, and the mark goes on."""
    monkeypatch.setattr("edge.collector.missing.ATTEMPTS", 2)
    with collecting(broker.port, url, missing_after_s=0.1), FakeDevice(broker.port) as device:
        device.publish(made(5)[3:])
        device.wait_for_mark(5)
        assert sum("missing" in ack for ack in device.acks) == 2
    with closing(open_database(url, create=False)) as database:
        (epoch_status,) = Queries(database).epoch_statuses()
    assert (epoch_status.events, epoch_status.gone) == (2, 3)


def test_what_the_broker_refuses_to_pass_on_is_not_given_up(
    make_broker: MakeBroker, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a wrong access list the device is never asked, so it may well have what is missing."""
    monkeypatch.setattr(acks, "PAUSE_S", 0.01)
    monkeypatch.setattr("edge.collector.missing.ATTEMPTS", 2)
    (tmp_path / "acl").write_text("topic read #\ntopic write maskgate/site/door/event\n")
    broker = make_broker(f"acl_file {tmp_path / 'acl'}").start()
    with collecting(broker.port, url, missing_after_s=0.3), FakeDevice(broker.port) as device:
        events = made(3)
        device.publish([events[0], events[2]])
        # Long enough for both attempts; the broker has 300 ms for each refusal.
        time.sleep(3.0)
        with closing(open_database(url, create=False)) as database:
            (epoch_status,) = Queries(database).epoch_statuses()
    assert epoch_status.gone == 0
    assert epoch_status.mark.holes == (Range(2, 2),)


def test_a_device_that_is_offline_is_not_asked(broker: Mosquitto, url: str) -> None:
    """Nothing is given up while the device cannot hear; once it is back it is asked."""
    with collecting(broker.port, url, missing_after_s=0.1), FakeDevice(broker.port) as device:
        device.send("availability", b"offline", retain=True)
        device.publish(made(5)[3:])
        wait_until(lambda: mark(url) == Completeness(0, 5, (Range(1, 3),)))
        wait_until(lambda: len(device.acks) >= 1)
        assert not any("missing" in ack for ack in device.acks)
        device.send("availability", b"online", retain=True)
        wait_until(lambda: any(ack.get("missing") == [[1, 3]] for ack in device.acks))


def test_a_device_that_returns_is_told_where_it_stands(broker: Mosquitto, url: str) -> None:
    """A mark that was published while it was away did not reach it."""
    with collecting(broker.port, url):
        with FakeDevice(broker.port) as device:
            device.publish(made(5))
            device.wait_for_mark(5)
        with FakeDevice(broker.port) as device:
            device.send("availability", b"online", retain=True)
            device.wait_for_mark(5)
