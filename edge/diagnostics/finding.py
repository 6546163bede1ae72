"""What a check says, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from pathlib import Path

from edge.config import Config
from edge.errors import MaskGateError


class Level(StrEnum):
    """How a finding is to be taken."""

    OK = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found.

    Attributes:
        check: What was looked at, in a word or two.
        level: How it is.
        text: What was found.
        fix: What to do; empty where nothing is to be done.
    """

    check: str
    level: Level
    text: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """What the checks look at.

    Attributes:
        file: The configuration's file.
        config: What it says, with the defaults in place of what is wrong in it.
        environment: Of this process.
        root: Where /proc, /sys, /dev and /etc are.
        wrong: The keys and sections that are wrong; an empty one where the file cannot be read at all.
    """

    file: Path
    config: Config
    environment: Mapping[str, str]
    root: Path = Path("/")
    wrong: tuple[str, ...] = ()

    def unknown(self, key: str) -> str:
        """Why of a key or section only the defaults are known; empty where it is as it was meant."""
        for each in self.wrong:
            if not each:
                return "the configuration cannot be read"
            if key == each or key.startswith(f"{each}.") or each.startswith(f"{key}."):
                return f"{each} is wrong in the configuration"
        return ""


Check = Callable[[Device], Iterator[Finding]]
"""Looks at one thing: a finding for each fault, or one that says how it is."""


def ok(check: str, text: str) -> Finding:
    """Nothing is to be done."""
    return Finding(check, Level.OK, text)


def skipped(check: str, why: str) -> Finding:
    """It was not looked at."""
    return Finding(check, Level.SKIPPED, why)


def warning(check: str, text: str, fix: str) -> Finding:
    """It works, and something is to be done."""
    return Finding(check, Level.WARNING, text, fix)


def fault(check: str, text: str, fix: str) -> Finding:
    """It does not work."""
    return Finding(check, Level.FAULT, text, fix)


def fault_by(check: str, error: MaskGateError, otherwise: str) -> Finding:
    """It does not work, by an error's sentence, which says behind a semicolon what to do.

    Args:
        check: What was looked at.
        error: What has come of it.
        otherwise: What to do where the sentence does not say so.
    """
    sentence, _, fix = str(error).partition("; ")
    return fault(check, sentence, fix or otherwise)


def needs(keys: tuple[str, ...], *checks: str) -> Callable[[Check], Check]:
    """Has a check skipped where keys that it goes by are not known: the defaults are not what was meant.

    Args:
        keys: Keys or sections of the configuration.
        checks: What the findings of the check are named.
    """

    def made(check: Check) -> Check:
        @wraps(check)
        def skipping(device: Device) -> Iterator[Finding]:
            why = next(filter(None, map(device.unknown, keys)), "")
            yield from (skipped(name, why) for name in checks) if why else check(device)

        return skipping

    return made


def line_of(finding: Finding) -> str:
    """A finding as a line for people."""
    fix = f"; to do: {finding.fix}" if finding.fix else ""
    return f"{finding.level:8} {finding.check}: {' '.join(finding.text.split())}{fix}"
