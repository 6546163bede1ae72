"""All checks, in the order in which a device comes up."""

from __future__ import annotations

from collections.abc import Iterator

from edge.diagnostics import connections, hardware, installation, machine, units
from edge.diagnostics.finding import Check, Device, Finding, Level, fault
from edge.errors import MaskGateError

OFFLINE_CHECKS: tuple[Check, ...] = (*machine.CHECKS, *hardware.CHECKS, *installation.CHECKS, *units.CHECKS)


def examine(device: Device, *, connect: bool = True) -> Iterator[Finding]:
    """What each check says.

    Args:
        device: What they look at.
        connect: Whether camera, lamp and broker are opened too.
    """
    for check in (*OFFLINE_CHECKS, *(connections.CHECKS if connect else ())):
        try:
            yield from check(device)
        except (MaskGateError, OSError) as error:
            # One check that fails must not hide what the others find.
            yield fault(check.__name__.replace("_", " "), str(error), "run this with sudo")


def sound(findings: list[Finding]) -> bool:
    """Whether nothing keeps the device from its work."""
    return not any(finding.level is Level.FAULT for finding in findings)
