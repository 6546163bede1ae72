"""The options of the collector's commands, as typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.mqtt.broker import SettingNames

OPTION_NAMES = SettingNames(
    host="--broker",
    port="--broker",
    address="--broker",
    username="--username",
    password_file="--password-file",  # noqa: S106 - the name of an option
    ca_file="--ca-file",
    client_cert_file="--client-cert-file",
    tls="the TLS options",
    client="this collector",
    unique_name="give every collector its own --consumer or --instance",
    permission="this user what docs/reference/collector.md lists",
)
"""What the collector calls its settings of a broker."""


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """The options of `maskgate collect`, as typed."""

    address: str
    username: str
    password_file: str
    ca_file: str
    client_cert_file: str
    client_key_file: str
    insecure: bool
    database: str
    sites: tuple[str, ...]
    devices: tuple[str, ...]
    consumer: str
    instance: str
    share: str
    prefix: str
    missing_after: float
    publish_summaries: bool
    shifts: str
    timezone: str


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """The options of `maskgate collect report`, as typed."""

    database: str
    kind: str
    shifts: str
    timezone: str
    since: str | None
    until: str | None
    sites: tuple[str, ...]
    devices: tuple[str, ...]
    form: str


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """The options of `maskgate collect load`, as typed."""

    files: tuple[Path, ...]
    database: str
    site: str
    create: bool
    as_json: bool
