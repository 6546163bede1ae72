"""`maskgate demo`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live

from edge.cli.options import FILE, json_option
from edge.cli.output import json_text
from edge.commands.common import takes_models
from edge.commands.demo_screen import WIDTH, DemoMessage, DemoRecord
from edge.config import Config, DeviceConfig, LampConfig, MqttConfig, RelayConfig, SpoolConfig
from edge.daemon.all_in_one import all_in_one
from edge.daemon.uplink_factory import make_topics
from edge.demo import CLIP
from edge.demo.broker import PATIENCE_S, own_broker
from edge.errors import BrokerError
from edge.messages.payloads import event_payload
from edge.mqtt.client import subscribe
from edge.pipeline.events import count_passes, latest_by_pass
from edge.pipeline.pipeline import CycleObserver
from edge.replay.annotating import annotating
from edge.spool import Spool
from edge.spool.records import limits_of
from edge.vision.picture_output import check_output

MOST_EVENTS = 1000
DRAWN_A_SECOND = 8

Receive = Callable[[DemoMessage], None]


@click.command()
@click.option("--fast", is_flag=True, help="As fast as possible instead of at the clip's own pace.")
@click.option(
    "--annotate",
    "drawn",
    type=FILE,
    metavar="OUT.mp4|DIR",
    help="Where the annotated recording goes, eyes pixelated; a new file for temporary ones unless given.",
)
@json_option
@takes_models
def demo(settings: Config, fast: bool, drawn: Path | None, as_json: bool) -> None:
    """Show the main job: a short clip, the real daemon, the lamp, and the messages as they arrive.

    Needs no camera, no configuration and no network. Where Mosquitto is installed, a broker of its
    own runs on loopback for as long as the demo does.

    With --json each message is an object on a line of its own, with its topic and payload. The last line is
    another object: its one member "summary" holds passes, counts, times and the annotated recording.

    \b
    Examples:
      maskgate demo
      maskgate demo --json --fast
    """
    if drawn is not None:
        check_output(drawn, (CLIP,))
    record = DemoRecord(settings.lamp.hold_s)
    recording = drawn or Path(tempfile.mkdtemp(prefix="maskgate-recording-"), "demo.mp4")
    show, receive = (nullcontext(), _printing(record)) if as_json else (_screen(record), record.receive)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="maskgate-demo-")))
        config = _stage(settings, directory, fast)
        port = stack.enter_context(own_broker(directory))
        annotator = stack.enter_context(annotating(config, recording, CLIP.stem))
        if not as_json:
            click.echo(_title(port))
        with show:
            _play(config, port, DemoAudience(record, annotator, receive))
            record.end()
    told = f"\nThe annotated recording, eyes pixelated:\n{recording}"
    click.echo(_summary(record, recording) if as_json else told)


@dataclass(frozen=True, slots=True)
class DemoAudience:
    """Who follows the demo: what is shown, who draws the recording, and who takes the messages."""

    record: DemoRecord
    annotator: CycleObserver
    receive: Receive


def _title(port: int | None) -> str:
    if port is None:
        return "MaskGate demo: the built-in clip. No Mosquitto here: messages are as stored\n"
    return f"MaskGate demo: the built-in clip, the real daemon, a broker at 127.0.0.1:{port}\n"


def _printing(record: DemoRecord) -> Receive:
    def receive(message: DemoMessage) -> None:
        record.receive(message)
        click.echo(json_text({"topic": message.topic, "payload": _parsed(message.payload)}))

    return receive


def _parsed(payload: str) -> object:
    """JSON, or the word that availability is."""
    try:
        return json.loads(payload)
    except ValueError:
        return payload


@contextmanager
def _screen(record: DemoRecord) -> Iterator[None]:
    """Draws the screen over and over on a terminal, and elsewhere once, at the end."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    if console.is_terminal:
        with Live(
            get_renderable=record.drawn,
            console=console,
            refresh_per_second=DRAWN_A_SECOND,
            redirect_stdout=False,
        ):
            yield
        return
    yield
    click.echo("\n".join(line.rstrip() for line in record.drawn().plain.splitlines()))


def _stage(settings: Config, directory: Path, fast: bool) -> Config:
    camera = settings.camera.model_copy(
        update={"source": str(CLIP), "password_file": "", "pace": "fast" if fast else "realtime"}
    )
    return settings.model_copy(
        update={
            "device": DeviceConfig(site="demo", name="entrance"),
            "camera": camera,
            "lamp": LampConfig(kind="none", hold_s=settings.lamp.hold_s),
            "relay": RelayConfig(),
            "mqtt": MqttConfig(enabled=False),
            "spool": SpoolConfig(path=str(directory / "spool.db")),
        }
    )


def _play(config: Config, port: int | None, audience: DemoAudience) -> None:
    if port is None:
        _run_alone(config, audience)
    else:
        with_broker = config.model_copy(update={"mqtt": MqttConfig(host="127.0.0.1", port=port)})
        _run_before_subscriber(with_broker, audience)


def _run_alone(config: Config, audience: DemoAudience) -> None:
    """Runs the daemon without a broker, and shows what its spool would have sent."""
    all_in_one(config, audience.record, audience.annotator).run()
    # The daemon has ended and closed it.
    with closing(Spool.open(Path(config.spool.path), limits_of(config.spool))) as spool:
        for event in spool.unsent(0, MOST_EVENTS):
            audience.receive(DemoMessage("event", event.payload.decode()))


def _run_before_subscriber(config: Config, audience: DemoAudience) -> None:
    """Runs the daemon while a subscriber listens, until the subscriber has every event."""
    topics = make_topics(config)
    own = f"{topics.prefix}/{topics.site}/{topics.device}/"
    received: set[str] = set()

    def arrived(topic: str, payload: bytes) -> None:
        audience.receive(DemoMessage(topic.removeprefix(own), payload.decode()))
        if topic == topics.event:
            received.add(json.loads(payload)["id"])

    with subscribe("127.0.0.1", config.mqtt.port, f"{own}#", arrived):
        all_in_one(config, audience.record, audience.annotator).run()
        wanted = {str(event.id) for event in audience.record.events}
        deadline = time.monotonic() + PATIENCE_S
        # A PUBACK says that the broker has an event, not that the subscriber does.
        while not wanted <= received and time.monotonic() < deadline:
            time.sleep(0.05)
    if not wanted <= received:
        raise BrokerError(f"the subscriber got {len(received)} of {len(wanted)} events; run the demo again")


def _summary(record: DemoRecord, recording: Path) -> str:
    passes = [event_payload(event) for event in latest_by_pass(record.events).values()]
    summary = {
        "passes": passes,
        "counts": count_passes(record.events),
        "frames": len(record.times.total),
        "median_ms": record.times.medians_ms(),
        "recording": str(recording),
    }
    return json_text({"summary": summary})
