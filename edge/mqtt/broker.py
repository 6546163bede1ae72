"""Which broker, and how to get in: login and TLS, from what the settings name."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge.errors import ConfigError
from edge.system.address import host_problem
from edge.system.secrets import find_credential, first_line

CREDENTIAL = "mqtt-password"
"""Name of the systemd credential that may hold the password."""


@dataclass(frozen=True, slots=True)
class SettingNames:
    """What a program calls its settings of a broker, and itself.

    Attributes:
        host: The setting with the broker's name.
        port: The one with its port.
        address: Both of them.
        username: The one with the name to log in with.
        password_file: The one with the file of its password.
        ca_file: The one with the authorities that are trusted.
        client_cert_file: The one with the client's own certificate.
        tls: All that is about TLS.
        client: The program itself.
        unique_name: What to do so that no two clients have one identifier.
        permission: What the broker's access list must allow.
    """

    host: str
    port: str
    address: str
    username: str
    password_file: str
    ca_file: str
    client_cert_file: str
    tls: str
    client: str
    unique_name: str
    permission: str


CONFIG_KEYS = SettingNames(
    host="mqtt.host",
    port="mqtt.port",
    address="mqtt.host and mqtt.port",
    username="mqtt.username",
    password_file="mqtt.password_file",  # noqa: S106 - the name of a setting
    ca_file="mqtt.ca_file",
    client_cert_file="mqtt.client_cert_file",
    tls="the TLS settings in [mqtt]",
    client="this device",
    unique_name="give every device its own device.name",
    permission="this user to publish below mqtt.prefix",
)
"""The device's names: keys of config.toml."""


class BrokerSettingError(ConfigError):
    """A setting of a broker cannot be used.

    `field` says which one, as an attribute of `SettingNames`.
    """

    def __init__(self, field: str, names: SettingNames, reason: str) -> None:
        super().__init__(f"{getattr(names, field)}: {reason}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Login:
    """Who the client is to the broker."""

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
    """Which broker, and how to get in.

    Attributes:
        host: Its name or address.
        port: Its port.
        keepalive: Seconds, see MQTT.
        login: Who the client is; None for nobody.
        tls: How the connection is encrypted; None for not at all.
        names: What the program calls these settings, for sentences on what is wrong with them.
    """

    host: str
    port: int
    keepalive: int = 30
    login: Login | None = None
    tls: Tls | None = None
    names: SettingNames = CONFIG_KEYS

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
    """

    expiry_s: int
    receive_maximum: int


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """How a client presents itself.

    Attributes:
        client_id: Its name, the same in every run.
        will: Topic on which the broker publishes `offline` when the client vanishes; empty for none.
        will_qos: QoS of that.
        will_retained: Whether the broker keeps it for those who subscribe later.
        session: The session that it wants kept, where it acknowledges messages itself; None for one
            that ends with the connection.
        maximum_packet_size: Bytes of a packet that it takes; the broker drops what is larger. 0 for any.
    """

    client_id: str
    will: str = ""
    will_qos: int = 1
    will_retained: bool = True
    session: PersistentSession | None = None
    maximum_packet_size: int = 0


def login(
    username: str, password_file: str, environment: Mapping[str, str], names: SettingNames = CONFIG_KEYS
) -> Login | None:
    """The login that the settings ask for.

    Args:
        username: Empty for none.
        password_file: Its first line is the password; where this is empty, the systemd credential
            `mqtt-password` is taken if there is one.
        environment: Says where systemd keeps credentials.
        names: What the program calls these settings.

    Raises:
        BrokerSettingError: The file cannot be read, or there is a password and no username.
    """
    if not username:
        if password_file:
            raise BrokerSettingError("password_file", names, f"a password needs {names.username} as well")
        return None
    file = Path(password_file) if password_file else find_credential(CREDENTIAL, environment)
    try:
        return Login(username, None if file is None else first_line(file))
    except ConfigError as error:
        raise BrokerSettingError("password_file", names, str(error)) from None


def tls(ca_file: str, cert_file: str, key_file: str, *, verified: bool = True) -> Tls | None:
    """The encryption that the settings ask for; None where they name no file and leave nothing out."""
    wished = ca_file or cert_file or key_file or not verified
    return Tls(ca_file, cert_file, key_file, verified) if wished else None


def refused(broker: Broker) -> Iterator[BrokerSettingError]:
    """Everything for which a broker cannot be used as it is set, before a connection is tried."""
    names = broker.names
    if problem := host_problem(broker.host):
        yield BrokerSettingError("host", names, problem)
    files = broker.tls or Tls()
    # A client certificate proves who the client is as well as a password does.
    if broker.login is not None and broker.login.password is None and not files.cert_file:
        yield BrokerSettingError(
            "password_file",
            names,
            f"a user needs a password: name its file here, or store the systemd credential {CREDENTIAL}; "
            f"else leave {names.username} away",
        )
    if files.key_file and not files.cert_file:
        yield BrokerSettingError("client_cert_file", names, "a client's key needs its certificate as well")
        return
    for part in (Tls(files.ca_file), Tls("", files.cert_file, files.key_file)):
        try:
            tls_context(part, names)
        except BrokerSettingError as error:
            yield error


def tls_context(files: Tls, names: SettingNames = CONFIG_KEYS) -> ssl.SSLContext:
    """Certificates and host names are verified, unless that is left out on purpose.

    Raises:
        BrokerSettingError: A file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=files.ca_file or None)
    except (OSError, ValueError) as error:
        reason = f"{files.ca_file} cannot be used: {reason_of(error)}"
        raise BrokerSettingError("ca_file", names, reason) from None
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
            reason = f"{named} cannot be used: {reason_of(error)}"
            if not files.key_file:
                reason += "; its key must be in the same file or be named as well"
            raise BrokerSettingError("client_cert_file", names, reason) from None
    return context


def reason_of(error: Exception) -> str:
    """Why a file or a handshake failed, in a few words."""
    if isinstance(error, ssl.SSLError):
        # Only errors that OpenSSL itself has made carry these.
        plain = getattr(error, "verify_message", "") or getattr(error, "reason", "") or error.strerror
        return str(plain).replace("_", " ").lower()
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
