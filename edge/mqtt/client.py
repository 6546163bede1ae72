"""The paho client, wrapped once: one `Connection` is used until it is lost and then thrown away.

paho is never asked to reconnect. It would send again from its own memory, past the window and past the
broker's Receive Maximum; a new client has nothing to send again. What happens on paho's thread goes
through a callback that only puts it into a queue: a lock shared with `publish` deadlocks, and an
exception in a callback ends the thread while `is_connected()` stays true.
"""

from __future__ import annotations

import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.errors import BrokerError
from edge.messages.topics import OFFLINE
from edge.mqtt.broker import Broker, ConnectOptions
from edge.mqtt.events import (
    ConnectionAccepted,
    ConnectionFailed,
    ConnectionLost,
    ConnectionRefused,
    Deliver,
    MessageReceived,
    PublishAcknowledged,
    SubscriptionAcknowledged,
)
from edge.mqtt.reason_codes import REFUSED

# MQTT 5.0, section 3.14.2.1.
DISCONNECT_WITH_WILL = 0x04
# MQTT 5.0, section 3.2.2.3.3: what holds where a broker names no Receive Maximum.
LARGEST_RECEIVE_MAXIMUM = 65_535
SUBSCRIBE_S = 5.0
WINDOW = 20
"""Messages that may be unacknowledged at a time, whatever Receive Maximum the broker allows."""


def _accept_all_reason_codes() -> None:
    """Lets a PUBACK carry any reason code.

    paho ends a connection over one that the standard gives to other packets only, such as 0x95: the
    message would be sent again for ever.
    """
    names = {code: dict(meanings) for code, meanings in ReasonCode.names.items()}
    for code in range(REFUSED, 0x100):
        meanings = names.setdefault(code, {f"Reason code 0x{code:02x}": []})
        if not any(PacketTypes.PUBACK in packets for packets in meanings.values()):
            name, packets = next(iter(meanings.items()))
            meanings[name] = [*packets, PacketTypes.PUBACK]
    ReasonCode.names = names


_accept_all_reason_codes()


def connect(
    broker: Broker, context: ssl.SSLContext | None, options: ConnectOptions, deliver: Deliver
) -> Connection:
    """Begins one connection; its outcome arrives through `deliver`, which must not wait."""
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=options.client_id,
        userdata=_CallbackState(deliver),
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
        # An acknowledgement by paho would come before the message is stored.
        manual_ack=options.session is not None,
    )
    if options.will:
        client.will_set(options.will, OFFLINE, qos=options.will_qos, retain=options.will_retained)
    if broker.login is not None:
        client.username_pw_set(broker.login.username, broker.login.password)
    if context is not None:
        client.tls_set_context(context)
    return Connection(client, broker, options)


def _expiring(seconds: int) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = seconds
    return properties


def _properties(options: ConnectOptions) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    if options.session is not None:
        properties.SessionExpiryInterval = options.session.expiry_s
        properties.ReceiveMaximum = options.session.receive_maximum
    if options.maximum_packet_size:
        properties.MaximumPacketSize = options.maximum_packet_size
    return properties


class Connection:
    """One connection, from the attempt to its end."""

    def __init__(self, client: Client, broker: Broker, options: ConnectOptions) -> None:
        self._client = client
        self._state: _CallbackState = client.user_data_get()
        client.on_pre_connect = _on_pre_connect
        client.on_connect = _on_connect
        client.on_connect_fail = _on_connect_fail
        client.on_disconnect = _on_disconnect
        client.on_publish = _on_publish
        client.on_subscribe = _on_subscribe
        client.on_message = _on_message
        client.connect_async(
            broker.host,
            broker.port,
            # paho looks once a second: one earlier finds a dead connection within twice the time and 1 s.
            keepalive=max(broker.keepalive - 1, 1),
            # MQTT 5.0, section 3.1.2.4: drops what an earlier run left; the spool has what was in it.
            clean_start=options.session is None,
            properties=_properties(options),
        )
        client.loop_start()

    @property
    def alive(self) -> bool:
        """Whether the network thread runs: the only judge of a client that can be trusted."""
        thread = self._state.thread
        return thread is None or thread.is_alive()

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> int:
        """Hands one message over, QoS 1; an `PublishAcknowledged` with the returned number follows.

        Where the broker takes QoS 0 only, it follows when the message is on its way.

        Args:
            topic: Where to.
            payload: Its bytes.
            retain: Whether the broker keeps it for those who come later.
            expiry_s: After how many seconds it forgets it.

        Raises:
            BrokerError: There is no connection.
        """
        properties = None if expiry_s is None else _expiring(expiry_s)
        qos = self._state.qos
        info = self._client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerError("the connection is gone")
        return info.mid

    def subscribe(self, filters: Sequence[str], *, as_published: bool = False) -> None:
        """Asks for messages, QoS 1; `SubscriptionAcknowledged` follows.

        `as_published`: `MessageReceived.retained` is also true of a retained message that comes while it is
        published; else only of those that the broker had kept.
        """
        options = SubscribeOptions(qos=1, retainAsPublished=as_published)
        self._client.subscribe([(topic_filter, options) for topic_filter in filters])

    def unsubscribe(self, filters: Sequence[str]) -> None:
        """Asks for no more of these; the broker's answer is of no interest."""
        self._client.unsubscribe(list(filters))

    def acknowledge(self, arrived: MessageReceived) -> None:
        """Lets the broker forget a message that came over this connection."""
        self._client.ack(arrived.mid, arrived.qos)

    def close(self, timeout: float = 0.0, *, with_will: bool = False) -> None:
        """Ends the connection and waits up to `timeout` seconds for it.

        Args:
            timeout: 0 does not wait.
            with_will: Have the broker publish the will, behind all that was sent before.
        """
        # First: `disconnect` does nothing while the socket is being opened, see `_on_connect`.
        self._state.closed = True
        reason = ReasonCode(PacketTypes.DISCONNECT, identifier=DISCONNECT_WITH_WILL if with_will else 0)
        self._client.disconnect(reason)
        if self._state.thread is not None and timeout > 0:
            self._state.thread.join(timeout)


