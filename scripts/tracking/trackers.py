"""The trackers that are compared, behind one interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from edge.config import VerdictConfig
from edge.daemon.factory import make_tracker
from edge.types import Box, Observation, Verdict


class FollowsFaces(Protocol):
    """A tracker: faces in, for each the number of its track out; 0 where it has none."""

    def follow(self, seen: Sequence[Observation], weak: Sequence[Observation], now: float) -> list[int]:
        """Takes in a frame: sure faces, those of a low score, and its time in seconds."""


class Ours:
    """The device's tracker with the rules of config.toml. A face has a track from the first sight on."""

    def __init__(self, picture: tuple[int, int] | None, fps: float) -> None:
        self.tracker = make_tracker(VerdictConfig())
        self.verdicts: list[Verdict] = []
        self.passes: dict[int, int] = {}
        self.now = 0.0
        self._picture = picture

    def follow(self, seen: Sequence[Observation], weak: Sequence[Observation], now: float) -> list[int]:
        """The track of each face, the sure ones first."""
        self.now = now
        self.verdicts += self.tracker.update(seen, now, now, [each.face for each in weak], self._picture)
        tracks = {}
        for tracked in self.tracker.tracks():
            tracks[id(tracked.box)] = tracked.track
            if tracked.number:
                self.passes[tracked.track] = tracked.number
        return [tracks.get(id(each.face.box), 0) for each in (*seen, *weak)]

    def close(self) -> None:
        """Ends all passes."""
        self.verdicts += self.tracker.close(self.now, self.now)


class ByteTrack:
    """ByteTrack as `supervision` has it, with its own settings."""

    def __init__(self, picture: tuple[int, int] | None, fps: float) -> None:
        import supervision

        self._make = supervision.Detections
        self._tracker = supervision.ByteTrack(frame_rate=round(fps))

    def follow(self, seen: Sequence[Observation], weak: Sequence[Observation], now: float) -> list[int]:
        """The track of each face, the sure ones first."""
        faces = [each.face for each in (*seen, *weak)]
        numbers = [0] * len(faces)
        if not faces:
            found = self._make.empty()
        else:
            found = self._make(
                xyxy=np.array([_corners(face.box) for face in faces], np.float32),
                confidence=np.array([face.score for face in faces], np.float32),
                class_id=np.zeros(len(faces), int),
                data={"face": np.arange(len(faces))},
            )
        tracked = self._tracker.update_with_detections(found)
        for face, track in zip(tracked.data.get("face", ()), tracked.tracker_id, strict=False):
            numbers[int(face)] = int(track)
        return numbers


class Norfair:
    """norfair with the overlap of boxes as its distance, and its own settings."""

    def __init__(self, picture: tuple[int, int] | None, fps: float) -> None:
        import norfair

        self._detection = norfair.Detection
        self._tracker = norfair.Tracker(
            distance_function="iou",
            distance_threshold=0.9,
            initialization_delay=0,
            hit_counter_max=round(fps),
        )

    def follow(self, seen: Sequence[Observation], weak: Sequence[Observation], now: float) -> list[int]:
        """The track of each face, the sure ones first."""
        numbers = [0] * (len(seen) + len(weak))
        found = [
            self._detection(np.array(_corners(each.face.box)).reshape(2, 2), data=place)
            for place, each in enumerate(seen)
        ]
        for tracked in self._tracker.update(found):
            if tracked.live_points.any() and tracked.last_detection in found:
                numbers[tracked.last_detection.data] = tracked.id
        return numbers


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.x + box.w, box.y + box.h
