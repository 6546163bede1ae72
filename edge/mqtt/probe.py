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
    MessageReceived,
    PublishAcknowledged,
    SubscriptionAcknowledged,
)
from edge.mqtt.properties import TEXT, MessageProperties
from edge.mqtt.reason_codes import REFUSED

PATIENCE_S = 10.0
BACK_S = 2.0
"""How long a message that the broker has acknowledged may take to come back."""
ECHO_EXPIRY_S = 60
GOODBYE_S = 1.0
_OUTCOMES = (ConnectionAccepted, ConnectionFailed, ConnectionLost, ConnectionRefused)


def probe(connector: Connector) -> None:
    """Connects and says goodbye; what the broker refuses the connection for is done without, if it can be.

    Raises:
        BrokerError: The broker cannot be reached, refuses, or does not answer.
    """
    deadline = time.monotonic() + PATIENCE_S
    answer = _answer(connector, deadline)
    while isinstance(answer, ConnectionRefused) and connector.refused(answer.code):
        answer = _answer(connector, deadline)
    _raise(connector, answer)


def publish_once(connector: Connector, topic: str, payload: bytes) -> None:
    """Connects and has the broker acknowledge one retained message, a word of plain text.

    Raises:
        BrokerError: The broker does not take the client, or not the message.
    """
    deadline, answers = time.monotonic() + PATIENCE_S, queue.SimpleQueue[ConnectionEvent]()
    connection = connector.connect(answers.put)
    try:
        while (left := deadline - time.monotonic()) > 0:
            match answers.get(timeout=left):
                case ConnectionAccepted() as accepted:
                    connection.publish(
                        topic, payload, retain=accepted.retains, properties=MessageProperties(TEXT)
                    )
                case PublishAcknowledged(_, code, text):
                    _raise_refused(connector, topic, code, text)
                    return
                case ConnectionFailed() | ConnectionRefused() | ConnectionLost() as answer:
                    _raise(connector, answer)
    except queue.Empty:
        pass
    finally:
        connection.close(GOODBYE_S)
    raise BrokerError(_unacknowledged(connector, topic))


def echo(connector: Connector, topic: str, payload: bytes) -> bool:
    """Connects, has the broker acknowledge one message, and waits for its return.

    Returns:
        Whether it came back. An access list need not let a device read what it writes.

    Raises:
        BrokerError: The broker does not take the client, or not the message.
    """
    until, answers = time.monotonic() + PATIENCE_S, queue.SimpleQueue[ConnectionEvent]()
    connection, acknowledged = connector.connect(answers.put), False
    try:
        while (left := until - time.monotonic()) > 0:
            match answers.get(timeout=left):
                case ConnectionAccepted():
                    connection.subscribe([topic])
                case SubscriptionAcknowledged():
                    connection.publish(topic, payload, properties=MessageProperties(expiry_s=ECHO_EXPIRY_S))
                case MessageReceived() as message if message.payload == payload:
                    return True
                case PublishAcknowledged(_, code, text):
                    _raise_refused(connector, topic, code, text)
                    acknowledged, until = True, min(until, time.monotonic() + BACK_S)
                case ConnectionFailed() | ConnectionRefused() | ConnectionLost() as answer:
                    _raise(connector, answer)
    except queue.Empty:
        pass
    finally:
        connection.close(GOODBYE_S)
    if not acknowledged:
        raise BrokerError(_unacknowledged(connector, topic))
    return False


def _raise_refused(connector: Connector, topic: str, code: int, text: str) -> None:
    if code >= REFUSED:
        where = connector.broker.address
        raise BrokerError(f"the MQTT broker at {where} refuses a message on {topic}: {text.lower()}")


def _unacknowledged(connector: Connector, topic: str) -> str:
    return f"the MQTT broker at {connector.broker.address} does not acknowledge a message on {topic}"


def _answer(connector: Connector, deadline: float) -> ConnectionEvent | None:
    """What becomes of one connection; None where nothing comes in time."""
    answers: queue.SimpleQueue[ConnectionEvent] = queue.SimpleQueue()
    connection = connector.connect(answers.put)
    try:
        while (left := deadline - time.monotonic()) > 0:
            answer = answers.get(timeout=left)
            if isinstance(answer, _OUTCOMES):
                return answer
    except queue.Empty:
        pass
    finally:
        connection.close(GOODBYE_S)
    return None


def _raise(connector: Connector, answer: ConnectionEvent | None) -> None:
    where = connector.broker
    match answer:
        case None:
            raise BrokerError(f"the MQTT broker at {where.address} does not answer")
        case ConnectionFailed(error):
            raise BrokerError(problems.unreachable(where, error))
        case ConnectionRefused(code, text):
            raise BrokerError(problems.refused(where, code, text))
        case ConnectionLost(code, text):
            raise BrokerError(problems.lost(where, code, text, accepted=False))