@dataclass(slots=True)
class _CallbackState:
    """What the callbacks of one client share; the client holds it, and it does not hold the client."""

    deliver: Deliver
    thread: threading.Thread | None = None
    closed: bool = False
    qos: int = 1


def _on_pre_connect(_client: Client, state: _CallbackState) -> None:
    # paho's thread has no public name; this is the first callback on it.
    state.thread = threading.current_thread()


def _on_connect(
    client: Client,
    state: _CallbackState,
    flags: ConnectFlags,
    code: ReasonCode,
    properties: Properties | None,
) -> None:
    if state.closed:
        # `disconnect` came while the socket was being opened, and found none to close.
        client.disconnect()
    # 1 to 5 are return codes of MQTT 3.1.1, with which an old broker answers.
    elif code.value >= REFUSED or code.value in range(1, 6):
        state.deliver(ConnectionRefused(code.value, str(code)))
    else:
        accepted = _granted(flags, properties)
        state.qos = accepted.qos
        state.deliver(accepted)


def _granted(flags: ConnectFlags, properties: Properties | None) -> ConnectionAccepted:
    """What a broker says that it can take; what it leaves out it can."""
    return ConnectionAccepted(
        receive_maximum=getattr(properties, "ReceiveMaximum", LARGEST_RECEIVE_MAXIMUM),
        maximum_packet_size=getattr(properties, "MaximumPacketSize", None),
        resumed=flags.session_present,
        retains=bool(getattr(properties, "RetainAvailable", 1)),
        qos=min(getattr(properties, "MaximumQoS", 1), 1),
        wildcards=bool(getattr(properties, "WildcardSubscriptionAvailable", 1)),
        shares=bool(getattr(properties, "SharedSubscriptionAvailable", 1)),
        session_expiry_s=getattr(properties, "SessionExpiryInterval", None),
    )


def _on_connect_fail(client: Client, state: _CallbackState) -> None:
    # paho calls this while it handles the exception, and does not pass it on.
    state.deliver(ConnectionFailed(sys.exc_info()[1]))
    client.disconnect()


def _on_disconnect(
    _client: Client,
    state: _CallbackState,
    flags: DisconnectFlags,
    code: ReasonCode,
    _properties: Properties | None,
) -> None:
    state.deliver(ConnectionLost(code.value, str(code), flags.is_disconnect_packet_from_server))


def _on_publish(
    _client: Client, state: _CallbackState, mid: int, code: ReasonCode, _properties: Properties
) -> None:
    state.deliver(PublishAcknowledged(mid, code.value, str(code)))


def _on_subscribe(
    _client: Client, state: _CallbackState, _mid: int, codes: list[ReasonCode], _properties: Properties | None
) -> None:
    state.deliver(SubscriptionAcknowledged(tuple(code.value for code in codes)))


def _on_message(_client: Client, state: _CallbackState, message: MQTTMessage) -> None:
    try:
        topic = message.topic
    except UnicodeDecodeError:
        # An exception would end paho's thread; no filter fits the empty topic.
        topic = ""
    state.deliver(MessageReceived(message.mid, message.qos, topic, bytes(message.payload), message.retain))


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
    subscribed = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_message = lambda _client, _data, message: on_message(message.topic, bytes(message.payload))
    client.connect_async(host, port)
    client.loop_start()
    try:
        if not subscribed.wait(SUBSCRIBE_S):
            raise BrokerError(f"{host}:{port} did not confirm a subscription to {topic}; is it a broker?")
        yield
    finally:
        client.disconnect()
        client.loop_stop()
