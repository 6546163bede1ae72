"""Checks of what was installed and configured: configuration, secrets, units, models, spool."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from edge import config as configuration
from edge.daemon.all_in_one import all_in_one
from edge.daemon.factory import open_bundle
from edge.daemon.service import Problem
from edge.diagnostics.finding import Device, Finding, fault, ok, skipped, warning
from edge.errors import ConfigError, ModelError, SpoolError
from edge.spool.control.client import ask_daemon
from edge.spool.control.requests import SpoolStats, StatsRequest
from edge.system.secrets import CREDENTIAL_STORES

UNITS = ("etc/systemd/system", "usr/lib/systemd/system")
"""Where the installer and where a package puts units; systemd takes the first that it finds."""
WANTED = "etc/systemd/system/multi-user.target.wants"
HALVES = ("maskgate-vision.service", "maskgate-uplink.service")
ALL_IN_ONE = "maskgate.service"
GUARD_CALL = "maskgate-relay.socket"

PARTS = {
    "models": ("classifier", "detector"),
    "spool's place": ("spool",),
    "broker's settings": ("mqtt",),
    "lamp's settings": ("lamp",),
    "camera's settings": ("camera",),
}
"""Of each part of the daemon the sections of the configuration that it goes by."""


def configured(device: Device) -> Iterator[Finding]:
    """All that `maskgate run` would refuse."""
    try:
        _, wrong = configuration.examine(device.file)
    except ConfigError as error:
        yield fault("configuration", str(error), "copy the sample config.toml to that place")
        return
    for key, problem in wrong:
        yield fault("configuration", f"{key}: {problem}", f"change {key} in {device.file}")
    if not wrong:
        yield ok("configuration", str(device.file))


def readable(device: Device) -> Iterator[Finding]:
    """The service runs as a user of its own."""
    try:
        mode = device.file.stat().st_mode
    except OSError:
        yield skipped("configuration's rights", "it is not there")
        return
    if mode & stat.S_IROTH:
        yield ok("configuration's rights", "everybody may read it, and so the service")
    else:
        yield fault(
            "configuration's rights", "the service's user may not read it", f"sudo chmod 644 {device.file}"
        )


def secrets(device: Device) -> Iterator[Finding]:
    """A password that everybody reads is none."""
    found = [
        file
        for store in CREDENTIAL_STORES
        for file in sorted((device.root / store.lstrip("/")).glob("*password*"))
        if file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
    ]
    for file in found:
        yield fault("secrets", f"{file} can be read by others", f"sudo chmod 600 {file}")
    if not found:
        yield ok("secrets", "no stored password can be read by others")


def units(device: Device) -> Iterator[Finding]:
    """The service's units, and the program that they start."""
    found = installed(device)
    if not found:
        yield warning("units", "no service is installed", "see docs/install-pi.md")
        return
    for name, unit in found.items():
        program = _program(unit)
        if not os.path.exists(device.root / program.lstrip("/")):
            yield fault("units", f"{name} starts {program}, which is not there", "install once more")
            return
        if device.config.relay.pin is not None and _lacks_guard(device, unit):
            yield fault("units", f"{name} needs {GUARD_CALL}, which is not there", "install once more")
            return
    yield _start_at_boot(device, list(found))


def _start_at_boot(device: Device, names: list[str]) -> Finding:
    """What is enabled of the units that are there."""
    enabled = [name for name in names if os.path.lexists(device.root / WANTED / name)]
    if ALL_IN_ONE in enabled and set(HALVES) & set(enabled):
        return fault(
            "units",
            f"{ALL_IN_ONE} is enabled beside {HALVES[0]}",
            "sudo systemctl disable --now maskgate, or the two halves",
        )
    if len(set(HALVES) & set(enabled)) == 1:
        return fault(
            "units",
            "only one of the two halves is enabled",
            f"sudo systemctl enable --now {' '.join(HALVES)}",
        )
    if not enabled:
        return warning("units", f"{names[0]} is not enabled", f"sudo systemctl enable --now {names[0]}")
    return ok("units", ", ".join(enabled))


def sandbox(device: Device) -> Iterator[Finding]:
    """The lines by which the half that sees has no network, and the half that sends no device."""
    for name, line in zip(HALVES, ("PrivateNetwork=yes", "PrivateDevices=yes"), strict=True):
        unit = _unit(device, name)
        if unit and line not in unit.read_text(encoding="utf-8").splitlines():
            yield fault("sandbox", f"{name} has no {line}", "install once more")
            return
    yield ok("sandbox", "as installed")


def bundle(device: Device) -> Iterator[Finding]:
    """Hashes and signature of what the daemon means to work with; it goes back from what is damaged."""
    try:
        found = open_bundle(device.config)
    except ModelError as error:
        yield fault("bundle", str(error), "sudo maskgate models install FILE once more, or rollback")
    else:
        yield ok("bundle", f"{found.manifest.version} is whole")


def services(device: Device) -> Iterator[Finding]:
    """What would keep each part of the daemon from its start; models are run in a process of their own."""
    problems = _problems(device)
    for check, sections in PARTS.items():
        found = [problem for problem in problems if problem.key.partition(".")[0] in sections]
        for problem in found:
            yield fault(check, str(problem), f"mend {problem.key} in {device.file}")
        if not found:
            yield ok(check, "in order")


def spool(device: Device) -> Iterator[Finding]:
    """What a running daemon says of its spool."""
    try:
        stats = running(device)
    except SpoolError as error:
        yield fault("spool", str(error), "run this with sudo")
        return
    if stats is None:
        yield ok("spool", f"{device.config.spool.path}; no daemon runs")
    elif stats.problem:
        yield fault("spool", stats.problem, "see the disk's checks above")
    else:
        yield ok("spool", f"the daemon runs; {stats.unsent} events wait for a broker")


CHECKS = (configured, readable, secrets, units, sandbox, bundle, services, spool)


def running(device: Device) -> SpoolStats | None:
    """What a running daemon says of its spool; None where none runs.

    Raises:
        SpoolError: It does not answer this user.
    """
    return ask_daemon(Path(device.config.spool.path), StatsRequest(), SpoolStats)


def _problems(device: Device) -> list[Problem]:
    """What would keep the daemon's services from working."""
    return list(all_in_one(device.config).examine())


def installed(device: Device) -> dict[str, Path]:
    """The service's units that are there, by name."""
    return {name: unit for name in (ALL_IN_ONE, *HALVES) if (unit := _unit(device, name))}


def _unit(device: Device, name: str) -> Path | None:
    """The file of a unit; None where it is not installed."""
    files = (device.root / folder / name for folder in UNITS)
    return next((file for file in files if file.exists()), None)


def groups_of(unit: Path) -> set[str]:
    """The groups that a unit's processes are put into; one that is missing keeps it from starting."""
    return set(_value(unit, "SupplementaryGroups").split())


def _lacks_guard(device: Device, unit: Path) -> bool:
    """Whether a unit calls the relay's guard, and none would come."""
    return GUARD_CALL in _value(unit, "Wants").split() and _unit(device, GUARD_CALL) is None


def _program(unit: Path) -> str:
    """What a unit starts."""
    return next(iter(_value(unit, "ExecStart").split()), "nothing")


def _value(unit: Path, key: str) -> str:
    """What a unit says of a key; empty where it says nothing."""
    lines = unit.read_text(encoding="utf-8").splitlines()
    return next((line.partition("=")[2] for line in lines if line.startswith(f"{key}=")), "")
