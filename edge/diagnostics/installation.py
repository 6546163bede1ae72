"""Checks of what was configured: configuration, secrets, models, spool."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from edge import config as configuration
from edge.config import Config
from edge.daemon.all_in_one import all_in_one
from edge.daemon.factory import open_bundle
from edge.daemon.service import Problem
from edge.diagnostics.finding import Device, Finding, fault, fault_by, needs, ok, skipped
from edge.errors import ConfigError, MissingPackageError, ModelError, SpoolError
from edge.spool.control.client import ask_daemon
from edge.spool.control.requests import SpoolStats, StatsRequest
from edge.system.secrets import CREDENTIAL_STORES

SECRETS = ("*password*", "*token*")
"""Names of credentials that nobody else may read."""

PARTS = {
    "models": ("classifier", "detector"),
    "spool's place": ("spool",),
    "broker's settings": ("mqtt",),
    "lamp's settings": ("lamp",),
    "camera's settings": ("camera",),
}
"""Of each part of the daemon the sections of the configuration that it goes by."""

PACKAGES = {"camera": "camera packages", "lamp": "pin packages", "relay": "pin packages"}
"""Of sections that need packages of the system the checks that tell of these."""


def configured(device: Device) -> Iterator[Finding]:
    """All that `maskgate run` would refuse."""
    try:
        _, wrong = configuration.examine(device.file)
    except ConfigError as error:
        if _is_missing(device.file):
            sentence, _, _ = str(error).partition("; ")
            yield fault("configuration", sentence, "copy the sample config.toml to that place")
        else:
            yield fault_by("configuration", error, "correct that line")
        return
    for key, problem in wrong:
        yield fault("configuration", f"{key}: {problem}", f"change {key} in {device.file}")
    if not wrong:
        yield ok("configuration", str(device.file))


def _is_missing(file: Path) -> bool:
    """Whether nothing is there that a sample could be copied over."""
    try:
        file.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        pass
    return False


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
    stored = [file for file in _stored_secrets(device) if _mode(file) & (stat.S_IRGRP | stat.S_IROTH)]
    for file in stored:
        yield fault("secrets", f"{file} can be read by others", f"sudo chmod 600 {file}")
    named = [(key, file) for key, file in _named_secrets(device.config) if _mode(file) & stat.S_IROTH]
    for key, file in named:
        # A service has a user of its own, which a file of root's alone would shut out.
        yield fault(
            "secrets",
            f"{file}, which {key} names, can be read by others",
            "give it to the service as a credential (systemd/README.md, Passwords), "
            f"then sudo chmod 600 {file}",
        )
    if not stored and not named:
        yield ok("secrets", "no password, token or key can be read by others")


def _stored_secrets(device: Device) -> list[Path]:
    """The credentials that systemd would bring."""
    folders = [device.root / store.lstrip("/") for store in CREDENTIAL_STORES]
    return sorted({file for folder in folders for pattern in SECRETS for file in folder.glob(pattern)})


def _named_secrets(config: Config) -> Iterator[tuple[str, Path]]:
    """The files with secrets that the configuration names, by its keys."""
    named = {
        "camera.password_file": config.camera.password_file,
        "mqtt.password_file": config.mqtt.password_file,
        "mqtt.client_key_file": config.mqtt.client_key_file,
        "web.token_file": config.web.token_file,
        "web.key_file": config.web.key_file,
    }
    return ((key, Path(name)) for key, name in named.items() if name)


def _mode(file: Path) -> int:
    """The rights of a file; none of what is not there, which is told where it is needed."""
    try:
        return file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


@needs(("classifier",), "bundle")
def bundle(device: Device) -> Iterator[Finding]:
    """Hashes and signature of what the daemon means to work with; it goes back from what is damaged."""
    try:
        found = open_bundle(device.config)
    except ModelError as error:
        yield fault("bundle", str(error), "sudo maskgate models install FILE once more, or rollback")
    else:
        yield ok("bundle", f"{found.manifest.version} is whole")


@needs(("",), *PARTS)
def services(device: Device) -> Iterator[Finding]:
    """What would keep each part of the daemon from its start; models are run in a process of their own."""
    problems = [problem for problem in _problems(device) if not device.unknown(problem.key)]
    for check, sections in PARTS.items():
        found = [problem for problem in problems if problem.key.partition(".")[0] in sections]
        wrong = next(filter(None, map(device.unknown, sections)), "")
        for problem in found:
            yield _kept_from_start(device, check, problem)
        if not found:
            yield skipped(check, wrong) if wrong else ok(check, "in order")


def _kept_from_start(device: Device, check: str, problem: Problem) -> Finding:
    """A problem of one part, but for a package that a check of packages has told of."""
    if isinstance(problem.error, MissingPackageError):
        told = PACKAGES.get(problem.key.partition(".")[0])
        return skipped(check, f"see {told}") if told else fault_by(check, problem.error, "install once more")
    return fault(check, str(problem), f"mend {problem.key} in {device.file}")


@needs(("spool",), "spool")
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


CHECKS = (configured, readable, secrets, bundle, services, spool)


def running(device: Device) -> SpoolStats | None:
    """What a running daemon says of its spool; None where none runs.

    Raises:
        SpoolError: It does not answer this user.
    """
    return ask_daemon(Path(device.config.spool.path), StatsRequest(), SpoolStats)


def _problems(device: Device) -> list[Problem]:
    """What would keep the daemon's services from working."""
    return list(all_in_one(device.config).examine())
