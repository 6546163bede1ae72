"""From configuration to the side that sends."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from edge.config import Config, MqttConfig
from edge.messages.payloads import info_message
from edge.messages.topics import Topics
from edge.mqtt import broker
from edge.mqtt.connector import Connector
from edge.system import health, machine
from edge.system.local_time import LocalTime
from edge.telemetry.minutes import MinuteQueue
from edge.uplink import homeassistant
from edge.uplink.commands import InboundHandler, InboundPolicy
from edge.uplink.discovery import FILE, Discovery, TopicMemory
from edge.uplink.homeassistant import DescribedDevice
from edge.uplink.ports import SpoolReader
from edge.uplink.retained import RetainedMessage
from edge.uplink.status import StatusPublisher
from edge.uplink.uplink import Uplink, connect_options


def _ignore_mute(_seconds: float) -> None:
    pass


def make_broker(mqtt: MqttConfig, login: broker.Login | None) -> broker.Broker:
    """The broker that the configuration names."""
    verified = "unverified-broker" not in mqtt.insecure
    tls = broker.tls(mqtt.ca_file, mqtt.client_cert_file, mqtt.client_key_file, verified=verified)
    return broker.Broker(mqtt.host, mqtt.port, mqtt.keepalive_s, login, tls)


def make_topics(config: Config) -> Topics:
    """Where the configuration has this device publish."""
    return Topics(config.device.site, config.device.name, config.mqtt.prefix)


def make_client_id(config: Config) -> str:
    """Under which identifier the configuration has this device connect."""
    return config.mqtt.client_id or make_topics(config).client_id


def open_uplink(
    config: Config,
    backlog: SpoolReader,
    minute_queue: MinuteQueue | None = None,
    mute: Callable[[float], None] = _ignore_mute,
) -> Uplink:
    """The uplink that the configuration asks for; call its `start`.

    Args:
        config: What config.toml says.
        backlog: The spool.
        minute_queue: Where statistics of minutes come from; None for no statistics.
        mute: Silences the buzzer for some seconds.

    Raises:
        ConfigError: The broker cannot be used as it is set.
    """
    mqtt = config.mqtt
    where = make_broker(mqtt, broker.login(mqtt.username, mqtt.password_file, os.environ))
    topics = make_topics(config)
    policy = InboundPolicy(
        mqtt.accept_ack,
        mqtt.ack_wait_s,
        frozenset(mqtt.accept_commands),
        homeassistant.status_topic(mqtt.discovery_prefix) if mqtt.discovery else "",
    )
    inbound = InboundHandler(backlog, topics, policy, mute)
    status = StatusPublisher(backlog, topics, minute_queue, local=LocalTime(config.device.timezone))
    info = info_message(config, version("maskgate"))
    status.retained_messages.put(RetainedMessage("info", topics.info, info))
    inbound.on_birth = _describe(config, status).tell_again
    connector = Connector(where, connect_options(topics, make_client_id(config)))
    return Uplink(backlog, connector, topics, inbound=inbound, status=status)


def _describe(config: Config, status: StatusPublisher) -> Discovery:
    """Has the device described to Home Assistant, or that taken back, as the configuration says."""
    discovery = Discovery(status.retained_messages, TopicMemory(_state_folder(config) / FILE))
    if config.mqtt.discovery:
        device = DescribedDevice(config, version("maskgate"), machine.model(), health.read())
        discovery.begin(homeassistant.discovery_message(device), homeassistant.earlier_topics(device))
    else:
        discovery.begin(None)
    return discovery


def _state_folder(config: Config) -> Path:
    """Where this process may keep files: the folder of its service, or else that of the spool."""
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(state) if state else Path(config.spool.path).parent
