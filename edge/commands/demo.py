"""`maskgate demo`."""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median

import click

from edge.cli.output import table
from edge.commands.common import takes_models
from edge.config import Config, DeviceConfig, LampConfig, MqttConfig, SpoolConfig
from edge.daemon.all_in_one import all_in_one
from edge.daemon.uplink_factory import make_topics
from edge.demo import CLIP
from edge.demo.broker import PATIENCE_S, own_broker
from edge.errors import BrokerError
from edge.mqtt.client import subscribe
from edge.pipeline.events import latest_by_pass
from edge.pipeline.pipeline import Cycle
from edge.spool import Spool
from edge.spool.records import limits_of
from edge.types import Event

MOST_EVENTS = 1000


class DemoObserver:
    """Keeps what the table at the end shows."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.detect_s: list[float] = []
        self.classify_s: list[float] = []
        self.total_s: list[float] = []

    def observe(self, cycle: Cycle, events: tuple[Event, ...]) -> None:
        """Keeps events and times."""
        self.events += events
        if cycle.analysis is not None:
            self.detect_s.append(cycle.analysis.detect_s)
            self.classify_s.append(cycle.analysis.classify_s)
            self.total_s.append(cycle.total_s)


@click.command()
@click.option("--fast", is_flag=True, help="As fast as possible instead of at the clip's own pace.")
@takes_models
def demo(settings: Config, fast: bool) -> None:
    """Show the main job: a short clip, the real daemon, the lamp, and the messages as they arrive.

    Needs no camera, no configuration and no network. Where Mosquitto is installed, a broker of its
    own runs on loopback for as long as the demo does.

    \b
    Example:
      maskgate demo
    """
    observer = DemoObserver()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="maskgate-demo-")))
        config = _stage(settings, directory, fast)
        port = stack.enter_context(own_broker(directory))
        if port is None:
            click.echo("There is no Mosquitto on this machine: events are shown as the spool keeps them.")
            _run_alone(config, observer)
        else:
            config = config.model_copy(update={"mqtt": MqttConfig(host="127.0.0.1", port=port)})
            click.echo(f"A Mosquitto broker listens on 127.0.0.1:{port}; a subscriber prints what it gets.")
            _run_before_subscriber(config, observer)
    _print(observer)


def _stage(settings: Config, directory: Path, fast: bool) -> Config:
    camera = settings.camera.model_copy(
        update={"source": str(CLIP), "password_file": "", "pace": "fast" if fast else "realtime"}
    )
    return settings.model_copy(
        update={
            "device": DeviceConfig(site="demo", name="entrance"),
            "camera": camera,
            "lamp": LampConfig(kind="console"),
            "mqtt": MqttConfig(enabled=False),
            "spool": SpoolConfig(path=str(directory / "spool.db")),
        }
    )


def _run_alone(config: Config, observer: DemoObserver) -> None:
    """Runs the daemon without a broker, and shows what its spool would have sent."""
    all_in_one(config, observer).run()
    # The daemon has ended and closed it.
    with closing(Spool.open(Path(config.spool.path), limits_of(config.spool))) as spool:
        for event in spool.unsent(0, MOST_EVENTS):
            click.echo(f"  spool  {event.payload.decode()}")


def _run_before_subscriber(config: Config, observer: DemoObserver) -> None:
    """Runs the daemon while a subscriber listens, until the subscriber has every event."""
    topics = make_topics(config)
    received: set[str] = set()

    def receive(topic: str, payload: bytes) -> None:
        click.echo(f"  mqtt   {topic} {payload.decode()}")
        if topic == topics.event:
            received.add(json.loads(payload)["id"])

    with subscribe("127.0.0.1", config.mqtt.port, f"{topics.prefix}/{topics.site}/#", receive):
        all_in_one(config, observer).run()
        wanted = {str(event.id) for event in observer.events}
        deadline = time.monotonic() + PATIENCE_S
        # A PUBACK says that the broker has an event, not that the subscriber does.
        while not wanted <= received and time.monotonic() < deadline:
            time.sleep(0.05)
    if not wanted <= received:
        raise BrokerError(f"the subscriber got {len(received)} of {len(wanted)} events; run the demo again")


def _print(observer: DemoObserver) -> None:
    people = [("pass", "verdict", "frames", "face px")]
    for pass_id, last in latest_by_pass(observer.events).items():
        verdicts = " -> ".join(str(e.verdict.outcome) for e in observer.events if e.pass_id == pass_id)
        people.append((pass_id, verdicts, str(last.verdict.frames), str(last.verdict.face_px)))
    times = {"detect": observer.detect_s, "classify": observer.classify_s, "total": observer.total_s}
    stages = [("stage", "median ms"), *((name, f"{median(s) * 1000:.2f}") for name, s in times.items())]
    click.echo(f"\nWho passed\n{table(people)}")
    click.echo(f"\n{len(observer.total_s)} frames\n{table(stages, 'l')}")
