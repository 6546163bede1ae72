"""paho's client, made to take no more than it was told to, and to spend little on each message.

The seams are methods of paho that are not public; the tests with hostile brokers show that they are there.
What happens on paho's thread goes through a callback that only delivers an event: a lock shared with
`publish` deadlocks, and an exception in a callback ends the thread while `is_connected()` stays true.
"""

from __future__ import annotations

import logging
import struct
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties, VariableByteIntegers
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
    MessageReceived,
    PublishAcknowledged,
    ReplyAddress,
    SubscriptionAcknowledged,
)
from edge.mqtt.network_state import NetworkState
from edge.mqtt.properties import TEXT, MessageProperties
from edge.mqtt.reason_codes import REFUSED

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

# MQTT 5.0, section 3.14.2.1.
DISCONNECT_WITH_WILL = 0x04
# MQTT 5.0, section 3.2.2.3.3: what holds where a broker names no Receive Maximum.
LARGEST_RECEIVE_MAXIMUM = 65_535
LARGEST_PACKET = 268_435_460
"""Of all that the protocol can write."""
MAX_HEADER = 5
CONNACK, PUBLISH, PUBACK, QOS_2 = 0x20, 0x30, 0x40, 0x04
FULL_S = 0.01
"""Between two looks whether there is room for messages again; the rest waits with the broker."""
READ_BYTES = 65_536
"""What is read from the network at a time, at most."""
MAX_PACKETS = 500
"""Packets that are handled before the thread looks after what is to be sent."""
MAX_UNREAD = 5_000
"""Pieces that wait for the broker to read them; one has the acknowledgements of a batch, or one packet."""
_ACKNOWLEDGEMENT = struct.Struct("!BBH")
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


class PublishProperties(Properties):
    """Properties of many messages, packed once; paho would pack them for each message."""

    def __init__(self) -> None:
        super().__init__(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]

    @cached_property
    def _packed(self) -> bytes:
        return bytes(super().pack())  # type: ignore[no-untyped-call]

    def pack(self) -> bytes:
        """What paho puts into the packet; properties that are set later are not in it."""
        return self._packed


@lru_cache(maxsize=64)
def _publish_properties(wanted: MessageProperties) -> Properties:
    """Cached: most messages have one of a few. paho only reads them."""
    return _described(PublishProperties(), wanted)


def _described(properties: Properties, wanted: MessageProperties) -> Properties:
    properties.PayloadFormatIndicator = 1
    properties.ContentType = wanted.content_type
    if wanted.expiry_s is not None:
        properties.MessageExpiryInterval = wanted.expiry_s
    if wanted.correlation is not None:
        properties.CorrelationData = wanted.correlation
    return properties


def _connect_properties(options: ConnectOptions) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    if options.session is not None:
        properties.SessionExpiryInterval = options.session.expiry_s
        properties.ReceiveMaximum = options.session.receive_maximum
    if options.maximum_packet_size:
        properties.MaximumPacketSize = options.maximum_packet_size
    return properties


