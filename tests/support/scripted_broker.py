"""A small MQTT 5 broker that answers by a script: refusals, disconnects, limits, slowness, silence.

It knows publishing and subscriptions up to QoS 1, which is what a device needs. What its terms deny it
refuses as a real broker does, from CONNECT on; and it throws out a client whose identifier comes again. It
keeps an account of what it was given and how many messages were unanswered at most. Source: MQTT 5.0,
sections 2 and 3.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = (
    1, 2, 3, 4, 8, 9, 12, 13, 14,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Given:
    """A message as it arrived."""

    topic: str
    payload: bytes
    retain: bool

    @property
    def name(self) -> str:
        return self.topic.rpartition("/")[2]

    @property
    def sequence(self) -> int:
        """Of an event; 0 for anything else."""
        number: int = json.loads(self.payload)["sequence"] if self.name == "event" else 0
        return number


@dataclass(frozen=True, slots=True)
class Reply:
    """What to do about a message: answer with a code, hang up with one, or leave it unanswered.

    `bare`: hang up without a DISCONNECT.
    """

    code: int = 0
    hang_up: bool = False
    bare: bool = False
    silent: bool = False


OK = Reply()
Policy = Callable[[Given], Reply]


def take_all(_given: Given) -> Reply:
    return OK


@dataclass
class Terms:
    """What the broker grants when it accepts."""

    receive_maximum: int = 65_535
    largest: int = 0
    retains: bool = True
    delay_s: float = 0.0
    qos: int = 2
    wildcards: bool = True
    shares: bool = True
    session_expiry_s: int | None = None
    keep_alive_s: int | None = None
    takeover: int | None = None
    """With which reason a client is thrown out whose identifier comes again; 0 for none given."""


@dataclass(frozen=True, slots=True)
class Connect:
    """What a client said of itself."""

    client_id: str
    will: bool
    will_qos: int
    will_retained: bool


@dataclass
class ScriptedBroker:
    """Listens on loopback while the context lasts; answers each message by `policy`, in order."""

    policy: Policy = take_all
    terms: Terms = field(default_factory=Terms)

    def __post_init__(self) -> None:
        self.given: list[Given] = []
        self.taken: list[Given] = []
        self.connects: list[Connect] = []
        self.subscribed: list[str] = []
        self.holders: dict[str, socket.socket] = {}
        self.connections = 0
        self.max_in_flight = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()

    @property
    def sequences(self) -> list[int]:
        """The events that were taken, in order, repetitions included."""
        return [given.sequence for given in list(self.taken) if given.name == "event"]

    def hang_up(self, code: int | None = None) -> None:
        """Ends all connections, with a DISCONNECT where there is a reason code for it."""
        for peer in self._open:
            try:
                if code is not None:
                    peer.sendall(packet(DISCONNECT << 4, bytes([code, 0])))
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Sends a message (QoS 0) to whoever is connected, subscribed or not."""
        body = struct.pack("!H", len(topic)) + topic.encode() + b"\0" + payload
        for peer in self._open[-1:]:
            peer.sendall(packet(PUBLISH << 4 | retain, body))

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(peer)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        try:
            with peer:
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _Conversation(self, peer).run()
        except OSError:
            return


class _Conversation:
    """One connection: one thread reads, another answers after the broker's delay."""

    def __init__(self, broker: ScriptedBroker, peer: socket.socket) -> None:
        self._broker = broker
        self._peer = peer
        self._unanswered: list[tuple[int, Given]] = []
        self._more = threading.Condition()
        self._over = False

    def run(self) -> None:
        threading.Thread(target=self._answer, daemon=True).start()
        try:
            for kind, flags, body in _packets(self._peer):
                if kind == DISCONNECT:
                    return
                self._handle(kind, flags, body)
        finally:
            with self._more:
                self._over = True
                self._more.notify()

    def _handle(self, kind: int, flags: int, body: bytes) -> None:
        if kind == CONNECT:
            self._connect(_connect(body))
        elif kind == PINGREQ:
            self._peer.sendall(packet(PINGRESP << 4, b""))
        elif kind == SUBSCRIBE:
            filters = _filters(body)
            self._broker.subscribed += filters
            codes = bytes(_granted(topic_filter, self._broker.terms) for topic_filter in filters)
            self._peer.sendall(packet(SUBACK << 4, body[:2] + b"\0" + codes))
        elif kind == PUBLISH and (code := _violated(flags, self._broker.terms)):
            self._hang_up(code)
        elif kind == PUBLISH and not flags & 6:
            self._broker.given.append(_message(flags, body)[1])
            self._broker.taken.append(self._broker.given[-1])
        elif kind == PUBLISH:
            mid, given = _message(flags, body)
            with self._more:
                self._broker.given.append(given)
                self._unanswered.append((mid, given))
                self._broker.max_in_flight = max(self._broker.max_in_flight, len(self._unanswered))
                self._more.notify()

    def _connect(self, connect: Connect) -> None:
        terms, holders = self._broker.terms, self._broker.holders
        self._broker.connects.append(connect)
        code = 0
        if connect.will and connect.will_retained and not terms.retains:
            code = 0x9A
        elif connect.will and connect.will_qos > terms.qos:
            code = 0x9B
        if not code and terms.takeover is not None and connect.client_id in holders:
            _throw_out(holders[connect.client_id], terms.takeover)
        holders[connect.client_id] = self._peer
        self._peer.sendall(packet(CONNACK << 4, bytes([0, code]) + _properties(terms)))
        if code:
            self._peer.shutdown(socket.SHUT_RDWR)

    def _hang_up(self, code: int) -> None:
        self._peer.sendall(packet(DISCONNECT << 4, bytes([code, 0])))
        self._peer.shutdown(socket.SHUT_RDWR)

    def _answer(self) -> None:
        while True:
            with self._more:
                self._more.wait_for(lambda: self._unanswered or self._over)
                if self._over:
                    return
                mid, given = self._unanswered[0]
            if self._broker.terms.delay_s:
                time.sleep(self._broker.terms.delay_s)
            try:
                self._do(self._broker.policy(given), mid, given)
            except OSError:
                return

    def _do(self, reply: Reply, mid: int, given: Given) -> None:
        with self._more:
            self._unanswered.pop(0)
        if reply.hang_up or reply.bare:
            if reply.hang_up:
                self._hang_up(reply.code)
            else:
                self._peer.shutdown(socket.SHUT_RDWR)
        elif not reply.silent:
            if reply.code < 0x80:
                self._broker.taken.append(given)
            self._peer.sendall(packet(PUBACK << 4, struct.pack("!HBB", mid, reply.code, 0)))


