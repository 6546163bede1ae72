"""What happens on MQTT connections, whatever library makes them, and the queue in which it waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue


@dataclass(frozen=True, slots=True)
class ConnectionAccepted:
    """The broker has accepted; what it can take.

    Attributes:
        receive_maximum: Messages that it takes before it has acknowledged one.
        largest: Bytes of a packet, None for any.
        resumed: Whether the broker still had this client's session.
        retains: Whether it takes retained messages.
    """

    receive_maximum: int
    largest: int | None
    resumed: bool = False
    retains: bool = True


@dataclass(frozen=True, slots=True)
class ConnectionFailed:
    """There is no connection; the error says why."""

    error: BaseException | None


@dataclass(frozen=True, slots=True)
class ConnectionRefused:
    """The broker has answered and said no."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The connection has ended. `by_broker`: with a word from the broker."""

    code: int
    text: str
    by_broker: bool


@dataclass(frozen=True, slots=True)
class PublishAcknowledged:
    """A PUBACK, with its reason code: `is_published()` is true for refusals as well."""

    mid: int
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class SubscriptionAcknowledged:
    """The broker's answer to a subscription: a reason code for each filter, in their order."""

    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A message for this client; the broker keeps it until `Link.acknowledge`."""

    mid: int
    qos: int
    topic: str
    payload: bytes
    retained: bool


ConnectionEvent = (
    ConnectionAccepted
    | ConnectionFailed
    | ConnectionRefused
    | ConnectionLost
    | PublishAcknowledged
    | SubscriptionAcknowledged
    | MessageReceived
)
Deliver = Callable[[ConnectionEvent], None]
BURST = 64
MOST_ARRIVED = 200
"""Messages for this device that may wait; what comes beyond is dropped."""
Entry = tuple[int, ConnectionEvent | None]
"""A signal with the number of its connection; None only wakes."""


class ConnectionEventQueue:
    """Signals of all connections, in the order in which they came."""

    def __init__(self) -> None:
        self.dropped = 0
        self._entries: SimpleQueue[Entry] = SimpleQueue()

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return self._entries.empty()

    def wake(self) -> None:
        """Has the sender look after things; may be called by any thread."""
        self._entries.put((0, None))

    def slot(self, number: int) -> Callable[[ConnectionEvent], None]:
        """Where one connection puts its signals; never waits."""

        def put(signal: ConnectionEvent) -> None:
            if isinstance(signal, MessageReceived) and self._entries.qsize() >= MOST_ARRIVED:
                self.dropped += 1
            else:
                self._entries.put((number, signal))

        return put

    def burst(self, patience: float) -> Iterator[Entry]:
        """What is there, some of it at a time; waits for the first for `patience` seconds."""
        try:
            yield self._entries.get(timeout=max(patience, 0.0))
            for _ in range(BURST - 1):
                yield self._entries.get_nowait()
        except Empty:
            return
