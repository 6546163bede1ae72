"""The service manager's notification protocol, silent where none listens, and the levels of its journal.

Sources: sd_notify(3), sd_watchdog_enabled(3), sd-daemon(3), systemd.exec(5) on JOURNAL_STREAM.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from typing import TextIO

log = logging.getLogger(__name__)


def is_managed() -> bool:
    """Whether a service manager listens, which starts the program again when it ends."""
    return bool(os.environ.get("NOTIFY_SOCKET", ""))


def notify(message: str) -> bool:
    """Tells the service manager something, such as `READY=1`.

    Returns:
        Whether it was handed over; a service manager that is gone is no reason to stop working.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    # A name with @ in front is in the abstract namespace, which the kernel marks with a zero byte.
    target = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
            link.sendto(message.encode(), target)
    except OSError as error:
        log.debug("the service manager could not be told: %s", error)
        return False
    return True


ERROR, WARNING, INFO, DEBUG = 3, 4, 6, 7
"""Levels of the journal, as syslog has them."""


def priority_of(level: int) -> int:
    """The journal's level for one of Python's."""
    if level >= logging.ERROR:
        return ERROR
    if level >= logging.WARNING:
        return WARNING
    return INFO if level >= logging.INFO else DEBUG


def at_priority(priority: int, text: str) -> str:
    """A text with a level before each of its lines, since the journal takes each for an entry."""
    return "\n".join(f"<{priority}>{line}" for line in text.split("\n"))


def is_journal(stream: TextIO) -> bool:
    """Whether what is written to a stream goes to the journal, which takes levels out of it."""
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    # Not the variable alone: a program that was started by a service may write to somewhere else.
    return os.environ.get("JOURNAL_STREAM", "") == f"{found.st_dev}:{found.st_ino}"


def watchdog_interval() -> float | None:
    """Seconds within which the service manager wants a sign of life, None where it wants none."""
    pid = os.environ.get("WATCHDOG_PID", "")
    # sd_watchdog_enabled(3): the variables may be meant for another process of the service.
    if pid and pid != str(os.getpid()):
        return None
    try:
        interval = int(os.environ.get("WATCHDOG_USEC", "0")) / 1e6
    except ValueError:
        return None
    return interval if interval > 0 else None


class Watchdog:
    """Passes turns of the loop on as signs of life, at most four in an interval.

    It has no timer: a loop that stands still starves it, and the service is started again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        interval = watchdog_interval()
        self._pause = None if interval is None else interval / 4
        self._clock = clock
        self._fed: float | None = None

    def feed(self) -> None:
        """Counts a turn of the loop."""
        if self._pause is None:
            return
        now = self._clock()
        if self._fed is None or now - self._fed >= self._pause:
            notify("WATCHDOG=1")
            self._fed = now
