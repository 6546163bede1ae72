"""From verdicts to numbered events, and the passes of a run gathered from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from edge.types import BegunPass, DeviceKey, Event, EventId, FinishedPass, PassNotice, Verdict


@dataclass(frozen=True, slots=True)
class EventSource:
    """Where events come from.

    Attributes:
        device: Name of the device.
        epoch: One life of the device's event counter; another spool is another epoch.
        run: One start of the program within the epoch; passes are counted within it.
        model_version: Version of the bundle that judges, until another one does.
        site: Where the device is; empty where nobody says.
    """

    device: str
    epoch: str
    run: str
    model_version: str
    site: str = ""


class EventFactory:
    """Numbers events in the order in which they were decided.

    The number is given before the event is stored, so that an event that could not be stored leaves
    a gap that can be seen.
    """

    def __init__(self, source: EventSource, last_sequence: int, clock_synced: Callable[[], bool]) -> None:
        self._source = source
        self._sequence = last_sequence
        self._clock_synced = clock_synced
        self._earlier: dict[int, tuple[int, str]] = {}

    @property
    def model_version(self) -> str:
        """Version of the bundle that judges."""
        return self._source.model_version

    def change_model(self, version: str, passes: Mapping[int, int]) -> None:
        """From now on another bundle judges.

        Args:
            version: The version of that bundle.
            passes: For each open pass the frames that were judged so far.
        """
        # Before the source changes: `_judging_version` still means the bundle that judged so far.
        self._earlier = {
            number: (frames, self._judging_version(number, frames)) for number, frames in passes.items()
        }
        self._source = replace(self._source, model_version=version)

    def _judging_version(self, number: int, frames: int) -> str:
        """The version of the bundle that judged the last frame of a pass."""
        then, version = self._earlier.get(number, (None, ""))
        # A pass without a frame since the change was judged by the earlier bundle alone.
        return version if frames == then else self._source.model_version

    def make(self, verdict: Verdict) -> Event:
        """The event for a verdict, with the next number."""
        self._sequence += 1
        source = self._source
        return Event(
            id=EventId(source.device, source.epoch, self._sequence, source.site),
            pass_id=self._pass_id(verdict.number),
            verdict=verdict,
            model_version=self._judging_version(verdict.number, verdict.frames),
            clock_synced=self._clock_synced(),
        )

    def begun(self, begun: BegunPass) -> PassNotice:
        """The notice that a pass has begun."""
        return self._notice(begun)

    def finished(self, finished: FinishedPass) -> PassNotice:
        """The notice that a pass has ended."""
        return replace(self._notice(finished), finished=finished)

    def _notice(self, at: BegunPass | FinishedPass) -> PassNotice:
        source = self._source
        return PassNotice(
            origin=DeviceKey(source.site, source.device),
            epoch=source.epoch,
            pass_id=self._pass_id(at.number),
            monotonic=at.monotonic,
            wall=at.wall,
            clock_synced=self._clock_synced(),
        )

    def _pass_id(self, number: int) -> str:
        return f"{self._source.epoch}-{self._source.run}-{number}"


def latest_by_pass(events: Iterable[Event]) -> dict[str, Event]:
    """The last event of each pass, in the order in which the passes were first decided."""
    # A later event takes the value's place and keeps the order of the first.
    return {event.pass_id: event for event in events}


def count_passes(events: Iterable[Event]) -> dict[str, int]:
    """How many passes ended with each verdict."""
    return dict(Counter(str(event.verdict.outcome) for event in latest_by_pass(events).values()))
