"""The table of two detectors side by side, and the same as an HTML page without any picture of a person."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from training import plots
from training.detector.measure import Matches, slices
from training.detector.speed import Timing

SWEEP = tuple(number / 20 for number in range(2, 20))


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of every detector."""

    name: str
    values: tuple[float, ...]

    @property
    def digits(self) -> int:
        """Decimals worth showing."""
        return 0 if self.name.endswith("faces") else 3


@dataclass(frozen=True, slots=True)
class Table:
    """Figures by detector for one way of looking at the frames; `chart` draws the same as SVG."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    chart: str = ""

    def as_json(self) -> dict[str, dict[str, float | None]]:
        """Figures by detector and name; what could not be measured is null."""
        return {
            column: {row.name: None if math.isnan(row.values[at]) else row.values[at] for row in self.rows}
            for at, column in enumerate(self.columns)
        }

    def as_text(self) -> str:
        """Aligned for a terminal."""
        wide = max(len(row.name) for row in self.rows)
        lines = [self.title, " " * wide + "".join(f"{name:>14}" for name in self.columns)]
        lines += [
            f"{row.name:{wide}}" + "".join(f"{value:14.{row.digits}f}" for value in row.values)
            for row in self.rows
        ]
        return "\n".join(lines)


def compare(title: str, names: Sequence[str], found: Sequence[Matches], threshold: float) -> Table:
    """Recall by size and class, unmatched boxes and average precision at one threshold."""
    rows = []
    for name, keep in slices():
        many = float(sum(map(keep, found[0].faces)))
        rows.append(Row(f"{name}: faces", (many,) * len(found)))
        rows.append(Row(f"{name}: recall", tuple(one.recall(threshold, keep) for one in found)))
    rows.append(Row("unmatched boxes a frame", tuple(one.unmatched_per_frame(threshold) for one in found)))
    rows += [
        Row(
            f"average precision, {least} px and more",
            tuple(one.average_precision(least) for one in found),
        )
        for least in (0, 20, 40)
    ]
    return Table(f"{title}, threshold {threshold:.2f}", tuple(names), tuple(rows))


def sweep(title: str, names: Sequence[str], found: Sequence[Matches], chosen: float) -> Table:
    """Recall of faces from 20 px on and unmatched boxes a frame over thresholds, one of them chosen."""
    keep = slices()[0][1]
    rows = []
    for threshold in SWEEP:
        rows.append(Row(f"{threshold:.2f}: recall", tuple(one.recall(threshold, keep) for one in found)))
        rows.append(
            Row(
                f"{threshold:.2f}: unmatched a frame",
                tuple(one.unmatched_per_frame(threshold) for one in found),
            )
        )
    chart = plots.detections([_curve(name, one, chosen) for name, one in zip(names, found, strict=True)])
    return Table(f"{title}, by threshold, faces of 20 px and more", tuple(names), tuple(rows), chart)


def _curve(name: str, found: Matches, chosen: float) -> plots.Detections:
    keep = slices()[0][1]
    return plots.Detections(
        name,
        [found.unmatched_per_frame(threshold) for threshold in SWEEP],
        [found.recall(threshold, keep) for threshold in SWEEP],
        (found.unmatched_per_frame(chosen), found.recall(chosen, keep)),
    )


def speeds(names: Sequence[str], timings: Sequence[Sequence[Timing]]) -> Table:
    """Milliseconds on one thread."""
    rows = [
        Row(f"{first.width}x{first.height}: ms", tuple(column[at].milliseconds for column in timings))
        for at, first in enumerate(timings[0])
    ]
    return Table("time for one picture on one thread, median", tuple(names), tuple(rows))


def page(tables: Sequence[Table], heading: str) -> str:
    """One HTML page; needs nothing from elsewhere."""
    style = (
        "body{font:15px/1.4 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
        "table{border-collapse:collapse;margin:0 0 2rem}"
        "td,th{padding:.2rem .8rem;border-bottom:1px solid #ccc;text-align:right}"
        "td:first-child,th:first-child{text-align:left}"
    )
    body = "".join(_html(table) for table in tables)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(heading)}</title>'
        f"<style>{style}</style><h1>{html.escape(heading)}</h1>{body}</html>\n"
    )


def _html(table: Table) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in ("", *table.columns))
    lines = "".join(
        f"<tr><td>{html.escape(row.name)}</td>"
        + "".join(f"<td>{v:.{row.digits}f}</td>" for v in row.values)
        + "</tr>"
        for row in table.rows
    )
    # The chart is our own SVG; its XML declaration has no place inside a page.
    chart = table.chart[table.chart.find("<svg") :] if table.chart else ""
    return f"<h2>{html.escape(table.title)}</h2>{chart}<table><tr>{head}</tr>{lines}</table>"
