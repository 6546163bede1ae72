"""A local socket beside the spool, through which the tools ask a running daemon.

One question and one answer, each a line of JSON: `{"ask": "page", "limit": 10}` and
`{"answer": {...}}` or `{"error": "sentence"}`. Only root and the daemon's own user are heard.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.errors import SpoolError
from edge.spool.control import requests
from edge.spool.control.requests import PageRequest, PurgeRequest, ReplayRequest, Request, StatsRequest
from edge.spool.spool import Spool
from edge.spool.storage import files

MOST_ASKED = 16_384
"""Bytes of a question."""

MOST_ANSWERED = 64 << 20
PATIENCE_S = 10.0
ANSWER_S = 60.0
MOST_AT_ONCE = 8

QUESTIONS: dict[str, type[Request]] = {
    "page": PageRequest,
    "stats": StatsRequest,
    "replay": ReplayRequest,
    "purge": PurgeRequest,
}

_PEER = struct.Struct("3i")
_log = logging.getLogger(__name__)


class ControlServer:
    """Answers the tools, each in a thread of its own, by asking the spool's thread."""

    def __init__(self, spool: Spool) -> None:
        """Opens the socket; it exists as long as the spool is held.

        Raises:
            SpoolError: It cannot be made.
        """
        self._spool = spool
        self._path = files.socket_of(spool.path)
        self._slots = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._closed = False
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._path.unlink(missing_ok=True)
            with _short(self._path) as address:
                self._listener.bind(address)
            # Nobody can connect before it listens.
            self._path.chmod(0o600)
            self._listener.listen(MOST_AT_ONCE)
        except OSError as error:
            self._listener.close()
            raise SpoolError(f"the socket {self._path} cannot be made: {error.strerror}") from None
        threading.Thread(target=self._accept, name="maskgate-door", daemon=True).start()

    def close(self) -> None:
        """Takes the socket away."""
        self._closed = True
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            if self._slots.acquire(blocking=False):
                threading.Thread(target=self._serve, args=(peer,), name="maskgate-door", daemon=True).start()
            else:
                peer.close()

    def _serve(self, peer: socket.socket) -> None:
        try:
            with peer, peer.makefile("rb") as lines:
                peer.settimeout(PATIENCE_S)
                self._hear(peer, lines.readline(MOST_ASKED))
        except OSError as error:
            _log.debug("a tool went away: %s", error)
        finally:
            self._slots.release()

    def _hear(self, peer: socket.socket, line: bytes) -> None:
        if _user_of(peer) not in (0, os.geteuid()):
            _send(peer, {"error": "only root and the daemon's own user may ask"})
            return
        try:
            question = _parse(line)
            found = self._spool.ask(lambda writer: requests.answer(writer, question))
            _send(peer, {"answer": found})
        except SpoolError as error:
            _send(peer, {"error": str(error)})


def ask(path: Path, question: Request) -> dict[str, Any] | None:
    """Asks the daemon that holds a spool.

    Returns:
        Its answer; None where no daemon runs.

    Raises:
        SpoolError: It refuses, or does not answer.
    """
    address = files.socket_of(path)
    name = next(name for name, kind in QUESTIONS.items() if isinstance(question, kind))
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.settimeout(ANSWER_S)
            with _short(address) as short:
                server.connect(short)
            _send(server, {"ask": name, **asdict(question)})
            with server.makefile("rb") as lines:
                line = lines.readline(MOST_ANSWERED)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except OSError as error:
        raise SpoolError(f"the daemon at {address} does not answer: {error}") from None
    return _unpack(line, address)


def _unpack(line: bytes, address: Path) -> dict[str, Any]:
    try:
        message = json.loads(line)
        if "error" not in message:
            return dict(message["answer"])
    except (ValueError, KeyError, TypeError):
        raise SpoolError(f"the daemon at {address} went away amid its answer; try again") from None
    raise SpoolError(str(message["error"]))


def _parse(line: bytes) -> Request:
    """The question in a line.

    Raises:
        SpoolError: It is none.
    """
    try:
        members = json.loads(line)
        question = QUESTIONS[members.pop("ask")](**members)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SpoolError(
            "this is no question that the daemon knows; tool and daemon must be of one version"
        ) from None
    for value, kind in zip(asdict(question).values(), type(question).__annotations__.values(), strict=True):
        if not isinstance(value, KINDS[kind]):
            raise SpoolError(f"{value!r} is not what was asked for: {kind}")
    return question


KINDS: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (int, float), "bool": (bool,), "str | None": (str, type(None)),
}  # fmt: skip
"""What JSON may hold for a member of a question, by its annotation."""


def _send(peer: socket.socket, message: dict[str, object]) -> None:
    peer.sendall(json.dumps(message, ensure_ascii=False).encode() + b"\n")


def _user_of(peer: socket.socket) -> int:
    """The user id of the process at the other end."""
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    return int(_PEER.unpack(credentials)[1])


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of at most a hundred bytes for a path of any length, as sockets need it."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
