"""The socket through which the process that sends works on the spool; see `link_messages`.

Only root and the daemon's own user are answered: both processes run under one user.
"""

from __future__ import annotations

import logging
import math
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from socketserver import BaseRequestHandler
from typing import Any

from edge.errors import SpoolError
from edge.spool.control import link_messages
from edge.spool.control.link_messages import MUTE, WATCH, Snapshot
from edge.spool.control.server import MOST_ASKED, PATIENCE_S, ControlServer, peer_user
from edge.spool.spool import Spool
from edge.telemetry.minutes import MinuteQueue, MinuteStats

SNAPSHOT_EVERY_S = 1.0
"""At least so often a watcher hears, so that both sides notice when the other is gone."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SeeingSide:
    """What the process that sends needs of the one that sees, besides the spool: minutes, and the mute."""

    minute_queue: MinuteQueue
    mute: Callable[[float], None]


class LinkServer(ControlServer):
    """Answers the process that sends; each of its connections has a thread of its own."""

    def __init__(self, spool: Spool, path: Path, side: SeeingSide) -> None:
        """Opens the socket.

        Raises:
            SpoolError: It cannot be made.
        """
        self.side = side
        self.changes = Changes()
        spool.on_change(self.changes.note)
        super().__init__(spool, path, _LinkConversation)

    def close(self) -> None:
        """Takes the socket away and ends all conversations; may be called twice."""
        self.changes.end()
        super().close()


class Changes:
    """Counts the changes of the spool; many may wait for the next one."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._count = 0
        self.ended = False

    def note(self) -> None:
        """There is one."""
        with self._condition:
            self._count += 1
            self._condition.notify_all()

    def end(self) -> None:
        """There will be none any more."""
        self.ended = True
        self.note()

    def wait(self, seen: int, timeout: float) -> int:
        """Waits until there are others than `seen`, or for `timeout` seconds; how many there are."""
        with self._condition:
            self._condition.wait_for(lambda: self._count != seen, timeout)
            return self._count


class _LinkConversation(BaseRequestHandler):
    server: LinkServer
    request: socket.socket

    def handle(self) -> None:
        try:
            if peer_user(self.request) not in (0, os.geteuid()):
                self._refuse()
                return
            with self.request.makefile("rb") as lines:
                # The other side may be silent for as long as it has nothing to send.
                while not self.server.changes.ended and (line := lines.readline(MOST_ASKED)):
                    self._converse(line)
        except OSError as error:
            _log.debug("the sender went away: %s", error)

    def _refuse(self) -> None:
        """Turns another user away."""
        # Once it has asked: closed before, the answer would be lost with the question.
        self.request.settimeout(PATIENCE_S)
        self.request.recv(MOST_ASKED)
        self._say(link_messages.encode_refusal("only root and the daemon's own user may ask"))

    def _converse(self, line: bytes) -> None:
        try:
            name, arguments = link_messages.parse_call(line)
            if name == WATCH:
                self._watch()
                return
            self._say(link_messages.encode_answer(name, self._call(name, arguments)))
        except SpoolError as error:
            self._say(link_messages.encode_refusal(str(error)))
        except (ValueError, ArithmeticError) as error:
            self._say(link_messages.encode_refusal(f"the spool cannot do this: {error}"))

    def _call(self, name: str, arguments: tuple[Any, ...]) -> object:
        if name == MUTE:
            self.server.side.mute(*arguments)
            return None
        if name == "replay":
            first, last, epoch, sent_before = arguments
            return self.server.spool.replay(
                first, last, epoch, math.inf if sent_before is None else sent_before
            )
        # By name: `parse_call` lets those of the table through only.
        return getattr(self.server.spool, name)(*arguments)

    def _watch(self) -> None:
        seen = -1
        while not self.server.changes.ended:
            seen = self.server.changes.wait(seen, SNAPSHOT_EVERY_S)
            self._say(link_messages.encode_answer(WATCH, self._snapshot()))

    def _snapshot(self) -> Snapshot:
        spool, minutes = self.server.spool, list[MinuteStats]()
        while (minute := self.server.side.minute_queue.pop()) is not None:
            minutes.append(minute)
        return Snapshot(spool.state(), spool.problem, spool.replays, spool.figures(), tuple(minutes))

    def _say(self, line: bytes) -> None:
        self.request.settimeout(PATIENCE_S)
        try:
            self.request.sendall(line)
        finally:
            self.request.settimeout(None)
