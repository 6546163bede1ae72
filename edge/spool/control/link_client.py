"""The spool of another process, as the sender sees it: `uplink.ports.SpoolReader` over a local socket."""

from __future__ import annotations

import contextlib
import logging
import math
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from edge.errors import SpoolError
from edge.messages.payloads import Stored
from edge.spool.control import link_messages
from edge.spool.control.link_messages import MOST_POSITIONS, MUTE, WATCH, Snapshot
from edge.spool.records import ConsumerMark, Replayed
from edge.spool.storage import files
from edge.telemetry.minutes import MinuteQueue
from edge.telemetry.records import Minute, SenderState, SpoolUsage
from edge.types import DeviceKey, Gap, PassNotice, State

ANSWER_S = 60.0
SILENT_S = 10.0
"""A watched spool that says nothing for so long is gone: a snapshot comes every second."""

RETRY_S = 0.5
_NOTHING = Snapshot(None, "", 0, SpoolUsage(0, 0, 0, 0), ())
_log = logging.getLogger(__name__)


class SpoolLink:
    """A spool that another process holds. That may come and go; what is asked meanwhile is a SpoolError.

    What `Spool` answers without waiting is answered from the latest snapshot here, too. All else is asked
    of the other process, in the order of the calls.
    """

    def __init__(self, path: Path, minute_queue: MinuteQueue) -> None:
        """Opens nothing yet.

        Args:
            path: The socket.
            minute_queue: Where the minutes go that the other process has watched.
        """
        self._path = path
        self._minute_queue = minute_queue
        self._lock = threading.Lock()
        self._peer: _Peer | None = None
        self._watched: _Peer | None = None
        self._snapshot = _NOTHING
        self._listeners: tuple[Callable[[], None], ...] = ()
        self._closed = threading.Event()
        self._connected = False
        self._trouble = ""
        self._thread = threading.Thread(target=self._watch, name="maskgate-link", daemon=True)

    def start(self) -> None:
        """Begins to watch."""
        self._thread.start()

    def close(self) -> None:
        """Ends; may be called twice."""
        self._closed.set()
        with self._lock:
            self._drop()
        if self._watched is not None:
            self._watched.end()
        if self._thread.ident is not None:
            self._thread.join(ANSWER_S)

    @property
    def alive(self) -> bool:
        """Whether the thread runs that watches."""
        return self._thread.is_alive()

    @property
    def connected(self) -> bool:
        """Whether the other process answers."""
        return self._connected

    @property
    def trouble(self) -> str:
        """Why the other process does not answer, as one sentence; empty while it does."""
        return self._trouble

    @property
    def replays(self) -> int:
        """How often events became unsent again."""
        return self._snapshot.replays

    @property
    def problem(self) -> str:
        """What is wrong with the spool, as one sentence; empty while all is well."""
        return self._snapshot.problem

    def state(self) -> State | None:
        """The latest state."""
        return self._snapshot.state

    def figures(self) -> SpoolUsage:
        """How full the spool is."""
        return self._snapshot.figures

    def on_change(self, callback: Callable[[], None]) -> None:
        """Has `callback` called after each snapshot, on the thread that watches."""
        self._listeners += (callback,)

    def newest(self) -> int:
        """The position of the newest event."""
        return int(self._call("newest"))

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """Committed events without acknowledgement, in order, with positions beyond `after`."""
        found: tuple[Stored, ...] = self._call("unsent", after, limit)
        return found

    def mark_sent(self, positions: Iterable[int]) -> None:
        """Records that the broker has acknowledged these."""
        for some in _batches(positions):
            self._call("mark_sent", some)

    def give_up(self, positions: Iterable[int]) -> None:
        """Records that no broker will ever take these."""
        for some in _batches(positions):
            self._call("give_up", some)

    def unsent_gaps(self, limit: int) -> tuple[Gap, ...]:
        """The oldest gaps without acknowledgement."""
        found: tuple[Gap, ...] = self._call("unsent_gaps", limit)
        return found

    def mark_gaps_sent(self, positions: Iterable[int]) -> None:
        """Records that the broker has acknowledged these."""
        for some in _batches(positions):
            self._call("mark_gaps_sent", some)

    def next_notice(self) -> PassNotice | None:
        """The next begin or end of a pass, each only once; None where there is none."""
        found: PassNotice | None = self._call("next_notice")
        return found

    def minutes(self, first: int, last: int) -> tuple[Minute, ...]:
        """The minutes between two Unix times."""
        found: tuple[Minute, ...] = self._call("minutes", first, last)
        return found

    def origins(self) -> tuple[DeviceKey, ...]:
        """The names under which anything was decided that is still kept."""
        found: tuple[DeviceKey, ...] = self._call("origins")
        return found

    def marks(self) -> tuple[ConsumerMark, ...]:
        """What the consumers have last acknowledged."""
        found: tuple[ConsumerMark, ...] = self._call("marks")
        return found

    def set_mark(self, mark: ConsumerMark) -> None:
        """Keeps what a consumer has acknowledged."""
        self._call("set_mark", mark)

    def set_sender(self, sender: SenderState) -> None:
        """Says how the sending goes."""
        self._call("set_sender", sender)

    def replay(
        self, first: int, last: int, epoch: str | None = None, sent_before: float = math.inf
    ) -> Replayed:
        """Has acknowledged events sent again."""
        # JSON knows no infinity.
        before = None if math.isinf(sent_before) else sent_before
        found: Replayed = self._call("replay", first, last, epoch, before)
        return found

    def flush(self, timeout: float) -> None:
        """Waits until what was appended can be read."""
        self._call("flush", timeout)

    def mute(self, seconds: float) -> None:
        """Silences the buzzer; where the other process is away there is none to silence."""
        with contextlib.suppress(SpoolError):
            self._call(MUTE, seconds)

    def _call(self, name: str, *arguments: object) -> Any:
        """Has the other process do something.

        Raises:
            SpoolError: It cannot, or does not answer.
        """
        line = link_messages.encode_call(name, *arguments)
        with self._lock:
            # Once more, since the other process may have been started again; no call does harm twice.
            for attempt in (1, 2):
                try:
                    self._peer = self._peer or _Peer(self._path, ANSWER_S)
                    return link_messages.parse_reply(name, self._peer.ask(line))
                except OSError as error:
                    if isinstance(error, SpoolError):
                        raise
                    self._drop()
                    if attempt == 2:
                        raise self._away(error) from None
        raise AssertionError("unreachable")

    def _drop(self) -> None:
        if self._peer is not None:
            self._peer.close()
        self._peer = None

    def _away(self, error: OSError) -> SpoolError:
        reason = error.strerror or str(error)
        return SpoolError(
            f"the spool's process does not answer at {self._path}: {reason}; is maskgate-vision running?"
        )

    def _watch(self) -> None:
        while not self._closed.is_set():
            try:
                self._watched = _Peer(self._path, SILENT_S)
                for line in self._watched.follow(link_messages.encode_call(WATCH)):
                    self._take(link_messages.parse_reply(WATCH, line))
            except OSError as error:
                self._lost(error if isinstance(error, SpoolError) else self._away(error))
            self._connected = False
            if self._watched is not None:
                self._watched.close()
            self._closed.wait(RETRY_S)

    def _lost(self, error: SpoolError) -> None:
        """Says once why there is no answer, until there is one again."""
        if not self._trouble and not self._closed.is_set():
            _log.warning("%s", error)
        self._trouble = str(error)

    def _take(self, snapshot: Snapshot) -> None:
        for minute in snapshot.minutes:
            self._minute_queue.put(minute)
        # One reference is replaced, which needs no lock.
        self._snapshot = snapshot
        if not self._connected:
            self._connected, self._trouble = True, ""
            _log.info("the spool's process answers at %s", self._path)
        for listener in self._listeners:
            listener()


