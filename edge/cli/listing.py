"""The table of `maskgate models list`."""

from __future__ import annotations

from edge.bundle.inventory import InventoryRow


def table(found: tuple[InventoryRow, ...]) -> str:
    """The rows as text."""
    lines = [("bundle", "use", "trial", "")]
    for row in found:
        marks = [name for name in ("current", "previous", "shipped") if getattr(row, name)]
        lines.append((row.name, ", ".join(marks), row.trial, row.problem))
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[3]]).rstrip()
        for line in lines
    )
