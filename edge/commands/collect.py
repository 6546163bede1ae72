"""`maskgate collect`: the options; what they start needs the packages of an extra."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from edge.cli.options import FILE, json_option
from edge.collector.config import CollectOptions, LoadOptions, ReportOptions
from edge.messages.topics import PREFIX

DATABASE = "sqlite:///maskgate-events.db"


database_option = click.option(
    "--database",
    envvar="MASKGATE_DATABASE",
    default=DATABASE,
    show_default=True,
    help="sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME; also from MASKGATE_DATABASE.",
)
site_option = click.option("--site", "sites", multiple=True, help="Only this site; may be repeated.")
device_option = click.option("--device", "devices", multiple=True, help="Only this device; may be repeated.")
shifts_option = click.option(
    "--shifts", default="06:00,14:00,22:00", show_default=True, help="When shifts begin."
)
timezone_option = click.option(
    "--timezone", default="UTC", show_default=True, help="Whose hours and days, such as Europe/Berlin."
)


def broker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which broker, and how to get in."""
    for option in (
        click.option("--insecure", is_flag=True, help="Send a password without TLS to another machine."),
        click.option("--client-key-file", default="", help="Key of the client certificate."),
        click.option("--client-cert-file", default="", help="Client certificate; turns TLS on."),
        click.option("--ca-file", default="", help="Authority of the broker's certificate; turns TLS on."),
        click.option(
            "--password-file",
            default="",
            help="Its first line is the password; else the systemd credential mqtt-password.",
        ),
        click.option("--username", default="", help="Login at the broker."),
        click.option(
            "--broker", "address", default="localhost", show_default=True, metavar="HOST[:PORT]",
            help="Port 1883, with TLS 8883, unless given.",
        ),
    ):  # fmt: skip
        # click lists the option first that is applied last, so these stand in reverse.
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@broker_options
@database_option
@site_option
@device_option
@click.option("--prefix", default=PREFIX, show_default=True, help="What the devices have as mqtt.prefix.")
@click.option("--consumer", default="collector", show_default=True, help="Name under which devices know it.")
@click.option("--instance", default="", help="Tells collectors of one consumer apart.")
@click.option("--share", default="", metavar="GROUP", help="Divide the events with others of this group.")
@click.option(
    "--missing-after",
    type=click.FloatRange(0.1, 3600),
    default=10.0,
    show_default=True,
    help="Seconds after which a missing event is asked for.",
)
@click.option(
    "--publish-summaries", is_flag=True, help="Publish hours, days and shifts as retained messages."
)
@shifts_option
@timezone_option
@click.pass_context
def collect(
    context: click.Context,
    /,
    address: str,
    username: str,
    password_file: str,
    ca_file: str,
    client_cert_file: str,
    client_key_file: str,
    insecure: bool,
    database: str,
    sites: tuple[str, ...],
    devices: tuple[str, ...],
    prefix: str,
    consumer: str,
    instance: str,
    share: str,
    missing_after: float,
    publish_summaries: bool,
    shifts: str,
    timezone: str,
) -> None:
    """Receive the events of all devices, store each once, and tell the devices so.

    \b
    Examples:
      maskgate collect --broker broker.example --database sqlite:///events.db
      maskgate collect report --database sqlite:///events.db --by day
    """
    if context.invoked_subcommand is None:
        # Here and not above: help has to work without the packages of the extra.
        from edge.collector import app

        app.collect(
            CollectOptions(
                address=address,
                username=username,
                password_file=password_file,
                ca_file=ca_file,
                client_cert_file=client_cert_file,
                client_key_file=client_key_file,
                insecure=insecure,
                database=database,
                sites=sites,
                devices=devices,
                consumer=consumer,
                instance=instance,
                share=share,
                prefix=prefix,
                missing_after=missing_after,
                publish_summaries=publish_summaries,
                shifts=shifts,
                timezone=timezone,
            )
        )


@collect.command()
@database_option
@click.option(
    "--by", "kind", type=click.Choice(("hour", "day", "shift")), default="day", show_default=True,
    help="What one row stands for.",
)  # fmt: skip
@shifts_option
@timezone_option
@click.option("--from", "since", help="First day, such as 2025-03-01.")
@click.option("--to", "until", help="Last day.")
@site_option
@device_option
@click.option(
    "--format", "form", type=click.Choice(("table", "csv", "json")), default="table", show_default=True,
    help="For people or for programs.",
)  # fmt: skip
def report(
    database: str,
    kind: str,
    shifts: str,
    timezone: str,
    since: str | None,
    until: str | None,
    sites: tuple[str, ...],
    devices: tuple[str, ...],
    form: str,
) -> None:
    """Count what is stored: people per verdict, compliance, and the minutes that were watched.

    \b
    Example:
      maskgate collect report --by shift --timezone Europe/Berlin --format csv
    """
    from edge.collector import app

    app.report(ReportOptions(database, kind, shifts, timezone, since, until, sites, devices, form))


@collect.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option(
    "--site",
    default="",
    help="device.site of the device; for events of an older maskgate, which do not say it.",
)
@database_option
@click.option("--create", is_flag=True, help="Make the database where there is none.")
@json_option
def load(files: tuple[Path, ...], site: str, database: str, create: bool, as_json: bool) -> None:
    """Store events that devices without a network have exported: each FILE, - for standard input.

    Either all of them are stored, each once, or nothing: a damaged line is named, and changes nothing.

    \b
    Examples:
      maskgate collect load --site works --database sqlite:///events.db march.jsonl
      ssh door sudo maskgate events export | maskgate collect load --site works -
    """
    from edge.collector import app

    app.load(LoadOptions(files, database, site, create, as_json))


@collect.command()
@database_option
@json_option
def status(database: str, as_json: bool) -> None:
    """Say how far each device's events are stored, and what is missing.

    \b
    Example:
      maskgate collect status --database sqlite:///events.db
    """
    from edge.collector import app

    app.status(database=database, as_json=as_json)
