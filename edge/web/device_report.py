"""The device in the words of the API: figures, and each problem with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from edge.spool.control.requests import SpoolStats
from edge.system.health import Health
from edge.telemetry.minutes import Quantiles
from edge.telemetry.records import SenderState
from edge.types import Recovery, State, ViewProblem
from edge.web.device import NOT_RUNNING, DeviceStatus
from edge.web.rendering import languages

HOT_C = 80.0
"""From which a Raspberry Pi is slowed down."""
NEARLY_FULL = 0.9
"""Share of the events that the spool may hold."""

_NOTHING = Quantiles(None, None)


class BrokerLink(StrEnum):
    """How the device stands with its broker; `off`: it is configured to send nothing."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    OFF = "off"
    UNKNOWN = "unknown"


class DeviceProblem(BaseModel):
    """A problem for programs, and for pages in other languages.

    `kind` names it, `detail` is what the device itself says of it, in English, `number` how many or how much.
    """

    kind: str
    detail: str = ""
    number: int = 0

    def __str__(self) -> str:
        text = languages()["en"][f"problem_{self.kind}"]
        return text.replace("{detail}", self.detail).replace("{number}", str(self.number))


class DeviceReport(BaseModel):
    """What the device shows, how it goes, and how its events get along. Times are Unix times.

    `fps` to `obscured_s` are those of the present minute, some seconds old; null where nothing was
    measured. `view`, `recovery`, `quiet`, `muted` and `live_view_until` are as in the message `state`.
    `problems` are the sentences of `problem_kinds`.
    """

    running: bool
    lamp: str | None = None
    blind: bool = False
    since: float | None = None
    people: int = 0
    still_faces: int = 0
    view: ViewProblem = ViewProblem.NONE
    recovery: Recovery = Recovery.NONE
    quiet: bool = False
    muted: bool = False
    live_view_until: float | None = None
    model: str = ""
    fps: float | None = None
    detect_ms: Quantiles = _NOTHING
    classify_ms: Quantiles = _NOTHING
    latency_ms: Quantiles = _NOTHING
    watched_s: float = 0.0
    blind_s: float = 0.0
    obscured_s: float = 0.0
    temperature_c: float | None = None
    throttled: bool | None = None
    broker: BrokerLink = BrokerLink.UNKNOWN
    unsent: int = 0
    oldest_unsent: float | None = None
    stored: int = 0
    dropped: int = 0
    problems: list[str]
    problem_kinds: list[DeviceProblem] = []


def report_of(status: DeviceStatus, *, sends: bool) -> DeviceReport:
    """A status as the API tells it; `sends`: whether the device is configured to send to a broker."""
    sender = status.current.sender
    problems = [*obstacles_of(status), *_hindrances(status)]
    return DeviceReport(
        running=status.running,
        **_shown(status.current.state),
        **_measured(status),
        broker=_broker(sender) if sends else BrokerLink.OFF,
        muted=sender is not None and sender.muted,
        temperature_c=status.health.temperature_c,
        throttled=status.health.throttled,
        **_stored(status),
        problems=list(map(str, problems)),
        problem_kinds=problems,
    )


def obstacles_of(status: DeviceStatus) -> list[DeviceProblem]:
    """What keeps the device from watching; empty while it watches."""
    state = status.current.state
    unasked = [DeviceProblem(kind="unasked", detail=status.problem)] if status.problem else []
    if status.problem == NOT_RUNNING:
        unasked = [DeviceProblem(kind="not_running")]
    if state is None:
        return unasked or [DeviceProblem(kind="no_frame_yet")]
    found = unasked
    if state.blind:
        step = f"_{state.recovery}" if state.recovery else ""
        found.append(DeviceProblem(kind=f"blind{step}", detail=state.reason))
    if state.view:
        found.append(DeviceProblem(kind=f"view_{state.view}"))
    return found


def _hindrances(status: DeviceStatus) -> Iterator[DeviceProblem]:
    """What somebody has to look after while the device watches."""
    if status.current.state is not None and (problem := status.current.state.model_problem):
        yield DeviceProblem(kind="model", detail=problem)
    if status.spool is not None:
        yield from _of_spool(status.spool)
    if status.current.sender is not None:
        yield from _of_sender(status.current.sender)
    yield from _of_health(status.health)


def _of_spool(spool: SpoolStats) -> Iterator[DeviceProblem]:
    if spool.problem:
        yield DeviceProblem(kind="spool", detail=spool.problem)
    elif spool.unsent >= NEARLY_FULL * spool.max_events:
        yield DeviceProblem(kind="spool_nearly_full", number=spool.unsent)


def _of_sender(sender: SenderState) -> Iterator[DeviceProblem]:
    if sender.problem:
        yield DeviceProblem(kind="not_sent", detail=sender.problem)
    if sender.no_subscribers:
        yield DeviceProblem(kind="unheard", number=sender.no_subscribers)


def _of_health(found: Health) -> Iterator[DeviceProblem]:
    if found.temperature_c is not None and found.temperature_c >= HOT_C:
        yield DeviceProblem(kind="hot", number=round(found.temperature_c))
    if found.throttled:
        yield DeviceProblem(kind="throttled")


def _shown(state: State | None) -> dict[str, Any]:
    if state is None:
        return {}
    return {
        "lamp": state.lamp.value,
        "blind": state.blind,
        "since": state.since,
        "people": state.people,
        "still_faces": state.still_faces,
        "view": state.view,
        "recovery": state.recovery,
        "quiet": state.quiet,
        "live_view_until": state.live_view_until,
        "model": state.model_version,
    }


def _measured(status: DeviceStatus) -> dict[str, Any]:
    recent = status.current.recent
    if recent is None:
        return {}
    return {
        "fps": round(recent.fps, 1),
        "detect_ms": recent.detect_ms,
        "classify_ms": recent.classify_ms,
        "latency_ms": recent.latency_ms,
        "watched_s": round(recent.watched_s, 1),
        "blind_s": round(recent.blind_s, 1),
        "obscured_s": round(recent.obscured_s, 1),
    }


def _broker(sender: SenderState | None) -> BrokerLink:
    if sender is None:
        return BrokerLink.UNKNOWN
    return BrokerLink.CONNECTED if sender.connected else BrokerLink.DISCONNECTED


def _stored(status: DeviceStatus) -> dict[str, Any]:
    spool = status.spool
    if spool is None:
        return {}
    return {
        "unsent": spool.unsent,
        "oldest_unsent": spool.oldest_unsent,
        "stored": spool.stored,
        "dropped": sum(spool.dropped.values()),
    }
