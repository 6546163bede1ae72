"""Posters and screens: faces that have never moved since they were first seen. Pure.

A person who stands sways, turns the head and breathes: within seconds the face has left the place of the
first sight by more than a box jitters. A picture on a wall does not. So whoever has left that place is a
person, for good. Of a face that has not, nobody can say at first; one that stays for `still_s` is a poster,
also where it is missed now and then and found again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from edge.types import Box, TrackedFace

REACH, GROWTH = 0.04, 0.05
"""How far a face may be from its place, in face sizes, and by how much the logarithm of its size may differ.

That is of the smoothed box; the box of a small poster jitters by 0.015 in both.
"""

SMOOTHING_S = 0.5
"""Time constant of the smoothing."""

MOST_SHARE = 0.15
"""The most that one look takes of the smoothed box: a slow camera smooths over as many looks."""

LEAP = 0.1
"""What one look counts at most: passers-by hide a part of a poster, and its box jumps for a moment.

A new face that is nearer than this to a place is taken to be what was seen there before.
"""

LOOKS = 10
"""So many looks make a place."""

DRIFT_S = 60.0
"""Time constant with which a poster's place follows light and camera."""


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

    def offset(self, box: Box) -> tuple[float, float, float]:
        """How far a box is from here: to the right and down in face sizes, and the log of its growth."""
        x, y = box.centre
        return (x - self.x) / self.side, (y - self.y) / self.side, math.log(box.side / self.side)

    def fits(self, box: Box) -> bool:
        """Whether a new face is what was seen here before."""
        return max(map(abs, self.offset(box))) < LEAP

    def add(self, box: Box, now: float, *, settled: bool) -> None:
        """A face was seen here; `settled`: it is a poster, which moves with light and camera only."""
        self.looks += 1
        share = 1 / self.looks if self.looks <= LOOKS else 0.0
        if settled:
            share = max(share, 1 - math.exp((self.seen - now) / DRIFT_S))
        x, y = box.centre
        self.x += share * (x - self.x)
        self.y += share * (y - self.y)
        self.side += share * (box.side - self.side)
        self.seen = now


@dataclass(slots=True)
class _Stay:
    """A face that has not left its place, and how far it is from there: smoothed, see `Place.offset`."""

    place: Place
    seen: float
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def away(self) -> bool:
        """Whether the face is not at its place."""
        x, y, growth = self.offset
        return math.hypot(x, y) > REACH or abs(growth) > GROWTH

    def look(self, box: Box, now: float) -> None:
        """The face was seen again."""
        share = min(1 - math.exp((self.seen - now) / SMOOTHING_S), MOST_SHARE)
        looks = (min(max(value, -LEAP), LEAP) for value in self.place.offset(box))
        x, y, growth = (old + share * (new - old) for old, new in zip(self.offset, looks, strict=True))
        self.offset, self.seen = (x, y, growth), now


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
                self._stays[face.track] = _Stay(self._place(face.box, now), now)
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
        if stay is not None and stay.away and not self._is_still(stay.place):
            self._remove({id(stay.place)})

    def close(self) -> None:
        """Nothing will be seen any more: who is undecided is a person."""
        self._remove({id(place) for place in self._places if not self._is_still(place)})

    def _place(self, box: Box, now: float) -> Place:
        """The place where a new face is: one where a face was before, such as a poster that was missed."""
        for place in self._places:
            if place.fits(box):
                place.add(box, now, settled=self._is_still(place))
                return place
        x, y = box.centre
        self._places.append(Place(x, y, box.side, now, now))
        return self._places[-1]

    def _look(self, face: TrackedFace, stay: _Stay, now: float) -> None:
        stay.look(face.box, now)
        if not stay.away:
            stay.place.add(face.box, now, settled=self._is_still(stay.place))
        elif self._is_still(stay.place) or self._is_poster(face.box):
            # The camera was moved, or somebody who sat there gets up and leaves the next place as well; or a
            # poster that was hidden in part is whole again.
            self._stays[face.track] = _Stay(self._place(face.box, now), now)
        else:
            self._remove({id(stay.place)})

    def _is_poster(self, box: Box) -> bool:
        return any(self._is_still(place) and place.fits(box) for place in self._places)

    def _is_still(self, place: Place) -> bool:
        return place.seen - place.began >= self._still_s

    def _remove(self, places: set[int]) -> None:
        if places:
            self._places = [place for place in self._places if id(place) not in places]
            self._stays = {track: stay for track, stay in self._stays.items() if id(stay.place) not in places}
