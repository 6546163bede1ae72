"""Checks that open something: camera, lamp, broker. A running daemon holds the first two."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from io import StringIO

from edge.camera import connect_source
from edge.daemon.uplink_factory import make_broker, make_client_id, make_topics
from edge.diagnostics.broker_network import broker_network
from edge.diagnostics.finding import Check, Device, Finding, Level, fault_by, needs, ok, skipped
from edge.diagnostics.installation import PACKAGES, running
from edge.errors import MaskGateError, MissingPackageError, SpoolError
from edge.indicator import open_indicator, try_relay
from edge.messages.topics import OFFLINE
from edge.mqtt import broker
from edge.mqtt.broker import ConnectOptions
from edge.mqtt.connector import Connector
from edge.mqtt.probe import echo, probe, publish_once
from edge.system.secrets import as_service

TEST_MESSAGE = b'{"done":true,"text":"a test message of maskgate doctor or commission"}'
ACCESS_LIST, ROUND_TRIP = "broker's access list", "test message"
HELD = "the running daemon holds it; stop the service to check it"


@needs(("camera", "spool.path"), "camera")
def camera(device: Device) -> Iterator[Finding]:
    """One picture."""
    yield _opened(
        device, "camera", lambda: connect_source(device.config.camera, device.config.detector.long_side)
    )


@needs(("lamp", "spool.path"), "lamp")
def lamp(device: Device) -> Iterator[Finding]:
    """Lights all lamps for a moment."""
    yield _opened(device, "lamp", lambda: open_indicator(device.config.lamp, StringIO()).close())


@needs(("relay", "spool.path"), "relay")
def relay(device: Device) -> Iterator[Finding]:
    """Takes the pin of the relay for a moment, without energising it."""
    if device.config.relay.pin is None:
        yield skipped("relay", "relay.pin is not set")
    else:
        yield _opened(device, "relay", lambda: try_relay(device.config.relay))


@needs(("mqtt",), "broker")
def broker_login(device: Device) -> Iterator[Finding]:
    """Whether the broker takes the device, under another identifier than a running daemon's."""
    if not device.config.mqtt.enabled:
        yield skipped("broker", "mqtt.enabled is false")
        return
    try:
        probe(_connector(device))
        yield ok("broker", f"{device.config.mqtt.host} takes this device")
    except MaskGateError as error:
        yield fault_by("broker", error, f"see mqtt in {device.file}, and the broker's log")


@needs(("mqtt", "device", "spool.path"), ACCESS_LIST)
def broker_access(device: Device) -> Iterator[Finding]:
    """Whether the access list lets the device publish: `availability`, which says the truth."""
    if not device.config.mqtt.enabled:
        yield skipped(ACCESS_LIST, "mqtt.enabled is false")
    elif _daemon_runs(device):
        yield skipped(ACCESS_LIST, "the running daemon publishes; see `maskgate events stats`")
    else:
        topic = make_topics(device.config).availability
        try:
            publish_once(_connector(device), topic, OFFLINE)
            yield ok(ACCESS_LIST, f"{topic} was acknowledged")
        except MaskGateError as error:
            yield fault_by(ACCESS_LIST, error, "let the device write its topics: docs/samples/mosquitto")


@needs(("mqtt", "device"), ROUND_TRIP)
def round_trip(device: Device) -> Iterator[Finding]:
    """A message to the broker and back, on a topic that nobody counts."""
    if not device.config.mqtt.enabled:
        yield skipped(ROUND_TRIP, "mqtt.enabled is false")
        return
    topic = f"{make_topics(device.config).reply}/commission"
    try:
        back = echo(_connector(device), topic, TEST_MESSAGE)
    except MaskGateError as error:
        yield fault_by(ROUND_TRIP, error, "let the device write reply/#: docs/samples/mosquitto")
    else:
        end = "came back" if back else "was acknowledged; the broker does not let the device read it"
        yield ok(ROUND_TRIP, f"{topic} {end}")


def whole_broker(device: Device) -> Iterator[Finding]:
    """The login, and then what a broker must have taken the device for."""
    yield from _after_login(device, {ACCESS_LIST: broker_access, ROUND_TRIP: round_trip})


def broker_and_back(device: Device) -> Iterator[Finding]:
    """The login, and a message to the broker and back."""
    yield from _after_login(device, {ROUND_TRIP: round_trip})


def _after_login(device: Device, further: Mapping[str, Check]) -> Iterator[Finding]:
    login = list(broker_login(device))
    yield from login
    refused = any(finding.level is Level.FAULT for finding in login)
    for name, check in further.items():
        yield from [skipped(name, "there is no connection to the broker")] if refused else check(device)


CHECKS: tuple[Check, ...] = (camera, lamp, relay, broker_network, whole_broker)


def _opened(device: Device, check: str, work: Callable[[], object]) -> Finding:
    if _daemon_runs(device):
        return skipped(check, HELD)
    try:
        work()
    except MissingPackageError:
        return skipped(check, f"see {PACKAGES[check]}")
    except MaskGateError as error:
        return fault_by(check, error, f"see [{check}] in {device.file}")
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
