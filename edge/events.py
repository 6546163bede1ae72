"""From verdicts to numbered events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge.types import Event, EventId, Verdict


@dataclass(frozen=True, slots=True)
class Origin:
    """Where events come from.

    Attributes:
        device: Name of the device.
        epoch: One life of the device's event counter; another spool is another epoch.
        run: One start of the program within the epoch; passes are counted within it.
        model_version: Version of the bundle that judges.
    """

    device: str
    epoch: str
    run: str
    model_version: str


class EventFactory:
    """Numbers events in the order in which they were decided.

    The number is given before the event is stored, so that an event that could not be stored leaves
    a gap that can be seen.
    """

    def __init__(self, origin: Origin, last_sequence: int, clock_synced: Callable[[], bool]) -> None:
        self._origin = origin
        self._sequence = last_sequence
        self._clock_synced = clock_synced

    @property
    def model_version(self) -> str:
        """Version of the bundle that judges."""
        return self._origin.model_version

    def make(self, verdict: Verdict) -> Event:
        """The event for a verdict, with the next number."""
        self._sequence += 1
        origin = self._origin
        return Event(
            id=EventId(origin.device, origin.epoch, self._sequence),
            pass_id=f"{origin.epoch}-{origin.run}-{verdict.number}",
            verdict=verdict,
            model_version=origin.model_version,
            clock_synced=self._clock_synced(),
        )
