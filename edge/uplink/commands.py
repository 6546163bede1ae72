"""Handles messages to this device, where it is configured to: acknowledgements of consumers, and commands."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge.errors import SpoolError
from edge.messages import inbound
from edge.messages.inbound import Ack, InboundError, MuteCommand, ReplayCommand
from edge.messages.ranges import Range, merge
from edge.messages.topics import ONLINE, Topics
from edge.mqtt.events import MessageReceived
from edge.spool.records import ConsumerMark
from edge.uplink.ports import SpoolReader
from edge.uplink.redelivery import LaggingConsumer, RedeliveryTracker, ReplayPart, ReplayQueue
from edge.uplink.replies import Reply, ReplyQueue

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InboundPolicy:
    """Which messages the device follows.

    Attributes:
        accept_ack: Whether consumers may acknowledge and ask for replays.
        ack_wait_s: How long a consumer is given before an event is sent again.
        commands: The commands that are executed.
        status_topic: Where Home Assistant says that it has started; empty where that is of no interest.
    """

    accept_ack: bool = False
    ack_wait_s: float = 30.0
    commands: frozenset[str] = frozenset()
    status_topic: str = ""


class InboundHandler:
    """Handles messages for this device; used by the sender thread only.

    Attributes:
        ignored: How many broke a rule.
        replies: The answers to commands.
        on_birth: Called when Home Assistant has started.
    """

    def __init__(
        self,
        spool: SpoolReader,
        topics: Topics,
        policy: InboundPolicy,
        mute: Callable[[float], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.ignored = 0
        self.replies = ReplyQueue(topics)
        self.on_birth: Callable[[], None] = lambda: None
        self._spool = spool
        self._topics = topics
        self._policy = policy
        self._mute = mute
        self._muted_until = float("-inf")
        self._wall = wall
        self._redelivery = RedeliveryTracker()
        self._replays = ReplayQueue()
        self._loaded = False
        self._earlier: tuple[str, ...] = ()

    @property
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to: also what consumers say of events of an earlier name of this device."""
        acks = (self._topics.ack, *self._earlier) if self._policy.accept_ack else ()
        commands = (self._topics.command,) if self._policy.commands else ()
        return (*acks, *commands, *filter(None, (self._policy.status_topic,)))

    def muted(self, now: float) -> bool:
        """Whether a command keeps the buzzer silent."""
        return now < self._muted_until

    def connected(self, now: float) -> None:
        """A broker has accepted a connection.

        Raises:
            SpoolError: The marks cannot be read.
        """
        if not self._policy.accept_ack:
            return
        origins = (origin for origin in self._spool.origins() if origin != self._topics.origin)
        self._earlier = tuple(self._topics.of_name(origin).ack for origin in origins)
        if not self._loaded:
            marks = self._spool.marks()
            self._redelivery.load(((mark.consumer, mark.epoch, mark.contiguous) for mark in marks), now)
            self._loaded = True
        self._redelivery.connected(now)

    def handle(self, received: MessageReceived, now: float) -> None:
        """Handles one message; one that breaks a rule is counted and changes nothing."""
        try:
            if received.retained and received.topic != self._policy.status_topic:
                raise InboundError("it is retained, and may be of any age")  # noqa: TRY301
            if received.topic not in self.filters:
                raise InboundError("nobody asked for it")  # noqa: TRY301
            if received.topic == self._topics.command:
                self._command(received, now)
            elif received.topic == self._policy.status_topic:
                self._take_status(received.payload)
            else:
                self._acknowledge(inbound.parse_ack(received.payload), now)
        except InboundError as error:
            self.ignored += 1
            _log.warning("a message on %s is ignored: %s", received.topic, error)
        except SpoolError as error:
            _log.warning("a message on %s changes nothing: %s", received.topic, error)

    def redeliver(self, now: float) -> None:
        """Has sent again what consumers ask for, and what was sent long enough ago and they still lack."""
        while (part := self._replays.next(now)) is not None:
            self._replay(part)
        for lagging in self._redelivery.due(now):
            self._redeliver_to(lagging)

    def _acknowledge(self, ack: Ack, now: float) -> None:
        self._spool.set_mark(ConsumerMark(ack.consumer, ack.epoch, ack.contiguous, self._wall()))
        self._redelivery.acknowledged(ack.consumer, ack.epoch, ack.contiguous, now)
        ranges = merge(Range(first, last) for first, last in ack.missing)
        pairs = ((span.first, span.last) for span in ranges)
        self._replays.put(ack.consumer, ack.epoch, self._redelivery.requested(ack.epoch, pairs, now))

    def _replay(self, part: ReplayPart) -> None:
        first, last = part.numbers.first, part.numbers.last
        try:
            found = self._spool.replay(first, last, part.epoch)
        except SpoolError as error:
            self._replays.drop(part)
            _log.warning("nothing is sent again for %s: %s", part.consumer, error)
            return
        if not (found.again or found.waiting or found.gone):
            self._replays.drop(part)
        _log.info("%s asks for %d to %d: %d events again", part.consumer, first, last, found.again)

    def _redeliver_to(self, lagging: LaggingConsumer) -> None:
        # `contiguous` may be the largest sequence, and the range must not be empty then.
        first, last = lagging.contiguous + 1, inbound.LARGEST_SEQUENCE + 1
        before = float("inf") if lagging.reconnected else self._wall() - self._policy.ack_wait_s
        try:
            found = self._spool.replay(first, last, lagging.epoch, before)
        except SpoolError as error:
            _log.debug("nothing is sent again for %s: %s", lagging.consumer, error)
            self._redelivery.back_off(lagging.consumer, lagging.epoch)
            return
        if found.again:
            _log.info("%s has up to %d: %d events again", lagging.consumer, lagging.contiguous, found.again)
            self._redelivery.back_off(lagging.consumer, lagging.epoch)

    def _take_status(self, payload: bytes) -> None:
        if payload == ONLINE:
            self.on_birth()

    def _command(self, received: MessageReceived, now: float) -> None:
        """Executes a command; whoever wants an answer gets one."""
        try:
            reply = self._execute(inbound.parse_command(received.payload), now)
        except (InboundError, SpoolError) as error:
            self.replies.put(received.reply_to, Reply(False, str(error)))
            raise
        _log.info("a command: %s", reply.text)
        self.replies.put(received.reply_to, reply)

    def _execute(self, command: MuteCommand | ReplayCommand, now: float) -> Reply:
        if command.command not in self._policy.commands:
            raise InboundError(f"{command.command} is not among mqtt.accept_commands")
        if isinstance(command, MuteCommand):
            self._mute(command.seconds)
            self._muted_until = now + command.seconds
            return Reply(True, f"the buzzer is silent for {command.seconds} s")
        found = self._spool.replay(command.first, command.last)
        text = f"of {command.first} to {command.last} {found.again} events are sent again"
        return Reply(True, text, found.again)
