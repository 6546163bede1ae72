"""What signals do to a daemon."""

from __future__ import annotations

import signal
from types import FrameType

from edge.daemon.daemon import Daemon


def obey_signals(daemon: Daemon) -> None:
    """SIGTERM and SIGINT end the daemon after its cycle, in good order; SIGHUP has it take the new bundle."""
    actions = {signal.SIGTERM: daemon.stop, signal.SIGINT: daemon.stop, signal.SIGHUP: daemon.reload}

    def handle(number: int, _frame: FrameType | None) -> None:
        # It only sets an event: a handler runs anywhere between two steps of this thread.
        actions[signal.Signals(number)]()

    for number in actions:
        signal.signal(number, handle)
