"""The runs: their figures, and several of them beside each other."""

from __future__ import annotations

import asyncio
import importlib.util
import shlex
from collections.abc import Sequence

from nicegui import ui

from edge.contract import LABELS, MASK_WORN_INCORRECTLY
from edge.errors import MaskGateError
from training.classifier.run import TrainingRun
from training.evaluation import results
from training.evaluation.report import charts, galleries
from training.evaluation.results import ResultRow
from training.workbench.bench import Workbench
from training.workbench.data_catalogue import DataCatalogue
from training.workbench.frame import page_frame
from training.workbench.pages.charts import data_table, svg_chart
from training.workbench.pages.faces import FaceDialog, face_sheet, tile_of
from training.workbench.parts import heading, hint, number_of, problem, spoken, words
from training.workbench.run_catalogue import RunComparison, RunSummary, compare, runs_in

HEADS = ("run", "recipe", "network", "state", "epochs", "faces", "macro-F1", "bare called masked", "gate")
MOST_SHOWN = 60
COMPARE, COMPARING = "Compare the chosen runs", "Comparing, this takes a while"
UNKNOWN = "-"


def add(bench: Workbench) -> None:
    """Tells the library of the pages that there is this one."""

    @ui.page("/runs")
    def runs_page() -> None:
        with page_frame(bench, "/runs"):
            RunsPage(bench).build()


