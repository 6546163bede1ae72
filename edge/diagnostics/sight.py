"""What an installer should change, going by what a camera sees at the line. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

from edge.diagnostics.finding import Finding, fault, ok, warning
from edge.types import FaceSight, Sight, ViewProblem

LEAST_PX, GOOD_PX, AIM_PX = 20, 40, 60
"""Smaller side of a face: must be, should be, and what the advice aims at; see docs/install-pi.md."""

FACE_M, PEOPLE_DIFFER_M = 0.16, 0.3
"""How wide a face is, and how much taller or shorter than somebody others are."""

DARK, BRIGHT = 50.0, 220.0
"""Mean grey level (0 to 255) of a face below or above which skin and mask lose their detail."""

BACKLIT, BACKLIGHT = 0.5, 100.0
"""A face has less than this share of the light around it, which itself is above the second."""


def advice(sight: Sight, min_sharpness: float) -> Iterator[Finding]:
    """What is good, and what should be changed.

    Args:
        sight: What was seen while somebody stood at the line.
        min_sharpness: `verdict.min_sharpness`.
    """
    width, height = sight.size
    rate = (sight.frames - 1) / sight.seconds if sight.seconds > 0 else 0.0
    yield ok("picture", f"{width} x {height} pixels, {rate:.1f} a second")
    if sight.view is not ViewProblem.NONE:
        yield fault("view", f"the camera cannot see: {sight.view}", "see to lens, light and focus")
    if not sight.faces:
        yield fault(
            "face", "none was seen", "stand where people cross and face the camera; then see the light"
        )
        return
    share = len(sight.faces) / sight.looked_at
    yield ok("face", f"seen in {share:.0%} of the pictures")
    yield _distance(sight)
    yield _height(sight)
    yield _light(sight)
    yield _backlight(sight)
    yield _sharpness(sight, min_sharpness)


def _median(sight: Sight, value: Callable[[FaceSight], float]) -> float:
    return median(map(value, sight.faces))


def _distance(sight: Sight) -> Finding:
    px = _median(sight, lambda face: face.px)
    if _reach(px) + px / 2 > sight.size[1] / 2:
        return warning(
            "distance", f"a face has {px:.0f} pixels, and taller people do not fit", "hang it farther away"
        )
    if px >= GOOD_PX:
        return ok("distance", f"a face has {px:.0f} pixels; {GOOD_PX} or more are good")
    closer = f"hang it at {px / AIM_PX:.1f} times the distance of now, or take a lens with a narrower view"
    if px >= LEAST_PX:
        return warning("distance", f"a face has {px:.0f} pixels; {GOOD_PX} or more are good", closer)
    return fault("distance", f"a face has {px:.0f} pixels; {LEAST_PX} are needed", closer)


def _height(sight: Sight) -> Finding:
    """Whether people who are taller or shorter are in the picture, too."""
    px = _median(sight, lambda face: face.px)
    middle = _median(sight, lambda face: face.middle)
    above, below = middle - _reach(px) - px / 2, sight.size[1] - middle - _reach(px) - px / 2
    if above < 0 <= below:
        return warning("height", "taller people are cut off above", "tilt the camera up, or hang it higher")
    if below < 0 <= above:
        return warning("height", "shorter people are cut off below", "tilt the camera down")
    return ok("height", f"a face is {middle / sight.size[1]:.0%} down the picture")


def _reach(px: float) -> float:
    """How many pixels higher or lower the faces of others are."""
    return PEOPLE_DIFFER_M / FACE_M * px


def _light(sight: Sight) -> Finding:
    light = _median(sight, lambda face: face.light)
    text = f"a face has a brightness of {light:.0f} of 255"
    if light < DARK:
        return warning("light", text, "put a lamp beside the camera")
    if light > BRIGHT:
        return warning("light", text, "take light away, or turn the camera away from it")
    return ok("light", text)


def _backlight(sight: Sight) -> Finding:
    light, around = _median(sight, lambda face: face.light), _median(sight, lambda face: face.around)
    text = f"around it the brightness is {around:.0f}"
    if around > BACKLIGHT and light < BACKLIT * around:
        return warning("backlight", text, "turn the camera away from window or door, or light the faces")
    return ok("backlight", text)


def _sharpness(sight: Sight, least: float) -> Finding:
    sharpness = _median(sight, lambda face: face.sharpness)
    text = f"{sharpness:.0f}; verdict.min_sharpness is {least:.0f}"
    if sharpness < least:
        return warning("sharpness", text, "clean and focus the lens, or give more light")
    return ok("sharpness", text)
