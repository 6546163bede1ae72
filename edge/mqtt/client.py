"""The paho client, wrapped once: one `Connection` is used until it is lost and then thrown away.

paho is never asked to reconnect. It would send again from its own memory, past the window and past the
broker's Receive Maximum; a new client has nothing to send again. What happens on paho's thread goes
through a callback that only puts it into a queue: a lock shared with `publish` deadlocks, and an
exception in a callback ends the thread while `is_connected()` stays true.
"""

from __future__ import annotations

import logging
import math
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

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
    ReplyAddress,
    SubscriptionAcknowledged,
)
from edge.mqtt.properties import PLAIN_JSON, TEXT, MessageProperties
from edge.mqtt.reason_codes import REFUSED

# MQTT 5.0, section 3.14.2.1.
DISCONNECT_WITH_WILL = 0x04
# MQTT 5.0, section 3.2.2.3.3: what holds where a broker names no Receive Maximum.
LARGEST_RECEIVE_MAXIMUM = 65_535
LARGEST_PACKET = 268_435_460
"""Of all that the protocol can write."""
MAX_HEADER = 5
CONNACK, PUBLISH, QOS_2 = 0x20, 0x30, 0x04
FULL_S = 0.01
"""Between two looks whether there is room for messages again; the rest waits with the broker."""
MAX_UNREAD = 5_000
"""Packets that wait for the broker to read them; a collector acknowledges up to 1,000 messages at once."""
MAX_QOS_0 = 200
"""Messages that the broker does not keep and that may wait to be stored; what comes beyond is dropped."""
SUBSCRIBE_S = 5.0
WINDOW = 20
"""Messages that may be unacknowledged at a time, whatever Receive Maximum the broker allows."""
_log = logging.getLogger(__name__)


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


class _BoundedClient(Client):
    """Ends a connection at what it has said that it would not take, and at what breaks the protocol.

    paho reads a packet of any size whole, keeps messages of QoS 2 and answers that are not read for as long
    as the broker likes, and its thread dies of some packets. The seams are its calls that read from the
    socket, by which time it has the header and nothing of the body, and that handle a packet.

    `maximum_packet_size` is how many bytes of a packet are read.
    """

    maximum_packet_size = LARGEST_PACKET

    def _sock_recv(self, bufsize: int) -> bytes:
        state: _CallbackState = self.user_data_get()
        packet = self._in_packet
        state.is_broker = state.is_broker or packet["command"] & 0xF0 == CONNACK
        if packet["have_remaining"] and packet["remaining_length"] + MAX_HEADER > self.maximum_packet_size:
            state.refusal = f"a packet of more than {self.maximum_packet_size} bytes"
        elif packet["command"] & 0xF0 == PUBLISH and packet["command"] & QOS_2:
            state.refusal = "a message of a QoS that was not asked for"
        elif len(self._out_packet) > MAX_UNREAD:
            state.refusal = "message after message, and does not read the answers"
        if state.refusal:
            # What paho takes for an end of the connection.
            raise ConnectionError(state.refusal)
        if not packet["command"] and not state.unacknowledged.room(1):
            # What paho takes for nothing to read. Mosquitto without a limit of its own sends beyond ours.
            time.sleep(FULL_S)
            raise BlockingIOError
        return super()._sock_recv(bufsize)

    def _packet_handle(self) -> MQTTErrorCode:
        state: _CallbackState = self.user_data_get()
        try:
            code = super()._packet_handle()
        # A broker chooses these bytes: whatever they bring about is the end of the connection, no more.
        except Exception:
            _log.debug("a packet cannot be read", exc_info=True)
            code = MQTTErrorCode.MQTT_ERR_PROTOCOL
        if code in (MQTTErrorCode.MQTT_ERR_PROTOCOL, MQTTErrorCode.MQTT_ERR_INVAL):
            state.refusal = "a packet that breaks the protocol"
        return code


def connect(
    broker: Broker, context: ssl.SSLContext | None, options: ConnectOptions, deliver: Deliver
) -> Connection:
    """Begins one connection; its outcome arrives through `deliver`, which must not wait."""
    client = _BoundedClient(
        CallbackAPIVersion.VERSION2,
        client_id=options.client_id,
        userdata=_CallbackState(deliver, _unacknowledged(options)),
        protocol=MQTTProtocolVersion.MQTTv5,
        reconnect_on_failure=False,
        # An acknowledgement by paho would come before the message is stored.
        manual_ack=options.session is not None,
    )
    if options.maximum_packet_size:
        client.maximum_packet_size = options.maximum_packet_size
    if options.will:
        client.will_set(
            options.will,
            OFFLINE,
            qos=options.will_qos,
            retain=options.will_retained,
            properties=_described(Properties(PacketTypes.WILLMESSAGE), MessageProperties(TEXT)),  # type: ignore[no-untyped-call]
        )
    if broker.login is not None:
        client.username_pw_set(broker.login.username, broker.login.password)
    if context is not None:
        client.tls_set_context(context)
    return Connection(client, broker, options)


@lru_cache(maxsize=64)
def _publish_properties(wanted: MessageProperties) -> Properties:
    """Cached: most messages have one of a few. paho only reads them."""
    return _described(Properties(PacketTypes.PUBLISH), wanted)  # type: ignore[no-untyped-call]