class _ReadAhead:
    """A socket that reads all there is: paho asks for a packet in four pieces, each a call of the system."""

    def __init__(self, inner: SocketLike) -> None:
        self._inner = inner
        self._read, self._at = b"", 0
        self.send, self.close, self.fileno = inner.send, inner.close, inner.fileno
        self.setblocking = inner.setblocking

    def recv(self, size: int) -> bytes:
        """As that of a socket."""
        if self._at == len(self._read):
            self._read, self._at = self._inner.recv(READ_BYTES), 0
        piece = self._read[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def pending(self) -> int:
        """Bytes of which `select` does not tell; paho asks for them, since a TLS socket has some."""
        in_library = self._inner.pending() if hasattr(self._inner, "pending") else 0
        return len(self._read) - self._at + in_library

    def message(self, most: int) -> MessageReceived | None:
        """The next packet, if it is a message of at most so many bytes, in good order and here as a whole.

        Of QoS 0 or 1. Everything else stays for `recv`.
        """
        first = self._read[self._at] if self._at < len(self._read) else 0
        begin, end = _content(self._read, self._at)
        if first & (0xF0 | QOS_2) != PUBLISH or end > len(self._read) or end - begin + MAX_HEADER > most:
            return None
        try:
            message = message_of(first, self._read[begin:end])
        # Found again on paho's way, which ends the connection.
        except Exception:
            return None
        self._at = end
        return message


def _content(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of a packet begins and ends; behind all data where its length is not there."""
    length = shift = 0
    for place in range(at + 1, min(at + MAX_HEADER, len(data))):
        length |= (data[place] & 0x7F) << shift
        shift += 7
        if data[place] < 0x80:
            return place + 1, place + 1 + length
    return at, len(data) + 1


class BoundedClient(Client):
    """Ends a connection at what it has said that it would not take, and at what breaks the protocol.

    paho reads a packet of any size whole, keeps messages of QoS 2 and answers that are not read for as long
    as the broker likes, and its thread dies of some packets. The seams are its calls that read from the
    socket, by which time it has the header and nothing of the body, and that handle a packet.

    `state` is what paho's thread and the one that uses the connection share.
    """

    _ahead: _ReadAhead

    def __init__(self, options: ConnectOptions, state: NetworkState) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=options.client_id,
            userdata=state,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            # An acknowledgement by paho would come before the message is stored.
            manual_ack=options.session is not None,
        )
        self.state = state
        self.options = options
        self._most_bytes = options.maximum_packet_size or LARGEST_PACKET
        self.on_pre_connect = _on_pre_connect
        self.on_connect = _on_connect
        self.on_connect_fail = _on_connect_fail
        self.on_disconnect = _on_disconnect
        self.on_publish = _on_publish
        self.on_subscribe = _on_subscribe
        if options.will:
            self._ask_for_will(options)

    def begin(self, broker: Broker) -> None:
        """Begins the connection, on a thread of paho's."""
        self.connect_async(
            broker.host,
            broker.port,
            # paho looks once a second: one earlier finds a dead connection within twice the time and 1 s.
            keepalive=max(broker.keepalive - 1, 1),
            # MQTT 5.0, section 3.1.2.4: drops what an earlier run left; the spool has what was in it.
            clean_start=self.options.session is None,
            properties=_connect_properties(self.options),
        )
        self.loop_start()

    def send(self, topic: str, payload: bytes, wanted: MessageProperties, *, retain: bool) -> int:
        """Publishes a message with the QoS that the broker takes; its number.

        Raises:
            BrokerError: There is no connection.
        """
        qos, properties = self.state.qos, _publish_properties(wanted)
        info = self.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerError("the connection is gone")
        return info.mid

    def ask_for(self, filters: Sequence[str], *, as_published: bool) -> None:
        """Subscribes with QoS 1; see `Connection.subscribe`."""
        options = SubscribeOptions(qos=1, retainAsPublished=as_published)
        self.subscribe([(topic_filter, options) for topic_filter in filters])

    def end(self, *, with_will: bool) -> None:
        """Says goodbye, once all that was sent before is on its way."""
        code = DISCONNECT_WITH_WILL if with_will else 0
        self.disconnect(ReasonCode(PacketTypes.DISCONNECT, identifier=code))

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Handles what has been read: messages at once, everything else as paho does, packet by packet."""
        code, state = super().loop_read(max_packets), self.state
        for _ in range(MAX_PACKETS):
            if code or self._sock is None or state.refusal:
                break
            if not self._ahead.pending() or not state.unacknowledged.room(1):
                break
            message = None if self._in_packet["command"] else self._ahead.message(self._most_bytes)
            code = super().loop_read(max_packets) if message is None else self._receive(message)
        return code

    def acknowledge(self, mids: Iterable[int]) -> None:
        """Lets the broker forget messages of QoS 1, in one piece; `ack` wakes the thread for each."""
        packets = b"".join(_ACKNOWLEDGEMENT.pack(PUBACK, 2, mid) for mid in mids)
        if packets:
            self._packet_queue(PUBACK, packets, 0, 1)

    def _ask_for_will(self, options: ConnectOptions) -> None:
        properties = _described(Properties(PacketTypes.WILLMESSAGE), MessageProperties(TEXT))  # type: ignore[no-untyped-call]
        qos, retain = options.will_qos, options.will_retained
        self.will_set(options.will, OFFLINE, qos=qos, retain=retain, properties=properties)

    def _create_socket(self) -> _ReadAhead:
        self._ahead = _ReadAhead(super()._create_socket())
        return self._ahead

    def _sock_recv(self, bufsize: int) -> bytes:
        state, packet, most = self.state, self._in_packet, self._most_bytes
        state.is_broker = state.is_broker or packet["command"] & 0xF0 == CONNACK
        if packet["have_remaining"] and packet["remaining_length"] + MAX_HEADER > most:
            state.refusal = f"a packet of more than {most} bytes"
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
        try:
            code = super()._packet_handle()
        # A broker chooses these bytes: whatever they bring about is the end of the connection, no more.
        except Exception:
            _log.debug("a packet cannot be read", exc_info=True)
            code = MQTTErrorCode.MQTT_ERR_PROTOCOL
        if code in (MQTTErrorCode.MQTT_ERR_PROTOCOL, MQTTErrorCode.MQTT_ERR_INVAL):
            self.state.refusal = "a packet that breaks the protocol"
        return code

    def _handle_publish(self) -> MQTTErrorCode:
        return self._receive(message_of(self._in_packet["command"], bytes(self._in_packet["packet"])))

    def _receive(self, message: MessageReceived) -> MQTTErrorCode:
        self.state.received(message)
        if message.qos and not self._manual_ack:
            return self._send_puback(message.mid)
        return MQTTErrorCode.MQTT_ERR_SUCCESS


def message_of(first: int, body: bytes) -> MessageReceived:
    """The message of a PUBLISH packet; MQTT 5.0, section 3.3.

    Args:
        first: Its first byte.
        body: What follows the length.

    Raises:
        Exception: It breaks the protocol; of which kind depends on paho.
    """
    qos = first >> 1 & 3
    at = 2 + int.from_bytes(body[:2], "big")
    name, mid = body[2:at], 0
    if qos:
        mid, at = int.from_bytes(body[at : at + 2], "big"), at + 2
    length, digits = VariableByteIntegers.decode(body[at : at + 5])  # type: ignore[no-untyped-call]
    end = at + digits + length
    if end > len(body):
        raise ValueError("a packet ends before its properties do")
    return MessageReceived(mid, qos, _topic(name), body[end:], bool(first & 1), _reply_address(body[at:end]))


def _topic(name: bytes) -> str:
    try:
        return name.decode()
    except UnicodeDecodeError:
        # An exception would end paho's thread; no filter fits the empty topic.
        return ""


@lru_cache(maxsize=64)
def _reply_address(properties: bytes) -> ReplyAddress | None:
    """Where an answer is wanted; cached, since paho takes long and most messages have the same properties."""
    known = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    known.unpack(properties)  # type: ignore[no-untyped-call]
    topic = getattr(known, "ResponseTopic", "")
    return ReplyAddress(topic, getattr(known, "CorrelationData", None)) if topic else None


def _on_pre_connect(_client: Client, state: NetworkState) -> None:
    # paho's thread has no public name; this is the first callback on it.
    state.thread = threading.current_thread()


def _on_connect(
    client: Client,
    state: NetworkState,
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


def _on_connect_fail(client: Client, state: NetworkState) -> None:
    # paho calls this while it handles the exception, and does not pass it on.
    state.deliver(ConnectionFailed(sys.exc_info()[1]))
    client.disconnect()


def _on_disconnect(
    _client: Client,
    state: NetworkState,
    flags: DisconnectFlags,
    code: ReasonCode,
    _properties: Properties | None,
) -> None:
    by_broker = flags.is_disconnect_packet_from_server
    refusal = state.refusal or ("" if state.answered else "half an answer")
    refusal = refusal if state.is_broker else ""
    state.deliver(ConnectionLost(code.value, refusal or str(code), by_broker, bool(refusal)))


def _on_publish(
    _client: Client, state: NetworkState, mid: int, code: ReasonCode, _properties: Properties
) -> None:
    state.publishes_answered += 1
    state.deliver(PublishAcknowledged(mid, code.value, str(code)))


def _on_subscribe(
    _client: Client,
    state: NetworkState,
    _mid: int,
    codes: list[ReasonCode],
    _properties: Properties | None,
) -> None:
    if not state.subscriptions:
        state.refusal = "an answer to a subscription that was not made"
        return
    state.subscriptions.popleft()
    state.deliver(SubscriptionAcknowledged(tuple(code.value for code in codes)))
