"""Half of a pair is refused: it would be left out without a word, and with it what it was meant to secure."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from edge.collector.config import OPTION_NAMES
from edge.mqtt import broker
from edge.mqtt.broker import Broker, BrokerSettingError, ConnectOptions, Login, Tls, refused
from edge.mqtt.connector import Connector

ME = ConnectOptions("me")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate and its key."""
    certificate, key = tmp_path / "door.crt", tmp_path / "door.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=door"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def test_a_key_needs_its_certificate(pair: tuple[Path, Path]) -> None:
    """A key is for TLS; without its certificate the connection would be in the clear."""
    where = Broker("mqtt.example", 1883, tls=broker.tls("", "", str(pair[1])))
    with pytest.raises(BrokerSettingError, match=r"^mqtt\.client_cert_file: .*certificate"):
        Connector(where, ME)


def test_a_certificate_needs_its_key(pair: tuple[Path, Path]) -> None:
    """Beside it or in the same file."""
    certificate, key = pair
    alone = Broker("mqtt.example", 8883, tls=broker.tls("", str(certificate), ""))
    with pytest.raises(BrokerSettingError, match=r"^mqtt\.client_cert_file: .*its key"):
        Connector(alone, ME)
    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    Connector(alone, ME)


def test_a_user_needs_a_password() -> None:
    """A name alone proves nothing, and an access list that goes by it would be open to everybody."""
    with pytest.raises(BrokerSettingError, match=r"^mqtt\.password_file: a user needs a password"):
        Connector(Broker("mqtt.example", 1883, login=Login("door")), ME)
    with pytest.raises(BrokerSettingError, match=r"^--password-file: a user needs a password"):
        Connector(Broker("mqtt.example", 1883, login=Login("door"), names=OPTION_NAMES), ME)


def test_a_user_with_a_certificate_needs_no_password(pair: tuple[Path, Path]) -> None:
    """MQTT 5 allows a name alone, and the certificate proves who that is."""
    certificate, key = map(str, pair)
    where = Broker("mqtt.example", 8883, login=Login("door"), tls=broker.tls("", certificate, key))
    Connector(where, ME)


def test_everything_that_is_wrong_is_told() -> None:
    """Host, login and both kinds of files, each with its setting."""
    where = Broker("mqtt://x", 1883, login=Login("door"), tls=Tls("/no/ca", "/no/cert", "/no/key"))
    assert [error.field for error in refused(where)] == ["host", "ca_file", "client_cert_file"]
    where = Broker("[::1]", 1883, login=Login("door"), tls=Tls("/no/ca"))
    assert [error.field for error in refused(where)] == ["host", "password_file", "ca_file"]


@pytest.mark.parametrize("host", ["mqtt://broker", "broker:1883", "[::1]", "bro ker", "user:Hunter2@broker"])
def test_more_than_a_host_is_refused(host: str) -> None:
    """Such a name would be looked up in vain for ever; it is not repeated, since it may hold a password."""
    with pytest.raises(BrokerSettingError, match=r"^mqtt\.host: it ") as caught:
        Connector(Broker(host, 1883), ME)
    assert host not in str(caught.value)


def test_a_password_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Some editors write one; it is no part of the password."""
    file = tmp_path / "password"
    file.write_bytes(b"\xef\xbb\xbfs3cret\r\n")
    assert broker.login("door", str(file), {}) == Login("door", "s3cret")
