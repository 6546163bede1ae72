"""Where a face will be next, and how surely: a Kalman filter for people who walk. Pure.

A person walks at a constant velocity until something changes it. In the picture that is no constant
velocity: who comes closer grows and moves ever faster. With ``approach``, the rate of the size's logarithm
(1/s), which is the inverse of the time to contact, the exact way is nevertheless simple, whatever the
camera's focal length, tilt and optical centre are: over t seconds, with ``k = 1 / (1 - approach * t)``,

    x += vx * t * k        vx *= k²        log size += log k        approach *= k

and the same matrix carries the uncertainty of all three. So x, y and log size are filtered apart, each with
two numbers, and all noise is told in metres and seconds: a face's width is the yardstick.

Sources: D. N. Lee, "A theory of visual control of braking based on information about time-to-collision",
Perception 5, 1976; Y. Bar-Shalom, X. R. Li and T. Kirubarajan, "Estimation with Applications to Tracking and
Navigation", 2001, chapter 6 (white-noise acceleration).
"""

from __future__ import annotations

import math

from edge.types import Box

FACE_M = 0.16
"""Width of a face."""

FOCAL_PX = 1000.0
"""Focal length of a usual camera at 1280 pixels. It only says about how far away a size is."""

SIDEWAYS, UPWARDS, AHEAD = 0.4, 0.15, 0.5
"""How fast velocities change: standard deviation in m/s after a second. People turn and stop; heads bob."""

STOPPING = 0.4
"""What share of the velocity in the picture may be lost in a second: who stops, stops in all directions."""

FIRST_SIDEWAYS, FIRST_UPWARDS, FIRST_AHEAD = 1.0, 0.35, 1.0
"""How fast somebody may move who is seen for the first time: standard deviation in m/s."""

PLACE_NOISE, SIZE_NOISE = 0.12, 0.08
"""Standard deviation of a detector's place (in face sizes) and of its log size."""

PIXEL_NOISE = 1.0
"""What rounding adds to the place, in pixels."""

MOST_STRETCH = 8.0
"""An approach that would enlarge a face more than so in one step is cut off: nobody is that near."""

ALONG_S = 0.5
"""How soon a face that is hidden is taken to be behind the one in front, and to move as that one does."""

BEHIND = 1.5
"""How far to the side of the one in front it may be, in that one's face sizes: standard deviation."""

LEAST_BEHIND = 0.15
"""By how much the log size of a face is less than that of one in front of it."""


class Axis:
    """One quantity: value, rate, and their covariance."""

    __slots__ = ("both", "rate", "rate_var", "value", "var")

    def __init__(self, value: float, var: float, rate_var: float) -> None:
        self.value, self.rate = value, 0.0
        self.var, self.both, self.rate_var = var, 0.0, rate_var

    def carry(self, step: float, stretch: float, density: float, elapsed: float) -> None:
        """Carries covariance and rate on; `step` is the time times `stretch`."""
        square = stretch * stretch
        noise = density * elapsed
        both = self.both + step * self.rate_var
        self.var += step * (self.both + both) + noise * elapsed * elapsed / 3
        self.both = square * both + noise * elapsed / 2
        self.rate_var = square * square * self.rate_var + noise
        self.rate *= square

    def correct(self, error: float, noise: float) -> None:
        """Takes in a measurement that differs by `error` from the value."""
        total = self.var + noise
        gain, rate_gain = self.var / total, self.both / total
        self.value += gain * error
        self.rate += rate_gain * error
        self.rate_var -= rate_gain * self.both
        self.both *= 1 - gain
        self.var *= 1 - gain


class Motion:
    """The state of one face: middle and log size, their rates, and how uncertain all of it is.

    Attributes:
        now: The time at which all of it stands.
        side: Side of the face (square root of its area) in pixels.
        x: Middle of the face in pixels, its rate in pixels a second.
        y: The same, downwards.
        size: Logarithm of the side, its rate in 1/s.
    """

    __slots__ = ("now", "side", "size", "x", "y")

    def __init__(self, box: Box, now: float) -> None:
        self.now = now
        self.side = side = math.sqrt(box.w * box.h)
        metre = side / FACE_M
        x, y = box.centre
        place = place_noise(side)
        self.x = Axis(x, place, (FIRST_SIDEWAYS * metre) ** 2)
        self.y = Axis(y, place, (FIRST_UPWARDS * metre) ** 2)
        self.size = Axis(math.log(side), SIZE_NOISE**2, (FIRST_AHEAD * metre / FOCAL_PX) ** 2)

    def advance(self, now: float) -> None:
        """Carries everything on to a later time; an earlier one changes nothing."""
        elapsed = now - self.now
        if elapsed <= 0:
            return
        self.now = now
        x, y, size = self.x, self.y, self.size
        stretch = 1 / max(1 - size.rate * elapsed, 1 / MOST_STRETCH)
        step = elapsed * stretch
        x.value += x.rate * step
        y.value += y.rate * step
        size.value += math.log(stretch)
        self.side *= stretch
        metre = self.side / FACE_M
        near = AHEAD * metre / FOCAL_PX
        x.carry(step, stretch, (SIDEWAYS * metre) ** 2 + (STOPPING * x.rate) ** 2, elapsed)
        y.carry(step, stretch, (UPWARDS * metre) ** 2 + (STOPPING * y.rate) ** 2, elapsed)
        # The rate of the logarithm grows with k and not with k²; the rest of k² is in its derivative.
        rate = size.rate
        size.carry(step, stretch, near * near, elapsed)
        size.rate = rate * stretch

    def correct(self, box: Box) -> None:
        """Takes in where the face was found; call `advance` before."""
        side = math.sqrt(box.w * box.h)
        place = place_noise(side)
        x, y = box.centre
        self.x.correct(x - self.x.value, place)
        self.y.correct(y - self.y.value, place)
        self.size.correct(math.log(side) - self.size.value, SIZE_NOISE**2)
        self.side = math.exp(self.size.value)

    def stay_behind(self, front: Motion, elapsed: float) -> None:
        """Takes this face, which has been hidden for some more time, to go along with the one before it.

        Had it moved otherwise it would be seen; and it cannot come nearer than the one that hides it.
        """
        share = 1 - math.exp(-elapsed / ALONG_S)
        self.x.rate += share * (front.x.rate - self.x.rate)
        self.y.rate += share * (front.y.rate - self.y.rate)
        self.x.correct(front.x.value - self.x.value, (BEHIND * front.side) ** 2 * ALONG_S / elapsed)
        beyond = self.size.value - (front.size.value - LEAST_BEHIND)
        if beyond > 0:
            self.size.correct(-beyond, SIZE_NOISE**2)
            self.side = math.exp(self.size.value)


def place_noise(side: float) -> float:
    """Variance of a detector's place, in square pixels."""
    return (PLACE_NOISE * side) ** 2 + PIXEL_NOISE**2
