"""Who connects to a broker, and on which terms."""

from __future__ import annotations

import ssl

from edge.errors import ConfigError
from edge.messages.topics import Topics
from edge.mqtt import client
from edge.mqtt.broker import Broker, ConnectOptions, PersistentSession, tls_context
from edge.mqtt.client import Connection
from edge.mqtt.events import Deliver

LARGEST_INBOUND = 16_384
"""Bytes of a packet that a broker may send to a device: an `ack` has at most 8 KiB."""


class Dialer:
    """Makes connections to one broker for one device."""

    def __init__(self, broker: Broker, topics: Topics) -> None:
        """Reads what TLS needs, so that a wrong file is noticed before the first connection.

        Raises:
            ConfigError: The host is no host name, or a TLS file cannot be used.
        """
        self.broker = broker
        self.topics = topics
        self._context = _context(broker)
        self._terms = ConnectOptions(topics.client_id, topics.availability, largest=LARGEST_INBOUND)

    def connect(self, deliver: Deliver) -> Connection:
        """Begins one connection; its outcome arrives through `deliver`, which must not wait."""
        return client.connect(self.broker, self._context, self._terms, deliver)


class Listener:
    """Makes connections to one broker for a client that acknowledges what it gets by itself."""

    def __init__(self, broker: Broker, client_id: str, standing: PersistentSession) -> None:
        """Reads what TLS needs.

        Raises:
            ConfigError: The host is no host name, or a TLS file cannot be used.
        """
        self.broker = broker
        self.client_id = client_id
        self._context = _context(broker)
        self._terms = ConnectOptions(client_id, standing=standing)

    def connect(self, deliver: Deliver) -> Connection:
        """Begins one connection; signals and messages arrive through `deliver`, which must not wait."""
        return client.connect(self.broker, self._context, self._terms, deliver)


def _context(broker: Broker) -> ssl.SSLContext | None:
    try:
        broker.host.encode("idna")
    except UnicodeError:
        raise ConfigError(f"mqtt.host: {broker.host!r} is not a host name or address") from None
    return None if broker.tls is None else tls_context(broker.tls)
