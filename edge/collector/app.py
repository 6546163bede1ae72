"""What `maskgate collect` and its reports do."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import time
from contextlib import ExitStack, closing
from datetime import date, timedelta

import click

from edge.cli.app import log_as_configured
from edge.cli.output import progress
from edge.collector import calendar, export_file, render, subscriptions
from edge.collector import load as collector_load
from edge.collector.acks import Plan
from edge.collector.calendar import Calendar
from edge.collector.config import OPTION_NAMES, CollectOptions, LoadOptions, ReportOptions
from edge.collector.connection import CollectorConnection, connect_options
from edge.collector.database import EpochStatus, Queries, open_database
from edge.collector.database.queries import ReportFilter
from edge.collector.load import PASSES, ExportLoader
from edge.collector.parse import FIRST_YEAR, LAST_YEAR
from edge.collector.report import clip, rows
from edge.collector.service import Collector
from edge.collector.summaries import Summaries
from edge.config import is_local
from edge.errors import ConfigError
from edge.messages.topics import COLLECT, client_id
from edge.mqtt import broker
from edge.mqtt.connector import Connector
from edge.system.systemd import Watchdog, notify
from edge.types import SHORT_NAME, TOPIC_PREFIX

PORT, TLS_PORT = 1883, 8883
_ADDRESS = re.compile(r"(?P<host>\[[^\]]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")


def collect(options: CollectOptions) -> None:
    """Collects until stopped.

    Raises:
        ConfigError: An option cannot be used.
        StorageError: The database cannot be opened.
    """
    _check_names(options)
    zone, begins = calendar.zone(options.timezone), calendar.shifts(options.shifts)
    wanted = subscriptions.filters(options.sites, options.devices, options.share, options.prefix)
    plan = Plan(options.consumer, options.missing_after, options.prefix)
    connection = CollectorConnection(_connector(options), wanted)
    log_as_configured("info")
    with closing(open_database(options.database, create=True)) as opened:
        calendars = [Calendar(kind, zone, begins) for kind in calendar.KINDS]
        scheduled = (
            Summaries(Queries(opened), calendars, options.prefix) if options.publish_summaries else None
        )
        _run(Collector(opened, connection, plan, scheduled))


def _check_names(options: CollectOptions) -> None:
    for name in ("consumer", "instance", "share"):
        text = getattr(options, name)
        if text and not re.fullmatch(SHORT_NAME, text):
            raise ConfigError(f"--{name}: {text!r} is made of more than letters, digits, '_', '.' and '-'")
    if not re.fullmatch(TOPIC_PREFIX, options.prefix):
        raise ConfigError(
            f"--prefix: {options.prefix!r} is made of more than letters, digits, '_', '.', '-' and single '/'"
        )
    if not options.consumer:
        raise ConfigError("--consumer: a collector needs a name")
    if options.share and not options.instance:
        raise ConfigError("--share: each collector of a group needs a name of its own; add --instance")


def _run(collector: Collector) -> None:
    """Runs until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: collector.stop())
    # What is there by now stays until the end: to look for garbage in it takes a twentieth of all time.
    gc.freeze()
    # Ready without a broker: waiting for one is part of the work.
    notify("READY=1\nSTATUS=collecting")
    collector.run(Watchdog().feed)
    notify("STOPPING=1")


def _connector(options: CollectOptions) -> Connector:
    names = (options.consumer, options.instance) if options.instance else (options.consumer,)
    tls = broker.tls(options.ca_file, options.client_cert_file, options.client_key_file)
    host, port = _address(options.address)
    port = port or (TLS_PORT if tls else PORT)
    login = broker.login(options.username, options.password_file, os.environ, OPTION_NAMES)
    where = broker.Broker(host, port, login=login, tls=tls, names=OPTION_NAMES)
    connector = Connector(where, connect_options(client_id(COLLECT, *names)))
    if login is not None and login.password and tls is None and not options.insecure and not is_local(host):
        raise ConfigError(
            f"--username: the password would cross the network to {host} for everybody to read; "
            "add --ca-file, or --insecure where that is meant"
        )
    return connector


