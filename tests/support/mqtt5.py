"""A client that hears all there is at a broker, with its properties, and asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.support.mosquitto import wait_until


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

    def say(self, topic: str, payload: bytes) -> bool:
        """Publishes a message; true."""
        self._client.publish(topic, payload, qos=1)
        return True

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