def _packets(peer: socket.socket) -> Iterator[tuple[int, int, bytes]]:
    with peer.makefile("rb") as stream:
        while first := stream.read(1):
            length, shift = 0, 0
            while True:
                (byte,) = stream.read(1)
                length |= (byte & 0x7F) << shift
                shift += 7
                if not byte & 0x80:
                    break
            yield first[0] >> 4, first[0] & 0xF, stream.read(length)


def _message(flags: int, body: bytes) -> tuple[int, Given]:
    (size,) = struct.unpack_from("!H", body)
    topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
    mid = 0
    if flags & 6:
        (mid,) = struct.unpack_from("!H", rest)
        rest = rest[2:]
    return mid, Given(topic, rest[1 + rest[0] :], bool(flags & 1))


def _connect(body: bytes) -> Connect:
    flags, rest = body[7], body[10:]
    rest = rest[1 + rest[0] :]
    (size,) = struct.unpack_from("!H", rest)
    return Connect(rest[2 : 2 + size].decode(), bool(flags & 4), flags >> 3 & 3, bool(flags & 32))


def _filters(body: bytes) -> list[str]:
    rest, found = body[3 + body[2] :], []
    while rest:
        (size,) = struct.unpack_from("!H", rest)
        found.append(rest[2 : 2 + size].decode())
        rest = rest[3 + size :]
    return found


def _granted(topic_filter: str, terms: Terms) -> int:
    """The answer to one filter: a QoS, or why not."""
    if topic_filter.startswith("$share/") and not terms.shares:
        return 0x9E
    if not terms.wildcards and any(level in ("+", "#") for level in topic_filter.split("/")):
        return 0xA2
    return min(1, terms.qos)


def _violated(flags: int, terms: Terms) -> int:
    """Why a message ends the connection; 0 where it does not."""
    if flags & 1 and not terms.retains:
        return 0x9A
    return 0x9B if flags >> 1 & 3 > terms.qos else 0


def _throw_out(peer: socket.socket, code: int) -> None:
    try:
        if code:
            peer.sendall(packet(DISCONNECT << 4, bytes([code, 0])))
        peer.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _properties(terms: Terms) -> bytes:
    body = b"\x21" + struct.pack("!H", terms.receive_maximum)
    body += b"\x27" + struct.pack("!I", terms.largest) if terms.largest else b""
    body += b"" if terms.retains else b"\x25\0"
    body += b"" if terms.qos > 1 else b"\x24" + bytes([terms.qos])
    body += b"" if terms.wildcards else b"\x28\0"
    body += b"" if terms.shares else b"\x2a\0"
    body += b"" if terms.session_expiry_s is None else b"\x11" + struct.pack("!I", terms.session_expiry_s)
    body += b"" if terms.keep_alive_s is None else b"\x13" + struct.pack("!H", terms.keep_alive_s)
    return bytes([len(body)]) + body


def packet(first: int, body: bytes) -> bytes:
    size, length = b"", len(body)
    while True:
        length, byte = length >> 7, length & 0x7F
        size += bytes([byte | (0x80 if length else 0)])
        if not length:
            return bytes([first]) + size + body


def refuse_some(code: int, every: int, times: int = 1) -> Policy:
    """Refuses each event whose number is a multiple of `every`, so many times."""
    refused: dict[int, int] = {}

    def policy(given: Given) -> Reply:
        number = given.sequence
        if number and number % every == 0 and refused.get(number, 0) < times:
            refused[number] = refused.get(number, 0) + 1
            return Reply(code)
        return OK

    return policy


def parse(payload: bytes) -> Any:
    """The members of a message."""
    return json.loads(payload)
