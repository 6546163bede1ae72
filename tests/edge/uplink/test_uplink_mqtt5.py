"""What MQTT 5 has beside topic and payload, over a real Mosquitto: properties, answers, chosen names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.config import Config
from edge.daemon.uplink_factory import open_uplink
from edge.spool import Spool
from tests.conftest import MakeBroker
from tests.support.mosquitto import wait_until
from tests.support.schema import validate
from tests.support.uplinks import append

pytestmark = pytest.mark.broker

BASE = "works/doors/north/gate"


class Desk:
    """A client that hears all there is, with its properties, and asks."""

    def __init__(self, port: int) -> None:
        self.heard: dict[str, MQTTMessage] = {}
        self._ready = False
        self._client = Client(CallbackAPIVersion.VERSION2, "gate-desk", protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: setattr(self, "_ready", True)
        self._client.on_message = lambda _client, _data, message: self.heard.update({message.topic: message})
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        wait_until(lambda: self._ready)

    def ask(self, topic: str, payload: bytes, reply_to: str) -> MQTTMessage:
        """The answer to a command."""
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = reply_to
        properties.CorrelationData = b"7"
        self._client.publish(topic, payload, qos=1, properties=properties)
        return self.wait_for(reply_to)

    def wait_for(self, topic: str) -> MQTTMessage:
        """The latest message of a topic."""
        wait_until(lambda: topic in self.heard)
        return self.heard[topic]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def desk(port: int) -> Iterator[Desk]:
    opened = Desk(port)
    try:
        yield opened
    finally:
        opened.close()


def test_names_properties_and_answers(spool: Spool, make_broker: MakeBroker) -> None:
    """Prefix and client identifier are followed; messages say what they are; a command is answered."""
    # It takes identifiers that begin so, and no others.
    broker = make_broker("clientid_prefixes gate-").start()
    mqtt = {
        "host": "127.0.0.1",
        "port": broker.port,
        "prefix": "works/doors",
        "client_id": "gate-7",
        "accept_commands": ["mute"],
    }
    config = Config.model_validate({"device": {"site": "north", "name": "gate"}, "mqtt": mqtt})
    uplink = open_uplink(config, spool)
    with desk(broker.port) as opened:
        uplink.start()
        append(spool, 1, 1)
        event, info = opened.wait_for(f"{BASE}/event"), opened.wait_for(f"{BASE}/info")
        answer = opened.ask(f"{BASE}/command", b'{"command":"mute","seconds":9}', "desk/answers")
        assert event.properties.ContentType == "application/json"
        assert event.properties.PayloadFormatIndicator == 1
        validate("info", json.loads(info.payload))
        assert answer.properties.CorrelationData == b"7"
        assert json.loads(answer.payload)["done"] is True
        del opened.heard[f"{BASE}/availability"]
        uplink.stop()
        assert opened.wait_for(f"{BASE}/availability").properties.ContentType == "text/plain"
