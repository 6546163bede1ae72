"""One connection to a broker, to see whether it takes the client."""

from __future__ import annotations

import queue
import time

from edge.errors import BrokerError
from edge.mqtt import problems
from edge.mqtt.connector import Connector
from edge.mqtt.events import (
    ConnectionAccepted,
    ConnectionEvent,
    ConnectionFailed,
    ConnectionLost,
    ConnectionRefused,
)

PATIENCE_S = 10.0
GOODBYE_S = 1.0


def probe(connector: Connector) -> None:
    """Connects and says goodbye.

    Raises:
        BrokerError: The broker cannot be reached, refuses, or does not answer.
    """
    answers: queue.SimpleQueue[ConnectionEvent] = queue.SimpleQueue()
    connection = connector.connect(answers.put)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while (left := deadline - time.monotonic()) > 0:
            try:
                answer = answers.get(timeout=left)
            except queue.Empty:
                break
            if isinstance(answer, ConnectionAccepted):
                return
            _raise(connector, answer)
        raise BrokerError(f"the MQTT broker at {connector.broker.address} does not answer")
    finally:
        connection.close(GOODBYE_S)


def _raise(connector: Connector, answer: ConnectionEvent) -> None:
    where = connector.broker
    match answer:
        case ConnectionFailed(error):
            raise BrokerError(problems.unreachable(where, error))
        case ConnectionRefused(code, text):
            raise BrokerError(problems.refused(where, code, text))
        case ConnectionLost(code, text):
            raise BrokerError(problems.lost(where, code, text, accepted=False))
