"""Measures the tracker beside ByteTrack and norfair, and prints docs/results/tracking.md's tables.

    make tracking
    make tracking ARGS="--only crowd --seeds 1"

The seeds of the reported figures begin at 1000; others were used while the tracker was written.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from edge.config import Config, VerdictConfig
from edge.daemon.factory import make_tracker, open_shipped
from edge.types import Box, Face, Frame, Observation, Outcome
from edge.vision.opening import open_detector
from scripts.tracking import crowd, simulation
from scripts.tracking.frames import PlayedScene
from scripts.tracking.scores import Score, idf1, score
from scripts.tracking.sequences import FPS, ROWS, SIZE, Row, heads
from scripts.tracking.trackers import ByteTrack, FollowsFaces, Norfair, Ours

REPORTED = 1000
LEAST_SEEN_S = 1.0
"""Who is found for less time in all does not count: nobody could follow them."""

OUTCOMES = (Outcome.COMPLIANT, Outcome.NO_MASK, Outcome.MASK_INCORRECT)
Kind = type[Ours] | type[ByteTrack] | type[Norfair]
PEERS: tuple[Kind, ...] = (ByteTrack, Norfair)
TRACKERS: tuple[Kind, ...] = (Ours, *PEERS)
PEERS_SHARE = 3
"""The others see one in so many of the people of the first seed."""
SIMULATIONS: dict[str, Sequence[PlayedScene]] = {"scenes": simulation.SCENES, "crowd": crowd.SCENES}
Found = list[tuple[float, int, int]]


def main() -> None:
    """Prints the tables that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=150, help="who arrive in each scene and seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", choices=("sequences", "scenes", "crowd", "speed"))
    parser.add_argument("--alone", action="store_true", help="without the other trackers, much sooner")
    parser.add_argument("--sure", action="store_true", help="scenes without the faces of a low score")
    options = parser.parse_args()
    seeds = range(REPORTED, REPORTED + options.seeds)
    peers = () if options.alone else PEERS
    if options.only in (None, "sequences"):
        _print_sequences(seeds, peers)
    for name, scenes in SIMULATIONS.items():
        if options.only in (None, name):
            _print_scenes(scenes, _Plan(seeds, options.people, peers, sure=options.sure))
    if options.only in (None, "speed"):
        _print_speed()


def _print_sequences(seeds: Sequence[int], peers: Sequence[Kind]) -> None:
    names = [kind.__name__ for kind in peers]
    print(
        f"| {' | '.join(['sequence, drop, jitter, every nth frame', 'ours: IDF1, switches, ids', *names])} |"
    )
    print(f"|---|---|{'---|' * len(names)}")
    for row in ROWS:
        cells = [_sequence_cell(row, tracker, seeds) for tracker in (Ours, *peers)]
        print(f"| {row.name}, {row.drop:g}, {row.jitter:g}, {row.every} | {' | '.join(cells)} |", flush=True)


def _sequence_cell(row: Row, tracker: Callable[..., FollowsFaces], seeds: Iterable[int]) -> str:
    figures = [_sequence(row, tracker(SIZE, FPS / row.every), seed) for seed in seeds]
    f1, switches, ids = (statistics.mean(column) for column in zip(*figures, strict=True))
    return f"{f1:.3f}, {switches:.1f}, {ids:.1f}"


def _sequence(row: Row, tracker: FollowsFaces, seed: int) -> tuple[float, int, int]:
    found: Found = []
    for now, people in heads(row, seed):
        # The same label for all, so that only geometry can tell people apart.
        seen = [Observation(Face(box, 0.9), (0.02, 0.96, 0.02), 500.0, 1) for _, box in people]
        tracks = tracker.follow(seen, (), now)
        found += [(now, who, track) for (who, _), track in zip(people, tracks, strict=True)]
    return idf1(found), _switches(found), len({track for _, _, track in found if track})


def _switches(found: Found) -> int:
    last: dict[int, int] = {}
    switches = 0
    for _, person, track in found:
        if track:
            switches += last.get(person, track) != track
            last[person] = track
    return switches


@dataclass(frozen=True, slots=True)
class SceneScore:
    """What one tracker made of one scene; `right` are those who have the right verdict once."""

    score: Score
    right: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """How scenes are run: with which seeds, how many people, beside whom; see the options."""

    seeds: Sequence[int]
    people: int
    peers: Sequence[Kind]
    sure: bool


