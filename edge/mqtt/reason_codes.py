"""What a broker's answer to one message means: the one table of PUBACK reason codes.

Source: MQTT 5.0, section 3.4.2.1.
"""

from __future__ import annotations

from enum import Enum, auto

REFUSED = 0x80
"""Reason codes from here on say no."""


class Answer(Enum):
    """What to do with a message, by the broker's answer."""

    SENT = auto()
    """The broker has it."""
    UNHEARD = auto()
    """The broker has it and nobody is subscribed: sent, and counted."""
    WAIT = auto()
    """Not now: everything pauses, then it is sent again."""
    ALARM = auto()
    """This device may not: events pause for longer, and people are told."""
    GIVE_UP = auto()
    """Never: sending the same bytes again would change nothing."""


_ANSWERS = {
    0x00: Answer.SENT,
    0x10: Answer.UNHEARD,  # no matching subscribers
    0x80: Answer.WAIT,  # unspecified error
    0x83: Answer.WAIT,  # implementation specific error
    0x87: Answer.ALARM,  # not authorized
    0x90: Answer.GIVE_UP,  # topic name invalid
    0x91: Answer.WAIT,  # packet identifier in use
    0x95: Answer.GIVE_UP,  # packet too large
    0x97: Answer.WAIT,  # quota exceeded
    0x99: Answer.GIVE_UP,  # payload format invalid
}

BLAMES_A_MESSAGE = frozenset({0x81, 0x82, 0x90, 0x94, 0x95, 0x99, 0x9A, 0x9B})
"""Reasons of a DISCONNECT that lie in something the client has sent."""


def puback_action(code: int) -> Answer:
    """What a reason code means; one that no standard knows waits if it refuses."""
    return _ANSWERS.get(code, Answer.WAIT if code >= REFUSED else Answer.SENT)
