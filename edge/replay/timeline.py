"""What the daemon's line makes of a recording over time: the passes, and what the lamp shows when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.config import Config
from edge.daemon.factory import make_lamp_policy
from edge.pipeline.pipeline import Cycle
from edge.pipeline.ports import Analyzer
from edge.replay.recorded_passes import PassNotes, RecordedPass, playing, recorded_cycles
from edge.types import Frame, Lamp


@dataclass(frozen=True, slots=True)
class LampChange:
    """From when on the lamp shows something, in seconds of the recording."""

    at_s: float
    lamp: Lamp


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of a recording.

    Attributes:
        passes: In the order in which they were decided.
        lamps: The changes of the lamp in their order; the first one is at its beginning.
        frames: How many pictures there were.
        end_s: When the last one was.
    """

    passes: tuple[RecordedPass, ...]
    lamps: tuple[LampChange, ...]
    frames: int
    end_s: float


class TimelineStoppedError(Exception):
    """Whoever asked for a timeline does not want it any more."""


def timeline(
    config: Config, vision: Analyzer, recording: Path, going_on: Callable[[float], bool]
) -> Timeline:
    """Plays a recording through the daemon's line.

    Args:
        config: The rules of a verdict, of the entrance and of the lamp.
        vision: The models.
        recording: A video, a GIF or a folder of pictures.
        going_on: Is told the time of each frame; whether to go on.

    Raises:
        SourceError: It cannot be read.
        TimelineStoppedError: `going_on` said so.
    """
    notes, policy = PassNotes(), make_lamp_policy(config)
    lamps: list[LampChange] = []
    frames, end_s = 0, 0.0
    for cycle in recorded_cycles(playing(config, recording), vision):
        if not isinstance(cycle, Cycle):
            continue
        notes.note(cycle)
        end_s = cycle.moment.monotonic
        if cycle.analysis is not None and isinstance(cycle.moment, Frame):
            frames += 1
            lamp = policy.after(cycle.passes, cycle.moment)
            if not lamps or lamps[-1].lamp is not lamp:
                lamps.append(LampChange(end_s, lamp))
        if not going_on(end_s):
            raise TimelineStoppedError
    return Timeline(notes.passes(), tuple(lamps), frames, end_s)
