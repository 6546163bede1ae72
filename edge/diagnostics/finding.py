"""What a check says, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.config import Config


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
    """

    file: Path
    config: Config
    environment: Mapping[str, str]
    root: Path = Path("/")


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


def line_of(finding: Finding) -> str:
    """A finding as a line for people."""
    fix = f"; to do: {finding.fix}" if finding.fix else ""
    return f"{finding.level:8} {finding.check}: {' '.join(finding.text.split())}{fix}"