class _Peer:
    """One connection to the other process."""

    def __init__(self, path: Path, timeout: float) -> None:
        """Connects.

        Raises:
            OSError: Nobody is there.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            with files.short_name(path) as short:
                self._socket.connect(short)
        except OSError:
            self._socket.close()
            raise
        self._lines = self._socket.makefile("rb")

    def ask(self, line: bytes) -> bytes:
        """Sends a line and takes one.

        Raises:
            OSError: The other process is gone, or silent.
        """
        self._socket.sendall(line)
        return self._line()

    def follow(self, line: bytes) -> Iterator[bytes]:
        """Sends a line and takes one after the other; raises OSError when the other process is gone."""
        self._socket.sendall(line)
        while True:
            yield self._line()

    def end(self) -> None:
        """Ends a wait of the thread that reads, which is to close it: a reader may not be closed under it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Lets the connection go; for the thread that reads."""
        self.end()
        self._lines.close()
        self._socket.close()

    def _line(self) -> bytes:
        line = self._lines.readline()
        if not line.endswith(b"\n"):
            raise ConnectionResetError("it has ended")
        return line


def _batches(positions: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Some positions after the other, as many as fit into a line."""
    rest = iter(positions)
    while some := tuple(islice(rest, MOST_POSITIONS)):
        yield some
