"""Which message it is that a broker hangs up on. Takes time as an argument.

Some brokers answer a message that they cannot take by ending the connection. Sent again from a
durable place, it would end every connection and block all behind it.
"""

from __future__ import annotations

from edge.mqtt.events import ConnectionLost
from edge.mqtt.reason_codes import BLAMES_A_MESSAGE
from edge.uplink.event_queue import QueuedEvent
from edge.uplink.inflight import OutgoingMessage
from edge.uplink.retained import RetainedMessage
from edge.uplink.session import Session, SessionLimits

VAIN = 3
"""Short connections in a row that end without a reason before messages are sent one by one."""

STRIKES = 2
"""Ends without a reason, each with the same single event on its way, before it is left for later."""

LATER_S = 600.0
SOON_S = 5.0
"""A connection that lasted longer did not end because of what it began with."""


class PoisonDetector:
    """What was learnt from the ends of earlier connections.

    After an end that the broker blames on a message, as many messages as were on their way are sent
    one by one; so the next such end names the one. An end without a reason may be the network's
    doing: an event that seems to cause such ends is left for later, and never given up.
    """

    def __init__(self, silence_s: float) -> None:
        self._silence_s = silence_s
        self._one_by_one = 0
        self._vain = 0
        self._strikes: dict[int, int] = {}
        self._later: dict[int, float] = {}
        self._left_out: set[object] = set()

    def bounds(self, now: float) -> SessionLimits:
        """What the next session may do."""
        self._later = {position: until for position, until in self._later.items() if until > now}
        return SessionLimits(
            self._silence_s, self._one_by_one, frozenset(self._later), frozenset(self._left_out)
        )

    def ended(
        self, session: Session, lost: ConnectionLost | None, lasted: float, now: float
    ) -> OutgoingMessage | None:
        """A connection has ended.

        Args:
            session: What was sent over it.
            lost: What is known of the end; None where this side ended it.
            lasted: Seconds since it was accepted.
            now: Monotonic time.

        Returns:
            A message with an event that this broker will never take; None where there is none.
        """
        on_their_way = tuple(session.in_flight)
        self._one_by_one = max(self._one_by_one - session.answered, 0)
        if lasted > SOON_S:
            self._vain = 0
        if lost is None or not session.ready:
            return None
        if lost.by_broker and lost.code in BLAMES_A_MESSAGE:
            return self._blamed(on_their_way)
        if not lost.by_broker and on_their_way and lasted <= SOON_S:
            self._in_vain(on_their_way, now)
        return None

    def _blamed(self, on_their_way: tuple[OutgoingMessage, ...]) -> OutgoingMessage | None:
        if len(on_their_way) != 1:
            self._one_by_one = len(on_their_way)
            return None
        (culprit,) = on_their_way
        if isinstance(culprit.content, QueuedEvent):
            return culprit
        content = culprit.content
        self._left_out.add(content.key if isinstance(content, RetainedMessage) else content)
        return None

    def _in_vain(self, on_their_way: tuple[OutgoingMessage, ...], now: float) -> None:
        self._vain += 1
        if self._vain < VAIN:
            return
        self._one_by_one = max(self._one_by_one, len(on_their_way))
        if len(on_their_way) != 1 or not isinstance(on_their_way[0].content, QueuedEvent):
            return
        position = on_their_way[0].content.event.position
        self._strikes[position] = self._strikes.get(position, 0) + 1
        if self._strikes[position] >= STRIKES:
            self._later[position] = now + LATER_S
            self._strikes.clear()
