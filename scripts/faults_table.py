"""Prints what `make faults` has taken down as rows of a Markdown table.

Usage: faults_table.py RESULTS, a file of JSON lines as tests/faults/results.py writes them. A fault that
was brought about in parts is one row: its counts are added up, of times and sizes the worst is shown.
"""

from __future__ import annotations

import json
import sys
from functools import reduce
from pathlib import Path
from typing import Any

Figures = dict[str, Any]

UNITS = {"_s": "s", "_ms": "ms", "_mib": "MiB"}
"""How the names of times and sizes end, and their units."""


def main(file: Path) -> None:
    """Prints the rows, in the order in which the faults were first met."""
    rows: dict[str, list[Figures]] = {}
    for row in _results(file):
        rows.setdefault(row.pop("fault"), []).append(row)
    print("| fault | how often | result |")
    print("|---|--:|---|")
    for fault, parts in rows.items():
        whole = reduce(_together, parts)
        times = whole.pop("times")
        figures = ", ".join(_text(name, value) for name, value in whole.items())
        print(f"| {fault} | {times:,} | {figures} |")


def _results(file: Path) -> list[Figures]:
    """The lines of the file; one that is damaged ends the program with a sentence."""
    found = []
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict) or not {"fault", "times"} <= row.keys():
            sys.exit(f"{file}: line {number} is no result of a fault; remove it")
        found.append(row)
    return found


def _together(one: Figures, other: Figures) -> Figures:
    return {name: _worst(name, value, other[name]) for name, value in one.items()}


def _worst(name: str, one: float, other: float) -> float:
    if name == "a_second":
        return min(one, other)
    return max(one, other) if _unit(name) or name.endswith("at_most") else one + other


def _unit(name: str) -> str:
    return UNITS.get(f"_{name.rpartition('_')[2]}", "")


def _text(name: str, value: float) -> str:
    if unit := _unit(name):
        return f"{name.rpartition('_')[0].replace('_', ' ')} {value:,} {unit}"
    return f"{value:,} {name.replace('_', ' ')}"


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except OSError as error:
        sys.exit(f"{error.filename} cannot be read: {error.strerror}; name the file of results")
