"""Has the spool know how the sending goes, since its tools and the status page ask there."""

from __future__ import annotations

from edge.errors import SpoolError
from edge.telemetry.records import SenderState
from edge.uplink.ports import SpoolReader

REPORT_EVERY_S = 5.0
"""At least so often, so that a sender that is gone is noticed."""


class SenderReport:
    """Tells each change, and now and then what has not changed. Used by the sender thread only."""

    def __init__(self, spool: SpoolReader) -> None:
        self._spool = spool
        self._told: SenderState | None = None
        self._due = 0.0

    def tell(self, now: float, sender: SenderState) -> None:
        """Tells the spool, where that is due; `now` is monotonic time."""
        if sender == self._told and now < self._due:
            return
        self._told, self._due = sender, now + REPORT_EVERY_S
        try:
            self._spool.set_sender(sender)
        except SpoolError:
            # Of a spool that is away the link itself complains; nobody can ask it meanwhile.
            self._told = None
