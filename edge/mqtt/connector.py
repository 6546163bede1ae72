"""Makes connections to one broker."""

from __future__ import annotations

from edge.mqtt import client
from edge.mqtt.broker import Broker, ConnectOptions, refused, tls_context
from edge.mqtt.client import Connection
from edge.mqtt.events import Deliver


class Connector:
    """One broker, and how a client presents itself to it."""

    def __init__(self, broker: Broker, options: ConnectOptions) -> None:
        """Reads what TLS needs, so that a wrong file is noticed before the first connection.

        Raises:
            BrokerSettingError: The broker cannot be used as it is set, see `refused`.
        """
        for error in refused(broker):
            raise error
        self.broker = broker
        self.options = options
        self._context = None if broker.tls is None else tls_context(broker.tls, broker.names)

    def connect(self, deliver: Deliver) -> Connection:
        """Begins one connection; its events arrive through `deliver`, which must not wait."""
        return client.connect(self.broker, self._context, self.options, deliver)
