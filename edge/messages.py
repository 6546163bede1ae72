"""What MaskGate says over MQTT: topics and payloads.

`docs/mqtt.md` and `schemas/mqtt.schema.json` describe the same for those who listen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.contract import LABELS
from edge.types import Event, Probabilities, State

PREFIX = "maskgate"
ONLINE = b"online"
OFFLINE = b"offline"
SCHEMA_FILE = Path(__file__).parent / "schemas" / "mqtt.schema.json"
"""JSON Schema with a `$defs` entry for each kind of message."""

_LEVEL = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Topics:
    """Where a device publishes: `maskgate/<site>/<device>/...`."""

    site: str
    device: str

    def __post_init__(self) -> None:
        for level in (self.site, self.device):
            if not _LEVEL.fullmatch(level):
                raise ValueError(f"a topic level is made of letters, digits, '.', '_' and '-', not {level!r}")

    @property
    def availability(self) -> str:
        """`online` or `offline`, retained; also the will."""
        return self._topic("availability")

    @property
    def event(self) -> str:
        """One message per verdict and revision."""
        return self._topic("event")

    @property
    def state(self) -> str:
        """What the device shows now, retained."""
        return self._topic("state")

    @property
    def gap(self) -> str:
        """Sequences that will never come."""
        return self._topic("gap")

    @property
    def ack(self) -> str:
        """Where consumers say how far they have stored the events."""
        return self._topic("ack")

    @property
    def command(self) -> str:
        """Where the device may be told to do something."""
        return self._topic("command")

    @property
    def stats(self) -> str:
        """How the last minute went, retained, expiring."""
        return self._topic("stats")

    @property
    def hour(self) -> str:
        """The present hour so far, and each one when it is over, retained."""
        return self._topic("summary/hour")

    @property
    def day(self) -> str:
        """The same for days."""
        return self._topic("summary/day")

    @property
    def client_id(self) -> str:
        """The same in every run, so that a broker ends a dead connection when the device returns."""
        return f"{PREFIX}-{self.site}-{self.device}"

    def _topic(self, name: str) -> str:
        return f"{PREFIX}/{self.site}/{self.device}/{name}"


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as the spool keeps it: its sequence and the bytes that are published."""

    sequence: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Trouble:
    """What else a state message tells, besides what the lamp shows.

    Attributes:
        unheard: Messages that a broker took while nobody was subscribed.
        spool_problem: What is wrong with the spool; empty while all is well.
        send_problem: Why events may not be published; empty where they may.
    """

    unheard: int = 0
    spool_problem: str = ""
    send_problem: str = ""


def event_payload(event: Event) -> dict[str, object]:
    """The members of an event message, flat at the top level.

    Probabilities are rounded to 4 decimals, seconds to 3.

    Raises:
        ValueError: The wall time lies outside the years 1 to 9999.
    """
    verdict = event.verdict
    return {
        "id": str(event.id),
        "device": event.id.device,
        "epoch": event.id.epoch,
        "sequence": event.id.sequence,
        "pass_id": event.pass_id,
        "revision": verdict.revision,
        "verdict": verdict.outcome.value,
        "probabilities": _by_label(verdict.probabilities, 4),
        "votes": _by_label(verdict.votes, 3),
        "frames": verdict.frames,
        "face_px": verdict.face_px,
        "model_version": event.model_version,
        "wall_time": iso_time(verdict.wall),
        "monotonic_time": round(verdict.monotonic, 3),
        "clock_synced": event.clock_synced,
    }


def state_payload(state: State, trouble: Trouble = Trouble()) -> dict[str, object]:
    """The members of a state message.

    Raises:
        ValueError: The time lies outside the years 1 to 9999.
    """
    return {
        "lamp": state.lamp.value,
        "blind": state.blind,
        "reason": state.reason,
        "model_version": state.model_version,
        "model_problem": state.model_problem,
        "since": iso_time(state.since),
        "unheard": trouble.unheard,
        "spool_problem": trouble.spool_problem,
        "send_problem": trouble.send_problem,
    }


def ack_payload(
    consumer: str, epoch: str, contiguous: int, missing: Iterable[tuple[int, int]] = ()
) -> dict[str, object]:
    """The members of a consumer's message to a device.

    Args:
        consumer: Name of the consumer.
        epoch: The epoch of the sequences.
        contiguous: All sequences up to this one are stored or announced as gaps.
        missing: Ranges (first, last) that the consumer asks to have sent again, at most 100.
    """
    payload: dict[str, object] = {"consumer": consumer, "epoch": epoch, "contiguous": contiguous}
    ranges = [[first, last] for first, last in missing]
    return {**payload, "missing": ranges} if ranges else payload


def encode(payload: dict[str, object]) -> bytes:
    """Compact JSON in UTF-8.

    Raises:
        ValueError: A number is not finite, which JSON cannot say.
    """
    return json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def iso_time(wall: float) -> str:
    """Unix time as ISO 8601 in UTC with milliseconds, such as `2025-03-01T08:15:30.250Z`.

    Raises:
        ValueError: The time lies outside the years 1 to 9999 or is not finite.
    """
    try:
        moment = datetime.fromtimestamp(wall, UTC)
    except (OverflowError, OSError):
        raise ValueError(f"{wall} s is no Unix time of a calendar day") from None
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _by_label(values: Probabilities, digits: int) -> dict[str, float]:
    return {label.value: round(value, digits) for label, value in zip(LABELS, values, strict=True)}
