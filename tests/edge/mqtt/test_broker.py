"""How to get into a broker."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.collector.config import OPTION_NAMES
from edge.errors import ConfigError
from edge.mqtt import broker
from edge.mqtt.broker import CONFIG_KEYS, Broker, BrokerSettingError, ConnectOptions, Login, SettingNames, Tls
from edge.mqtt.connector import Connector


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
