"""The daemon's end of the socket to the relay's guard, whichever way the guard is started.

Under systemd the guard is a unit of its own (`systemd/maskgate-relay.socket`): what kills the service's
control group does not reach it. Elsewhere the daemon starts it as its child.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence

from edge.errors import IndicatorError

ADDRESS = "MASKGATE_RELAY_GUARD"
"""The variable that names the socket at which the service manager starts a guard."""

GUARD = (sys.executable, "-m", "edge.system.relay_guard")
END_S = 2.0
_MOST = 4096
_log = logging.getLogger(__name__)


class GuardLink:
    """Carries bytes to a guard; the guard lets go of the relay when the link is gone."""

    def __init__(self, link: socket.socket, child: subprocess.Popen[bytes] | None = None) -> None:
        """`child`: the guard, where it is this process's own."""
        link.setblocking(False)
        self._link = link
        self._child = child

    @property
    def alive(self) -> bool:
        """Whether somebody is at the other end."""
        try:
            return self._link.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def say(self, words: bytes) -> None:
        """Tells the guard something; one that hangs or has ended is not waited for."""
        try:
            self._link.send(words)
        except OSError as error:
            # A guard that has ended has let go, and one that hangs will before it hears anything again.
            _log.debug("the relay's guard hears nothing: %s", error)

    def first_line(self, seconds: float) -> str:
        """The guard's first line; empty where none comes in time."""
        self._link.settimeout(seconds)
        try:
            with self._link.makefile("rb") as lines:
                return lines.readline(_MOST).decode(errors="replace").strip()
        except OSError:
            return ""
        finally:
            self._link.setblocking(False)

    def close(self) -> None:
        """Hangs up, and waits for a child to end; may be called more than once."""
        self._link.close()
        if self._child is None:
            return
        try:
            self._child.wait(END_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def start_guard(command: Sequence[str] = GUARD) -> GuardLink:
    """Starts a guard as a child of this process."""
    ours, theirs = socket.socketpair()
    with theirs:
        end = theirs.fileno()
        child = subprocess.Popen(  # noqa: S603 - this interpreter
            command, stdin=end, stdout=end, stderr=subprocess.DEVNULL
        )
    return GuardLink(ours, child)


def call_guard(address: str) -> GuardLink:
    """Has the service manager start a guard.

    Raises:
        IndicatorError: Nobody answers there.
    """
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.connect(address)
    except OSError as error:
        link.close()
        raise IndicatorError(
            f"relay.pin: the relay's guard cannot be called at {address}: {error.strerror}; "
            "start what listens there: sudo systemctl start maskgate-relay.socket"
        ) from None
    return GuardLink(link)


def reach_guard(environment: Mapping[str, str] = os.environ) -> GuardLink:
    """The service manager's guard where the environment names one, else a child.

    Raises:
        IndicatorError: The one that is named does not answer.
    """
    address = environment.get(ADDRESS, "")
    return call_guard(address) if address else start_guard()
