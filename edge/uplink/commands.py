"""Listens to what others say to this device, where it is configured to: marks of consumers, and commands."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge.errors import SpoolError
from edge.messages import inbound
from edge.messages.inbound import Ack, InboundError, MuteCommand, ReplayCommand
from edge.messages.topics import Topics
from edge.mqtt.events import MessageReceived
from edge.spool.records import ConsumerMark
from edge.uplink.ports import SpoolReader
from edge.uplink.redelivery import LaggingConsumer, RedeliveryTracker

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class InboundPolicy:
    """What the device listens to.

    Attributes:
        accept_ack: Whether consumers may acknowledge and ask for replays.
        ack_wait_s: How long a consumer is given before an event is sent again.
        commands: The commands that are obeyed.
    """

    accept_ack: bool = False
    ack_wait_s: float = 30.0
    commands: frozenset[str] = frozenset()


class InboundHandler:
    """Takes messages for this device; used by the sender thread only."""

    def __init__(
        self,
        archive: SpoolReader,
        topics: Topics,
        inbound_policy: InboundPolicy,
        mute: Callable[[float], None],
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.ignored = 0
        self._archive = archive
        self._topics = topics
        self._policy = inbound_policy
        self._mute = mute
        self._wall = wall
        self._marks = RedeliveryTracker()
        self._loaded = False

    @property
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to."""
        topics = (self._topics.ack,) if self._policy.accept_ack else ()
        return (*topics, self._topics.command) if self._policy.commands else topics

    def connected(self, now: float) -> None:
        """A broker has accepted a connection.

        Raises:
            SpoolError: The marks cannot be read.
        """
        if not self._policy.accept_ack:
            return
        if not self._loaded:
            kept = self._archive.marks()
            self._marks.load(((mark.consumer, mark.epoch, mark.contiguous) for mark in kept), now)
            self._loaded = True
        self._marks.connected(now)

    def hear(self, arrived: MessageReceived, now: float) -> None:
        """Takes one message; one that breaks a rule is counted and changes nothing."""
        try:
            if arrived.retained:
                raise InboundError("it is retained, and may be of any age")  # noqa: TRY301
            if arrived.topic not in self.filters:
                raise InboundError("nobody asked for it")  # noqa: TRY301
            if arrived.topic == self._topics.ack:
                self._acknowledged(inbound.parse_ack(arrived.payload), now)
            else:
                self._obey(inbound.parse_command(arrived.payload))
        except InboundError as error:
            self.ignored += 1
            _log.warning("a message on %s is ignored: %s", arrived.topic, error)
        except SpoolError as error:
            _log.warning("a message on %s changes nothing: %s", arrived.topic, error)

    def look(self, now: float) -> None:
        """Has sent again what was sent long enough ago and consumers still lack."""
        for behind in self._marks.due(now):
            self._catch_up(behind)

    def _acknowledged(self, ack: Ack, now: float) -> None:
        self._archive.set_mark(ConsumerMark(ack.consumer, ack.epoch, ack.contiguous, self._wall()))
        self._marks.heard(ack.consumer, ack.epoch, ack.contiguous, now)
        for first, last in self._marks.wanted(ack.epoch, ack.missing, now):
            found = self._archive.replay(first, last, ack.epoch)
            _log.info("%s asks for %d to %d: %d events again", ack.consumer, first, last, found.again)

    def _catch_up(self, behind: LaggingConsumer) -> None:
        before = float("inf") if behind.anew else self._wall() - self._policy.ack_wait_s
        try:
            found = self._archive.replay(
                behind.contiguous + 1, inbound.LARGEST_SEQUENCE + 1, behind.epoch, before
            )
        except SpoolError as error:
            _log.debug("nothing is sent again for %s: %s", behind.consumer, error)
            self._marks.seldom(behind.consumer, behind.epoch)
            return
        if found.again:
            _log.info("%s has up to %d: %d events again", behind.consumer, behind.contiguous, found.again)
            self._marks.seldom(behind.consumer, behind.epoch)

    def _obey(self, command: MuteCommand | ReplayCommand) -> None:
        if command.command not in self._policy.commands:
            raise InboundError(f"{command.command} is not among mqtt.accept_commands")
        if isinstance(command, MuteCommand):
            self._mute(command.seconds)
            _log.info("the buzzer is silent for %g s", command.seconds)
        else:
            found = self._archive.replay(command.first, command.last)
            _log.info("told to replay %d to %d: %d events again", command.first, command.last, found.again)
