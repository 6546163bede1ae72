"""What a broker's answer to one message means: the one table of PUBACK reason codes.

Source: MQTT 5.0, section 3.4.2.1.
"""

from __future__ import annotations

from enum import Enum, auto

REFUSED = 0x80
"""Reason codes from here on are refusals."""
PACKET_TOO_LARGE = 0x95

RETAIN_NOT_SUPPORTED, QOS_NOT_SUPPORTED = 0x9A, 0x9B
SHARED_NOT_SUPPORTED, WILDCARDS_NOT_SUPPORTED = 0x9E, 0xA2


class PubackAction(Enum):
    """What to do with a message, by the broker's answer."""

    SENT = auto()
    """The broker has it."""
    NO_SUBSCRIBERS = auto()
    """The broker has it and nobody is subscribed: sent, and counted."""
    RETRY_LATER = auto()
    """Not now: everything pauses, then it is sent again."""
    NOT_AUTHORIZED = auto()
    """This client may not publish there: events pause for longer, and the state says so."""
    GIVE_UP = auto()
    """Never as they are: these bytes, or, where all others are refused as well, this broker."""


_ANSWERS = {
    0x00: PubackAction.SENT,
    0x10: PubackAction.NO_SUBSCRIBERS,  # no matching subscribers
    0x80: PubackAction.RETRY_LATER,  # unspecified error
    0x83: PubackAction.RETRY_LATER,  # implementation specific error
    0x87: PubackAction.NOT_AUTHORIZED,  # not authorized
    0x90: PubackAction.GIVE_UP,  # topic name invalid
    0x91: PubackAction.RETRY_LATER,  # packet identifier in use
    PACKET_TOO_LARGE: PubackAction.GIVE_UP,
    0x97: PubackAction.RETRY_LATER,  # quota exceeded
    0x99: PubackAction.GIVE_UP,  # payload format invalid
}

BLAMES_A_MESSAGE = frozenset({0x81, 0x82, 0x90, 0x94, 0x95, 0x99, 0x9A, 0x9B})
"""Reasons of a DISCONNECT that lie in something the client has sent."""


def puback_action(code: int) -> PubackAction:
    """What a reason code means; one that no standard knows waits if it refuses."""
    return _ANSWERS.get(code, PubackAction.RETRY_LATER if code >= REFUSED else PubackAction.SENT)
