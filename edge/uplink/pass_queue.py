"""Begins and ends of passes on their way out; what cannot be sent soon is of no use to anybody."""

from __future__ import annotations

from edge.messages.payloads import pass_message
from edge.messages.topics import Topics
from edge.mqtt.properties import MessageProperties
from edge.mqtt.reason_codes import PubackAction
from edge.spool.spool import NOTICE_S
from edge.types import PassNotice
from edge.uplink.inflight import OutgoingMessage
from edge.uplink.ports import SpoolReader

_PROPERTIES = MessageProperties(expiry_s=int(NOTICE_S))


class PassQueue:
    """Notices of passes in their order. Each is sent once; what a broker refuses is forgotten."""

    def __init__(self, reader: SpoolReader, topics: Topics) -> None:
        self._reader = reader
        self._topics = topics
        self._more = True

    @property
    def empty(self) -> bool:
        """Whether there is nothing new to tell."""
        return not self._more

    def changed(self) -> None:
        """The spool has something new."""
        self._more = True

    def next(self) -> OutgoingMessage | None:
        """The next notice; None where there is none."""
        notice = self._reader.next_notice() if self._more else None
        self._more = notice is not None
        if notice is None:
            return None
        return OutgoingMessage(
            self._topic(notice), pass_message(notice), self, notice, is_notice=True, properties=_PROPERTIES
        )

    def sent(self, message: OutgoingMessage) -> None:
        """The broker has it."""

    def refused(self, message: OutgoingMessage, action: PubackAction, now: float) -> None:
        """The broker has not taken it: the next ones say more of now."""

    def give_up(self, _message: OutgoingMessage) -> str:
        """This broker will never take it."""
        return "it is left out"

    def _topic(self, notice: PassNotice) -> str:
        topics = self._topics.of_name(notice.origin)
        return topics.pass_begin if notice.finished is None else topics.pass_end
