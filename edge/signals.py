"""What one MQTT connection has to say, whatever library makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connected:
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
class Unreachable:
    """There is no connection; the error says why."""

    error: BaseException | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The broker has answered and said no."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection has ended. `by_broker`: with a word from the broker."""

    code: int
    text: str
    by_broker: bool


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A PUBACK, with its reason code: `is_published()` is true for refusals as well."""

    mid: int
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker's answer to a subscription: a reason code for each filter, in their order."""

    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message for this client; the broker keeps it until `Link.acknowledge`."""

    mid: int
    qos: int
    topic: str
    payload: bytes
    retained: bool


Signal = Connected | Unreachable | Refused | Lost | Acknowledged | Subscribed | Arrived
Deliver = Callable[[Signal], None]
