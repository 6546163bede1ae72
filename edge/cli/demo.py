"""`maskgate demo`."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median

import click

from edge.cli.daemon import Orders, serve
from edge.cli.options import takes_settings
from edge.config import Config, Device, LampConfig, Mqtt, SpoolConfig
from edge.demo import CLIP
from edge.errors import BrokerError
from edge.messages.topics import Topics
from edge.mqtt.client import subscribe
from edge.pipeline.events import latest_by_pass
from edge.pipeline.pipeline import Turn
from edge.spool import Spool
from edge.types import Event

BROKER_PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
"""Where Debian and others keep mosquitto, outside a user's PATH."""

PATIENCE_S = 5.0
MOST_EVENTS = 1000


class Audience:
    """Keeps what the table at the end tells."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.detect_s: list[float] = []
        self.classify_s: list[float] = []
        self.total_s: list[float] = []

    def __call__(self, turn: Turn, events: tuple[Event, ...]) -> None:
        """Takes a turn down."""
        self.events += events
        if turn.sight is not None:
            self.detect_s.append(turn.sight.detect_s)
            self.classify_s.append(turn.sight.classify_s)
            self.total_s.append(turn.total_s)


@click.command()
@click.option("--fast", is_flag=True, help="As fast as possible instead of at the clip's own pace.")
@takes_settings
def demo(settings: Config, fast: bool) -> None:
    """Show the main job: a short clip, the real daemon, the lamp, and the messages as they arrive.

    Needs no camera, no configuration and no network. Where Mosquitto is installed, a broker of its
    own runs on loopback for as long as the demo does.

    \b
    Example:
      maskgate demo
    """
    audience = Audience()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="maskgate-demo-")))
        config = _stage(settings, directory, fast)
        port = stack.enter_context(_broker(directory))
        if port is None:
            click.echo("There is no Mosquitto on this machine: events are shown as the spool keeps them.")
            _serve_alone(config, audience)
        else:
            config = config.model_copy(update={"mqtt": Mqtt(host="127.0.0.1", port=port)})
            click.echo(f"A Mosquitto broker listens on 127.0.0.1:{port}; a subscriber prints what it gets.")
            _serve_before_subscriber(config, audience)
    _print(audience)


def _stage(settings: Config, directory: Path, fast: bool) -> Config:
    camera = settings.camera.model_copy(update={"source": str(CLIP), "pace": "fast" if fast else "realtime"})
    return settings.model_copy(
        update={
            "device": Device(site="demo", name="entrance"),
            "camera": camera,
            "lamp": LampConfig(kind="console"),
            "mqtt": Mqtt(enabled=False),
            "spool": SpoolConfig(path=str(directory / "spool.db")),
        }
    )


def _serve_alone(config: Config, audience: Audience) -> None:
    """Runs the daemon without a broker, and shows what its spool would have sent."""
    serve(config, Orders(), audience)
    with closing(Spool.open(Path(config.spool.path))) as spool:
        for event in spool.unsent(0, MOST_EVENTS):
            click.echo(f"  spool  {event.payload.decode()}")


def _serve_before_subscriber(config: Config, audience: Audience) -> None:
    """Runs the daemon while a subscriber listens, until the subscriber has every event."""
    topics = Topics(config.device.site, config.device.name)
    received: set[str] = set()

    def hear(topic: str, payload: bytes) -> None:
        click.echo(f"  mqtt   {topic} {payload.decode()}")
        if topic == topics.event:
            received.add(json.loads(payload)["id"])

    with subscribe("127.0.0.1", config.mqtt.port, f"maskgate/{config.device.site}/#", hear):
        serve(config, Orders(), audience)
        wanted = {str(event.id) for event in audience.events}
        deadline = time.monotonic() + PATIENCE_S
        while not wanted <= received and time.monotonic() < deadline:
            time.sleep(0.05)
    if not wanted <= received:
        raise BrokerError(f"the subscriber got {len(received)} of {len(wanted)} events; run the demo again")


@contextmanager
def _broker(directory: Path) -> Iterator[int | None]:
    """A Mosquitto process of its own on a free loopback port; None where there is no Mosquitto."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path=BROKER_PLACES)
    if program is None:
        yield None
        return
    port = _free_port()
    file = directory / "mosquitto.conf"
    file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n")
    process = subprocess.Popen(  # noqa: S603
        [program, "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await_port(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise BrokerError(
        f"the demo's Mosquitto did not open port {port} within {PATIENCE_S:.0f} s; run it again"
    )


def _print(audience: Audience) -> None:
    from rich.console import Console  # noqa: PLC0415 - needed at the end only
    from rich.table import Table  # noqa: PLC0415

    people = Table("pass", "verdict", "frames", "face px", title="Who passed")
    for pass_id, last in latest_by_pass(audience.events).items():
        story = " -> ".join(str(e.verdict.outcome) for e in audience.events if e.pass_id == pass_id)
        people.add_row(pass_id, story, str(last.verdict.frames), str(last.verdict.face_px))
    stages = Table("stage", "median ms", title=f"{len(audience.total_s)} frames")
    for name in ("detect", "classify", "total"):
        stages.add_row(name, f"{median(getattr(audience, f'{name}_s')) * 1000:.2f}")
    console = Console()
    console.print(people)
    console.print(stages)