def _described(properties: Properties, wanted: MessageProperties) -> Properties:
    properties.PayloadFormatIndicator = 1
    properties.ContentType = wanted.content_type
    if wanted.expiry_s is not None:
        properties.MessageExpiryInterval = wanted.expiry_s
    if wanted.correlation is not None:
        properties.CorrelationData = wanted.correlation
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
        self._published = 0
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
        info = self._client.publish(
            topic,
            payload,
            qos=self._state.qos,
            retain=retain,
            properties=_publish_properties(properties),
        )
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerError("the connection is gone")
        self._published += 1
        return info.mid

    def subscribe(self, filters: Sequence[str], *, as_published: bool = False) -> None:
        """Asks for messages, QoS 1; `SubscriptionAcknowledged` follows.

        `as_published`: `MessageReceived.retained` is also true of a retained message that comes while it is
        published; else only of those that the broker had kept.
        """
        options = SubscribeOptions(qos=1, retainAsPublished=as_published)
        self._state.subscriptions.append(len(filters))
        self._client.subscribe([(topic_filter, options) for topic_filter in filters])

    def unsubscribe(self, filters: Sequence[str]) -> None:
        """Asks for no more of these; the broker's answer is of no interest."""
        self._client.unsubscribe(list(filters))

    def acknowledge(self, arrived: MessageReceived) -> None:
        """Lets the broker forget a message that came over this connection."""
        # First: the broker may send the next before `ack` returns.
        self._state.unacknowledged.done(arrived.qos)
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


class _Unacknowledged:
    """How many messages were delivered and are not acknowledged; each count is written by one thread."""

    def __init__(self, receive_maximum: float) -> None:
        self._most = (MAX_QOS_0 if math.isfinite(receive_maximum) else math.inf, receive_maximum)
        self._delivered, self._done = [0, 0], [0, 0]

    def room(self, qos: int) -> bool:
        """Whether one more may be delivered."""
        return self._delivered[qos] - self._done[qos] < self._most[qos]

    def delivered(self, qos: int) -> None:
        """One more; on paho's thread."""
        self._delivered[qos] += 1

    def done(self, qos: int) -> None:
        """One less; on the thread of who uses the connection."""
        self._done[qos] += 1


def _unacknowledged(options: ConnectOptions) -> _Unacknowledged:
    """Who keeps no session acknowledges nothing by itself, and bounds what waits in its queue."""
    return _Unacknowledged(math.inf if options.session is None else options.session.receive_maximum)


@dataclass(slots=True)
class _CallbackState:
    """What the callbacks of one client share; the client holds it, and it does not hold the client.

    Attributes:
        deliver: Where events go.
        unacknowledged: The messages that were delivered.
        subscriptions: Those that the broker has not answered.
        thread: The network thread, once it runs.
        closed: Whether this side has ended the connection.
        answered: Whether the broker has answered the CONNECT.
        refusal: What the broker sent that is not taken, in words; nothing more is read then.
        is_broker: Whether a CONNACK has begun, malformed or not.
        publishes_answered: How many messages the broker has answered.
    """

    deliver: Deliver
    unacknowledged: _Unacknowledged
    subscriptions: deque[int] = field(default_factory=deque)
    thread: threading.Thread | None = None
    closed: bool = False
    answered: bool = False
    refusal: str = ""
    is_broker: bool = False
    publishes_answered: int = 0
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
    answered, state.answered = state.answered, True
    if answered:
        state.refusal = "a second answer to one CONNECT"
    elif state.closed:
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
    by_broker = flags.is_disconnect_packet_from_server
    refusal = state.refusal or ("" if state.answered else "half an answer")
    refusal = refusal if state.is_broker else ""
    state.deliver(ConnectionLost(code.value, refusal or str(code), by_broker, bool(refusal)))


def _on_publish(
    _client: Client, state: _CallbackState, mid: int, code: ReasonCode, _properties: Properties
) -> None:
    state.publishes_answered += 1
    state.deliver(PublishAcknowledged(mid, code.value, str(code)))


def _on_subscribe(
    _client: Client,
    state: _CallbackState,
    _mid: int,
    codes: list[ReasonCode],
    _properties: Properties | None,
) -> None:
    if not state.subscriptions:
        state.refusal = "an answer to a subscription that was not made"
        return
    state.subscriptions.popleft()
    state.deliver(SubscriptionAcknowledged(tuple(code.value for code in codes)))


def _on_message(_client: Client, state: _CallbackState, message: MQTTMessage) -> None:
    if message.qos == 0 and not state.unacknowledged.room(0):
        return
    state.unacknowledged.delivered(message.qos)
    try:
        topic = message.topic
    except UnicodeDecodeError:
        # An exception would end paho's thread; no filter fits the empty topic.
        topic = ""
    state.deliver(
        MessageReceived(
            message.mid, message.qos, topic, bytes(message.payload), message.retain, _reply_address(message)
        )
    )


def _reply_address(message: MQTTMessage) -> ReplyAddress | None:
    topic = getattr(message.properties, "ResponseTopic", "")
    return ReplyAddress(topic, getattr(message.properties, "CorrelationData", None)) if topic else None


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
