"""A broker that the sandbox hides is found before the service looks for it in vain."""

from __future__ import annotations

import pytest

from edge.diagnostics.broker_network import broker_network
from edge.diagnostics.finding import Finding, Level
from edge.diagnostics.unit_files import UPLINK
from tests.support.devices import Patient
from tests.support.paths import ROOT


@pytest.fixture
def sending(patient: Patient) -> Patient:
    """A device whose half that sends is installed as it is shipped, and enabled."""
    patient.install(UPLINK, (ROOT / "systemd" / UPLINK).read_text())
    return patient


def told(patient: Patient, host: str) -> Finding:
    (finding,) = patient.configured(mqtt={"host": host}).found(broker_network)
    return finding


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.1.2.3", "192.168.0.9", "fe80::1", "fd00::7"])
def test_a_broker_in_the_building_can_be_reached(sending: Patient, host: str) -> None:
    assert told(sending, host).level is Level.OK


@pytest.mark.parametrize("host", ["198.51.100.7", "2001:db8::7"])
def test_a_broker_elsewhere_needs_a_drop_in(sending: Patient, host: str) -> None:
    finding = told(sending, host)
    assert finding.level is Level.WARNING
    assert f"IPAddressAllow={host}" in finding.fix
    sending.drop_in(UPLINK, f"IPAddressAllow={host}")
    assert told(sending, host).level is Level.OK


def test_a_drop_in_that_denies_nothing_lets_everything_through(sending: Patient) -> None:
    """That it opens the sandbox is another check's fault."""
    sending.drop_in(UPLINK, "IPAddressDeny=")
    assert told(sending, "198.51.100.7").level is Level.OK


def test_a_name_is_judged_by_its_addresses(sending: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that can be reached is enough; a name that leads nowhere is left to the login."""

    def answer(*addresses: str) -> None:
        found = [(0, 0, 0, "", (address, 0)) for address in addresses]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_more: found)

    answer("198.51.100.7", "2001:db8::7")
    assert "198.51.100.7 and 2001:db8::7" in told(sending, "broker.example").text
    answer("198.51.100.7", "10.0.0.7")
    assert told(sending, "broker.example").level is Level.OK
    monkeypatch.setattr("socket.getaddrinfo", lambda *_args, **_more: (_ for _ in ()).throw(OSError()))
    assert told(sending, "broker.example").level is Level.SKIPPED


def test_without_that_half_nothing_is_hidden(patient: Patient) -> None:
    """Where it is installed beside a service in one process, too."""
    assert told(patient, "198.51.100.7").level is Level.SKIPPED
    patient.install(UPLINK, (ROOT / "systemd" / UPLINK).read_text(), enabled=False)
    assert told(patient, "198.51.100.7").level is Level.SKIPPED
