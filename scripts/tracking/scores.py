"""How well tracks keep people apart."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

Pairs = Iterable[tuple[float, int, int]]
"""(time, person, track) of each face that was found; person 0 is none, track 0 is none."""


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over one scene.

    Attributes:
        people: Everybody who was seen for long enough to count.
        merged: Those of them who have no track of their own.
        split: Those who have several.
        idf1: F1 of faces that carry the one track that is their person's, 0 to 1.
        owners: For each track the person it shows most.
    """

    people: int
    merged: int
    split: int
    idf1: float
    owners: dict[int, int]
    counted: frozenset[int]


def score(pairs: Pairs, least_s: float, frame_s: float) -> Score:
    """Scores tracks against the truth.

    Args:
        pairs: Every face that was found.
        least_s: For how long somebody has to be seen to count.
        frame_s: Time between two frames.
    """
    pairs = list(pairs)
    seen = Counter(person for _, person, _ in pairs)
    counted = frozenset(p for p, frames in seen.items() if p and frames * frame_s >= least_s)
    shown: dict[int, Counter[int]] = defaultdict(Counter)
    for _, person, track in pairs:
        if track:
            shown[track][person] += 1
    owners = {track: people.most_common(1)[0][0] for track, people in shown.items()}
    own = Counter(owners.values())
    merged = sum(own[person] == 0 for person in counted)
    split = sum(own[person] > 1 for person in counted)
    return Score(len(counted), merged, split, idf1(pairs), owners, counted)


def idf1(pairs: Pairs) -> float:
    """Identification F1 (Ristani et al. 2016) of faces that are matched to people already."""
    found = [(person, track) for _, person, track in pairs]
    both = Counter(pair for pair in found if all(pair))
    people, tracks = sorted({p for p, _ in both}), sorted({t for _, t in both})
    table = np.array([[both[p, t] for t in tracks] for p in people]).reshape(len(people), len(tracks))
    hits = int(table[linear_sum_assignment(table, maximize=True)].sum())
    return 2 * hits / (sum(p > 0 for p, _ in found) + sum(t > 0 for _, t in found))
