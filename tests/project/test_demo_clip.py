"""The clip that ships, against the script that renders it and the line that plays it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from edge.camera.recording import VideoReader
from edge.demo import CLIP
from edge.types import Image
from tests.support.paths import ROOT

SCRIPT = ROOT / "scripts" / "render_demo_clip.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    pytest.importorskip("matplotlib")
    pytest.importorskip("skimage")
    spec = importlib.util.spec_from_file_location("render_demo_clip", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        # Dataclasses look their module up by name.
        patch.setitem(sys.modules, "render_demo_clip", module)
        spec.loader.exec_module(module)
    return module


def shipped() -> Iterator[tuple[Image, float]]:
    """The frames of the clip, in one buffer, with their times."""
    reader = VideoReader(CLIP)
    while (step := reader.next()) is not None:
        yield step
    reader.close()


def test_the_clip_is_small_and_has_all_its_frames(script: ModuleType) -> None:
    """At most 1 MB, 640x480, fifteen frames a second from beginning to end."""
    seen = [(pixels.shape, moment) for pixels, moment in shipped()]
    assert CLIP.stat().st_size <= 1_000_000
    assert {shape for shape, _ in seen} == {(480, 640, 3)}
    due = [index / script.FPS for index in range(script.FPS * script.SECONDS)]
    assert [moment for _, moment in seen] == pytest.approx(due, abs=2e-3)


def test_the_clip_is_what_the_script_renders(script: ModuleType) -> None:
    """Frames of every scene are those of the script, but for what the encoder lost."""
    hall, people = script.entrance(), script.walks()
    scenes = {
        index: script.frame_at(index / script.FPS, hall, people) for index in (0, 40, 70, 160, 216, 245)
    }
    lost = {
        index: np.abs(scenes[index].astype(int) - pixels).mean()
        for index, (pixels, _) in enumerate(shipped())
        if index in scenes
    }
    assert lost.keys() == scenes.keys()
    assert max(lost.values()) < 4
    assert np.abs(scenes[40].astype(int) - scenes[70]).mean() > 10, "scenes differ by more than is lost"


@pytest.mark.shared
def test_each_pass_gets_the_verdict_that_was_drawn(shared: Path) -> None:
    """The shipped classifier and the tracker see in the clip what the script put there."""
    detector = shared / "models" / "face_detection_yunet_2023mar.onnx"
    command = [sys.executable, "-m", "edge", "replay", "--json", "--detector", str(detector), str(CLIP)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in result.stdout.splitlines()]
    told = [(event["pass_id"][-1], event["revision"], event["verdict"]) for event in events if "id" in event]
    assert told == [
        ("1", 0, "compliant"),
        ("2", 0, "no_mask"),
        ("3", 0, "mask_incorrect"),
        ("4", 0, "no_mask"),
        ("4", 1, "compliant"),
    ]


def test_the_package_says_where_the_clip_comes_from() -> None:
    """The provenance names both portraits and lies beside the clip."""
    provenance = (CLIP.parent / "PROVENANCE.md").read_text(encoding="utf-8")
    assert CLIP.name in provenance
    assert "skimage.data.astronaut" in provenance
    assert "grace_hopper.jpg" in provenance
