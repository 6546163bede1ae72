r"""Measures the tracker beside ByteTrack and norfair, and prints docs/results/tracking.md's tables.

    pip install --target peers --no-deps motmetrics supervision==0.25.1 norfair "filterpy<2" pandas \
        python-dateutil six xmltodict defusedxml
    PYTHONPATH=.:peers python -m scripts.tracking.benchmark [--minutes 20] [--seeds 5] [--alone]

The seeds of the reported figures begin at 1000; those below were used while the tracker was written.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import numpy as np

from edge.config import VerdictConfig
from edge.daemon.factory import make_tracker
from edge.types import Box, Face, Observation, Outcome
from scripts.tracking.scores import Score, idf1, score
from scripts.tracking.sequences import FPS, ROWS, SIZE, Row, heads
from scripts.tracking.simulation import SCENES, Entrance, Scene
from scripts.tracking.trackers import ByteTrack, FollowsFaces, Norfair, Ours

REPORTED = 1000
LEAST_SEEN_S = 1.0
"""Who is found for less time in all does not count: nobody could follow them."""

OUTCOMES = (Outcome.COMPLIANT, Outcome.NO_MASK, Outcome.MASK_INCORRECT)
Kind = type[Ours] | type[ByteTrack] | type[Norfair]
TRACKERS: tuple[Kind, ...] = (Ours, ByteTrack, Norfair)
Found = list[tuple[float, int, int]]


def main() -> None:
    """Prints the tables that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=20.0, help="of each scene and seed")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=("sequences", "scenes", "speed"))
    parser.add_argument("--alone", action="store_true", help="scenes without the other trackers")
    options = parser.parse_args()
    seeds = range(REPORTED, REPORTED + options.seeds)
    if options.only in (None, "sequences"):
        _print_sequences(seeds)
    if options.only in (None, "scenes"):
        _print_scenes(seeds, options.minutes, TRACKERS[:1] if options.alone else TRACKERS)
    if options.only in (None, "speed"):
        _print_speed()


def _print_sequences(seeds: Sequence[int]) -> None:
    print("| sequence, drop, jitter, every nth frame | ours: IDF1, switches, ids | ByteTrack | norfair |")
    print("|---|---|---|---|")
    for row in ROWS:
        cells = [_sequence_cell(row, tracker, seeds) for tracker in TRACKERS]
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


def _print_scenes(seeds: Sequence[int], minutes: float, trackers: Sequence[Kind]) -> None:
    print("| scene | people | merged | split | IDF1 | right, once | ByteTrack: merged, split | norfair |")
    print("|---|--:|--:|--:|--:|--:|---|---|")
    for scene in SCENES:
        totals: Counter[str] = Counter()
        for seed in seeds:
            totals.update(_scene(scene, minutes, seed, trackers))
        people = totals["people"]
        shares = [
            f"{totals[f'Ours {what}']} ({totals[f'Ours {what}'] / people:.1%})"
            for what in ("merged", "split")
        ]
        print(
            f"| {scene.name} | {people} | {' | '.join(shares)} | {totals['f1'] / 1e6 / len(seeds):.3f} "
            f"| {totals['right'] / people:.1%} | {_peer(totals, 'ByteTrack')} | {_peer(totals, 'Norfair')} |",
            flush=True,
        )


def _peer(totals: Counter[str], name: str) -> str:
    return f"{totals[f'{name} merged']}, {totals[f'{name} split']}" if f"{name} split" in totals else "-"


def _scene(scene: Scene, minutes: float, seed: int, trackers: Sequence[Kind]) -> Counter[str]:
    """Counts of one run: people, those with the right verdict once, and for each tracker merged and split."""
    entrance = Entrance(scene, minutes, seed)
    frames = list(entrance.frames())
    totals: Counter[str] = Counter()
    for kind in trackers:
        tracker = kind((scene.camera.width, scene.camera.height), scene.fps)
        found: Found = []
        for frame in frames:
            faces = [sight.observation for sight in frame.sights]
            weak = [sight.observation for sight in frame.weak]
            tracks = tracker.follow(faces, weak, frame.now)
            sure = zip(frame.sights, tracks, strict=False)
            found += [(frame.now, sight.person, track) for sight, track in sure]
        if isinstance(tracker, Ours):
            tracker.close()
            found = [(now, person, tracker.passes.get(track, 0)) for now, person, track in found]
        scored = score(found, LEAST_SEEN_S, 1 / scene.fps)
        totals[f"{kind.__name__} merged"] += scored.merged
        totals[f"{kind.__name__} split"] += scored.split
        if isinstance(tracker, Ours):
            totals["people"] += scored.people
            totals["f1"] += round(scored.idf1 * 1e6)
            totals["right"] += _right(scored, tracker, entrance.labels)
    return totals


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
    print("| faces in a frame | tracker and evidence, processor ms a frame: median | 95 % |")
    print("|--:|--:|--:|")
    for count in (5, 30):
        middle, high = np.percentile(_frame_times(count), (50, 95)) * 1e3
        print(f"| {count} | {middle:.3f} | {high:.3f} |")


def _frame_times(count: int, frames: int = 600) -> list[float]:
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


if __name__ == "__main__":
    main()
