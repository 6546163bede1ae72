"""Prints what `make faults` has taken down as rows of a Markdown table.

Usage: faults_table.py RESULTS, a file of JSON lines as tests/faults/results.py writes them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(file: Path) -> None:
    """Prints the rows, in the order of the runs."""
    print("| fault | how often | result |")
    print("|---|---|---|")
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        fault, times = row.pop("fault"), row.pop("times")
        figures = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in row.items())
        print(f"| {fault} | {times} | {figures} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
