"""`maskgate commission`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path

import click

from edge import config as configuration
from edge.cli.options import FILE, config_file_option
from edge.cli.output import written
from edge.config import Config
from edge.diagnostics import acceptance, connections
from edge.diagnostics.broker_network import broker_network
from edge.diagnostics.doctor import examine, sound
from edge.diagnostics.finding import Device, Finding, fault, line_of, skipped
from edge.diagnostics.installation import running
from edge.diagnostics.sight import advice
from edge.diagnostics.sign_off import sign_off_page
from edge.errors import GateError, MaskGateError, SourceError, SpoolError, StorageError
from edge.system.files import try_place


@click.command()
@config_file_option
@click.option(
    "--seconds",
    type=click.FloatRange(1, 600),
    default=10.0,
    show_default=True,
    help="How long the camera looks.",
)
@click.option(
    "--report",
    type=FILE,
    default=Path("commissioning.html"),
    show_default=True,
    help="Where the report goes.",
)
@click.option(
    "--yes", "unattended", is_flag=True, help="Ask nothing: what a person has to confirm is left out."
)
def commission(file: Path, seconds: float, report: Path, unattended: bool) -> None:
    """Walk through the device with whoever installs it, and write a report (HTML) to be signed.

    Stand where people cross. It measures the size of your face, light and backlight, and says how camera
    and light should be changed. Then it lights each lamp, moves the relay once if you say so, and sends a
    test message to the broker and back. No picture is shown or kept. The service must not run meanwhile.
    The exit code is 1 where there is a fault.

    \b
    Examples:
      sudo maskgate commission
      sudo maskgate commission --seconds 30 --report door-3.html
    """
    device = Device(file, configuration.load(file), os.environ)
    _refuse_beside_daemon(device)
    # Before the first question: whoever stood before the camera is not to do so for nothing.
    try_place(report)
    ask = _nobody if unattended or not sys.stdin.isatty() else click.confirm
    sections = {
        "Device": _told("Device", examine(device, connect=False)),
        "Camera": _told("Camera", _camera(device.config, seconds, ask)),
        "Lamp and relay": _told(
            "Lamp and relay",
            chain(acceptance.lamps(device.config, ask), acceptance.relay(device.config, ask)),
        ),
        "Broker": _told("Broker", chain(broker_network(device), connections.broker_and_back(device))),
    }
    name = f"{device.config.device.site}/{device.config.device.name}"
    _write(report, sign_off_page(name, datetime.now().astimezone(), sections))
    click.echo(f"\n{report} is written; look at it, print it, and sign it")
    if not all(map(sound, sections.values())):
        raise GateError("there are faults; see the lines that begin with fault")


def _refuse_beside_daemon(device: Device) -> None:
    try:
        runs = running(device) is not None
    except SpoolError:
        runs = True
    if runs:
        raise SourceError(
            "the service runs and holds the camera; stop it first: "
            "sudo systemctl stop maskgate maskgate-vision maskgate-uplink"
        )


def _write(report: Path, page: str) -> None:
    try:
        with written(report) as out:
            out.write(page)
    except StorageError as error:
        raise StorageError(
            f"{report} cannot be written: {error.strerror}; what was found stands above, and in no report",
            error,
        ) from None


def _nobody(_question: str) -> None:
    return None


def _told(title: str, findings: Iterable[Finding]) -> list[Finding]:
    """Prints each finding when it is there."""
    click.echo(f"\n{title}")
    found = []
    for finding in findings:
        click.echo(line_of(finding))
        found.append(finding)
    return found


def _camera(config: Config, seconds: float, ask: acceptance.Ask) -> Iterator[Finding]:
    if ask(f"Stand where people cross, and face the camera for {seconds:g} s. Ready?") is False:
        yield skipped("camera", "nobody stood there")
        return
    try:
        sight = acceptance.see(config, seconds)
    except MaskGateError as error:
        yield fault("camera", str(error), "see the checks of the camera above, and camera.source")
    else:
        yield from advice(sight, config.verdict.min_sharpness)
