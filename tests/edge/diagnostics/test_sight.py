"""What an installer is told to change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.diagnostics.finding import Finding, Level
from edge.diagnostics.sight import advice
from edge.types import FaceSight, Sight, ViewProblem

GOOD = FaceSight(px=70, middle=300, light=130, around=120, sharpness=400)


def seen(*faces: FaceSight, frames: int = 10, view: ViewProblem = ViewProblem.NONE) -> Sight:
    return Sight((1280, 720), frames, frames, 0.9, view, faces)


def found(sight: Sight) -> dict[str, Finding]:
    return {finding.check: finding for finding in advice(sight, min_sharpness=30)}


def test_a_good_place_needs_no_change() -> None:
    """All is well, and the figures are told."""
    findings = found(seen(GOOD, GOOD))
    assert {finding.level for finding in findings.values()} == {Level.OK}
    assert findings["picture"].text == "1280 x 720 pixels, 10.0 a second"
    assert findings["face"].text == "seen in 20% of the pictures"
    assert findings["distance"].text.startswith("a face has 70 pixels")


@pytest.mark.parametrize(
    ("check", "face", "level", "fix"),
    [
        ("distance", replace(GOOD, px=30), Level.WARNING, "0.5 times the distance"),
        ("distance", replace(GOOD, px=12), Level.FAULT, "0.2 times the distance"),
        ("distance", replace(GOOD, px=160, middle=360), Level.WARNING, "farther away"),
        ("height", replace(GOOD, middle=120), Level.WARNING, "tilt the camera up"),
        ("height", replace(GOOD, middle=600), Level.WARNING, "tilt the camera down"),
        ("light", replace(GOOD, light=30), Level.WARNING, "lamp beside the camera"),
        ("light", replace(GOOD, light=240), Level.WARNING, "take light away"),
        ("backlight", replace(GOOD, light=80, around=190), Level.WARNING, "away from window or door"),
        ("sharpness", replace(GOOD, sharpness=12), Level.WARNING, "focus the lens"),
    ],
)
def test_what_is_amiss_is_named_with_what_to_do(check: str, face: FaceSight, level: Level, fix: str) -> None:
    """Each alone, by the median of the faces that were seen: one odd picture changes nothing."""
    finding = found(seen(face, face, GOOD))[check]
    assert finding.level is level
    assert fix in finding.fix
    assert found(seen(face, GOOD, GOOD))[check].level is Level.OK


def test_nobody_in_the_picture_is_a_fault() -> None:
    """And nothing else is judged."""
    findings = found(seen())
    assert findings["face"].level is Level.FAULT
    assert "distance" not in findings


def test_a_camera_that_cannot_see_is_a_fault() -> None:
    assert found(seen(GOOD, view=ViewProblem.DARK))["view"].level is Level.FAULT
