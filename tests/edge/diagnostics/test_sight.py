"""What is measured of a face, and what an installer is told to change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.contract import Cropper
from edge.diagnostics.finding import Finding, Level
from edge.diagnostics.sight import FaceSight, Sight, advice, face_sight
from edge.types import Box, Face, Frame, ViewProblem

GOOD = FaceSight(px=70, middle=300, light=130, around=120, sharpness=400)


def seen(*faces: FaceSight, frames: int = 10, view: ViewProblem = ViewProblem.NONE) -> Sight:
    return Sight((1280, 720), frames, 0.9, view, faces)


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


def test_a_face_is_measured_apart_from_what_is_around_it() -> None:
    """Grey of 60 before a wall of 200."""
    picture = np.full((240, 320, 3), 200, np.uint8)
    picture[60:141, 100:161] = 60
    frame = Frame(0, picture, monotonic=0.0, wall=0.0)
    sight = face_sight(frame, Face(Box(100, 60, 60, 80), 0.9), Cropper(96))
    assert (sight.px, sight.middle, sight.light, sight.around) == (60, 100, 60, 200)


def test_a_face_at_the_edge_is_measured_as_far_as_it_is_seen() -> None:
    frame = Frame(0, np.full((240, 320, 3), 90, np.uint8), monotonic=0.0, wall=0.0)
    assert face_sight(frame, Face(Box(-20, -10, 60, 80), 0.9), Cropper(96)).light == 90