def _print_scenes(scenes: Iterable[PlayedScene], plan: _Plan) -> None:
    names = [kind.__name__ for kind in plan.peers]
    print(f"| {' | '.join(['scene', 'people', 'ours: merged, split, IDF1', 'right, once', *names])} |")
    print(f"|---|--:|---|--:|{'---|' * len(names)}")
    for scene in scenes:
        runs = [
            run
            for seed in plan.seeds
            for run in run_scene(scene, plan.people, seed, sure=plan.sure, trackers=(Ours,))
        ]
        # The others take many times as long.
        few = plan.people // PEERS_SHARE if plan.peers else 0
        peers = run_scene(scene, few, plan.seeds[0], sure=plan.sure, trackers=plan.peers)
        people, right = sum(run.score.people for run in runs), sum(run.right for run in runs)
        cells = [_scene_cell([run.score for run in kind]) for kind in (runs, *([peer] for peer in peers))]
        row = [scene.name, str(people), cells[0], f"{right / people:.1%}", *cells[1:]]
        print(f"| {' | '.join(row)} |", flush=True)


def _scene_cell(scores: Sequence[Score]) -> str:
    people = sum(score.people for score in scores)
    merged, split = sum(score.merged for score in scores), sum(score.split for score in scores)
    f1 = statistics.mean(score.idf1 for score in scores)
    return f"{merged} ({merged / people:.1%}), {split} ({split / people:.1%}), {f1:.3f}"


def run_scene(
    scene: PlayedScene, people: int, seed: int, *, sure: bool = False, trackers: Sequence[Kind] = TRACKERS
) -> Iterator[SceneScore]:
    """Plays a scene to each tracker.

    Args:
        scene: What happens.
        people: How many arrive, more or less.
        seed: Of the people.
        sure: Whether faces of a low score are left out.
        trackers: Who is scored.
    """
    played = scene.play(people / scene.per_minute, seed)
    frames = list(played.frames())
    for kind in trackers:
        tracker = kind((scene.camera.width, scene.camera.height), scene.fps)
        found: Found = []
        for frame in frames:
            faces = [sight.observation for sight in frame.sights]
            weak = [] if sure else [sight.observation for sight in frame.weak]
            tracks = tracker.follow(faces, weak, frame.now)
            found += [
                (frame.now, sight.person, track)
                for sight, track in zip(frame.sights, tracks[: len(faces)], strict=True)
            ]
        if isinstance(tracker, Ours):
            tracker.close()
            found = [(now, person, tracker.passes.get(track, 0)) for now, person, track in found]
        scored = score(found, LEAST_SEEN_S, 1 / scene.fps)
        right = _right(scored, tracker, played.labels) if isinstance(tracker, Ours) else 0
        yield SceneScore(scored, right)


def _right(scored: Score, tracker: Ours, labels: dict[int, int]) -> int:
    """How many people have one pass, whose only verdict is the right one."""
    verdicts: dict[int, list[Outcome]] = defaultdict(list)
    for verdict in tracker.verdicts:
        verdicts[verdict.number].append(verdict.outcome)
    passes: dict[int, list[int]] = defaultdict(list)
    for number, person in scored.owners.items():
        passes[person].append(number)
    told = {
        person: list(chain(*(verdicts[number] for number in passes[person]))) for person in scored.counted
    }
    return sum(told[person] == [OUTCOMES[labels[person]]] for person in scored.counted)


def _print_speed() -> None:
    print("| processor ms a frame | median | 95 % |")
    print("|---|--:|--:|")
    rows = [(f"tracker and evidence, {count} faces", frame_times(count)) for count in (5, 30)]
    rows.append(("face detector, beside them", detector_times()))
    for name, times in rows:
        middle, high = np.percentile(times, (50, 95)) * 1e3
        print(f"| {name} | {middle:.3f} | {high:.3f} |")


def frame_times(count: int, frames: int = 600) -> list[float]:
    """Processor seconds a frame of so many people who walk about; one in ten looks is missed."""
    random = np.random.default_rng(REPORTED)
    tracker = make_tracker(VerdictConfig())
    x, y = random.uniform(60, 1220, count), random.uniform(60, 660, count)
    speed, side = random.uniform(-60, 60, count), random.uniform(20, 90, count)
    times = []
    for number in range(frames):
        x = (x + speed / 15) % 1280
        seen = [
            Observation(Face(Box(float(a), float(b), float(w), float(w)), 0.9), (0.02, 0.96, 0.02), 500.0, 1)
            for a, b, w in zip(x + random.normal(0, 1, count), y, side, strict=True)
            if random.random() > 0.1
        ]
        started = time.thread_time()
        tracker.update(seen, number / 15, 0.0, (), (1280, 720))
        times.append(time.thread_time() - started)
    return times[50:]


def detector_times(frames: int = 100) -> list[float]:
    """Processor seconds that the shipped face detector takes for a frame of noise."""
    noise = np.random.default_rng(REPORTED).integers(0, 256, (720, 1280, 3), np.uint8)
    detector = open_detector(Config(), open_shipped(), with_low_scores=True)
    times = []
    for number in range(frames):
        started = time.thread_time()
        detector.detect(Frame(number, noise, 0.0, 0.0))
        times.append(time.thread_time() - started)
    return times


if __name__ == "__main__":
    main()
