"""The payloads of what a device publishes: events, state, gaps, statistics, summaries, itself.

`docs/reference/mqtt.md` and `schemas/mqtt.schema.json` describe the same for those who listen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from edge.config import Config
from edge.system.health import Health
from edge.telemetry.minutes import MinuteStats, Quantiles
from edge.telemetry.records import Minute, SpoolUsage
from edge.telemetry.summaries import Summary
from edge.types import LABELS, DeviceKey, Event, Gap, PassNotice, Probabilities, State

SCHEMA_FILE = Path(__file__).parent.parent / "schemas" / "mqtt.schema.json"
"""JSON Schema with a `$defs` entry for each kind of message."""
SCHEMA_ID = "urn:maskgate:mqtt:1"
"""Its identifier, which changes when something is removed or means something else."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An event as the spool keeps it.

    Attributes:
        position: Its place in the file.
        payload: The bytes that are published.
        origin: Under which name it was decided; None where nobody wrote it down.
    """

    position: int
    payload: bytes
    origin: DeviceKey | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What else a state message says, besides what the lamp shows.

    Attributes:
        no_subscribers: Messages that a broker took while nobody was subscribed.
        spool_problem: What is wrong with the spool; empty while all is well.
        send_problem: Why events may not be published; empty where they may.
        muted: Whether the buzzer was told to be silent.
    """

    no_subscribers: int = 0
    spool_problem: str = ""
    send_problem: str = ""
    muted: bool = False


def event_payload(event: Event) -> dict[str, object]:
    """The members of an event message, flat at the top level.

    Probabilities are rounded to 4 decimals, seconds to 3.

    Raises:
        ValueError: The wall time lies outside the years 1 to 9999.
    """
    verdict = event.verdict
    return {
        "id": str(event.id),
        **({"site": event.id.site} if event.id.site else {}),
        "device": event.id.device,
        "epoch": event.id.epoch,
        "sequence": event.id.sequence,
        "pass_id": event.pass_id,
        "revision": verdict.revision,
        "verdict": verdict.outcome.value,
        **({} if verdict.direction is None else {"direction": verdict.direction.value}),
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
        # The published name of this figure, which does not change.
        "unheard": trouble.no_subscribers,
        "spool_problem": trouble.spool_problem,
        "send_problem": trouble.send_problem,
        "people": state.people,
        "still_faces": state.still_faces,
        "muted": trouble.muted,
        "view": state.view.value,
        "recovery": state.recovery.value,
        "quiet": state.quiet,
        "live_view_until": None if state.live_view_until is None else iso_time(state.live_view_until),
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
    # `fromtimestamp` raises these where the platform's own function fails.
    except (OverflowError, OSError):
        raise ValueError(f"{wall} s is no Unix time of a calendar day") from None
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _by_label(values: Probabilities, digits: int) -> dict[str, float]:
    return {label.value: round(value, digits) for label, value in zip(LABELS, values, strict=True)}


def gap_message(origin: DeviceKey, found: Gap) -> bytes:
    """The payload of a gap message of a device."""
    return encode(
        {
            "id": f"{origin.device}/{found.epoch}/gap/{found.number}",
            "site": origin.site,
            "device": origin.device,
            "epoch": found.epoch,
            "number": found.number,
            "from": found.first,
            "to": found.last,
            "reason": found.reason.value,
            "wall_time": _time(found.wall),
        }
    )


def pass_message(notice: PassNotice) -> bytes:
    """The payload of the message that a pass has begun or ended."""
    payload: dict[str, object] = {
        "pass_id": notice.pass_id,
        "site": notice.origin.site,
        "device": notice.origin.device,
        "epoch": notice.epoch,
        "wall_time": _time(notice.wall),
        "monotonic_time": round(notice.monotonic, 3),
        "clock_synced": notice.clock_synced,
    }
    finished = notice.finished
    if finished is None:
        return encode(payload)
    verdict = finished.verdict
    return encode(
        {
            **payload,
            "duration_s": round(finished.monotonic - finished.began, 3),
            "verdict": verdict.outcome.value,
            "revision": verdict.revision,
            **({} if verdict.direction is None else {"direction": verdict.direction.value}),
        }
    )


@dataclass(frozen=True, slots=True)
class MinuteReport:
    """All that the message of one minute is made of.

    Attributes:
        minute_stats: How it went.
        passes: Passes that began in it, by verdict and direction.
        figures: How full the spool is.
        health: How the device is.
        no_subscribers: Messages that nobody was subscribed to, since the program began.
        totals: Sums over all minutes since the program began, this one included.
    """

    minute_stats: MinuteStats
    passes: Minute
    figures: SpoolUsage
    health: Health
    no_subscribers: int
    totals: Minute


def stats_message(minute: MinuteReport) -> bytes:
    """The payload of a stats message."""
    minute_stats, figures = minute.minute_stats, minute.figures
    return encode(
        {
            "minute": _time(minute_stats.start),
            "verdicts": asdict(minute.passes.verdicts),
            "directions": minute.passes.directions.members,
            "frames": minute_stats.frames,
            "fps": round(minute_stats.fps, 2),
            "looked_at": minute_stats.looked_at,
            "detect_ms": _quantiles(minute_stats.detect_ms),
            "classify_ms": _quantiles(minute_stats.classify_ms),
            "latency_ms": _quantiles(minute_stats.latency_ms),
            "temperature_c": minute.health.temperature_c,
            "throttled": minute.health.throttled,
            "under_voltage": minute.health.under_voltage,
            "slowed": minute_stats.slowed,
            "watched_s": round(minute_stats.watched_s, 3),
            "blind_s": round(minute_stats.blind_s, 3),
            "obscured_s": round(minute_stats.obscured_s, 3),
            "recoveries": minute_stats.recoveries,
            "spool": {
                "unsent": figures.unsent,
                "stored": figures.stored,
                "bytes": figures.bytes,
                "dropped": figures.dropped,
            },
            "unheard": minute.no_subscribers,
            "totals": _totals(minute.totals),
        }
    )


def info_message(config: Config, version: str) -> bytes:
    """The payload of the message that says what a device is, and how it is configured.

    Args:
        config: Of the device; told is what everybody may know.
        version: Of the program.
    """
    return encode(
        {
            "version": version,
            "schema": SCHEMA_ID,
            "site": config.device.site,
            "device": config.device.name,
            "config": config.told(),
        }
    )


def summary_message(found: Summary) -> bytes:
    """The payload of a summary message."""
    compliance = found.verdicts.compliance
    return encode(
        {
            "start": _time(found.start),
            "end": _time(found.end),
            "complete": found.complete,
            "verdicts": asdict(found.verdicts),
            "directions": found.directions.members,
            "compliance": None if compliance is None else round(compliance, 4),
            "minutes_watched": round(found.watched_s / 60, 2),
            "minutes_blind": round(found.blind_s / 60, 2),
            "minutes_off": round(found.off_s / 60, 2),
        }
    )


def _totals(sums: Minute) -> dict[str, object]:
    return {
        "verdicts": asdict(sums.verdicts),
        "directions": sums.directions.members,
        "frames": sums.frames,
        "watched_s": round(sums.watched_s, 3),
        "blind_s": round(sums.blind_s, 3),
    }


def _quantiles(found: Quantiles) -> dict[str, float | None]:
    return {"p50": found.p50, "p95": found.p95}


def _time(wall: float) -> str:
    """A time as text; the beginning of time for one that no calendar knows, since the rest must be sent."""
    try:
        return iso_time(wall)
    except ValueError:
        return iso_time(0.0)
