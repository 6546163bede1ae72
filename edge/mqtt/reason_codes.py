"""What a broker's answer to one message means: the one table of PUBACK reason codes.

Source: MQTT 5.0, section 3.4.2.1.
"""

from __future__ import annotations

from enum import Enum, auto

REFUSED = 0x80
"""Reason codes from here on say no."""


class PubackAction(Enum):
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
    0x00: PubackAction.SENT,
    0x10: PubackAction.UNHEARD,  # no matching subscribers
    0x80: PubackAction.WAIT,  # unspecified error
    0x83: PubackAction.WAIT,  # implementation specific error
    0x87: PubackAction.ALARM,  # not authorized
    0x90: PubackAction.GIVE_UP,  # topic name invalid
    0x91: PubackAction.WAIT,  # packet identifier in use
    0x95: PubackAction.GIVE_UP,  # packet too large
    0x97: PubackAction.WAIT,  # quota exceeded
    0x99: PubackAction.GIVE_UP,  # payload format invalid
}

BLAMES_A_MESSAGE = frozenset({0x81, 0x82, 0x90, 0x94, 0x95, 0x99, 0x9A, 0x9B})
"""Reasons of a DISCONNECT that lie in something the client has sent."""


def puback_action(code: int) -> PubackAction:
    """What a reason code means; one that no standard knows waits if it refuses."""
    return _ANSWERS.get(code, PubackAction.WAIT if code >= REFUSED else PubackAction.SENT)
