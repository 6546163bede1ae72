"""One `Connection` to a broker, used until it is lost and then thrown away.

paho is never asked to reconnect. It would send again from its own memory, past the window and past the
broker's Receive Maximum; a new client has nothing to send again.
"""

from __future__ import annotations

import math
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from edge.errors import BrokerError
from edge.mqtt.broker import Broker, ConnectOptions
from edge.mqtt.events import (
    ConnectionAccepted,
    ConnectionEvent,
    Deliver,
    MessageReceived,
    SubscriptionAcknowledged,
)
from edge.mqtt.network_state import NetworkState
from edge.mqtt.paho_client import BoundedClient
from edge.mqtt.properties import PLAIN_JSON, MessageProperties

SUBSCRIBE_S = 5.0
WINDOW = 20
"""Messages that may be unacknowledged at a time, whatever Receive Maximum the broker allows."""


def connect(
    broker: Broker, context: ssl.SSLContext | None, options: ConnectOptions, deliver: Deliver
) -> Connection:
    """Begins one connection; its outcome arrives through `deliver`, which must not wait."""
    # Who keeps no session acknowledges nothing by itself, and bounds what waits in its queue.
    receive_maximum = math.inf if options.session is None else options.session.receive_maximum
    client = BoundedClient(options, NetworkState(deliver, receive_maximum))
    if broker.login is not None:
        client.username_pw_set(broker.login.username, broker.login.password)
    if context is not None:
        client.tls_set_context(context)
    client.begin(broker)
    return Connection(client)


class Connection:
    """One connection, from the attempt to its end."""

    def __init__(self, client: BoundedClient) -> None:
        self._client = client
        self._state = client.state
        self._published = 0

    @property
    def unanswered(self) -> int:
        """Messages that were published and that the broker has not answered."""
        return self._published - self._state.publishes_answered

    @property
    def alive(self) -> bool:
        """Whether the network thread runs: the only judge of a client that can be trusted."""
        thread = self._state.thread
        return thread is None or thread.is_alive()

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        properties: MessageProperties = PLAIN_JSON,
    ) -> int:
        """Hands one message over, QoS 1; an `PublishAcknowledged` with the returned number follows.

        Where the broker takes QoS 0 only, it follows when the message is on its way.

        Args:
            topic: Where to.
            payload: Its bytes.
            retain: Whether the broker keeps it for those who come later.
            properties: What else is said of it.

        Raises:
            BrokerError: There is no connection.
        """
        mid = self._client.send(topic, payload, properties, retain=retain)
        self._published += 1
        return mid

    def subscribe(self, filters: Sequence[str], *, as_published: bool = False) -> None:
        """Asks for messages, QoS 1; `SubscriptionAcknowledged` follows.

        `as_published`: `MessageReceived.retained` is also true of a retained message that comes while it is
        published; else only of those that the broker had kept.
        """
        self._state.subscriptions.append(len(filters))
        self._client.ask_for(filters, as_published=as_published)

    def unsubscribe(self, filters: Sequence[str]) -> None:
        """Asks for no more of these; the broker's answer is of no interest."""
        self._client.unsubscribe(list(filters))

    def acknowledge(self, arrived: Iterable[MessageReceived]) -> None:
        """Lets the broker forget messages that came over this connection."""
        messages = tuple(arrived)
        # First: the broker may send the next before the acknowledgements are on their way.
        self._state.unacknowledged.done(messages)
        self._client.acknowledge(message.mid for message in messages if message.qos)

    def close(self, timeout: float = 0.0, *, with_will: bool = False) -> None:
        """Ends the connection and waits up to `timeout` seconds for it.

        Args:
            timeout: 0 does not wait.
            with_will: Have the broker publish the will, behind all that was sent before.
        """
        # First: a goodbye does nothing while the socket is being opened, see `paho_client._on_connect`.
        self._state.closed = True
        self._client.end(with_will=with_will)
        if self._state.thread is not None and timeout > 0:
            self._state.thread.join(timeout)


@contextmanager
def subscribe(host: str, port: int, topic: str, on_message: Callable[[str, bytes], None]) -> Iterator[None]:
    """Receives every message of a topic filter (QoS 1) while the context lasts.

    Args:
        host: The broker's name or address.
        port: Its port.
        topic: A topic filter.
        on_message: Takes topic and payload, on a thread of the client.

    Raises:
        BrokerError: The broker did not confirm the subscription in time.
    """
    accepted, subscribed = threading.Event(), threading.Event()

    def hear(event: ConnectionEvent) -> None:
        match event:
            case ConnectionAccepted():
                accepted.set()
            case SubscriptionAcknowledged():
                subscribed.set()
            case MessageReceived():
                on_message(event.topic, event.payload)

    connection = connect(Broker(host, port), None, ConnectOptions(client_id=""), hear)
    try:
        if accepted.wait(SUBSCRIBE_S):
            connection.subscribe([topic])
        if not (accepted.is_set() and subscribed.wait(SUBSCRIBE_S)):
            raise BrokerError(f"{host}:{port} did not confirm a subscription to {topic}; is it a broker?")
        yield
    finally:
        connection.close(SUBSCRIBE_S)
