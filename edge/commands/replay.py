"""`maskgate replay`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click

from edge.camera.images import OnSkip
from edge.cli.options import FILE, json_option
from edge.cli.output import json_text, raise_skipped
from edge.commands.common import takes_models
from edge.config import Config
from edge.daemon.factory import open_uplink, open_vision
from edge.daemon.uplink_service import drain
from edge.errors import SourceError
from edge.indicator import NullIndicator, open_indicator
from edge.messages.payloads import event_payload
from edge.pipeline.events import EventFactory, EventSource, count_passes, latest_by_pass
from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.pipeline import Cycle, Reporter, Vision, reported
from edge.pipeline.ports import Indicator, NoOutbox, Outbox
from edge.replay.recorded_passes import recorded_cycles
from edge.spool import Spool
from edge.spool.records import limits_of
from edge.types import DeviceKey, Event


@dataclass(frozen=True, slots=True)
class ReplayEnd:
    """Where a replay's events and lamp go, and the epoch of its events."""

    outbox: Outbox
    indicator: Indicator
    epoch: str


@dataclass(frozen=True, slots=True)
class ReplayedRecording:
    """One recording: the configuration that names it, its number, and who is told of what is skipped."""

    config: Config
    number: int
    on_skip: OnSkip


class PrintingObserver:
    """Prints each event as it is decided, and keeps it for the summary."""

    def __init__(self, as_json: bool) -> None:
        self.events: list[Event] = []
        self.frames = 0
        self._as_json = as_json

    def observe(self, cycle: Cycle, events: tuple[Event, ...]) -> None:
        """Prints and keeps the events of a cycle."""
        self.frames += cycle.analysis is not None
        self.events += events
        for event in events:
            click.echo(json_text(event_payload(event)) if self._as_json else _line(event))


@click.command()
@click.argument("videos", nargs=-1, required=True, type=FILE, metavar="VIDEO...")
@json_option
@click.option("--realtime", is_flag=True, help="At the recording's own pace instead of as fast as possible.")
@takes_models
def replay(settings: Config, videos: tuple[Path, ...], as_json: bool, realtime: bool) -> None:
    """Run recordings through the daemon's own pipeline and print the events.

    Without --config nothing is sent and no lamp is lit. With one, its lamp and its MQTT broker
    take part.

    With --json each event is an object on a line of its own. The last line is another object: its one
    member "summary" holds the final event of each pass, their counts, frames and seconds.

    \b
    Examples:
      maskgate replay visit.mp4
      maskgate replay --json --config config.toml monday.mp4 tuesday.mp4
    """
    # `settings` are complete in both cases; only the option says whether a file was named.
    alone = click.get_current_context().params["config"] is None
    printer = PrintingObserver(as_json)
    skipped: list[SourceError] = []
    started = time.perf_counter()
    with ExitStack() as stack:
        vision = open_vision(settings)
        ends = ReplayEnd(NoOutbox(), NullIndicator(), "replay") if alone else _connected(settings, stack)
        for number, video in enumerate(videos, 1):
            recording = settings.camera.model_copy(
                update={"source": str(video), "pace": "realtime" if realtime else "fast"}
            )
            part = ReplayedRecording(
                settings.model_copy(update={"camera": recording}), number, skipped.append
            )
            _play(part, vision, ends, printer)
    if printer.frames or not skipped:
        _sum_up(printer, time.perf_counter() - started, as_json)
    raise_skipped(skipped)


def _play(part: ReplayedRecording, vision: Vision, ends: ReplayEnd, printer: PrintingObserver) -> None:
    """Plays one recording; one that cannot be read, or only in part, does not end the replay."""
    try:
        _run(part, vision, ends, printer)
    except SourceError as error:
        part.on_skip(error)


def _run(part: ReplayedRecording, vision: Vision, ends: ReplayEnd, printer: PrintingObserver) -> None:
    """Plays one recording; its times begin at zero, so that every replay gives the same events."""
    config = part.config
    device = config.device
    origin = EventSource(device.name, ends.epoch, str(part.number), vision.model_version, device.site)
    events = EventFactory(origin, len(printer.events), lambda: False)
    reporter = Reporter(events, ends.outbox, ends.indicator, LampPolicy(config.lamp.hold_s))
    cycles = recorded_cycles(config, vision, part.on_skip)
    deque(reported(cycles, reporter, (printer,)), maxlen=0)


def _connected(config: Config, stack: ExitStack) -> ReplayEnd:
    """The configured lamp and broker, with a spool that lives as long as the replay.

    A spool of its own keeps a replay out of the events of a daemon on the same machine.
    """
    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="maskgate-replay-"))
    origin = DeviceKey(config.device.site, config.device.name)
    spool = Spool.open(Path(directory) / "spool.db", limits_of(config.spool), origin=origin)
    stack.callback(spool.close)
    if config.mqtt.enabled:
        uplink = open_uplink(config, spool)
        uplink.start()
        stack.callback(uplink.stop)
        # Registered last, so that it runs before the uplink stops.
        stack.callback(lambda: deque(drain(spool), maxlen=0))
    # Standard output is for the events alone.
    indicator = open_indicator(config.lamp, sys.stderr)
    stack.callback(indicator.close)
    return ReplayEnd(spool, indicator, spool.epoch)


def _line(event: Event) -> str:
    verdict = event.verdict
    return f"{verdict.monotonic:8.2f} s  {event.pass_id}  revision {verdict.revision}  {verdict.outcome}"


def _sum_up(printer: PrintingObserver, seconds: float, as_json: bool) -> None:
    final = latest_by_pass(printer.events)
    if as_json:
        summary = {
            "passes": [event_payload(event) for event in final.values()],
            "counts": count_passes(printer.events),
            "frames": printer.frames,
            "seconds": round(seconds, 3),
        }
        click.echo(json_text({"summary": summary}))
        return
    click.echo(f"{len(final)} passes in {printer.frames} frames, {seconds:.1f} s", file=sys.stdout)
    for outcome, number in count_passes(printer.events).items():
        click.echo(f"{number:6d}  {outcome}")
