"""`maskgate replay`."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from edge.camera.images import OnSkip
from edge.cli.options import FILE, json_option
from edge.cli.output import json_text, raise_skipped
from edge.commands.common import takes_models
from edge.config import Config
from edge.daemon.factory import open_vision
from edge.daemon.uplink_factory import open_uplink
from edge.daemon.uplink_service import drain
from edge.errors import ConfigError, SourceError
from edge.indicator import NullIndicator, open_indicator
from edge.messages.payloads import event_payload
from edge.pipeline.events import EventFactory, EventSource, count_passes, latest_by_pass
from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.pipeline import Cycle, CycleObserver, Reporter, Vision, reported
from edge.pipeline.ports import Indicator, NoOutbox, Outbox, PassOutbox
from edge.replay.annotating import annotating
from edge.replay.recorded_passes import recorded_cycles
from edge.spool import Spool
from edge.spool.records import limits_of
from edge.types import DeviceKey, Event, Frame, SeenFace
from edge.vision.picture_output import check_output


@dataclass(frozen=True, slots=True)
class ReplayEnd:
    """Where a replay's events, passes and lamp go, and the epoch of its events."""

    outbox: Outbox
    pass_outbox: PassOutbox
    indicator: Indicator
    epoch: str


@dataclass(frozen=True, slots=True)
class ReplayedRecording:
    """One recording among others.

    Attributes:
        config: The configuration that names it.
        number: From 1; takes the place of a run of the daemon.
        last_sequence: The number of the last event of those before it.
        on_skip: Is told of what is skipped.
        drawn: Where its frames are drawn to; None for nowhere.
    """

    config: Config
    number: int
    last_sequence: int
    on_skip: OnSkip
    drawn: Path | None


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


class TracksObserver:
    """Prints the tracked faces of each frame as an object on a line."""

    def __init__(self, passes: str) -> None:
        """`passes`: what the ids of passes begin with."""
        self._passes = passes

    def observe(self, cycle: Cycle, _events: tuple[Event, ...]) -> None:
        """Prints a frame."""
        if isinstance(cycle.moment, Frame) and cycle.analysis is not None:
            tracks = [self._track(seen) for seen in cycle.passes.faces]
            frame = {"frame": cycle.moment.index, "time": round(cycle.moment.monotonic, 3), "tracks": tracks}
            click.echo(json_text(frame))

    def _track(self, seen: SeenFace) -> dict[str, object]:
        face, box = seen.face, seen.face.box
        return {
            "track": face.track,
            "pass_id": f"{self._passes}-{face.number}" if face.number else None,
            "box": [round(value, 1) for value in (box.x, box.y, box.w, box.h)],
            "stage": face.stage.name.lower(),
            "verdict": face.outcome,
            "direction": seen.direction,
            "still": seen.still,
        }


@click.command()
@click.argument("videos", nargs=-1, required=True, type=FILE, metavar="VIDEO...")
@json_option
@click.option("--realtime", is_flag=True, help="At the recording's own pace instead of as fast as possible.")
@click.option(
    "--tracks", is_flag=True, help="With --json: an object a frame, with the faces and their passes."
)
@click.option(
    "--annotate",
    "drawn",
    type=FILE,
    metavar="OUT.mp4|DIR",
    help="Draw passes and verdicts, eyes pixelated, into a video or pictures.",
)
@takes_models
def replay(
    settings: Config,
    videos: tuple[Path, ...],
    as_json: bool,
    realtime: bool,
    tracks: bool,
    drawn: Path | None,
) -> None:
    """Run recordings through the daemon's own pipeline and print the events.

    Without --config nothing is sent and no lamp is lit. With one, its lamp and its MQTT broker
    take part.

    With --json each event is an object on a line of its own. The last line is another object: its one
    member "summary" holds the final event of each pass, their counts, frames and seconds. With --tracks
    there is also an object for each frame: its members are "frame", "time" and "tracks".

    \b
    Examples:
      maskgate replay visit.mp4
      maskgate replay --json --config config.toml monday.mp4 tuesday.mp4
      maskgate replay --annotate seen.mp4 visit.mp4
    """
    if tracks and not as_json:
        raise ConfigError("--tracks: it adds to what --json prints; give both")
    if drawn is not None:
        check_output(drawn, videos)
    # `settings` are complete in both cases; only the option says whether a file was named.
    alone = click.get_current_context().params["config"] is None
    printer = PrintingObserver(as_json)
    skipped: list[SourceError] = []
    started = time.perf_counter()
    with ExitStack() as stack:
        vision = open_vision(settings)
        ends = (
            ReplayEnd(NoOutbox(), NoOutbox(), NullIndicator(), "replay")
            if alone
            else _connected(settings, stack)
        )
        for number, video in enumerate(videos, 1):
            recording = settings.camera.model_copy(
                update={"source": str(video), "pace": "realtime" if realtime else "fast"}
            )
            config = settings.model_copy(update={"camera": recording})
            part = ReplayedRecording(config, number, len(printer.events), skipped.append, drawn)
            more = (TracksObserver(f"{ends.epoch}-{number}"),) if tracks else ()
            _play(part, vision, ends, (printer, *more))
    if printer.frames or not skipped:
        _sum_up(printer, time.perf_counter() - started, as_json)
    raise_skipped(skipped)


def _play(
    part: ReplayedRecording, vision: Vision, ends: ReplayEnd, observers: tuple[CycleObserver, ...]
) -> None:
    """Plays one recording; one that cannot be read, or only in part, does not end the replay."""
    try:
        with _drawing(part) as drawing:
            _run(part, vision, ends, (*observers, *drawing))
    except SourceError as error:
        part.on_skip(error)


@contextmanager
def _drawing(part: ReplayedRecording) -> Iterator[tuple[CycleObserver, ...]]:
    """Who draws the frames of a recording; nobody where that is not asked for."""
    if part.drawn is None:
        yield ()
        return
    name = f"{part.number:02d}-{Path(part.config.camera.source).stem}"
    with annotating(part.config, part.drawn, name) as observer:
        yield (observer,)


def _run(
    part: ReplayedRecording, vision: Vision, ends: ReplayEnd, observers: tuple[CycleObserver, ...]
) -> None:
    """Plays one recording; its times begin at zero, so that every replay gives the same events."""
    config = part.config
    device = config.device
    origin = EventSource(device.name, ends.epoch, str(part.number), vision.model_version, device.site)
    events = EventFactory(origin, part.last_sequence, lambda: False)
    reporter = Reporter(events, ends.outbox, ends.indicator, LampPolicy(config.lamp.hold_s), ends.pass_outbox)
    cycles = recorded_cycles(config, vision, part.on_skip)
    deque(reported(cycles, reporter, observers), maxlen=0)


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
    return ReplayEnd(spool, spool if config.mqtt.passes else NoOutbox(), indicator, spool.epoch)


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
