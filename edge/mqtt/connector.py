"""Makes connections to one broker."""

from __future__ import annotations

from dataclasses import replace

from edge.mqtt import client
from edge.mqtt.broker import Broker, ConnectOptions, refused, tls_context
from edge.mqtt.client import Connection
from edge.mqtt.events import ConnectionAccepted, Deliver
from edge.mqtt.reason_codes import QOS_NOT_SUPPORTED, RETAIN_NOT_SUPPORTED


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

    def refused(self, code: int) -> bool:
        """Leaves out what a broker refuses a connection for; whether there was something to leave out."""
        options = self.options
        if code == RETAIN_NOT_SUPPORTED and options.will and options.will_retained:
            self.options = replace(options, will_retained=False)
        elif code == QOS_NOT_SUPPORTED and options.will and options.will_qos:
            self.options = replace(options, will_qos=0)
        else:
            return False
        return True

    def accepted(self, accepted: ConnectionAccepted) -> None:
        """Takes note of what the broker can do by now: its settings may have changed."""
        self.options = replace(self.options, will_qos=accepted.qos, will_retained=accepted.retains)

    def connect(self, deliver: Deliver) -> Connection:
        """Begins one connection; its events arrive through `deliver`, which must not wait."""
        return client.connect(self.broker, self._context, self.options, deliver)
