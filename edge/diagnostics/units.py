"""Checks of the services: what is installed and enabled, what their sandboxes allow, and how they are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from edge.diagnostics.finding import Device, Finding, fault, ok, skipped, warning
from edge.diagnostics.service_states import NoAnswerError, ServiceState, ask_systemd
from edge.diagnostics.unit_files import (
    ALL_IN_ONE,
    GUARD_CALL,
    HALVES,
    SERVICES,
    UPLINK,
    VISION,
    YES,
    UnitFile,
    UnitLine,
    find_unit,
    installed,
    is_enabled,
    is_masked,
)
from edge.system.address import is_stream

PRIVATE = {VISION: "PrivateNetwork", UPLINK: "PrivateDevices"}
"""By what the half that sees has no network, and the half that sends no device."""

ANYWHERE = frozenset({"any", "0.0.0.0/0", "::/0"})
"""What lets a service reach every address."""

LOG = "see its log"

EXIT_CODES = {
    1: ("it found something that is not good enough", LOG),
    2: ("its configuration or command line is wrong", "see the checks of the configuration"),
    3: ("a model or bundle is missing or damaged", "see the checks of bundle and models"),
    4: ("its camera or recording cannot be read", "see the checks of the camera"),
    5: ("the spool cannot be opened or written", "see the checks of disk and spool"),
    6: ("the broker cannot be used", "see the checks of the broker"),
    7: ("a lamp, relay or pin cannot be used", "see the checks of pins, lamp and relay"),
    8: ("a package is missing", "see the checks of packages, or install once more"),
    9: ("a file or database cannot be written", "see the checks of the disk"),
    # Of systemd itself; see systemd.exec(5).
    203: ("its program cannot be started", "install once more"),
    216: ("a group is missing", "see the check of groups"),
    217: ("its user cannot be made", LOG),
    243: ("a credential cannot be read", "see the check of secrets"),
}
"""What the exit code of a service means, and where to look; docs/operations.md has our own."""

RESULTS = {
    "watchdog": "something in it hung",
    "timeout": "it took too long to start or stop",
    "oom-kill": "memory ran short",
    "signal": "a signal ended it",
    "core-dump": "it crashed",
    "start-limit-hit": "it was started too often",
}
"""How a service ended without an exit code of its own, by systemd's word for it."""


def units(device: Device) -> Iterator[Finding]:
    """The service's units, and the program that they start."""
    masked = _masked(device)
    if masked:
        yield fault("units", f"{masked[0]} is masked", f"sudo systemctl unmask {' '.join(masked)}")
        return
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


def _masked(device: Device) -> list[str]:
    """The units that cannot be started and were to be: enabled, or with no other daemon in their place."""
    masked = [name for name in SERVICES if is_masked(device, name)]
    wanted = [name for name in masked if is_enabled(device, name)]
    others = any(is_enabled(device, name) for name in installed(device))
    return wanted or ([] if others else [name for name in masked if name == ALL_IN_ONE or name in HALVES])


