"""What the collector stores: one immutable value for each kind of message."""

from __future__ import annotations

from dataclasses import dataclass

from edge.types import DeviceKey

FRESH_S = 2.0

SILENT_S = 180.0
"""A device tells how it goes once a minute; one that has told nothing for so long may be gone."""


@dataclass(frozen=True, slots=True, order=True)
class EpochKey:
    """One life of a device's event counter."""

    place: DeviceKey
    name: str


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An event, flat, as its table has it; see docs/reference/mqtt.md.

    Attributes:
        wall_time: As it came.
        at: The same as Unix time.
        received: Unix time at which the collector got it.
        direction: Which way the person went; None where the device does not say.
    """

    id: str
    site: str
    device: str
    epoch: str
    sequence: int
    pass_id: str
    revision: int
    verdict: str
    with_mask: float
    without_mask: float
    mask_worn_incorrectly: float
    votes_with_mask: float
    votes_without_mask: float
    votes_mask_worn_incorrectly: float
    frames: int
    face_px: int
    model_version: str
    wall_time: str
    at: float
    monotonic_time: float
    clock_synced: bool
    received: float
    direction: str | None = None

    @property
    def fresh(self) -> bool:
        """Whether it was certainly decided just before it was received."""
        return self.clock_synced and abs(self.received - self.at) < FRESH_S

    @property
    def epoch_key(self) -> EpochKey:
        """Whose sequence it has."""
        return EpochKey(DeviceKey(self.site, self.device), self.epoch)


@dataclass(frozen=True, slots=True)
class GapRecord:
    """Sequences that will never come; `last` is None where it is not known."""

    id: str
    site: str
    device: str
    epoch: str
    first: int
    last: int | None
    reason: str
    wall_time: str
    received: float

    @property
    def epoch_key(self) -> EpochKey:
        """Whose sequences they are."""
        return EpochKey(DeviceKey(self.site, self.device), self.epoch)


@dataclass(frozen=True, slots=True)
class AvailabilityRecord:
    """A device's word on whether it is connected.

    Attributes:
        received: Unix time at which the collector got it.
        unsure_since: Unix time since which it may have been so, where it waited for the collector.
        anew: Whether the device said it just then; a retained word may be an old one.
    """

    place: DeviceKey
    online: bool
    received: float
    unsure_since: float | None = None
    anew: bool = False


@dataclass(frozen=True, slots=True)
class CameraRecord:
    """A device's word on whether its camera gives something.

    Attributes:
        reason: Why it is blind.
        since: Since when, Unix time by the device's clock.
        received: Unix time at which the collector got it.
    """

    place: DeviceKey
    blind: bool
    reason: str
    since: float
    received: float


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A device's word on how its last minute went: it lives.

    Attributes:
        received: Unix time at which the collector got it.
        unsure_since: Unix time since which the collector may have missed some.
    """

    place: DeviceKey
    received: float
    unsure_since: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that breaks the rules, and which."""

    topic: str
    payload: bytes
    reason: str
    received: float


Record = EventRecord | GapRecord | AvailabilityRecord | CameraRecord | Heartbeat | Rejected
