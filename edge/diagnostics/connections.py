"""Checks that open something: camera, lamp, broker. A running daemon holds the first two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO

from edge.camera import connect_source
from edge.daemon.uplink_factory import make_broker, make_client_id, make_topics
from edge.diagnostics.finding import Check, Device, Finding, fault, ok, skipped
from edge.diagnostics.installation import running
from edge.errors import MaskGateError, SpoolError
from edge.indicator import open_indicator, try_relay
from edge.messages.topics import OFFLINE
from edge.mqtt import broker
from edge.mqtt.broker import ConnectOptions
from edge.mqtt.connector import Connector
from edge.mqtt.probe import echo, probe, publish_once
from edge.system.secrets import as_service

TEST_MESSAGE = b'{"done":true,"text":"a test message of maskgate doctor or commission"}'
HELD = "the running daemon holds it; stop the service to check it"


def camera(device: Device) -> Iterator[Finding]:
    """One picture."""
    yield _opened(
        device, "camera", lambda: connect_source(device.config.camera, device.config.detector.long_side)
    )


def lamp(device: Device) -> Iterator[Finding]:
    """Lights all lamps for a moment."""
    yield _opened(device, "lamp", lambda: open_indicator(device.config.lamp, StringIO()).close())


def relay(device: Device) -> Iterator[Finding]:
    """Takes the pin of the relay for a moment, without energising it."""
    if device.config.relay.pin is None:
        yield skipped("relay", "relay.pin is not set")
    else:
        yield _opened(device, "relay", lambda: try_relay(device.config.relay))


def broker_login(device: Device) -> Iterator[Finding]:
    """Whether the broker takes the device, under another identifier than a running daemon's."""
    if not device.config.mqtt.enabled:
        yield skipped("broker", "mqtt.enabled is false")
        return
    try:
        probe(_connector(device))
        yield ok("broker", f"{device.config.mqtt.host} takes this device")
    except MaskGateError as error:
        sentence, _, fix = str(error).partition("; ")
        yield fault("broker", sentence, fix or f"see mqtt in {device.file}, and the broker's log")


def broker_access(device: Device) -> Iterator[Finding]:
    """Whether the access list lets the device publish: `availability`, which says the truth."""
    if not device.config.mqtt.enabled:
        yield skipped("broker's access list", "mqtt.enabled is false")
    elif _daemon_runs(device):
        yield skipped("broker's access list", "the running daemon publishes; see `maskgate events stats`")
    else:
        topic = make_topics(device.config).availability
        try:
            publish_once(_connector(device), topic, OFFLINE)
            yield ok("broker's access list", f"{topic} was acknowledged")
        except MaskGateError as error:
            yield fault(
                "broker's access list", str(error), "let the device write its topics: docs/samples/mosquitto"
            )


def round_trip(device: Device) -> Iterator[Finding]:
    """A message to the broker and back, on a topic that nobody counts."""
    if not device.config.mqtt.enabled:
        yield skipped("test message", "mqtt.enabled is false")
        return
    topic = f"{make_topics(device.config).reply}/commission"
    try:
        back = echo(_connector(device), topic, TEST_MESSAGE)
    except MaskGateError as error:
        sentence, _, fix = str(error).partition("; ")
        yield fault("test message", sentence, fix or "let the device write reply/#: docs/samples/mosquitto")
    else:
        end = "came back" if back else "was acknowledged; the broker does not let the device read it"
        yield ok("test message", f"{topic} {end}")


CHECKS: tuple[Check, ...] = (camera, lamp, relay, broker_login, broker_access, round_trip)


def _opened(device: Device, check: str, work: Callable[[], object]) -> Finding:
    if _daemon_runs(device):
        return skipped(check, HELD)
    try:
        work()
    except MaskGateError as error:
        sentence, _, fix = str(error).partition("; ")
        return fault(check, sentence, fix or f"see [{check}] in {device.file}")
    return ok(check, "it works")


def _daemon_runs(device: Device) -> bool:
    try:
        return running(device) is not None
    except SpoolError:
        return True


def _connector(device: Device) -> Connector:
    """A connection as the daemon's, under an identifier of its own."""
    mqtt = device.config.mqtt
    login = broker.login(mqtt.username, mqtt.password_file, as_service(broker.CREDENTIAL, device.environment))
    return Connector(make_broker(mqtt, login), ConnectOptions(f"{make_client_id(device.config)}-check"))
