"""How to get into a broker, and what is said when that fails."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.collector.config import OPTION_NAMES
from edge.errors import ConfigError
from edge.mqtt import broker, problems
from edge.mqtt.broker import CONFIG_KEYS, Broker, BrokerSettingError, ConnectOptions, Login, SettingNames, Tls
from edge.mqtt.connector import Connector

WHERE = Broker("mqtt.example", 8883)


def test_no_user_no_login() -> None:
    """Without a username the device does not log in, whatever systemd passes to it."""
    assert broker.login("", "", {"CREDENTIALS_DIRECTORY": "/nowhere"}) is None


def test_the_first_line_of_the_file_is_the_password(tmp_path: Path) -> None:
    """A newline at the end of the password file is not part of the password."""
    file = tmp_path / "password"
    file.write_text("s3cret phrase\nsecond line\n")
    assert broker.login("door", str(file), {}) == Login("door", "s3cret phrase")


def test_systemd_can_bring_the_password(tmp_path: Path) -> None:
    """Where no file is configured, the service's credential is the password."""
    (tmp_path / "mqtt-password").write_text("from systemd\n")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert broker.login("door", "", environment) == Login("door", "from systemd")


def test_a_configured_file_comes_first(tmp_path: Path) -> None:
    """The configured file is taken, and not the credential."""
    (tmp_path / "mqtt-password").write_text("from systemd\n")
    (tmp_path / "own").write_text("from config\n")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert broker.login("door", str(tmp_path / "own"), environment) == Login("door", "from config")


def test_a_credential_may_be_missing(tmp_path: Path) -> None:
    """A service without the credential logs in with its name alone."""
    assert broker.login("door", "", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == Login("door")
    assert broker.login("door", "", {}) == Login("door")


def test_passwords_do_not_show() -> None:
    """A login that ends up in a log line does not give the password away."""
    assert "s3cret" not in repr(Broker("h", 1, login=Login("door", "s3cret")))


@pytest.mark.parametrize("content", [None, b"", b"\nsecond\n", b"\xff\xfe"])
def test_a_password_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty and binary files are an error that names the key and the file."""
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"mqtt\.password_file: {file}"):
        broker.login("door", str(file), {})


def test_a_password_needs_a_user() -> None:
    """A password file without a username is an error and not silently unused."""
    with pytest.raises(ConfigError, match=r"mqtt\.password_file: .*mqtt\.username"):
        broker.login("", "/some/file", {})


def test_tls_begins_with_a_file() -> None:
    """A CA or a client certificate turns encryption on; nothing else does."""
    assert broker.tls("", "", "") is None
    assert broker.tls("ca.pem", "", "") == Tls("ca.pem")
    assert broker.tls("", "cert.pem", "key.pem") == Tls("", "cert.pem", "key.pem")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_tls_files_that_cannot_be_used_are_named(tmp_path: Path, content: str | None) -> None:
    """A wrong CA or client certificate is an error that names the key and the file."""
    file = tmp_path / "some.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=rf"mqtt\.ca_file: {file}"):
        broker.tls_context(Tls(str(file)))
    with pytest.raises(ConfigError, match=rf"mqtt\.client_cert_file: {file}"):
        broker.tls_context(Tls("", str(file)))


def test_certificates_and_names_are_verified() -> None:
    """An encrypted connection believes nobody without a certificate for the configured host."""
    context = broker.tls_context(Tls())
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_broker_that_need_not_prove_anything_is_an_explicit_wish() -> None:
    """Only what was asked for by its name leaves verification out; TLS is spoken all the same."""
    wished = broker.tls("", "", "", verified=False)
    assert wished is not None
    context = broker.tls_context(wished)
    assert context.verify_mode is ssl.CERT_NONE
    assert not context.check_hostname


@pytest.mark.parametrize("host", ["..", "a" * 70, "a..b"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    """What can be neither name nor address is an error of the configuration."""
    with pytest.raises(ConfigError, match=r"mqtt\.host"):
        Connector(Broker(host, 1883), ConnectOptions("me"))


def test_addresses() -> None:
    """Host and port, with an IPv6 address in brackets."""
    assert WHERE.address == "mqtt.example:8883"
    assert Broker("::1", 1883).address == "[::1]:1883"


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
        (0x04, "check mqtt.username and mqtt.password_file", "check --username and --password-file"),
        (0x87, "check mqtt.username and mqtt.password_file", "check --username and --password-file"),
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
            f"{LOST}the broker's access list must allow this user to publish below maskgate/",
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


@pytest.mark.parametrize(("names", "prefix"), [(CONFIG_KEYS, "mqtt."), (OPTION_NAMES, "--")])
def test_a_setting_that_cannot_be_used_is_named_as_the_program_names_it(
    names: SettingNames, prefix: str
) -> None:
    """The error carries the field and its sentence begins with the program's name for it."""

    def problem(attempt: Callable[[], object]) -> tuple[str, str]:
        with pytest.raises(BrokerSettingError) as caught:
            attempt()
        return caught.value.field, str(caught.value).replace("-", "_").removeprefix(prefix.replace("-", "_"))

    missing = "No such file or directory"
    assert problem(lambda: broker.login("", "/f", {}, names)) == (
        "password_file", f"password_file: a password needs {names.username} as well".replace("-", "_"),
    )  # fmt: skip
    assert problem(lambda: broker.login("door", "/no/f", {}, names)) == (
        "password_file", f"password_file: /no/f cannot be read: {missing}",
    )  # fmt: skip
    assert problem(lambda: broker.tls_context(Tls("/no/ca"), names)) == (
        "ca_file", f"ca_file: /no/ca cannot be used: {missing}",
    )  # fmt: skip
    assert problem(lambda: broker.tls_context(Tls("", "/no/c", "/no/k"), names)) == (
        "client_cert_file", f"client_cert_file: /no/c and /no/k cannot be used: {missing}",
    )  # fmt: skip
    field, _ = problem(lambda: Connector(Broker("..", 1883, names=names), ConnectOptions("me")))
    assert field == "host"
