"""Checks of what camera and pins need: packages, devices, groups."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from edge.camera.picamera2 import require_package
from edge.diagnostics.finding import Device, Finding, fault, fault_by, needs, ok, skipped
from edge.diagnostics.unit_files import installed
from edge.errors import MissingPackageError

STUB = "0.0."
"""Versions of lgpio on the index that hold an empty module."""

PIN_KEYS = ("lamp.kind", "relay.pin")
"""What says whether there are pins."""


@needs(("camera.source",), "camera packages")
def camera_packages(device: Device) -> Iterator[Finding]:
    """The system's picamera2, with the system's numpy, seen from this environment."""
    if not _uses_picamera(device):
        yield skipped("camera packages", "camera.source is not picamera2")
        return
    try:
        require_package()
    except MissingPackageError as error:
        yield fault_by("camera packages", error, "install once more")
        return
    if importlib.util.find_spec("libcamera") is None:
        yield fault(
            "camera packages",
            "libcamera cannot be seen from this environment",
            "install python3-libcamera and make the virtual environment with --system-site-packages",
        )
    else:
        yield ok("camera packages", "picamera2 and libcamera are there, with the numpy they are built with")


@needs(PIN_KEYS, "pin packages")
def pin_packages(device: Device) -> Iterator[Finding]:
    """gpiozero, and an lgpio that is no stub."""
    if not device.config.uses_pins:
        yield skipped("pin packages", "lamp.kind is not gpio, and there is no relay")
        return
    fix = "sudo apt-get install python3-lgpio, and remove lgpio from this environment"
    if importlib.util.find_spec("gpiozero") is None:
        yield fault("pin packages", "gpiozero is not installed", "install requirements/pi.txt")
    elif importlib.util.find_spec("lgpio") is None:
        yield fault("pin packages", "lgpio is not installed", fix)
    elif _lgpio().startswith(STUB):
        yield fault("pin packages", f"lgpio {_lgpio()} of the index is an empty module", fix)
    else:
        yield ok("pin packages", f"gpiozero, lgpio {_lgpio()}")


@needs(PIN_KEYS, "pins")
def pins(device: Device) -> Iterator[Finding]:
    """The chip that has the pins."""
    if not device.config.uses_pins:
        yield skipped("pins", "lamp.kind is not gpio, and there is no relay")
    elif chips := sorted(file.name for file in device.root.glob("dev/gpiochip*")):
        yield ok("pins", ", ".join(chips))
    else:
        yield fault("pins", "there is no /dev/gpiochip*", 'set lamp.kind = "none" on a machine without pins')


def groups(device: Device) -> Iterator[Finding]:
    """A group that is missing keeps a service that names it from starting (216/GROUP)."""
    needed = {group for unit in installed(device).values() for group in unit.words("SupplementaryGroups")}
    if not needed:
        yield skipped("groups", "no service that needs one is installed")
        return
    try:
        lines = (device.root / "etc/group").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        yield skipped("groups", "there is no /etc/group")
        return
    missing = needed - {line.partition(":")[0] for line in lines}
    if missing:
        yield fault(
            "groups",
            f"there is no group {' and no group '.join(sorted(missing))}",
            "install systemd/sysusers.conf as /etc/sysusers.d/maskgate.conf, then sudo systemd-sysusers",
        )
    else:
        yield ok("groups", ", ".join(sorted(needed)))


CHECKS = (groups, camera_packages, pin_packages, pins)


def _uses_picamera(device: Device) -> bool:
    return device.config.camera.source.startswith("picamera2")


def _lgpio() -> str:
    try:
        return version("lgpio")
    except PackageNotFoundError:
        # Debian's package has no metadata, and is no stub.
        return "of the system"
