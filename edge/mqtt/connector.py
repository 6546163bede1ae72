"""Makes connections to one broker."""

from __future__ import annotations

import ssl

from edge.mqtt import client
from edge.mqtt.broker import Broker, BrokerSettingError, ConnectOptions, tls_context
from edge.mqtt.client import Connection
from edge.mqtt.events import Deliver


class Connector:
    """One broker, and how a client presents itself to it."""

    def __init__(self, broker: Broker, options: ConnectOptions) -> None:
        """Reads what TLS needs, so that a wrong file is noticed before the first connection.

        Raises:
            BrokerSettingError: The host is no host name, or a TLS file cannot be used.
        """
        self.broker = broker
        self.options = options
        self._context = _context(broker)

    def connect(self, deliver: Deliver) -> Connection:
        """Begins one connection; its events arrive through `deliver`, which must not wait."""
        return client.connect(self.broker, self._context, self.options, deliver)


def _context(broker: Broker) -> ssl.SSLContext | None:
    try:
        # The resolver does the same, but later and on paho's thread.
        broker.host.encode("idna")
    except UnicodeError:
        reason = f"{broker.host!r} is not a host name or address"
        raise BrokerSettingError("host", broker.names, reason) from None
    return None if broker.tls is None else tls_context(broker.tls, broker.names)
