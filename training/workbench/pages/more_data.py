"""Is more data worth it? What the learning curves say."""

from __future__ import annotations

import asyncio
import math

from nicegui import ui

from edge.errors import MaskGateError
from training.evaluation import results
from training.evaluation.intervals import Estimate
from training.workbench.bench import Workbench
from training.workbench.curve_catalogue import COSTLY, CurveSummary, LearntPoint, curves_in
from training.workbench.frame import page_frame
from training.workbench.pages.charts import data_table, svg_chart
from training.workbench.parts import heading, problem, words
from training.workbench.renewal import DEFAULT_RECIPE, WEIGHTS, Growth

SHARES = frozenset({"macro_f1", "incorrect_precision", "incorrect_recall"})
"""Told as shares; the others are small and told in percent."""


def add(bench: Workbench) -> None:
    """Tells the library of the pages that there is this one."""

    @ui.page("/more-data")
    def more_data_page() -> None:
        with page_frame(bench, "/more-data"):
            MoreDataPage(bench).build()


class MoreDataPage:
    """One browser's page."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def build(self) -> None:
        """Fills the page."""
        words(
            "p",
            "The same recipe learns from growing shares of the training faces, or from all without one "
            "source, and is tested on the same faces each time. Where the curve still rises, more data is "
            "worth it.",
            "bench-quiet",
        )
        self._messages = ui.element("div").props("aria-live=polite")
        found = curves_in(self._bench.settings.runs)
        for curve in found:
            _show(curve)
        if not found:
            words("p", "Nothing was measured yet.")
        self._add_form()

    def _add_form(self) -> None:
        with ui.element("section").classes("bench-card"):
            heading("Measure it")
            words(
                "p",
                "It takes as many trainings as there are shares and folds, so it runs as a job.",
                "bench-quiet",
            )
            recipes = list(self._bench.renewal.recipes())
            self._recipe = ui.select(recipes, value=DEFAULT_RECIPE, label="Recipe")
            self._weights = ui.select(WEIGHTS, value="", label="Weights to start from")
            growths = {Growth.SIZE: "Growing shares", Growth.SOURCE: "All, and all without each source"}
            self._by = ui.select(growths, value=Growth.SIZE, label="What differs")
            words("button", "Start measuring", "bench-button").props("type=button").on("click", self._start)

    async def _start(self) -> None:
        self._messages.clear()
        wanted = str(self._recipe.value), str(self._weights.value), Growth(str(self._by.value))
        try:
            await asyncio.to_thread(self._bench.renewal.measure_growth, *wanted)
        except MaskGateError as error:
            with self._messages:
                problem(str(error))
            return
        ui.navigate.to("/renew")


def _show(curve: CurveSummary) -> None:
    with ui.element("section").classes("bench-card"):
        heading(curve.id)
        if curve.chart:
            svg_chart(
                curve.chart, "figures over the faces to train on, with intervals; the table has the numbers"
            )
        data_table(curve.id, ("share", "learnt from", *COSTLY.values()), map(_row, curve.points))


def _row(point: LearntPoint) -> tuple[str, ...]:
    return (
        point.share,
        f"{point.faces:.0f}",
        *(_told(name, one) for name, one in point.figures.items()),
    )


def _told(name: str, one: Estimate) -> str:
    if name == "change":
        return results.signed(one) if math.isfinite(one.value) else "-"
    return results.share(one) if name in SHARES else results.percent(one)
