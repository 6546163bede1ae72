"""The paho client, wrapped once: one `Link` is one connection, used until it is lost and then thrown away.

paho is never asked to reconnect. It would send again from its own memory, past the window and past the
broker's Receive Maximum; a new client has nothing to send again. What paho's thread has to say goes
through a callback that only puts it into a queue: a lock shared with `publish` deadlocks, and an
exception in a callback ends the thread while `is_connected()` stays true.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.broker import Broker, tls_context
from edge.messages import OFFLINE, Topics
from edge.types import BrokerError, ConfigError

REFUSED = 0x80
"""Reason codes from here on say no."""

DISCONNECT_WITH_WILL = 0x04
LARGEST_RECEIVE_MAXIMUM = 65_535
SUBSCRIBE_S = 5.0


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker has accepted; what it can take. `largest` is in bytes of a packet, None for any."""

    receive_maximum: int
    largest: int | None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """There is no connection; the error says why."""

    error: BaseException | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker has answered and said no."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection has ended. `by_broker`: with a word from the broker."""

    code: int
    text: str
    by_broker: bool


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A PUBACK, with its reason code: `is_published()` is true for refusals as well."""

    mid: int
    code: int
    text: str


Signal = Connected | Unreachable | Refused | Lost | Acknowledged
Deliver = Callable[[Signal], None]


class Dialer:
    """Makes connections to one broker for one device."""

    def __init__(self, broker: Broker, topics: Topics) -> None:
        """Reads what TLS needs, so that a wrong file is noticed before the first connection.

        Raises:
            ConfigError: The host is no host name, or a TLS file cannot be used.
        """
        try:
            broker.host.encode("idna")
        except UnicodeError:
            raise ConfigError(f"mqtt.host: {broker.host!r} is not a host name or address") from None
        self.broker = broker
        self.topics = topics
        self._context = None if broker.tls is None else tls_context(broker.tls)

    def dial(self, deliver: Deliver) -> Link:
        """Begins one connection; its outcome arrives through `deliver`, which must not wait."""
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.topics.client_id,
            userdata=_Mailbox(deliver),
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        client.will_set(self.topics.availability, OFFLINE, qos=1, retain=True)
        if self.broker.login is not None:
            client.username_pw_set(self.broker.login.username, self.broker.login.password)
        if self._context is not None:
            client.tls_set_context(self._context)
        return Link(client, self.broker)


class Link:
    """One connection, from the attempt to its end."""

    def __init__(self, client: Client, broker: Broker) -> None:
        self._client = client
        self._mailbox: _Mailbox = client.user_data_get()
        client.on_pre_connect = _on_pre_connect
        client.on_connect = _on_connect
        client.on_connect_fail = _on_connect_fail
        client.on_disconnect = _on_disconnect
        client.on_publish = _on_publish
        client.connect_async(broker.host, broker.port, keepalive=broker.keepalive)
        client.loop_start()

    @property
    def alive(self) -> bool:
        """Whether the network thread runs: the only judge of a client that can be trusted."""
        thread = self._mailbox.thread
        return thread is None or thread.is_alive()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Hands one message over, QoS 1; an `Acknowledged` with the returned number follows.

        Raises:
            BrokerError: There is no connection.
        """
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerError("the connection is gone")
        return info.mid

    def close(self, timeout: float = 0.0, *, with_will: bool = False) -> None:
        """Ends the connection and waits up to `timeout` seconds for it.

        Args:
            timeout: 0 does not wait.
            with_will: Have the broker publish the will, behind all that was sent before.
        """
        self._mailbox.closed = True
        reason = ReasonCode(PacketTypes.DISCONNECT, identifier=DISCONNECT_WITH_WILL if with_will else 0)
        self._client.disconnect(reason)
        if self._mailbox.thread is not None and timeout > 0:
            self._mailbox.thread.join(timeout)


@dataclass(slots=True)
class _Mailbox:
    """What the callbacks of one client share; the client holds it, and it does not hold the client."""

    deliver: Deliver
    thread: threading.Thread | None = None
    closed: bool = False


def _on_pre_connect(_client: Client, mailbox: _Mailbox) -> None:
    mailbox.thread = threading.current_thread()


def _on_connect(
    client: Client, mailbox: _Mailbox, _flags: ConnectFlags, code: ReasonCode, properties: Properties | None
) -> None:
    if mailbox.closed:
        # `disconnect` came while the socket was being opened, and found none to close.
        client.disconnect()
    elif code.value >= REFUSED or code.value in range(1, 6):
        mailbox.deliver(Refused(code.value, str(code)))
    else:
        maximum = getattr(properties, "ReceiveMaximum", LARGEST_RECEIVE_MAXIMUM)
        mailbox.deliver(Connected(maximum, getattr(properties, "MaximumPacketSize", None)))


def _on_connect_fail(client: Client, mailbox: _Mailbox) -> None:
    # paho calls this while it handles the exception, and tells it to nobody.
    mailbox.deliver(Unreachable(sys.exc_info()[1]))
    client.disconnect()


def _on_disconnect(
    _client: Client,
    mailbox: _Mailbox,
    flags: DisconnectFlags,
    code: ReasonCode,
    _properties: Properties | None,
) -> None:
    mailbox.deliver(Lost(code.value, str(code), flags.is_disconnect_packet_from_server))


def _on_publish(
    _client: Client, mailbox: _Mailbox, mid: int, code: ReasonCode, _properties: Properties
) -> None:
    mailbox.deliver(Acknowledged(mid, code.value, str(code)))


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
