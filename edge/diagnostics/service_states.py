"""How systemd says that services are: whether they run, failed, or are started again and again."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.diagnostics.finding import Device

RUNNING_SYSTEMD = "run/systemd/system"
"""Is there where systemd runs; see sd_booted(3)."""
PATIENCE_S = 5.0
PROPERTIES = ("Id", "ActiveState", "SubState", "Result", "ExecMainStatus", "NRestarts", "UnitFileState")
MANY_RESTARTS = 3


class NoAnswerError(Exception):
    """systemctl is not there, or does not answer; the reason in a few words."""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """How one service is.

    Attributes:
        active: Whether it runs, or is being started.
        failed: Whether it has ended and is not tried again.
        looping: Whether it ends again and again, and is started again each time.
        enabled: Whether it is started when the machine is.
        result: How it ended, in a word of systemd's: `exit-code`, `signal`, `watchdog`.
        status: Its exit code, or the number of the signal that ended it.
        restarts: How often it was started again by itself.
    """

    active: bool
    failed: bool
    looping: bool
    enabled: bool
    result: str
    status: int
    restarts: int


def ask_systemd(device: Device, names: Iterable[str]) -> dict[str, ServiceState]:
    """How services are, by name; waits for a few seconds at most.

    Raises:
        NoAnswerError: systemd does not run here, or does not answer.
    """
    if not (device.root / RUNNING_SYSTEMD).is_dir():
        raise NoAnswerError("systemd does not run here")
    program = shutil.which("systemctl", path=device.environment.get("PATH"))
    if program is None:
        raise NoAnswerError("there is no systemctl")
    command = [program, "show", f"--property={','.join(PROPERTIES)}", *names]
    try:
        answer = subprocess.run(  # noqa: S603 - its arguments are names of our units
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=True, errors="replace"
        )
    except subprocess.TimeoutExpired:
        raise NoAnswerError(f"systemctl does not answer within {PATIENCE_S:g} s") from None
    except (OSError, subprocess.CalledProcessError):
        raise NoAnswerError("systemctl cannot ask systemd") from None
    blocks = [dict(_pair(line) for line in block.splitlines()) for block in answer.stdout.split("\n\n")]
    return {block["Id"]: _state(block) for block in blocks if "Id" in block}


def _pair(line: str) -> tuple[str, str]:
    key, _, value = line.partition("=")
    return key, value


def _state(told: Mapping[str, str]) -> ServiceState:
    active, sub = told.get("ActiveState", ""), told.get("SubState", "")
    restarts = _number(told, "NRestarts")
    return ServiceState(
        active=active in {"active", "activating", "reloading"},
        failed=active == "failed",
        looping=sub.startswith("auto-restart") or (active == "activating" and restarts >= MANY_RESTARTS),
        enabled=told.get("UnitFileState", "").startswith("enabled"),
        result=told.get("Result", ""),
        status=_number(told, "ExecMainStatus"),
        restarts=restarts,
    )


def _number(told: Mapping[str, str], key: str) -> int:
    value = told.get(key, "")
    return int(value) if value.isdecimal() else 0
