"""Which message it is that a broker hangs up on. Takes time as an argument.

Some brokers answer a message that they cannot take by ending the connection. Sent again from a
durable place, it would end every connection and block all behind it.
"""

from __future__ import annotations

from collections.abc import Hashable

from edge.mqtt.events import ConnectionLost
from edge.mqtt.reason_codes import BLAMES_A_MESSAGE, PACKET_TOO_LARGE
from edge.uplink.inflight import OutgoingMessage
from edge.uplink.refusals import RefusalTracker
from edge.uplink.session import Session, SessionLimits

SHORT_CONNECTIONS = 3
"""Short connections in a row that end without a reason before messages are sent one by one."""

ENDS_PER_EVENT = 2
"""Ends without a reason, each with the same single event in flight, before it is left for later."""

LATER_S = 600.0
SHORT_S = 5.0
"""A connection that lasted longer did not end because of what it began with."""


class PoisonDetector:
    """What was learnt from the ends of earlier connections.

    After an end that the broker blames on a message, as many messages as were in flight are sent
    one by one; so the next such end names the one. It is given up where the broker takes its fellows.
    An end without a reason may be the network's doing: an event that seems to cause such ends is left
    for later, and never given up.
    """

    def __init__(self, ack_timeout_s: float) -> None:
        self._ack_timeout_s = ack_timeout_s
        self._one_by_one = 0
        self._short_connections = 0
        self._refusals = RefusalTracker()
        self._forbidden = ""
        self._ends: dict[Hashable, int] = {}
        self._skipped_until: dict[Hashable, float] = {}

    def limits(self, now: float) -> SessionLimits:
        """What the next session may do."""
        self._skipped_until = {key: until for key, until in self._skipped_until.items() if until > now}
        skipped = frozenset(self._skipped_until)
        return SessionLimits(self._ack_timeout_s, self._one_by_one, skipped, self._forbidden, self._refusals)

    def connection_ended(
        self, session: Session, lost: ConnectionLost | None, lasted: float, now: float
    ) -> OutgoingMessage | None:
        """A connection has ended.

        Args:
            session: What was sent over it.
            lost: What is known of the end; None where this side ended it.
            lasted: Seconds since it was accepted.
            now: Monotonic time.

        Returns:
            An event that this broker will never take; None where there is none.
        """
        in_flight = tuple(session.in_flight)
        self._forbidden = session.refusal
        # What was acknowledged was not the cause: so many fewer are left to be tried alone.
        self._one_by_one = max(self._one_by_one - session.acknowledged, 0)
        if lasted > SHORT_S:
            self._short_connections = 0
        # An end that this side made, or that came before CONNACK, says nothing of a message.
        if lost is None or lost.refused or not session.ready:
            return None
        if lost.by_broker and lost.code in BLAMES_A_MESSAGE:
            return self._blamed(in_flight, lost)
        # A DISCONNECT names its reason; only an end without one puts the messages under suspicion.
        if not lost.by_broker and in_flight and lasted <= SHORT_S:
            self._ended_without_reason(in_flight, now)
        return None

    def _blamed(self, in_flight: tuple[OutgoingMessage, ...], lost: ConnectionLost) -> OutgoingMessage | None:
        if len(in_flight) != 1:
            self._one_by_one = len(in_flight)
            return None
        (culprit,) = in_flight
        if not culprit.is_event:
            # Only an event needs a gap in its place; anything else is left out until the program ends.
            self._skipped_until[culprit.key] = float("inf")
            return None
        too_large = lost.code == PACKET_TOO_LARGE
        if self._refusals.refused(culprit, as_too_large=too_large, hung_up=True):
            return culprit
        if self._refusals.broker_to_blame:
            self._forbidden = f"the broker hangs up on every event: {lost.text.lower()}; see the broker's log"
        return None

    def _ended_without_reason(self, in_flight: tuple[OutgoingMessage, ...], now: float) -> None:
        self._short_connections += 1
        if self._short_connections < SHORT_CONNECTIONS:
            return
        # The next such end then has one message in flight, and names it.
        self._one_by_one = max(self._one_by_one, len(in_flight))
        if len(in_flight) != 1 or not in_flight[0].is_event:
            return
        key = in_flight[0].key
        self._ends[key] = self._ends.get(key, 0) + 1
        if self._ends[key] >= ENDS_PER_EVENT:
            self._skipped_until[key] = now + LATER_S
            self._ends.clear()
