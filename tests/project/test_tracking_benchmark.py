"""The benchmark of the tracker runs, and says that people are kept apart."""

from __future__ import annotations

from collections import Counter

import pytest

from scripts.tracking.benchmark import SIMULATIONS, detector_times, frame_times, run_scene
from scripts.tracking.crowd import SCENES, CrowdScene
from scripts.tracking.frames import PlayedScene
from scripts.tracking.scores import idf1, score
from scripts.tracking.simulation import Scene
from scripts.tracking.trackers import Ours
from scripts.tracking.walkers import Habits


@pytest.mark.parametrize("name", SIMULATIONS)
def test_the_same_seed_gives_the_same_people(name: str) -> None:
    """So that trackers are compared on the same frames."""
    one, other = (list(SIMULATIONS[name][3].play(0.2, 7).frames()) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    "scene", [Scene("calm", 12), CrowdScene("calm", Habits(12))], ids=["simulation", "crowd"]
)
@pytest.mark.parametrize("sure", [True, False])
def test_calm_people_are_kept_apart(scene: PlayedScene, sure: bool) -> None:
    """Everybody has one pass and the right verdict, with and without faces of a low score."""
    (run,) = run_scene(scene, 12, 7, sure=sure, trackers=(Ours,))
    assert run.score.people >= 8
    assert (run.score.merged, run.score.split, run.right) == (0, 0, run.score.people)


def test_merged_and_split_people_are_counted() -> None:
    """Of two people in one track one is merged; one in two tracks is split."""
    found = [
        (n / 10, person, track) for n in range(20) for person, track in ((1, 1), (2, 1), (3, 2 + n // 10))
    ]
    scored = score([*found, (2.0, 1, 1)], 1.0, 0.1)
    assert (scored.people, scored.merged, scored.split) == (3, 1, 1)
    assert idf1([(0.0, 1, 1), (0.1, 1, 1)]) == 1.0


def test_a_queue_waits_before_the_terminal() -> None:
    """People stand at the terminal one after another, and all of them go on."""
    (scene,) = (scene for scene in SCENES if scene.habits.terminal)
    played = scene.play(0.6, 7)
    seen = Counter(sight.person for frame in played.frames() for sight in frame.sights if sight.person)
    assert len(seen) == len(played.labels) >= 4
    assert min(seen.values()) / scene.fps > 3.0


def test_the_tracker_is_timed() -> None:
    """One time for each frame after the first ones, and beside it the detector."""
    assert len(frame_times(3, frames=60)) == 10
    assert len(detector_times(frames=2)) == 2