def _start_at_boot(device: Device, names: list[str]) -> Finding:
    """What is enabled of the units that are there."""
    enabled = [name for name in names if is_enabled(device, name)]
    if ALL_IN_ONE in enabled and set(HALVES) & set(enabled):
        return fault(
            "units",
            f"{ALL_IN_ONE} is enabled beside {VISION}",
            "sudo systemctl disable --now maskgate, or the two halves",
        )
    if is_stream(device.config.camera.source) and VISION in in_use(device):
        return fault(
            "units",
            f"{VISION} has no network, which the camera in camera.source needs",
            "go back to one process: sudo packaging/install.sh --one-process; with the .deb "
            "sudo systemctl disable --now maskgate-vision maskgate-uplink, "
            "then sudo systemctl enable --now maskgate",
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


def in_use(device: Device) -> set[str]:
    """The daemon's units that are enabled, or run."""
    names = installed(device)
    try:
        states = ask_systemd(device, names) if names else {}
    except NoAnswerError:
        states = {}
    running = {name for name, state in states.items() if state.active}
    return running | {name for name in names if is_enabled(device, name)}


def sandbox(device: Device) -> Iterator[Finding]:
    """What keeps the half that sees from any network, and the half that sends from any device."""
    halves = [unit for name in HALVES if (unit := installed(device).get(name))]
    if not halves:
        yield skipped("sandbox", "the two halves are not installed")
        return
    opened = [_told(unit, key) for unit in halves for key in _opened(unit)]
    yield from opened
    if not opened:
        yield ok("sandbox", "as installed")


def _opened(unit: UnitFile) -> Iterator[str]:
    """The keys by which a unit may do more than it should. Drop-ins may narrow what was installed."""
    before, private = unit.without_drop_ins(), unit.last(PRIVATE[unit.name])
    if private is None or private.value.lower() not in YES:
        yield PRIVATE[unit.name]
    families, allowed = _families(unit), _families(before)
    if allowed is not None and (families is None or not families <= allowed):
        yield "RestrictAddressFamilies"
    if not set(before.words("IPAddressDeny")) <= set(unit.words("IPAddressDeny")):
        yield "IPAddressDeny"
    elif ANYWHERE & set(unit.words("IPAddressAllow")):
        yield "IPAddressAllow"
    policy = unit.last("DevicePolicy")
    if before.last("DevicePolicy") and policy and policy.value not in {"closed", "strict"}:
        yield "DevicePolicy"


def _families(unit: UnitFile) -> set[str] | None:
    """The kinds of sockets that a unit may open, None for any; a line with ~ takes some away."""
    lines = unit.assigned("RestrictAddressFamilies")
    if not lines or lines[0].value.startswith("~"):
        return None
    found: set[str] = set()
    for line in lines:
        names = set(line.value.lstrip("~").split())
        found = found - names if line.value.startswith("~") else found | names
    return found - {"none"}


def _told(unit: UnitFile, key: str) -> Finding:
    line = _opening_line(unit, key) or unit.last(key)
    if line is None:
        return fault("sandbox", f"{unit.name} has no {key}=yes", "install once more")
    fix = (
        "install once more"
        if line.file == unit.file
        else "take that line out of the file, then sudo systemctl daemon-reload and "
        f"sudo systemctl restart {unit.name}"
    )
    return fault("sandbox", f"{unit.name} is opened by {key}={line.value} in {line.file}", fix)


def _opening_line(unit: UnitFile, key: str) -> UnitLine | None:
    """The line of a drop-in before which a key was as it should be; None where it is the unit's own file."""
    for end in range(len(unit.lines), len(unit.without_drop_ins().lines), -1):
        if key not in _opened(replace(unit, lines=unit.lines[: end - 1])):
            return unit.lines[end - 1]
    return None


def states(device: Device) -> Iterator[Finding]:
    """Whether a service that is enabled failed, or ends and is started again and again."""
    names = [name for name in SERVICES if find_unit(device, name) and not is_masked(device, name)]
    if not names:
        yield skipped("services", "none is installed")
        return
    try:
        found = {name: state for name, state in ask_systemd(device, names).items() if state.enabled}
    except NoAnswerError as error:
        yield skipped("services", str(error))
        return
    bad = {name: state for name, state in found.items() if state.failed or state.looping}
    for name, state in bad.items():
        why, look = _reason(state)
        how = f"is started again and again ({state.restarts} times)" if state.looping else "has failed"
        yield fault(
            "services",
            f"{name} {how}: {why}",
            f"{look}, and journalctl -u {name}; then sudo systemctl restart {name}",
        )
    if not bad:
        yield ok("services", ", ".join(map(_well, found.items())) or "none is enabled")


def _reason(state: ServiceState) -> tuple[str, str]:
    """Why a service ended, and what to look at."""
    if state.result == "success":
        # Its next try is under way, and has taken the place of what systemd knew of the last one.
        return "it ends before it is ready", LOG
    if state.result in RESULTS:
        return RESULTS[state.result], LOG
    meaning, look = EXIT_CODES.get(state.status, ("it ended", LOG))
    return f"{meaning} (exit code {state.status})", look


def _well(named: tuple[str, ServiceState]) -> str:
    name, state = named
    again = f", started again {state.restarts} times" if state.restarts else ""
    return f"{name} {'runs' if state.active else 'does not run'}{again}"


CHECKS = (units, sandbox, states)


def _lacks_guard(device: Device, unit: UnitFile) -> bool:
    """Whether a unit calls the relay's guard, and none would come."""
    return GUARD_CALL in unit.words("Wants", "Unit") and find_unit(device, GUARD_CALL) is None


def _program(unit: UnitFile) -> str:
    """What a unit starts, without the marks that systemd takes before it."""
    return next(iter(unit.words("ExecStart")), "nothing").lstrip("@-:+!|")
