"""A peer that answers each CONNECT with bytes of a test's choice, and then with more of them."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from tests.support.scripted_broker import packet

CONNACK = bytes.fromhex("2003000000")


def publish(qos: int, mid: int, payload: bytes, topic: bytes = b"a/b") -> bytes:
    """A PUBLISH packet."""
    number = struct.pack("!H", mid) if qos else b""
    return packet(0x30 | qos << 1, struct.pack("!H", len(topic)) + topic + number + b"\0" + payload)


@contextmanager
def raw_broker(answer: Callable[[], Iterable[bytes]]) -> Iterator[int]:
    """Listens on loopback; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(peer: socket.socket) -> None:
        with peer:
            try:
                peer.recv(4096)
                for part in answer():
                    peer.sendall(part)
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(4096):
                    pass
            except OSError:
                return

    def accept() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(peer,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
