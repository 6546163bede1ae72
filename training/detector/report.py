"""The table of two detectors side by side as an HTML page, and a contact sheet of missed faces."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.cli.output import table
from edge.contract import face_crop
from edge.system.files import write_atomic
from edge.types import Image
from training.data.readers import FaceRecord, open_image
from training.detector.benchmark import Timing
from training.detector.metrics import Matches, slices
from training.evaluation.report import charts

SWEEP = tuple(number / 20 for number in range(2, 20))


@dataclass(frozen=True, slots=True)
class DetectorRow:
    """One figure of every detector; for a recall, also how many faces it is taken of."""

    name: str
    values: tuple[float, ...]
    faces: int | None = None

    def cells(self) -> tuple[str, ...]:
        """What a table shows: name, faces, figures."""
        figures = ("-" if math.isnan(value) else f"{value:.3f}" for value in self.values)
        return (self.name, "" if self.faces is None else str(self.faces), *figures)

    def figures(self, at: int) -> dict[str, float | None]:
        """What JSON holds of one detector: by name, or number of faces and recall; null where unknown."""
        value = None if math.isnan(self.values[at]) else self.values[at]
        if self.faces is None:
            return {self.name: value}
        return {f"{self.name}: faces": float(self.faces), f"{self.name}: recall": value}


@dataclass(frozen=True, slots=True)
class DetectorTable:
    """Figures by detector for one way of looking at the frames; `chart` draws the same as SVG."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[DetectorRow, ...]
    chart: str = ""

    def as_json(self) -> dict[str, dict[str, float | None]]:
        """Figures by detector and name; what could not be measured is null."""
        return {
            column: {name: value for row in self.rows for name, value in row.figures(at).items()}
            for at, column in enumerate(self.columns)
        }

    def cells(self) -> tuple[tuple[str, ...], ...]:
        """The head and all rows; without a column of faces where no row has any."""
        counted = any(row.faces is not None for row in self.rows)
        head = ("recall", "faces", *self.columns) if counted else ("", "", *self.columns)
        rows = (head, *(row.cells() for row in self.rows))
        return rows if counted else tuple((name, *figures) for name, _, *figures in rows)

    def as_text(self) -> str:
        """Aligned for a terminal."""
        return f"{self.title}\n{table(self.cells(), 'l')}"


def compare(title: str, names: Sequence[str], found: Sequence[Matches], threshold: float) -> DetectorTable:
    """Recall by size and class, unmatched boxes and average precision at one threshold."""
    rows = [
        DetectorRow(name, tuple(one.recall(threshold, keep) for one in found), sum(map(keep, found[0].faces)))
        for name, keep in slices()
    ]
    rows.append(
        DetectorRow("unmatched boxes a frame", tuple(one.unmatched_per_frame(threshold) for one in found))
    )
    rows += [
        DetectorRow(
            f"average precision, {least} px and more",
            tuple(one.average_precision(least) for one in found),
        )
        for least in (0, 20, 40)
    ]
    return DetectorTable(f"{title}, threshold {threshold:.2f}", tuple(names), tuple(rows))


def sweep(title: str, names: Sequence[str], found: Sequence[Matches], chosen: float) -> DetectorTable:
    """Recall of faces from 20 px on and unmatched boxes a frame over thresholds, one of them chosen."""
    keep = slices()[0][1]
    rows = []
    for threshold in SWEEP:
        rows.append(
            DetectorRow(f"{threshold:.2f}: recall", tuple(one.recall(threshold, keep) for one in found))
        )
        rows.append(
            DetectorRow(
                f"{threshold:.2f}: unmatched a frame",
                tuple(one.unmatched_per_frame(threshold) for one in found),
            )
        )
    chart = charts.detections([_curve(name, one, chosen) for name, one in zip(names, found, strict=True)])
    return DetectorTable(f"{title}, by threshold, faces of 20 px and more", tuple(names), tuple(rows), chart)


def _curve(name: str, found: Matches, chosen: float) -> charts.Detections:
    keep = slices()[0][1]
    return charts.Detections(
        name,
        [found.unmatched_per_frame(threshold) for threshold in SWEEP],
        [found.recall(threshold, keep) for threshold in SWEEP],
        (found.unmatched_per_frame(chosen), found.recall(chosen, keep)),
    )


def speeds(names: Sequence[str], timings: Sequence[Sequence[Timing]]) -> DetectorTable:
    """Milliseconds on one thread."""
    rows = [
        DetectorRow(f"{first.width}x{first.height}: ms", tuple(column[at].milliseconds for column in timings))
        for at, first in enumerate(timings[0])
    ]
    return DetectorTable("time for one picture on one thread, median", tuple(names), tuple(rows))


def page(tables: Sequence[DetectorTable], heading: str) -> str:
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


def _html(table: DetectorTable) -> str:
    head, *rows = table.cells()
    lines = _line("th", head) + "".join(_line("td", cells) for cells in rows)
    # The chart is our own SVG; its XML declaration has no place inside a page.
    chart = table.chart[table.chart.find("<svg") :] if table.chart else ""
    return f"<h2>{html.escape(table.title)}</h2>{chart}<table>{lines}</table>"


def _line(kind: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{kind}>{html.escape(cell)}</{kind}>' for cell in cells)}</tr>"


TILE, COLUMNS, CAPTION = 96, 10, 14


def sheet(
    found: Matches, threshold: float, keep: Callable[[FaceRecord], bool], most: int = 100
) -> Image | None:
    """Crops of missed faces, the largest first, with class and size; None where none is missed."""
    missed = [
        face
        for face, score in zip(found.faces, found.scores, strict=True)
        if keep(face) and score < threshold
    ]
    missed.sort(key=lambda face: -face.box.side)
    tiles = [tile for face in missed[:most] if (tile := _tile(face)) is not None]
    if not tiles:
        return None
    blank = np.full_like(tiles[0], 255)
    # Rows are stacked, so that the last one must be as long as the others.
    tiles += [blank] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    return np.vstack(rows)


def _tile(face: FaceRecord) -> Image | None:
    pixels = open_image(face.image)
    if pixels is None:
        return None
    crop = np.asarray(cv2.cvtColor(face_crop(pixels, face.box, TILE), cv2.COLOR_RGB2BGR), np.uint8)
    caption = np.full((CAPTION, TILE, 3), 255, np.uint8)
    text = f"{face.box.side:.0f} {face.label.value[:12]}"
    cv2.putText(caption, text, (2, 10), cv2.FONT_HERSHEY_SIMPLEX, 0.32, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([crop, caption])


def write_sheets(found: Matches, threshold: float, keep: Callable[[FaceRecord], bool], file: Path) -> bool:
    """Writes the contact sheet as PNG; False where nothing is missed."""
    picture = sheet(found, threshold, keep)
    if picture is None:
        return False
    _, raw = cv2.imencode(".png", picture)
    write_atomic(file, raw.tobytes())
    return True
