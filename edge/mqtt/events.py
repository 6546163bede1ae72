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
        maximum_packet_size: Bytes, None for any.
        resumed: Whether the broker still had this client's session.
        retains: Whether it takes retained messages.
        qos: The highest QoS that it takes, as far as it is of interest.
        wildcards: Whether a subscription may have them.
        shares: Whether subscriptions may be shared.
        session_expiry_s: For how long it keeps the session; None for as long as was asked.
    """

    receive_maximum: int
    maximum_packet_size: int | None
    resumed: bool = False
    retains: bool = True
    qos: int = 1
    wildcards: bool = True
    shares: bool = True
    session_expiry_s: int | None = None


@dataclass(frozen=True, slots=True)
class ConnectionFailed:
    """There is no connection; the error says why."""

    error: BaseException | None


@dataclass(frozen=True, slots=True)
class ConnectionRefused:
    """The broker has answered with a refusal."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The connection has ended.

    Attributes:
        code: The reason code.
        text: What it means.
        by_broker: With a DISCONNECT packet from the broker.
        refused: This side ended it, because of what the broker sent; `text` says what.
    """

    code: int
    text: str
    by_broker: bool
    refused: bool = False


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
class ReplyAddress:
    """Where the sender of a message wants its answer, and what the answer is to bring back."""

    topic: str
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A message for this client; the broker keeps it until `Connection.acknowledge`."""

    mid: int
    qos: int
    topic: str
    payload: bytes
    retained: bool
    reply_to: ReplyAddress | None = None

    @property
    def size(self) -> int:
        """How long topic and payload are together."""
        return len(self.topic) + len(self.payload)


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
"""Entries that are taken at once, before the sender looks after anything else."""
MAX_WAITING_MESSAGES = 200
"""Messages for a device that may wait; what comes beyond is dropped."""
Entry = tuple[int, ConnectionEvent | None]
"""An event with the number of its connection; None only wakes the reader."""


class ConnectionEventQueue:
    """Events of all connections, in the order in which they came; one thread reads them.

    A client whose broker needs no acknowledgement for its messages bounds here how many of them may wait.
    A collector's broker stops at its Receive Maximum by itself, so nothing is dropped there.
    """

    def __init__(self, max_waiting_messages: float = float("inf")) -> None:
        self.dropped = 0
        self._max_waiting_messages = max_waiting_messages
        # Its `put` is reentrant, as a signal handler needs it.
        self._entries: SimpleQueue[Entry] = SimpleQueue()

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return self._entries.empty()

    def wake(self) -> None:
        """Has the reader look after things; may be called by any thread, and by a signal handler."""
        self._entries.put((0, None))

    def for_connection(self, number: int) -> Deliver:
        """Where one connection puts its events; never waits."""

        def put(event: ConnectionEvent) -> None:
            # Only messages: without an acknowledgement the window would stay full.
            if isinstance(event, MessageReceived) and self._entries.qsize() >= self._max_waiting_messages:
                self.dropped += 1
            else:
                self._entries.put((number, event))

        return put

    def get(self, timeout: float) -> Entry | None:
        """The next entry; None where none comes within `timeout` seconds."""
        try:
            return self._entries.get(timeout=max(timeout, 0.0))
        except Empty:
            return None

    def burst(self, timeout: float) -> Iterator[Entry]:
        """What is there, some of it at a time; waits for the first for `timeout` seconds."""
        for count in range(BURST):
            entry = self.get(0.0 if count else timeout)
            if entry is None:
                return
            yield entry
