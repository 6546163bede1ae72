"""A plain subscriber, for whoever wants to see what a device publishes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.types import BrokerError

SUBSCRIBE_S = 5.0


@contextmanager
def subscribe(host: str, port: int, topic: str, hear: Callable[[str, bytes], None]) -> Iterator[None]:
    """Hears every message of a topic filter (QoS 1) while the context lasts.

    Args:
        host: The broker's name or address.
        port: Its port.
        topic: A topic filter.
        hear: Takes topic and payload, on a thread of the client.

    Raises:
        BrokerError: The broker did not confirm the subscription in time.
    """
    subscribed = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _client, _data, message: hear(message.topic, bytes(message.payload))
    client.connect_async(host, port)
    client.loop_start()
    try:
        if not subscribed.wait(SUBSCRIBE_S):
            raise BrokerError(f"{host}:{port} did not confirm a subscription to {topic}; is it a broker?")
        yield
    finally:
        client.disconnect()
        client.loop_stop()
