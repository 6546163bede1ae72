"""The passes that the daemon's line finds in a recording."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from edge.camera import open_recording
from edge.camera.images import OnSkip, log_skip
from edge.config import Config
from edge.daemon.factory import make_register, make_tracker, open_vision
from edge.pipeline.pipeline import Cycle, Pipeline, Vision
from edge.pipeline.ports import Analyzer
from edge.types import NotDue, Outcome


@dataclass(frozen=True, slots=True)
class RecordedPass:
    """One pass of a recording. Times are seconds of the recording.

    Attributes:
        outcomes: The verdict and what it was revised to, in their order.
        decided_s: When each of them was decided.
        last_s: When the person was last seen with a verdict, or the last verdict was decided.
    """

    outcomes: tuple[Outcome, ...]
    decided_s: tuple[float, ...]
    last_s: float

    @property
    def first_s(self) -> float:
        """When the first verdict was decided."""
        return self.decided_s[0]


@dataclass(slots=True)
class _OpenPass:
    outcomes: list[Outcome] = field(default_factory=list)
    decided_s: list[float] = field(default_factory=list)
    last_s: float = 0.0


def recorded_cycles(config: Config, vision: Analyzer, on_skip: OnSkip = log_skip) -> Iterator[Cycle | NotDue]:
    """Every cycle of the recording that the configuration names; its times begin at zero.

    Args:
        config: Names the recording, its pace, the entrance, and the rules of a verdict.
        vision: The models.
        on_skip: Is told of each picture of a folder that cannot be read.

    Raises:
        SourceError: It cannot be read.
    """
    source = open_recording(config.camera, 0.0, on_skip=on_skip)
    with closing(source):
        pipeline = Pipeline(
            source, vision, make_tracker(config.verdict), time.perf_counter, make_register(config.entrance)
        )
        yield from pipeline.cycles(lambda: False)


class PassNotes:
    """The passes of one recording, noted down cycle by cycle."""

    def __init__(self) -> None:
        self._found: dict[int, _OpenPass] = {}

    def note(self, cycle: Cycle) -> None:
        """Adds what a cycle decided and whom it saw."""
        for verdict in cycle.verdicts:
            one = self._found.setdefault(verdict.number, _OpenPass())
            one.outcomes.append(verdict.outcome)
            one.decided_s.append(verdict.monotonic)
            one.last_s = verdict.monotonic
        for person in cycle.present:
            # The verdict on a face that has not moved yet is told later.
            if person.number in self._found:
                self._found[person.number].last_s = cycle.moment.monotonic

    def passes(self) -> tuple[RecordedPass, ...]:
        """Those so far, in the order in which they were decided."""
        return tuple(
            RecordedPass(tuple(one.outcomes), tuple(one.decided_s), one.last_s)
            for one in self._found.values()
        )


def playing(config: Config, recording: Path) -> Config:
    """The configuration with a recording for its camera, as fast as it can be read."""
    camera = config.camera.model_copy(update={"source": str(recording), "pace": "fast"})
    return config.model_copy(update={"camera": camera})


class PassRecorder:
    """Plays recordings with the models of one configuration, which are opened once."""

    def __init__(self, config: Config) -> None:
        """Opens the models.

        Raises:
            ModelError: They cannot be used.
        """
        self._config = config
        self._vision: Vision = open_vision(config)

    @property
    def model_version(self) -> str:
        """Version of the bundle that judges."""
        return self._vision.model_version

    def passes(self, recording: Path) -> tuple[RecordedPass, ...]:
        """The passes of a video, a GIF or a folder of images, in the order in which they were decided.

        Raises:
            SourceError: It cannot be read.
        """
        notes = PassNotes()
        for cycle in recorded_cycles(playing(self._config, recording), self._vision):
            if isinstance(cycle, Cycle):
                notes.note(cycle)
        return notes.passes()
