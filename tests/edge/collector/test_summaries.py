"""Aggregates as retained messages."""

from __future__ import annotations

import json

import jsonschema
import pytest

from edge.messages.payloads import SCHEMA_FILE
from tests.support.collector import FakeDevice
from tests.support.collector_records import made
from tests.support.collectors import Start, path, process
from tests.support.mosquitto import Mosquitto, Subscriber

__all__ = ["path", "process"]


pytestmark = pytest.mark.broker


def test_summaries_are_retained(broker: Mosquitto, process: Start) -> None:
    """Whoever subscribes later gets hour, day and shift of each device and of the site."""
    collector = process(broker.port, "--publish-summaries").start()
    with FakeDevice(broker.port) as device:
        device.send("availability", b"online", retain=True)
        device.publish(made(4))
        device.wait_for_mark(4)
    collector.stop()
    collector.start()
    schema = json.loads(SCHEMA_FILE.read_text())["$defs"]
    validator = jsonschema.Draft202012Validator({"$ref": "#/$defs/collected", "$defs": schema})
    with Subscriber(broker.port) as subscriber:
        wanted = {
            f"maskgate/site/summary{of}/{kind}" for of in ("", "/door") for kind in ("hour", "day", "shift")
        }
        subscriber.wait(lambda: wanted <= {message.topic for message in subscriber.messages})
        for message in subscriber.messages:
            if message.topic in wanted:
                validator.validate(message.json())
    collector.stop()
