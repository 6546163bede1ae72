"""Posters and screens: faces that have never moved since they were first seen. Pure.

A person who stands sways, turns the head and breathes: within seconds the middle of the face or its size
leaves the place where it was by more than a box jitters. A picture on a wall does not. So whoever has
left the place of the first sight is a person, for good. Of a face that has not, nobody can say at first;
one that stays for `still_s` is a poster, also where it is missed now and then and found again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from edge.types import Box, TrackedFace

REACH = 0.08
"""How far the middle of a box may be from its place, in face sizes; the box of a poster jitters by 0.02."""

GROWTH = 0.08
"""By how much the logarithm of its size may differ; that of a poster does by 0.03."""

AWAY_S = 0.3
"""How long a face must be away from its place: passers-by hide a part of a poster, and its box jumps."""

SETTLING_S = 30.0
"""Time constant with which a place follows what is seen there: light and camera drift, people are faster."""


class FaceKind(Enum):
    """What a face is by its motion."""

    PERSON = auto()
    UNDECIDED = auto()
    STILL = auto()


@dataclass(slots=True)
class Place:
    """Where a face is that has not moved: middle and size, since when, and when it was last there."""

    x: float
    y: float
    side: float
    began: float
    seen: float
    looks: int = 1

    def fits(self, box: Box) -> bool:
        """Whether a face is here, but for the jitter of its box."""
        distance = math.dist((self.x, self.y), box.centre) / self.side
        return distance <= REACH and abs(math.log(box.side / self.side)) <= GROWTH

    def add(self, box: Box, now: float) -> None:
        """A face was seen here."""
        self.looks += 1
        # The mean of all at first, later of the last half minute.
        share = max(1 / self.looks, 1 - math.exp((self.seen - now) / SETTLING_S))
        x, y = box.centre
        self.x += share * (x - self.x)
        self.y += share * (y - self.y)
        self.side += share * (box.side - self.side)
        self.seen = now


@dataclass(slots=True)
class _Stay:
    """A face that has not left its place, and since when it is away from it; None where it is there."""

    place: Place
    away_since: float | None = None


class StillFaces:
    """Tells persons from posters, by the track of their face."""

    def __init__(self, still_s: float) -> None:
        """`still_s`: seconds without motion after which a face is a poster; 0 where none ever is."""
        self._still_s = still_s
        self._places: list[Place] = []
        self._stays: dict[int, _Stay] = {}
        self._known = 0

    @property
    def count(self) -> int:
        """How many posters there are: seen within the last `still_s`."""
        return sum(self._is_still(place) for place in self._places)

    def update(self, faces: Iterable[TrackedFace], now: float) -> None:
        """Takes the faces of one frame in, at a time in seconds that never goes back."""
        if not self._still_s:
            return
        for face in faces:
            if face.track > self._known:
                self._known = face.track
                self._stays[face.track] = _Stay(self._place(face.box, now))
            elif (stay := self._stays.get(face.track)) is not None:
                self._look(face, stay, now)
        # A scene that has changed is judged anew: what has not been here for so long is no part of it.
        self._remove({id(place) for place in self._places if now - place.seen >= self._still_s})

    def judge(self, track: int) -> FaceKind:
        """What is known of a face."""
        stay = self._stays.get(track)
        if stay is None:
            return FaceKind.PERSON
        return FaceKind.STILL if self._is_still(stay.place) else FaceKind.UNDECIDED

    def leave(self, track: int) -> None:
        """A face that is gone: one that was leaving its place was a person."""
        stay = self._stays.get(track)
        if stay is not None and stay.away_since is not None and not self._is_still(stay.place):
            self._remove({id(stay.place)})

    def close(self) -> None:
        """Nothing will be seen any more: who is undecided is a person."""
        self._remove({id(place) for place in self._places if not self._is_still(place)})

    def _place(self, box: Box, now: float) -> Place:
        """The place where a new face is: one where a face was before, such as a poster that was missed."""
        for place in self._places:
            if place.fits(box):
                place.add(box, now)
                return place
        x, y = box.centre
        self._places.append(Place(x, y, box.side, now, now))
        return self._places[-1]

    def _look(self, face: TrackedFace, stay: _Stay, now: float) -> None:
        if stay.place.fits(face.box):
            stay.place.add(face.box, now)
            stay.away_since = None
        elif stay.away_since is None:
            stay.away_since = now
        elif now - stay.away_since < AWAY_S:
            return
        elif self._is_still(stay.place):
            # The camera was moved, or somebody who sat there gets up, and leaves this place as well.
            self._stays[face.track] = _Stay(self._place(face.box, now))
        else:
            self._remove({id(stay.place)})

    def _is_still(self, place: Place) -> bool:
        return place.seen - place.began >= self._still_s

    def _remove(self, places: set[int]) -> None:
        if places:
            self._places = [place for place in self._places if id(place) not in places]
            self._stays = {track: stay for track, stay in self._stays.items() if id(stay.place) not in places}
