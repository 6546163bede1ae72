"""A local socket beside the spool, through which the tools ask a running daemon.

A connection carries one request and one reply (see `requests`). Only root and the daemon's own user
are answered.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import struct
import threading
import time
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingUnixStreamServer
from typing import Any

from edge.errors import SpoolError
from edge.spool.control import handlers, requests
from edge.spool.control.handlers import NOTHING_SEES, Seeing
from edge.spool.spool import Spool
from edge.spool.storage import files

MOST_ASKED = 16_384
"""Bytes of a request."""

PATIENCE_S = 10.0
"""Within which all of a request must have come."""

MOST_AT_ONCE = 8
POLL_S = 10.0
"""How often the server looks whether its socket is still found; closing it wakes it at once."""

_PEER = struct.Struct("3i")
_log = logging.getLogger(__name__)


class ControlServer(ThreadingUnixStreamServer):
    """Answers the tools, each in a thread of its own, by asking the spool's thread."""

    daemon_threads = True
    request_queue_size = MOST_AT_ONCE

    def __init__(
        self,
        spool: Spool,
        path: Path | None = None,
        conversation: type[BaseRequestHandler] | None = None,
        seeing: Seeing = NOTHING_SEES,
    ) -> None:
        """Opens the socket; it exists as long as the spool is held.

        Args:
            spool: What is asked.
            path: The socket; beside the spool unless given.
            conversation: What holds a conversation; that of the tools unless given.
            seeing: Answers what is asked of the side that sees.

        Raises:
            SpoolError: It cannot be made.
        """
        self.spool = spool
        self.seeing = seeing
        self._path = path or files.socket_of(spool.path)
        self._before = self._path.with_name(f"{self._path.name}.new")
        self._ending = False
        self._slots = threading.BoundedSemaphore(MOST_AT_ONCE)
        try:
            super().__init__(str(self._path), conversation or _Conversation)
        except OSError as error:
            raise SpoolError(f"the socket {self._path} cannot be made: {error.strerror}") from None
        threading.Thread(
            target=self.serve_forever, args=(POLL_S,), name="maskgate-control", daemon=True
        ).start()

    def service_actions(self) -> None:
        """Makes the socket anew where it was deleted, with its folder for example; called now and then."""
        if self._ending or self._path.exists():
            return
        try:
            with socket.socket(socket.AF_UNIX) as fresh:
                self._bind(fresh)
                fresh.listen(self.request_queue_size)
                # Under the number of the old one, which the server waits for.
                os.dup2(fresh.fileno(), self.socket.fileno(), inheritable=False)
            self._before.rename(self._path)
        except OSError as error:
            # The folder is not there yet: the spool makes it anew.
            _log.debug("the socket %s cannot be made anew: %s", self._path, error)

    def close(self) -> None:
        """Takes the socket away; may be called twice."""
        # Before the socket: one that is not found would be made anew.
        self._ending = True
        self._remove()
        with contextlib.suppress(OSError):
            # A socket that is shut down is readable, which ends the server's wait.
            self.socket.shutdown(socket.SHUT_RDWR)
        self.shutdown()
        self.server_close()
        # One that was being made anew meanwhile.
        self._remove()

    def _remove(self) -> None:
        # Its folder may be gone, or on a disk that takes nothing more.
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def server_bind(self) -> None:
        """Binds the socket, which only this user can connect to, under its short name."""
        # Left by a daemon that was killed: the lock on the spool says that no other one runs.
        self._path.unlink(missing_ok=True)
        self._bind(self.socket)

    def _bind(self, made: socket.socket) -> None:
        self._before.unlink(missing_ok=True)
        with files.short_name(self._before) as address:
            made.bind(address)
        # Nobody can connect before it listens.
        self._before.chmod(0o600)

    def server_activate(self) -> None:
        """Listens, and only then is found: whoever finds the socket gets an answer."""
        super().server_activate()
        self._before.rename(self._path)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begins a conversation, unless there are too many."""
        # Turned away and not queued: the thread that accepts must not wait.
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Holds a conversation, on a thread of its own."""
        threading.current_thread().name = "maskgate-control-request"
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, *_: Any) -> None:
        """Logs what went wrong with one conversation; the server goes on."""
        _log.debug("a tool was not answered", exc_info=True)


class _Conversation(BaseRequestHandler):
    server: ControlServer
    request: socket.socket

    def handle(self) -> None:
        try:
            line = read_line(self.request)
            self.request.settimeout(PATIENCE_S)
            self.request.sendall(self._reply(line))
        except OSError as error:
            _log.debug("a tool went away: %s", error)

    def _reply(self, line: bytes) -> bytes:
        if peer_user(self.request) not in (0, os.geteuid()):
            return requests.encode_error("only root and the daemon's own user may ask")
        try:
            request = requests.parse_request(line)
            return requests.encode_answer(handlers.answer(self.server.spool, self.server.seeing, request))
        except SpoolError as error:
            return requests.encode_error(str(error))
        except Exception as error:
            # Whoever asks is to have a sentence, whatever was asked.
            _log.exception("a request cannot be answered")
            return requests.encode_error(f"the daemon cannot answer this: {error}")


def read_line(peer: socket.socket) -> bytes:
    """What a tool sends, to the end of its first line or `MOST_ASKED` bytes.

    Raises:
        OSError: It has not come within `PATIENCE_S`, or the tool is gone.
    """
    deadline = time.monotonic() + PATIENCE_S
    line = b""
    while b"\n" not in line and len(line) < MOST_ASKED:
        # The patience is for all of it: one byte now and then must not hold a slot.
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("its request has not come in time")
        peer.settimeout(left)
        received = peer.recv(MOST_ASKED - len(line))
        if not received:
            break
        line += received
    return line.partition(b"\n")[0]


def peer_user(peer: socket.socket) -> int:
    """The user id of the process at the other end, from the kernel."""
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    return int(_PEER.unpack(credentials)[1])
