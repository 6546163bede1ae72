"""Answers to commands on their way out; whoever asked has given up on one that is old."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass

from edge.messages.payloads import encode
from edge.messages.topics import Topics
from edge.mqtt.events import ReplyAddress
from edge.mqtt.properties import MessageProperties
from edge.mqtt.reason_codes import PubackAction
from edge.uplink.inflight import OutgoingMessage

EXPIRY_S = 60
MAX_REPLIES = 100
"""Answers that may wait; of more the oldest are forgotten."""
MAX_TOPIC = 256


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a command.

    Attributes:
        done: Whether it was executed.
        text: A sentence on it, or on why it was not.
        events: Events that are sent again; None where none were asked for.
    """

    done: bool
    text: str
    events: int | None = None

    @property
    def payload(self) -> bytes:
        """It as a message."""
        events = {} if self.events is None else {"events": self.events}
        return encode({"done": self.done, "text": self.text, **events})


class ReplyQueue:
    """Answers in the order of the commands. Each is sent once. Used by the sender thread only."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._replies: deque[OutgoingMessage] = deque(maxlen=MAX_REPLIES)
        self._numbers = itertools.count()

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._replies

    def put(self, address: ReplyAddress | None, reply: Reply) -> None:
        """Answers whoever said where to; nothing else happens where nobody did, or no answer may go there."""
        if address is not None and self._allowed(address.topic):
            properties = MessageProperties(expiry_s=EXPIRY_S, correlation=address.correlation)
            key = ("reply", next(self._numbers))
            message = OutgoingMessage(
                address.topic, reply.payload, self, key, is_notice=True, properties=properties
            )
            self._replies.append(message)

    def next(self) -> OutgoingMessage | None:
        """The next answer; None where there is none."""
        return self._replies.popleft() if self._replies else None

    def sent(self, message: OutgoingMessage) -> None:
        """The broker has it."""

    def refused(self, message: OutgoingMessage, action: PubackAction, now: float) -> None:
        """The broker has not taken it: who asked may ask again."""

    def give_up(self, _message: OutgoingMessage) -> str:
        """This broker will never take it."""
        return "it is left out"

    def _allowed(self, topic: str) -> bool:
        """Whether others may have this device publish there: not where devices publish other things."""
        if len(topic) > MAX_TOPIC or topic.startswith("$") or any(sign in topic for sign in "+#\0"):
            return False
        return not topic.startswith(f"{self._topics.prefix}/") or topic.startswith(f"{self._topics.reply}/")
