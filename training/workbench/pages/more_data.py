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
from training.workbench.parts import ChoiceList, heading, problem, words
from training.workbench.renewal import WEIGHTS, Growth

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
            "worth it; a source without which the figure falls is worth its pictures.",
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
                "Each share is trained in five folds. That takes long, so it runs as a job.",
                "bench-quiet",
            )
            renewal = self._bench.renewal
            self._recipe = ChoiceList("Recipe", renewal.recipe_titles(), renewal.usual_recipe())
            self._weights = ChoiceList("Weights to start from", WEIGHTS | {"": "Those of the recipe"}, "")
            growths = {
                Growth.SIZE.value: "Growing shares",
                Growth.SOURCE.value: "All, and all without each source",
            }
            self._by = ChoiceList("What differs", growths, Growth.SIZE)
            words("button", "Start measuring", "bench-button").props("type=button").on("click", self._start)

    async def _start(self) -> None:
        self._messages.clear()
        wanted = self._recipe.value, self._weights.value, Growth(self._by.value)
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
        if curve.recipe:
            words("p", f"Recipe {curve.recipe}", "bench-quiet")
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
