"""How a tool gets its answers: from the daemon that holds the spool, or from the file where none runs."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from edge.errors import SpoolError
from edge.spool.control import handlers, requests
from edge.spool.control.requests import (
    CommissionRequest,
    CurrentState,
    LampRequest,
    LiveViewAnswer,
    Minutes,
    MinutesRequest,
    Overview,
    OverviewRequest,
    Page,
    PageRequest,
    PurgeRequest,
    RelayRequest,
    ReplayRequest,
    Request,
    SightAnswer,
    SightRequest,
    SpoolStats,
    Started,
    StateRequest,
    StatsRequest,
    StoredEvent,
    SwitchViewRequest,
    ViewRequest,
)
from edge.spool.records import Limits, Purged, Replayed
from edge.spool.storage import files
from edge.spool.storage.database import DamagedError
from edge.spool.storage.opening import REPAIR, look_into
from edge.spool.writer import SpoolWriter
from edge.telemetry.records import Minute
from edge.types import Lamp, Sight

MOST_ANSWERED = 64 << 20
"""Bytes of an answer."""

ANSWER_S = 60.0
_R = TypeVar("_R", PageRequest, StatsRequest, ReplayRequest, PurgeRequest, MinutesRequest)
_A = TypeVar("_A")
_T = TypeVar("_T", SightAnswer, Started)


class SpoolClient:
    """Where the tools ask about one spool; a daemon may come or go between two requests."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits

    def page(self, request: PageRequest) -> tuple[StoredEvent, ...]:
        """Some events in order.

        Raises:
            SpoolError: They cannot be read.
        """
        return self._ask(request, handlers.page, Page).events

    def pages(self, request: PageRequest) -> Iterator[StoredEvent]:
        """All events in order, asked for page by page; `limit` is the size of a page.

        Raises:
            SpoolError: They cannot be read.
        """
        while found := self.page(request):
            yield from found
            # By position: events that are stored or deleted between two pages shift nothing.
            request = replace(request, after=found[-1].position)

    def stats(self) -> SpoolStats:
        """What the spool holds.

        Raises:
            SpoolError: It cannot be read.
        """
        return self._ask(StatsRequest(), handlers.stats, SpoolStats)

    def replay(self, request: ReplayRequest) -> Replayed:
        """Has events sent again.

        Raises:
            SpoolError: There are none such.
        """
        return self._ask(request, handlers.replay, Replayed)

    def purge(self, request: PurgeRequest) -> Purged:
        """Deletes old events.

        Raises:
            SpoolError: They cannot be deleted; all of them are still there.
        """
        return self._ask(request, handlers.purge, Purged)

    def minutes(self, first: int, last: int) -> tuple[Minute, ...]:
        """The minutes that begin from one Unix time to another, both included; empty ones are missing.

        Raises:
            SpoolError: They cannot be read.
        """
        return self._ask(MinutesRequest(first, last), handlers.minutes, Minutes).minutes

    def state(self) -> CurrentState | None:
        """What the device shows and how it goes right now; None where no daemon runs.

        Raises:
            SpoolError: The daemon does not answer.
        """
        return ask_daemon(self._path, StateRequest(), CurrentState)

    def overview(self) -> Overview:
        """What the device shows and what its spool holds; the latter also where no daemon runs.

        Raises:
            SpoolError: The daemon does not answer, or the file cannot be read.
        """
        found = ask_daemon(self._path, OverviewRequest(), Overview)
        return Overview(None, self.stats()) if found is None else found

    def view(self) -> LiveViewAnswer | None:
        """A picture of the live view, or why there is none; None where no daemon runs. Waits for it.

        Raises:
            SpoolError: The daemon does not answer.
        """
        return ask_daemon(self._path, ViewRequest(), LiveViewAnswer)

    def switch_view(self, request: SwitchViewRequest) -> LiveViewAnswer | None:
        """Switches the live view on or off; None where no daemon runs.

        Raises:
            SpoolError: The daemon does not answer.
        """
        return ask_daemon(self._path, request, LiveViewAnswer)

    def sight(self) -> Sight | None:
        """What the camera has seen within the last seconds; None where measuring has just begun.

        Raises:
            SpoolError: No daemon answers.
        """
        return self._ask_seeing(SightRequest(), SightAnswer).sight

    def try_lamp(self, lamp: Lamp) -> float:
        """Has a lamp shown; for how many seconds.

        Raises:
            SpoolError: No daemon answers.
        """
        return self._ask_seeing(LampRequest(lamp), Started).seconds

    def try_relay(self) -> float:
        """Has the relay energised; for how many seconds.

        Raises:
            SpoolError: No daemon answers, or there is no relay.
        """
        return self._ask_seeing(RelayRequest(), Started).seconds

    def _ask_seeing(self, request: CommissionRequest, kind: type[_T]) -> _T:
        found = ask_daemon(self._path, request, kind)
        if found is None:
            raise SpoolError("the daemon does not run; start maskgate.service")
        return found

    def _ask(self, request: _R, handler: Callable[[SpoolWriter, _R], _A], kind: type[_A]) -> _A:
        found = ask_daemon(self._path, request, kind)
        if found is not None:
            return found
        # Pages are checked one by one: all of the file for each of many would take too long.
        with self._opened(check=not isinstance(request, PageRequest)) as writer:
            try:
                return handler(writer, request)
            except DamagedError as error:
                raise SpoolError(f"{error}; {REPAIR}") from None

    @contextmanager
    def _opened(self, *, check: bool) -> Iterator[SpoolWriter]:
        store = look_into(self._path, self._limits, check=check)
        try:
            yield SpoolWriter(store, time.time)
        finally:
            # The reservation stays: after an end without notice it is the daemon's to announce.
            store.close(clean=False)


def ask_daemon(path: Path, request: Request, kind: type[_A]) -> _A | None:
    """Asks the daemon that holds a spool.

    Args:
        path: The spool's file.
        request: What is asked.
        kind: The class of the answer.

    Returns:
        Its answer; None where no daemon runs.

    Raises:
        SpoolError: It refuses, or does not answer.
    """
    address = files.socket_of(path)
    try:
        line = _exchange(address, requests.encode_request(request))
    except (FileNotFoundError, ConnectionRefusedError):
        # Refused: the socket of a daemon that was killed is still there.
        return None
    except PermissionError:
        raise SpoolError(f"only root and the daemon's own user may look at {path}; use sudo") from None
    except OSError as error:
        raise SpoolError(f"the daemon at {address} does not answer: {error}") from None
    if not line.endswith(b"\n"):
        raise SpoolError(f"the daemon at {address} ended before it had answered; try again")
    return requests.parse_reply(line, kind)


def _exchange(address: Path, line: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.settimeout(ANSWER_S)
        with files.short_name(address) as short:
            server.connect(short)
        server.sendall(line)
        with server.makefile("rb") as lines:
            return lines.readline(MOST_ANSWERED)
