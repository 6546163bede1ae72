"""Which broker, and how to get in: login and TLS, from what the configuration names."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge.errors import ConfigError

CREDENTIAL = "mqtt-password"
"""Name of the systemd credential that may hold the password."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who the device is to the broker."""

    username: str
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Tls:
    """Files for an encrypted connection; without `ca_file` the system's own authorities are trusted.

    `verified`: whether the broker must prove who it is.
    """

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Broker:
    """Which broker, and how to get in. `keepalive` is in seconds."""

    host: str
    port: int
    keepalive: int = 30
    login: Login | None = None
    tls: Tls | None = None

    @property
    def address(self) -> str:
        """host:port, with an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class PersistentSession:
    """A session that the broker keeps while its client is away.

    Attributes:
        expiry_s: How long the broker keeps it.
        receive_maximum: Messages that the broker may send before the first is acknowledged.
        largest: Bytes of a packet; the broker drops what is larger.
    """

    expiry_s: int
    receive_maximum: int
    largest: int


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """How a client presents itself.

    Attributes:
        client_id: Its name, the same in every run.
        will: Topic on which the broker publishes `offline` when the client vanishes; empty for none.
        standing: The session that it wants kept, where it acknowledges messages itself; None for one
            that ends with the connection.
        largest: Bytes of a packet that the broker may send, where it keeps no session; 0 for any.
    """

    client_id: str
    will: str = ""
    standing: PersistentSession | None = None
    largest: int = 0


def login(username: str, password_file: str, environment: Mapping[str, str]) -> Login | None:
    """The login that the configuration asks for.

    Args:
        username: Empty for none.
        password_file: Its first line is the password; where this is empty, the systemd credential
            `mqtt-password` is taken if there is one.
        environment: Tells where systemd keeps credentials.

    Raises:
        ConfigError: The file cannot be read, or there is a password for nobody.
    """
    if not username:
        if password_file:
            raise ConfigError("mqtt.password_file: a password needs mqtt.username as well")
        return None
    if password_file:
        return Login(username, _first_line(Path(password_file)))
    credential = Path(environment.get("CREDENTIALS_DIRECTORY", ""), CREDENTIAL)
    if "CREDENTIALS_DIRECTORY" in environment and credential.exists():
        return Login(username, _first_line(credential))
    return Login(username)


def _first_line(file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"mqtt.password_file: {file} cannot be read: {reason}") from None
    if not lines or not lines[0]:
        raise ConfigError(f"mqtt.password_file: {file} has no password in its first line")
    return lines[0]


def tls(ca_file: str, cert_file: str, key_file: str, *, verified: bool = True) -> Tls | None:
    """The encryption that the configuration asks for; None where it names no file and leaves nothing out."""
    return Tls(ca_file, cert_file, key_file, verified) if ca_file or cert_file or not verified else None


def tls_context(files: Tls) -> ssl.SSLContext:
    """Certificates and host names are verified, unless that is left out on purpose.

    Raises:
        ConfigError: A file cannot be used; the key of the configuration is named.
    """
    try:
        context = ssl.create_default_context(cafile=files.ca_file or None)
    except (OSError, ValueError) as error:
        raise ConfigError(f"mqtt.ca_file: {files.ca_file} cannot be used: {_reason(error)}") from None
    # On from Python 3.13; it refuses authorities made with a plain `openssl req -x509`, and no forgeries.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not files.verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if files.cert_file:
        try:
            # The empty password keeps OpenSSL from asking for one on a terminal.
            context.load_cert_chain(files.cert_file, files.key_file or None, password="")
        except (OSError, ValueError) as error:
            named = " and ".join(filter(None, (files.cert_file, files.key_file)))
            raise ConfigError(f"mqtt.client_cert_file: {named} cannot be used: {_reason(error)}") from None
    return context


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        # Only errors that OpenSSL itself has made carry these.
        plain = getattr(error, "verify_message", "") or getattr(error, "reason", "") or error.strerror
        return str(plain).replace("_", " ").lower()
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def unreachable(broker: Broker, error: BaseException | None) -> str:
    """One sentence on why there is no connection and what to do."""
    reason = _reason(error) if isinstance(error, Exception) else "unknown"
    return f"the MQTT broker at {broker.address} cannot be reached: {reason}; {_advice(error)}"


def _advice(error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "check mqtt.ca_file, and that mqtt.host is the name in the broker's certificate"
    if isinstance(error, ssl.SSLError):
        return "check the TLS settings in [mqtt] and that mqtt.port is the broker's TLS port"
    return "check that it runs, and mqtt.host and mqtt.port"


def refused(broker: Broker, code: int, text: str) -> str:
    """One sentence on a broker that answers a connection with no."""
    advice = _REFUSALS.get(code, "see the broker's log")
    return f"the MQTT broker at {broker.address} refuses the connection: {text.lower()}; {advice}"


def lost(broker: Broker, code: int, text: str, *, accepted: bool) -> str:
    """One sentence on a connection that has ended."""
    if not accepted and code == _NO_SIGN_OF_LIFE:
        return f"the MQTT broker at {broker.address} does not answer; trying again"
    if not accepted:
        return (
            f"{broker.address} has closed the connection before it answered; check that mqtt.port is an MQTT "
            "port, and one with TLS if and only if mqtt.ca_file or mqtt.client_cert_file is set"
        )
    advice = _ENDINGS.get(code, "trying again")
    return f"the connection to the MQTT broker at {broker.address} is lost: {text.lower()}; {advice}"


_NO_SIGN_OF_LIFE = 0x8D
_LOGIN = "check mqtt.username and mqtt.password_file"
_REFUSALS = {
    0x01: "it must speak MQTT 5",
    0x84: "it must speak MQTT 5",
    0x04: _LOGIN,
    0x05: _LOGIN,
    0x86: _LOGIN,
    0x87: _LOGIN,
    0x88: "trying again",
    0x89: "trying again",
    0x8A: "the broker's owner has banned this device",
    0x9F: "it has too many connections; trying again",
}
_ENDINGS = {
    0x8E: "another client has the same identifier; give every device its own device.name",
    0x87: "the broker's access list must allow this user to publish below maskgate/",
}
