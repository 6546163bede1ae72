"""Why a face that is followed is not seen: its person has left, or stands behind somebody. Pure."""

from __future__ import annotations

import math

from edge.tracking.motion import FACE_M, Motion

NEAREST = 0.45
"""A face this large, as a share of the picture's longer side, is at the camera: its person has passed by."""

GROWN = 4.0
"""Where the picture's size is not known: by how much a face may grow unseen until its person has passed."""

OUTSIDE = 1.0
"""How far beyond the edge a place must be, in its standard deviations: 84 % are outside then."""

LEAVING_S = 0.3
"""How long it takes until somebody who is missed at the edge is taken to have left: boxes jitter over it."""

NEARER = 1.1
"""By how much larger the face of somebody is who can hide another."""

HEAD = 0.9
"""Half the width of what a head hides, in face sizes: half of each face, and what hair and pose add."""

SHOULDERS = 0.25 / FACE_M + 0.3
"""The same for shoulders."""

CHIN = 0.9
"""How far below the middle of a face shoulders begin, in face sizes."""


def has_left(motion: Motion, seen_side: float, picture: tuple[float, float] | None) -> bool:
    """Whether somebody who is not seen any more is beyond the picture's edges, or has come past the camera.

    Args:
        motion: Where the face is expected now.
        seen_side: Its size when it was last seen.
        picture: Width and height of the frame; None where nobody knows.
    """
    if has_passed(motion, seen_side, picture):
        return True
    if picture is None:
        return False
    width, height = picture
    return _beyond(motion.x.value, motion.x.var, width) or _beyond(motion.y.value, motion.y.var, height)


def has_passed(motion: Motion, seen_side: float, picture: tuple[float, float] | None) -> bool:
    """Whether somebody has come past the camera; see `has_left`."""
    if picture is None:
        return motion.side > GROWN * seen_side
    return motion.side > NEAREST * max(picture)


def _beyond(value: float, var: float, end: float) -> bool:
    out = max(-value, value - end)
    return out > 0 and out > OUTSIDE * math.sqrt(var)


def hides(front: Motion, behind: Motion, seen_side: float) -> bool:
    """Whether one face, or the shoulders below it, may cover another.

    Args:
        front: Where somebody is who may be nearer.
        behind: Where the other one is expected now.
        seen_side: The size of that face when it was last seen. While it is missing, nobody walks through
            the one in front, however large the face is expected to be by now.
    """
    if front.side < NEARER * min(behind.side, seen_side):
        return False
    across = abs(front.x.value - behind.x.value)
    below = behind.y.value - front.y.value
    if below > CHIN * front.side:
        return across < SHOULDERS * front.side
    return across < HEAD * front.side and below > -HEAD * front.side
