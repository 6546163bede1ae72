"""Sentences on what can be wrong with the way to a broker, and on what to look at.

They name what a user can change, as the program calls it: `Broker.names`.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from edge.mqtt.broker import CREDENTIAL, Broker, SettingNames, reason_of
from edge.mqtt.events import ConnectionAccepted
from edge.mqtt.takeover import KEEP_ALIVE_TIMEOUT, SESSION_TAKEN_OVER


def unreachable(broker: Broker, error: BaseException | None) -> str:
    """One sentence on why there is no connection and what to do."""
    reason = reason_of(error) if isinstance(error, Exception) else "unknown"
    return f"the MQTT broker at {broker.address} cannot be reached: {reason}; {_advice(broker.names, error)}"


def _advice(names: SettingNames, error: BaseException | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"check {names.ca_file}, and that {names.host} is the name in the broker's certificate"
    if isinstance(error, ssl.SSLError):
        return f"check {names.tls} and that {names.port} is the broker's TLS port"
    if isinstance(error, PermissionError):
        return "the sandbox or firewall of this machine forbids it; see IPAddressAllow in systemd/README.md"
    return f"check that it runs, and {names.address}"


def refused(broker: Broker, code: int, text: str) -> str:
    """One sentence on a broker that refuses a connection, with its reason code and the code's name."""
    names = broker.names
    # Below 0x80 are return codes of MQTT 3.1.1, section 3.2.2.3.
    match code:
        case 0x01 | 0x84:
            advice = "it must speak MQTT 5"
        case 0x04 | 0x05 | 0x86 | 0x87:
            advice = (
                f"check {names.username}, and the password in {names.password_file} or else in the "
                f"credential {CREDENTIAL}"
            )
        case 0x88 | 0x89:
            advice = "trying again"
        case 0x8A:
            advice = f"the broker's owner has banned {names.client}"
        case 0x9C | 0x9D:
            advice = f"it is to be reached under another name; set {names.host}"
        case 0x9F:
            advice = "it has too many connections; trying again"
        case _:
            advice = "see the broker's log"
    return f"the MQTT broker at {broker.address} refuses the connection: {text.lower()}; {advice}"


def misbehaved(broker: Broker, what: str) -> str:
    """One sentence on a connection that this side has ended, because of what the broker sent."""
    return (
        f"the MQTT broker at {broker.address} sends {what}; the connection is ended, trying again; "
        "see the broker's log"
    )


def lost(broker: Broker, code: int, text: str, *, accepted: bool) -> str:
    """One sentence on a connection that has ended; `accepted`: whether the broker had accepted it."""
    names = broker.names
    if not accepted and code == KEEP_ALIVE_TIMEOUT:
        return f"the MQTT broker at {broker.address} does not answer; trying again"
    if not accepted:
        return (
            f"{broker.address} has closed the connection before it answered; check that {names.port} is an "
            f"MQTT port, and one with TLS if and only if {names.ca_file} or {names.client_cert_file} is set"
        )
    match code:
        case _ if code == SESSION_TAKEN_OVER:
            advice = f"another client has the same identifier; {names.unique_name}"
        case 0x87:
            advice = f"the broker's access list must allow {names.permission}"
        case _:
            advice = "trying again"
    return f"the connection to the MQTT broker at {broker.address} is lost: {text.lower()}; {advice}"


def thrown_out(broker: Broker) -> str:
    """One sentence on connections that end again and again soon after the broker has accepted them."""
    return (
        f"connections to the MQTT broker at {broker.address} do not last and it does not say why; if another "
        f"client has the same identifier, {broker.names.unique_name}; trying again ever more slowly"
    )


def lacking(broker: Broker, accepted: ConnectionAccepted) -> Iterator[str]:
    """A sentence on each thing that a broker cannot do and that is done without."""
    if not accepted.retains:
        yield (
            f"the MQTT broker at {broker.address} keeps no retained messages: whoever subscribes later "
            "learns the state with its next change"
        )
    if not accepted.qos:
        yield (
            f"the MQTT broker at {broker.address} takes QoS 0 only and acknowledges nothing: what is lost on "
            "the way is sent again only for a consumer that acknowledges"
        )
