"""The device in the words of the API: figures, and each problem as a sentence with what to do."""

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
from edge.web.device import DeviceStatus

HOT_C = 80.0
"""From which a Raspberry Pi is slowed down."""
NEARLY_FULL = 0.9
"""Share of the events that the spool may hold."""

_NOTHING = Quantiles(None, None)
_VIEWS = {
    ViewProblem.COVERED: "the camera sees nothing: the lens is covered, or there is no light; "
    "uncover or clean it",
    ViewProblem.DARK: 'the picture is too dark; give more light, or set camera.controls.exposure = "long"',
    ViewProblem.BRIGHT: "the picture is too bright; turn the camera away from the sun, "
    "or set camera.controls.brightness_ev",
    ViewProblem.OUT_OF_FOCUS: "the picture is blurred; clean the lens, or set camera.controls.focus",
    ViewProblem.MOVED: "the camera shows another view than before; put it back, "
    "or start the service again where it was moved on purpose",
}
_RECOVERIES = {
    Recovery.NONE: "",
    Recovery.REOPEN: "; the camera is opened again, look at cable and power if it stays so",
    Recovery.RECREATE: "; its driver hangs and is left behind, unplug the camera if it stays so",
    Recovery.RESTART: "; the program is started again, look at cable and power if it stays so",
}


class BrokerLink(StrEnum):
    """How the device stands with its broker; `off`: it is configured to send nothing."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    OFF = "off"
    UNKNOWN = "unknown"


class DeviceReport(BaseModel):
    """What the device shows, how it goes, and how its events get along. Times are Unix times.

    `fps` to `obscured_s` are those of the present minute, some seconds old; null where nothing was
    measured. `view`, `recovery`, `quiet`, `muted` and `live_view_until` are as in the message `state`.
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


def report_of(status: DeviceStatus, *, sends: bool) -> DeviceReport:
    """A status as the API tells it; `sends`: whether the device is configured to send to a broker."""
    sender = status.current.sender
    return DeviceReport(
        running=status.running,
        **_shown(status.current.state),
        **_measured(status),
        broker=_broker(sender) if sends else BrokerLink.OFF,
        muted=sender is not None and sender.muted,
        temperature_c=status.health.temperature_c,
        throttled=status.health.throttled,
        **_stored(status),
        problems=[*obstacles_of(status), *_hindrances(status)],
    )


def obstacles_of(status: DeviceStatus) -> list[str]:
    """What keeps the device from watching; empty while it watches."""
    state = status.current.state
    if state is None:
        waits = "the daemon has judged no frame yet; wait a moment"
        return [status.problem or waits]
    found = [status.problem]
    if state.blind:
        found.append(f"the camera gives no picture: {state.reason}{_RECOVERIES[state.recovery]}")
    found.append(_VIEWS.get(state.view, ""))
    return [problem for problem in found if problem]


def _hindrances(status: DeviceStatus) -> Iterator[str]:
    """What somebody has to look after while the device watches."""
    if status.current.state is not None and (problem := status.current.state.model_problem):
        yield problem
    if status.spool is not None:
        yield from _of_spool(status.spool)
    if status.current.sender is not None:
        yield from _of_sender(status.current.sender)
    yield from _of_health(status.health)


def _of_spool(spool: SpoolStats) -> Iterator[str]:
    if spool.problem:
        yield spool.problem
    elif spool.unsent >= NEARLY_FULL * spool.max_events:
        yield f"the spool is nearly full, {spool.unsent} events are not sent; see that the broker takes them"


def _of_sender(sender: SenderState) -> Iterator[str]:
    if sender.problem:
        yield f"events are not sent: {sender.problem}"
    if sender.no_subscribers:
        yield (
            f"{sender.no_subscribers} messages went to a broker while nobody was subscribed; "
            "start the collector, then send them again with `maskgate events replay`"
        )


def _of_health(found: Health) -> Iterator[str]:
    if found.temperature_c is not None and found.temperature_c >= HOT_C:
        yield f"the processor is at {found.temperature_c:.0f} °C and is slowed down; add a heat sink or a fan"
    if found.throttled:
        yield "the processor is slowed down for want of power or cooling; use the supply of the Raspberry Pi"


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
