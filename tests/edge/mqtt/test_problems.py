"""What is said when there is no connection."""

from __future__ import annotations

import re
import socket
import ssl

import pytest

from edge.collector.config import OPTION_NAMES
from edge.mqtt import problems
from edge.mqtt.broker import CONFIG_KEYS, Broker

WHERE = Broker("mqtt.example", 8883)


def test_addresses() -> None:
    """Host and port, with an IPv6 address in brackets."""
    assert WHERE.address == "mqtt.example:8883"
    assert Broker("::1", 1883).address == "[::1]:1883"


LOGIN = tuple(
    f"check {user}, and the password in {file} or else in the credential mqtt-password"
    for user, file in (("mqtt.username", "mqtt.password_file"), ("--username", "--password-file"))
)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused; check that it runs"),
        (socket.gaierror(-2, "Name or service not known"), r"not known; check .* mqtt\.host"),
        (TimeoutError("timed out"), "timed out; check that it runs"),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), r"check mqtt\.ca_file"),
        (ssl.SSLError(1, "wrong version number"), "TLS"),
        (None, "unknown"),
    ],
)
def test_why_there_is_no_connection(error: BaseException | None, advice: str) -> None:
    """The sentence names host, port and reason, and says what to look at."""
    sentence = problems.unreachable(WHERE, error)
    assert sentence.startswith("the MQTT broker at mqtt.example:8883 cannot be reached: ")
    assert re.search(advice, sentence)


@pytest.mark.parametrize(
    ("code", "advice"),
    [(0x84, "MQTT 5"), (0x86, "mqtt.password_file"), (0x87, "mqtt.username"), (0xFF, "broker's log")],
)
def test_why_the_broker_says_no(code: int, advice: str) -> None:
    """A refusal is named with what can be done about it."""
    sentence = problems.refused(WHERE, code, "Some Reason")
    assert "mqtt.example:8883 refuses the connection: some reason" in sentence
    assert advice in sentence


def test_why_a_connection_ended() -> None:
    """Two devices of one name, and a port that speaks something else, are pointed out."""
    assert "device.name" in problems.lost(WHERE, 0x8E, "Session taken over", accepted=True)
    assert "mqtt.port" in problems.lost(WHERE, 0x80, "Unspecified error", accepted=False)
    assert "does not answer" in problems.lost(WHERE, 0x8D, "Keep alive timeout", accepted=False)


AT = "mqtt.example:8883"


CLOSED = f"{AT} has closed the connection before it answered; check that "


LOST = f"the connection to the MQTT broker at {AT} is lost: some reason; "


REFUSES = f"the MQTT broker at {AT} refuses the connection: some reason; "


FORBIDDEN = (
    "Operation not permitted; the sandbox or firewall of this machine forbids it; "
    "see IPAddressAllow in systemd/README.md"
)


UNREACHABLE = f"the MQTT broker at {AT} cannot be reached: "


@pytest.mark.parametrize(
    ("error", "device", "collector"),
    [
        (
            ConnectionRefusedError(111, "Connection refused"),
            "Connection refused; check that it runs, and mqtt.host and mqtt.port",
            "Connection refused; check that it runs, and --broker",
        ),
        (
            PermissionError(1, "Operation not permitted"),
            FORBIDDEN,
            FORBIDDEN,
        ),
        (
            ssl.SSLCertVerificationError(1, "certificate verify failed"),
            "certificate verify failed; check mqtt.ca_file, and that mqtt.host is the name in the broker's "
            "certificate",
            "certificate verify failed; check --ca-file, and that --broker is the name in the broker's "
            "certificate",
        ),
        (
            ssl.SSLError(1, "wrong version number"),
            "wrong version number; check the TLS settings in [mqtt] and that mqtt.port is the broker's TLS "
            "port",
            "wrong version number; check the TLS options and that --broker is the broker's TLS port",
        ),
    ],
)
def test_no_connection_in_the_words_of_each_program(error: Exception, device: str, collector: str) -> None:
    """The daemon names keys of config.toml, the collector its options."""
    for names, sentence in ((CONFIG_KEYS, device), (OPTION_NAMES, collector)):
        assert (
            problems.unreachable(Broker("mqtt.example", 8883, names=names), error) == UNREACHABLE + sentence
        )


@pytest.mark.parametrize(
    ("code", "device", "collector"),
    [
        (0x84, "it must speak MQTT 5", "it must speak MQTT 5"),
        (0x04, *LOGIN),
        (0x87, *LOGIN),
        (0x89, "trying again", "trying again"),
        (
            0x8A,
            "the broker's owner has banned this device",
            "the broker's owner has banned this collector",
        ),
        (0x9F, "it has too many connections; trying again", "it has too many connections; trying again"),
        (0xFF, "see the broker's log", "see the broker's log"),
    ],
)
def test_a_refusal_in_the_words_of_each_program(code: int, device: str, collector: str) -> None:
    """The same reason, and what each of them can change."""
    for names, advice in ((CONFIG_KEYS, device), (OPTION_NAMES, collector)):
        where = Broker("mqtt.example", 8883, names=names)
        assert problems.refused(where, code, "Some Reason") == REFUSES + advice


@pytest.mark.parametrize(
    ("code", "accepted", "device", "collector"),
    [
        (
            0x8E,
            True,
            f"{LOST}another client has the same identifier; give every device its own device.name",
            f"{LOST}another client has the same identifier; give every collector its own --consumer or "
            "--instance",
        ),
        (
            0x87,
            True,
            f"{LOST}the broker's access list must allow this user to publish below mqtt.prefix",
            f"{LOST}the broker's access list must allow this user what docs/reference/collector.md lists",
        ),
        (0x80, True, f"{LOST}trying again", f"{LOST}trying again"),
        (
            0x80,
            False,
            f"{CLOSED}mqtt.port is an MQTT port, and one with TLS if and only if mqtt.ca_file or "
            "mqtt.client_cert_file is set",
            f"{CLOSED}--broker is an MQTT port, and one with TLS if and only if --ca-file or "
            "--client-cert-file is set",
        ),
    ],
)
def test_an_end_in_the_words_of_each_program(code: int, accepted: bool, device: str, collector: str) -> None:
    """A connection that was lost, and one that never was."""
    for names, sentence in ((CONFIG_KEYS, device), (OPTION_NAMES, collector)):
        where = Broker("mqtt.example", 8883, names=names)
        assert problems.lost(where, code, "Some Reason", accepted=accepted) == sentence
