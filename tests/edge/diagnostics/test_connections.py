"""Each fault of camera, lamp and broker is found when it is brought about."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.diagnostics import connections
from edge.diagnostics.finding import Check, Level
from edge.errors import MissingExtraError
from edge.spool import Spool
from edge.spool.control.server import ControlServer
from tests.support.builders import limits
from tests.support.devices import Patient
from tests.support.mosquitto import Mosquitto


@pytest.fixture
def joined(patient: Patient, broker: Mosquitto) -> Patient:
    return patient.configured(mqtt={"port": broker.port})


def nobody() -> int:
    """A port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.broker
def test_a_sound_device_has_no_fault(joined: Patient) -> None:
    found = [finding for check in connections.CHECKS for finding in joined.found(check)]
    levels = {finding.check: finding.level for finding in found}
    # There is no relay to take, and no sandbox between here and the broker.
    assert levels.pop("relay") is levels.pop("broker's network") is Level.SKIPPED
    assert set(levels) == {"camera", "lamp", "broker", "broker's access list", "test message"}
    assert set(levels.values()) == {Level.OK}, found


@pytest.mark.parametrize(
    "check", [connections.broker_login, connections.broker_access, connections.round_trip]
)
def test_a_broker_that_is_not_there(patient: Patient, check: Check) -> None:
    """The sentence's second half is what to do."""
    finding = patient.configured(mqtt={"port": nobody()}).fault(check)
    assert "cannot be reached" in finding.text
    assert finding.fix == "check that it runs, and mqtt.host and mqtt.port"


@pytest.mark.parametrize("settings", [{"port": 1}, {"host": "bro ker"}])
def test_a_broker_that_does_not_take_the_device_is_one_fault(
    patient: Patient, settings: dict[str, object]
) -> None:
    """What comes after the login is left out, and no access list is blamed."""
    found = patient.configured(mqtt=settings).found(connections.whole_broker)
    assert [(finding.check, finding.level) for finding in found] == [
        ("broker", Level.FAULT),
        ("broker's access list", Level.SKIPPED),
        ("test message", Level.SKIPPED),
    ]


def test_a_host_that_is_none_is_for_its_key_to_mend(patient: Patient) -> None:
    finding = patient.configured(mqtt={"host": "bro ker"}).fault(connections.broker_login)
    assert finding.text == "mqtt.host: it holds a blank"
    assert "see mqtt in" in finding.fix


def test_a_missing_package_is_told_by_the_check_of_packages(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not once more by each that needs it."""

    def missing(_settings: object) -> None:
        raise MissingExtraError("lamps on pins need gpiozero, which is not installed", "pi")

    monkeypatch.setattr(connections, "try_relay", missing)
    (finding,) = patient.configured(relay={"pin": 24}).found(connections.relay)
    assert (finding.level, finding.text) == (Level.SKIPPED, "see pin packages")


@pytest.mark.broker
def test_a_login_that_is_refused(
    patient: Patient, make_broker: Callable[..., Mosquitto], tmp_path: Path
) -> None:
    broker = make_broker("allow_anonymous false")
    broker.start()
    (tmp_path / "password").write_text("wrong\n")
    login = {"username": "door", "password_file": str(tmp_path / "password"), "port": broker.port}
    finding = patient.configured(mqtt=login).fault(connections.broker_login)
    assert "refuses the connection" in finding.text
    assert "mqtt.username" in finding.fix


@pytest.mark.broker
@pytest.mark.parametrize(
    ("check", "topic"),
    [(connections.broker_access, "availability"), (connections.round_trip, "reply/commission")],
)
def test_an_access_list_that_forbids_to_publish(
    patient: Patient, make_broker: Callable[..., Mosquitto], tmp_path: Path, check: Check, topic: str
) -> None:
    (tmp_path / "acl").write_text("topic read maskgate/#\n")
    (tmp_path / "acl").chmod(0o644)
    broker = make_broker("allow_anonymous true", f"acl_file {tmp_path / 'acl'}")
    broker.start()
    finding = patient.configured(mqtt={"port": broker.port}).fault(check)
    assert f"refuses a message on maskgate/site/entrance/{topic}" in finding.text


def test_a_camera_that_is_not_there(patient: Patient) -> None:
    finding = patient.configured(camera={"source": "/dev/video99"}).fault(connections.camera)
    assert finding.text == "/dev/video99 is not there"


def test_a_pin_that_cannot_be_used(patient: Patient) -> None:
    """This machine has none."""
    finding = patient.configured(lamp={"kind": "gpio"}).fault(connections.lamp)
    assert "GPIO 17 cannot be used" in finding.text


def test_a_relay_that_cannot_be_used(patient: Patient) -> None:
    """By the sentence of the process that would hold it; without one nothing is asked."""
    finding = patient.configured(relay={"pin": 24}).fault(connections.relay)
    assert "GPIO 24 cannot be used" in finding.text
    (skipped,) = patient.found(connections.relay)
    assert skipped.level is Level.SKIPPED


def test_what_a_running_daemon_holds_is_left_alone(patient: Patient) -> None:
    path = Path(patient.device.config.spool.path)
    with closing(Spool.open(path, limits())) as spool, closing(ControlServer(spool)):
        for check in (connections.camera, connections.lamp, connections.broker_access):
            (finding,) = patient.found(check)
            assert finding.level is Level.SKIPPED


@pytest.mark.broker
def test_a_message_goes_to_the_broker_and_back(joined: Patient) -> None:
    """On a topic of the device that nobody counts."""
    (finding,) = joined.found(connections.round_trip)
    assert (finding.level, finding.text) == (
        Level.OK,
        "maskgate/site/entrance/reply/commission came back",
    )


def test_without_a_broker_none_is_asked(patient: Patient) -> None:
    silent = patient.configured(mqtt={"enabled": False})
    for check in (connections.broker_login, connections.broker_access, connections.round_trip):
        (finding,) = silent.found(check)
        assert finding.level is Level.SKIPPED
