"""Tables and bars of counts, and charts of the reports."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence

from nicegui import ui

from training.workbench.parts import words


def data_table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table whose first column names its rows; it can be scrolled where it is wider than the screen.

    Args:
        title: What a screen reader calls it; no other table of the page is called so.
        heads: Of the columns.
        rows: A cell for each column.
    """
    scrolled = ui.element("div").classes("bench-scroll").props("tabindex=0 role=region")
    scrolled.props["aria-label"] = title
    with (
        scrolled,
        ui.element("table").classes("bench-table"),
    ):
        with ui.element("thead"), ui.element("tr"):
            for head in heads:
                words("th", head).props("scope=col")
        with ui.element("tbody"):
            for row in rows:
                with ui.element("tr"):
                    words("th", row[0]).props("scope=row")
                    for cell in row[1:]:
                        words("td", cell)


def count_bars(rows: Sequence[tuple[str, int, str]]) -> None:
    """Counts as bars: a name, the count, and the class of its colour."""
    most = max((count for _, count, _ in rows), default=0) or 1
    with ui.element("div").classes("bench-bars"):
        for name, count, colour in rows:
            words("span", name)
            with ui.element("div").classes("bench-bar").props("aria-hidden=true"):
                ui.element("div").classes(f"bench-fill {colour}").style(f"width:{count / most:.2%}")
            words("span", f"{count}", "bench-number")


def svg_chart(svg: str, about: str) -> None:
    """A chart of the reports, which is drawn for white paper."""
    image = ui.element("img").classes("bench-paper")
    image.props["src"] = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    image.props["alt"] = about