def _address(text: str) -> tuple[str, int]:
    """Host, and port or 0."""
    match = _ADDRESS.fullmatch(text)
    port = int(match["port"] or 0) if match else 0
    if match is None or port > 65_535 or match["port"] == "0":
        raise ConfigError("--broker: this is no address; give HOST, HOST:PORT or [IPV6]:PORT")
    return match["host"].strip("[]"), port


def report(options: ReportOptions) -> None:
    """Prints a report.

    Raises:
        ConfigError: An option cannot be used, or there is no such database.
        StorageError: The database cannot be read.
    """
    by = Calendar(options.kind, calendar.zone(options.timezone), calendar.shifts(options.shifts))
    first, last = _day("--from", options.since), _day("--to", options.until)
    if first is not None and last is not None and last < first:
        raise ConfigError(f"--to: {last} lies before {first}")
    after = None if last is None else last + timedelta(days=1)
    part = ReportFilter(options.sites, options.devices, _beginning(first, by), _beginning(after, by))
    with closing(open_database(options.database, create=False)) as opened:
        reading = Queries(opened)
        periods = clip(reading.periods(part), part)
        found = rows(reading.passes(part), periods, by, reading.seen() or 0.0, time.time())
    click.echo(render.text(found, by, options.form))


def load(options: LoadOptions) -> None:
    """Stores what devices have exported.

    Raises:
        ConfigError: An option cannot be used, or there is no such database.
        SourceError: A file cannot be read, or is no export; nothing was stored.
        StorageError: The database cannot be written; nothing was stored.
    """
    if options.site:
        subscriptions.filters((options.site,), ())
    files = export_file.sources(options.files)
    with ExitStack() as stack:
        for file in files:
            stack.enter_context(closing(file))
        size = export_file.size(files)
        bar = stack.enter_context(progress("checking and storing", None if size is None else size * PASSES))
        loader = ExportLoader(options.site, time.time(), bar.advance)
        if not options.create:
            # A wrong name is noticed before long work, and a new database is not made for a damaged file.
            open_database(options.database, create=False).close()
        loader.check(files)
        opened = stack.enter_context(closing(open_database(options.database, create=options.create)))
        loaded = loader.store(files, opened)
    click.echo(collector_load.as_json(loaded) if options.as_json else collector_load.as_text(loaded))


def _day(option: str, text: str | None) -> date | None:
    try:
        day = None if text is None else date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ConfigError(f"{option}: {text!r} is no day; give one such as 2025-03-01")
    return day


def _beginning(day: date | None, by: Calendar) -> float | None:
    """When the first window of a day begins, as Unix time; the night's shift belongs to its evening."""
    return None if day is None else by.first_of_day(day)


def status(*, database: str, as_json: bool) -> None:
    """Prints how far each epoch is stored.

    Raises:
        ConfigError: There is no such database.
        StorageError: It cannot be read.
    """
    with closing(open_database(database, create=False)) as opened:
        reading = Queries(opened)
        epoch_statuses, rejected = reading.epoch_statuses(), reading.rejected()
    if as_json:
        click.echo(
            json.dumps({"epochs": [_members(one) for one in epoch_statuses], "rejected": rejected}, indent=1)
        )
        return
    for one in epoch_statuses:
        click.echo(_sentence(one))
    click.echo(f"{rejected} messages were rejected")


def _sentence(one: EpochStatus) -> str:
    place, mark = one.epoch_key.place, one.mark
    holes = ", ".join(f"{span.first}-{span.last}" for span in mark.holes[:10]) or "nothing"
    return (
        f"{place.site}/{place.device} {one.epoch_key.name}: {one.events} events, "
        f"complete to {mark.contiguous} of {mark.highest}, missing {holes}, {one.gone} lost, "
        f"{one.reserved} in reserve"
    )


def _members(one: EpochStatus) -> dict[str, object]:
    return {
        "site": one.epoch_key.place.site,
        "device": one.epoch_key.place.device,
        "epoch": one.epoch_key.name,
        "events": one.events,
        "contiguous": one.mark.contiguous,
        "highest": one.mark.highest,
        "missing": [[span.first, span.last] for span in one.mark.holes],
        "lost": one.gone,
        "reserved": one.reserved,
    }
