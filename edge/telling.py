"""Payloads that are made of what the spool keeps: gaps, statistics, summaries."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from edge import messages
from edge.minutes import Course, Quantiles
from edge.spool.records import Counts, Figures
from edge.spool.schema import GENERATION_BITS
from edge.summary import Summary
from edge.system.health import Health
from edge.types import Gap


def sequence(place: int) -> int:
    """The number of an event, of whatever epoch, by its place in the spool."""
    return place & ((1 << GENERATION_BITS) - 1)


def gap(device: str, found: Gap) -> bytes:
    """The payload of a gap message."""
    return messages.encode(
        {
            "id": f"{device}/{found.epoch}/gap/{found.number}",
            "device": device,
            "epoch": found.epoch,
            "number": found.number,
            "from": found.first,
            "to": found.last,
            "reason": found.reason.value,
            "wall_time": _time(found.wall),
        }
    )


@dataclass(frozen=True, slots=True)
class Minutely:
    """All that the message of one minute is made of.

    Attributes:
        course: How it went.
        verdicts: Passes that began in it.
        figures: How full the spool is.
        health: How the device is.
        unheard: Messages that nobody was subscribed to, since the program began.
    """

    course: Course
    verdicts: Counts
    figures: Figures
    health: Health
    unheard: int


def stats(minute: Minutely) -> bytes:
    """The payload of a stats message."""
    course, figures = minute.course, minute.figures
    return messages.encode(
        {
            "minute": _time(course.start),
            "verdicts": asdict(minute.verdicts),
            "frames": course.frames,
            "fps": round(course.fps, 2),
            "detect_ms": _quantiles(course.detect_ms),
            "classify_ms": _quantiles(course.classify_ms),
            "latency_ms": _quantiles(course.latency_ms),
            "temperature_c": minute.health.temperature_c,
            "throttled": minute.health.throttled,
            "watched_s": round(course.watched_s, 3),
            "blind_s": round(course.blind_s, 3),
            "spool": {
                "unsent": figures.unsent,
                "stored": figures.stored,
                "bytes": figures.bytes,
                "dropped": figures.dropped,
            },
            "unheard": minute.unheard,
        }
    )


def summary(found: Summary) -> bytes:
    """The payload of a summary message."""
    compliance = found.compliance
    return messages.encode(
        {
            "start": _time(found.start),
            "end": _time(found.end),
            "complete": found.complete,
            "verdicts": asdict(found.verdicts),
            "compliance": None if compliance is None else round(compliance, 4),
            "minutes_watched": round(found.watched_s / 60, 2),
            "minutes_blind": round(found.blind_s / 60, 2),
            "minutes_off": round(found.off_s / 60, 2),
        }
    )


def _quantiles(found: Quantiles) -> dict[str, float | None]:
    return {"p50": found.p50, "p95": found.p95}


def _time(wall: float) -> str:
    """A time as text; the beginning of time for one that no calendar knows, since the rest must be told."""
    try:
        return messages.iso_time(wall)
    except ValueError:
        return messages.iso_time(0.0)
