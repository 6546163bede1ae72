"""What the network's thread and the one that uses a connection share."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.mqtt.events import Deliver, MessageReceived

MAX_QOS_0 = 200
"""Messages that the broker does not keep and that may wait to be stored; what comes beyond is dropped."""
MAX_WAITING_BYTES = 16 * 1024 * 1024
"""Of topics and payloads that wait to be stored; what comes beyond waits with the broker."""


class Unacknowledged:
    """How much was delivered and is not acknowledged; each count is written by one thread."""

    def __init__(self, receive_maximum: float) -> None:
        # Who acknowledges nothing bounds what waits in its queue.
        bounded = math.isfinite(receive_maximum)
        self._most = (MAX_QOS_0 if bounded else math.inf, receive_maximum)
        self._most_bytes = MAX_WAITING_BYTES if bounded else math.inf
        self._delivered, self._done = [0, 0], [0, 0]
        self._bytes_delivered = self._bytes_done = 0

    def room(self, qos: int) -> bool:
        """Whether one more may be delivered."""
        waiting_bytes = self._bytes_delivered - self._bytes_done
        return self._delivered[qos] - self._done[qos] < self._most[qos] and waiting_bytes < self._most_bytes

    def delivered(self, message: MessageReceived) -> None:
        """One more; on paho's thread."""
        self._delivered[message.qos] += 1
        self._bytes_delivered += message.size

    def done(self, messages: Iterable[MessageReceived]) -> None:
        """These less; on the thread of who uses the connection."""
        for message in messages:
            self._done[message.qos] += 1
            self._bytes_done += message.size


@dataclass(slots=True)
class NetworkState:
    """What paho's thread and the one that uses the connection share; it does not hold the client.

    Attributes:
        deliver: Where events go.
        receive_maximum: Messages that may be delivered before the first is acknowledged.
        unacknowledged: The messages that were delivered.
        subscriptions: Those that the broker has not answered.
        thread: The network thread, once it runs.
        closed: Whether this side has ended the connection.
        answered: Whether the broker has answered the CONNECT.
        refusal: What the broker sent that is not taken, in words; nothing more is read then.
        is_broker: Whether a CONNACK has begun, malformed or not.
        publishes_answered: How many messages the broker has answered.
        qos: The QoS with which the broker takes messages.
    """

    deliver: Deliver
    receive_maximum: float = math.inf
    unacknowledged: Unacknowledged = field(init=False)
    subscriptions: deque[int] = field(default_factory=deque)
    thread: threading.Thread | None = None
    closed: bool = False
    answered: bool = False
    refusal: str = ""
    is_broker: bool = False
    publishes_answered: int = 0
    qos: int = 1

    def __post_init__(self) -> None:
        self.unacknowledged = Unacknowledged(self.receive_maximum)

    def received(self, message: MessageReceived) -> None:
        """Delivers a message, unless nobody keeps it and too many wait; on paho's thread."""
        if message.qos or self.unacknowledged.room(0):
            self.unacknowledged.delivered(message)
            self.deliver(message)
