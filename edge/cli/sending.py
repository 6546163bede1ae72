"""From configuration to the sender."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import version

from edge.config import Config
from edge.errors import BrokerError
from edge.messages.topics import Topics
from edge.mqtt import broker
from edge.mqtt.connector import Dialer
from edge.uplink import homeassistant
from edge.uplink.commands import Ear, Obedience
from edge.uplink.ports import Backlog
from edge.uplink.status import Gauge, Teller
from edge.uplink.uplink import Uplink


def _nothing(_seconds: float) -> None:
    pass


def open_uplink(
    config: Config, backlog: Backlog, gauge: Gauge | None = None, mute: Callable[[float], None] = _nothing
) -> Uplink:
    """The uplink that the configuration asks for; call its `start`.

    Args:
        config: What config.toml says.
        backlog: The spool.
        gauge: Where statistics of minutes come from; None for no statistics.
        mute: Silences the buzzer for some seconds.

    Raises:
        ConfigError: The password or a TLS file cannot be used, or the host is none.
    """
    mqtt = config.mqtt
    verified = "unverified-broker" not in mqtt.insecure
    where = broker.Broker(
        host=mqtt.host,
        port=mqtt.port,
        keepalive=mqtt.keepalive_s,
        login=broker.login(mqtt.username, mqtt.password_file, os.environ),
        tls=broker.tls(mqtt.ca_file, mqtt.client_cert_file, mqtt.client_key_file, verified=verified),
    )
    topics = Topics(config.device.site, config.device.name)
    obedience = Obedience(mqtt.accept_ack, mqtt.ack_wait_s, frozenset(mqtt.accept_commands))
    ear, teller = Ear(backlog, topics, obedience, mute), Teller(backlog, topics, gauge)
    if mqtt.discovery:
        for notice in homeassistant.discovery_messages(topics, version("maskgate")):
            teller.board.put(notice)
    return Uplink(backlog, Dialer(where, topics), ear=ear, teller=teller)


def start_uplink(uplink: Uplink, stack: ExitStack, stopped: Callable[[], bool]) -> Callable[[], bool]:
    """Starts the uplink, and stops it with the stack; what it returns says when the loop must end."""
    uplink.start()
    stack.callback(uplink.stop)

    def ended() -> bool:
        if not uplink.alive:
            raise BrokerError("the sender ended unexpectedly; the spool keeps its events, start again")
        return stopped()

    return ended