class RunsPage:
    """One browser's page: which runs are chosen on it."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._chosen: dict[str, RunSummary] = {}

    def build(self) -> None:
        """Fills the page."""
        found = runs_in(self._bench.settings.runs)
        if not found:
            words("p", f"There is no run in {self._bench.settings.runs} yet; start one on the page Renew.")
            return
        hint(
            "Every training with its figures on the test faces, where the most likely label is the answer. "
            "Tick two or more to see where they differ. The gate lets a new model take the place of an "
            "old one; other runs have no verdict of it."
        )
        with ui.element("section").classes("bench-card"):
            self._add_table(found)
            self._compare = words("button", COMPARE, "bench-button").props("type=button disabled")
            self._compare.on("click", self._on_compare)
        self._add_tensorboard()
        self._messages = ui.element("div").props("aria-live=polite")
        self._dialog = FaceDialog(self._bench.desk, self._on_compare)
        self._result = ui.element("div").classes("bench-stack")

    def _add_table(self, found: Sequence[RunSummary]) -> None:
        with (
            ui.element("div").classes("bench-scroll").props('tabindex=0 role=region aria-label="All runs"'),
            ui.element("table").classes("bench-table"),
        ):
            with ui.element("thead"), ui.element("tr"):
                for head in ("compare", *HEADS, "open"):
                    words("th", head).props("scope=col")
            with ui.element("tbody"):
                for run in found:
                    with ui.element("tr"):
                        self._add_row(run)

    def _add_row(self, run: RunSummary) -> None:
        with ui.element("td"):
            if run.answers:
                box = ui.checkbox(on_change=lambda event: self._choose(run, chosen=bool(event.value)))
                box.props("dense")
                box.props["aria-label"] = f"compare {run.id}"
        for cell in _cells(run):
            words("td", cell)
        with ui.element("td"):
            if run.report:
                ui.link("report", f"/api/runs/{run.id}/report", new_tab=True)
            if run.bundle:
                ui.link("bundle", f"/api/runs/{run.id}/bundle").classes("bench-apart")

    def _choose(self, run: RunSummary, *, chosen: bool) -> None:
        if chosen:
            self._chosen[run.id] = run
        else:
            self._chosen.pop(run.id, None)
        self._allow()

    def _allow(self) -> None:
        """Lets the button be pressed where something is chosen."""
        self._compare.props(remove="disabled") if self._chosen else self._compare.props("disabled")

    def _add_tensorboard(self) -> None:
        if importlib.util.find_spec("tensorboard"):
            runs = shlex.quote(str(self._bench.settings.runs))
            words(
                "p", f"TensorBoard is installed: tensorboard --logdir {runs} shows the curves.", "bench-quiet"
            )

    async def _on_compare(self) -> None:
        self._messages.clear()
        self._compare.set_text(COMPARING)
        self._compare.props("disabled")
        try:
            found, sentence = await asyncio.to_thread(self._compared), ""
        except MaskGateError as error:
            found, sentence = None, str(error)
        # Somebody may have left the page meanwhile.
        if self._result.is_deleted:
            return
        self._compare.set_text(COMPARE)
        self._allow()
        if found is None:
            with self._messages:
                problem(sentence)
            return
        self._result.clear()
        with self._result:
            self._show(*found)

    def _compared(self) -> tuple[RunComparison, DataCatalogue | None]:
        return compare([run.folder for run in self._chosen.values()]), self._catalogue()

    def _catalogue(self) -> DataCatalogue | None:
        """The data, where it is there; figures need no pictures."""
        try:
            return self._bench.desk.catalogue()
        except MaskGateError:
            return None

    def _show(self, found: RunComparison, shown: DataCatalogue | None) -> None:
        words(
            "p", f"{len(found.predictions)} faces were judged by all of them. Intervals are 95 %, by groups."
        )
        self._show_curves()
        main = [row for row in found.result.main if row.name == "all"]
        _show_figures(found, main)
        with ui.element("section").classes("bench-card"):
            heading("Confusion matrices")
            with ui.element("div").classes("bench-columns"):
                for row in main:
                    _show_matrix(row)
        _show_slices(found)
        with ui.element("section").classes("bench-card"):
            heading(f"Disagreements: {number_of(len(found.disagreements), 'face')}")
            self._show_disagreements(found, shown)

    def _show_curves(self) -> None:
        epochs = {run.id: TrainingRun(run.folder).epochs() for run in self._chosen.values() if run.epochs}
        if epochs:
            with ui.element("section").classes("bench-card"):
                heading("Curves")
                svg_chart(charts.histories(epochs), "validation loss and macro-F1 by epoch")

    def _show_disagreements(self, found: RunComparison, shown: DataCatalogue | None) -> None:
        if shown is None:
            words("p", "Their pictures need the split; start the workbench with --split.", "bench-quiet")
            return
        names = ", ".join(column.name for column in found.predictions.columns)
        words("p", f"What a face shows, then the answers of {names}, in this order.", "bench-quiet")
        places = [
            (shown.place(found.predictions.keys[at]), _captions(found, at)) for at in found.disagreements
        ]
        tiles = [
            tile_of(shown, place, caption) for place, caption in places[:MOST_SHOWN] if place is not None
        ]
        face_sheet(shown, tiles, self._open, eyes=False)

    async def _open(self, place: int) -> None:
        await self._dialog.open(place, eyes=False)


def _cells(run: RunSummary) -> tuple[str, ...]:
    state = "folds" if not run.recipe else "finished" if run.finished else "unfinished"
    gate = UNKNOWN if run.promoted is None else "passed" if run.promoted else "not passed"
    figures = [_number(run, "macro_f1"), _number(run, "bare_called_masked")]
    faces = f"{run.figures['faces']:.0f}" if "faces" in run.figures else UNKNOWN
    epochs = str(run.epochs) if run.recipe else UNKNOWN
    return run.id, run.recipe or UNKNOWN, run.network or UNKNOWN, state, epochs, faces, *figures, gate


def _number(run: RunSummary, name: str) -> str:
    return f"{run.figures[name]:.3f}" if name in run.figures else UNKNOWN


def _figures(row: ResultRow) -> tuple[str, ...]:
    one = row.device
    return (
        row.model,
        results.share(one.macro_f1),
        results.percent(one.bare_called_masked),
        results.count(one, MASK_WORN_INCORRECTLY, MASK_WORN_INCORRECTLY),
        results.percent(one.unanswered),
    )


def _show_figures(found: RunComparison, main: Sequence[ResultRow]) -> None:
    with ui.element("section").classes("bench-card"):
        heading("Figures")
        hint("At the thresholds of a device: a face that reaches none has no answer, which counts as wrong.")
        data_table(
            "figures",
            ("run", "macro-F1", "bare called masked", "wrongly worn found", "no answer"),
            map(_figures, main),
        )
        for change in found.result.changes:
            if change.name == "all":
                words("p", f"Macro-F1 from {' to '.join(change.models)}: {results.signed(change.macro_f1)}")


def _show_matrix(row: ResultRow) -> None:
    with ui.element("section"):
        heading(row.model, 3)
        heads = ("shows", *(f"called {spoken(label)}" for label in LABELS), "no answer")
        rows = zip(LABELS, row.device.confusion, strict=True)
        data_table(
            f"confusion of {row.model}", heads, [(spoken(label), *map(str, counts)) for label, counts in rows]
        )


def _show_slices(found: RunComparison) -> None:
    """Accuracy in every slice, a column for each run."""
    models = [column.name for column in found.predictions.columns]
    rows = (*found.result.main, *found.result.hard)
    by_slice: dict[tuple[str, str], dict[str, ResultRow]] = {}
    for row in rows:
        by_slice.setdefault((row.dimension, row.name), {})[row.model] = row
    with ui.element("section").classes("bench-card"):
        heading("Accuracy by slice")
        data_table(
            "accuracy by slice",
            ("slice", "faces", *models),
            [
                (
                    f"{dimension}: {name}" if dimension else name,
                    str(next(iter(each.values())).plain.faces),
                    *(results.share(each[model].device.accuracy) for model in models),
                )
                for (dimension, name), each in by_slice.items()
            ],
        )


def _captions(found: RunComparison, at: int) -> str:
    told = found.predictions
    answers = ", ".join(
        f"{galleries.WORDS[int(column.answers()[at])]} {column.shares[at].max():.2f}"
        for column in told.columns
    )
    return f"{galleries.WORDS[told.truth[at]]} → {answers}"
