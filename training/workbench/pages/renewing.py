"""Renewing: pictures handed in, trainings started, and jobs watched, cancelled and resumed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from nicegui import ui
from nicegui.events import GenericEventArguments

from edge.contract import LABELS
from edge.errors import ConfigError, MaskGateError
from training.workbench.bench import Workbench
from training.workbench.frame import page_frame
from training.workbench.inbox import HandedIn
from training.workbench.jobs import WAITING, JobState, JobStatus
from training.workbench.models import usual_bundle
from training.workbench.pages.charts import data_table
from training.workbench.parts import ChoiceList, heading, hint, problem, spoken, words
from training.workbench.renewal import WEIGHTS, JobKind, RetrainRequest

WATCH_S = 1.0
MOST_JOBS = 20
LOG_LINES = 40
MOST_NAMED = 10
ANY = ""
OLD_STAYS = "The old model stays."
NEXT = {
    JobKind.DATA: ("Look at the faces, and correct wrong labels, on the page", "Data", "/data"),
    JobKind.ADD: ("Now train anew, above. All faces can be seen on the page", "Data", "/data"),
    JobKind.GROWTH: ("The curve is on the page", "Is more data worth it?", "/more-data"),
    JobKind.RETRAIN: ("All its figures, beside those of other trainings, are on the page", "Runs", "/runs"),
}
"""What follows a job that has finished, by its kind: a sentence, and the page."""
T = TypeVar("T")


def add(bench: Workbench) -> None:
    """Tells the library of the pages that there is this one."""

    @ui.page("/renew")
    def renew_page() -> None:
        with page_frame(bench, "/renew"):
            RenewPage(bench).build()


class RenewPage:
    """One browser's page."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._cards: dict[str, JobCard] = {}

    def build(self) -> None:
        """Fills the page."""
        hint(
            "A better model in three steps: add pictures, train anew, and take the bundle if the new model "
            "has won. Wrong labels are corrected on the page",
            "Data",
            "/data",
        )
        self._messages = ui.element("div").props("aria-live=polite")
        if not self._bench.desk.split.exists():
            self._add_reading()
        with ui.element("div").classes("bench-columns"):
            self._add_additions()
            self._add_training()
        with ui.element("section").classes("bench-stack"):
            heading("3. Follow the jobs")
            hint(
                "Here stands how far they are, what the gate says of the new model, and the bundle. One job "
                "runs at a time; it goes on when this page or the workbench is closed."
            )
            self._jobs = ui.element("div").classes("bench-stack")
        ui.on("bench-added", self._on_added)
        ui.on("bench-problem", self._on_problem)
        ui.add_body_html('<script type="module" src="/workbench/renew.js"></script>')
        ui.timer(WATCH_S, self._watch)

    def _add_reading(self) -> None:
        roots = self._bench.settings.data
        with ui.element("section").classes("bench-card"):
            heading("Read the data")
            words(
                "p", f"There is no split yet. {', '.join(map(str, roots)) or 'No data folder'} is to be read."
            )
            self._button("Read it", lambda: self._bench.renewal.read_data(roots))

    def _add_additions(self) -> None:
        with ui.element("section").classes("bench-card"):
            heading("1. Add pictures")
            words(
                "p",
                f"A zip with folders {', '.join(LABELS)}, or with names that begin so. Pictures that the "
                "data has already, or that contradict it, are left out and named.",
                "bench-quiet",
            )
            # The script that sends a zip reads it, too.
            self._source = ui.input("Where they are from", value=self._bench.renewal.usual_source())
            self._source.classes("bench-select").props("for=source maxlength=40")
            words(
                "p",
                "A site, or a camera. All pictures of the same name are one source, which Data counts by "
                "itself. They are learnt from and validated with; what is tested stays as it is.",
                "bench-quiet",
            )
            # Before the zip, which is sent when it is chosen.
            with ui.element("label").classes("bench-choice"):
                words("span", "Pictures without such a folder or name")
                with ui.element("select").props("id=label"):
                    words("option", "are refused").props('value=""')
                    for label in LABELS:
                        words("option", f"show: {spoken(label)}").props(f'value="{label}"')
            with ui.element("label").classes("bench-drop").props("id=drop for=zip"):
                words("span", "Drop a zip here, or choose one")
                ui.element("input").props('type=file id=zip accept=".zip,application/zip"')
            words("span", "", "bench-quiet").props("id=progress role=status")
            if self._bench.guard.open:
                self._add_folder()
            if more := self._bench.settings.more:
                self._button("Add the pictures of the example", lambda: self._add(_handed_in(more)))

    def _add_folder(self) -> None:
        """Whoever is on this machine may name a folder of it."""
        with ui.element("div").classes("bench-row"):
            folder = ui.input("Or a folder on this machine").classes("bench-select")
            self._button("Add the folder", lambda: self._add(_folder(folder.value)))

    def _add(self, handed: HandedIn) -> JobStatus:
        return self._bench.renewal.add(handed, source=self._source.value or "")[0]

    def _add_training(self) -> None:
        found = [one for one in self._bench.models.choices() if not one.is_network]
        bundles = {one.key: one.title for one in found}
        with ui.element("section").classes("bench-card"):
            heading("2. Train anew")
            words(
                "p",
                "Trains on the data with its additions and corrections. The new model takes the old one's "
                "place only if it beats it on the test faces.",
                "bench-quiet",
            )
            self._recipe = ChoiceList(
                "Recipe", self._bench.renewal.recipe_titles(), self._bench.renewal.usual_recipe()
            )
            self._rival = ChoiceList("Model to beat", bundles, usual_bundle(found).key)
            self._weights = ChoiceList("Weights to start from", WEIGHTS, ANY)
            self._button("Start the training", self._retrain)

    def _retrain(self) -> JobStatus:
        choices = {one.key: one.path for one in self._bench.models.choices()}
        rival = choices.get(self._rival.value)
        if rival is None:
            raise ConfigError("the model to beat is not there any more; load this page again")
        return self._bench.renewal.retrain(RetrainRequest(rival, self._recipe.value, self._weights.value))

    def _button(self, title: str, begin: Callable[[], JobStatus]) -> None:
        async def pressed() -> None:
            self._messages.clear()
            try:
                status = await asyncio.to_thread(begin)
            except MaskGateError as error:
                self._tell(str(error))
                return
            await self._watch()
            self._scroll_to(status.id)

        words("button", title, "bench-button").props("type=button").on("click", pressed)

    async def _on_added(self, event: GenericEventArguments) -> None:
        self._messages.clear()
        with self._messages:
            _show_taken(event.args)
        await self._watch()
        self._scroll_to(event.args["job"]["id"])

    def _scroll_to(self, name: str) -> None:
        """On a telephone a new job is below what can be seen."""
        if name in self._cards:
            ui.run_javascript(
                f"getHtmlElement({self._cards[name].card.id})?.scrollIntoView({{block: 'nearest'}})"
            )

    def _on_problem(self, event: GenericEventArguments) -> None:
        self._messages.clear()
        self._tell(str(event.args))

    def _tell(self, sentence: str) -> None:
        with self._messages:
            problem(sentence)

    async def _watch(self) -> None:
        """Starts what waits, and shows how all stands."""
        queue = self._bench.renewal.queue
        try:
            await asyncio.to_thread(self._bench.renewal.advance)
        except MaskGateError as error:
            self._messages.clear()
            self._tell(str(error))
        found = await asyncio.to_thread(queue.all)
        # Somebody may have left the page meanwhile.
        if self._jobs.is_deleted:
            return
        for status in reversed(found[:MOST_JOBS]):
            if status.id not in self._cards:
                with self._jobs:
                    self._cards[status.id] = JobCard(self._bench, status, self._tell)
                    self._cards[status.id].card.move(target_index=0)
            await self._cards[status.id].update(status)


class JobCard:
    """One job; it is built anew when its state changes, and only its progress moves between."""

    def __init__(self, bench: Workbench, status: JobStatus, tell: Callable[[str], None]) -> None:
        self._bench = bench
        self._tell = tell
        self._name = status.id
        self._state: JobState | None = None
        self._queued_at = 0.0
        self.card = ui.element("article").classes("bench-card").props(f'data-job="{status.id}"')

    async def update(self, status: JobStatus) -> None:
        """Shows how the job stands."""
        if (status.state, status.plan.queued_at) != (self._state, self._queued_at):
            self._state, self._queued_at = status.state, status.plan.queued_at
            self.card.clear()
            with self.card:
                self._build(status)
        if status.state in WAITING:
            self._text.set_text(_progress(status))
            whole = status.progress.whole if status.progress else None
            self._bar.props(f"value={whole or 0:.4f}")
            self._log.set_text(await asyncio.to_thread(self._lines))

    def _build(self, status: JobStatus) -> None:
        with ui.element("div").classes("bench-row"):
            heading(status.plan.title, 3)
            words("span", status.state, f"bench-state {status.state}").props("role=status")
            words("span", f"{datetime.fromtimestamp(status.plan.queued_at):%Y-%m-%d %H:%M}", "bench-quiet")
        if status.sentence:
            words("p", status.sentence)
        if status.state in WAITING:
            self._text = words("p", "")
            self._bar = ui.element("progress").props('max=1 aria-label="progress of the training"')
            self._action("Cancel", lambda: self._bench.renewal.queue.cancel(self._name))
        elif self._bench.renewal.can_resume(status):
            self._action("Resume", lambda: self._bench.renewal.resume(self._name))
        elif status.state is JobState.FINISHED:
            self._add_outcome(JobKind(status.plan.kind))
        with ui.element("details"):
            words("summary", "Log")
            self._log = words("pre", self._lines(), "bench-log").props("tabindex=0")

    def _add_outcome(self, kind: JobKind) -> None:
        for result in self._bench.renewal.queue.of(self._name).results():
            _show_result(self._name, result)
        verdict = self._bench.renewal.verdict(self._name)
        if verdict:
            _show_verdict(self._name, verdict)
        elif kind is JobKind.RETRAIN and not self._bench.renewal.bundle(self._name):
            # It did not come as far as the gate.
            words("p", OLD_STAYS, "bench-state")
        if kind in NEXT:
            hint(*NEXT[kind])
        if self._bench.renewal.bundle(self._name):
            with ui.element("div").classes("bench-row"):
                ui.link("Download the bundle", f"/api/runs/{self._name}/bundle")
                if self._bench.settings.inbox:
                    self._add_inbox(self._bench.settings.inbox)
            command = f"maskgate models install {self._name}.tar.gz"
            hint(
                f"On a device {command} takes it into use. See it beside the old one on the page", "Try", "/"
            )

    def _add_inbox(self, inbox: Path) -> None:
        """Puts the bundle where devices look for it."""
        install = partial(self._bench.renewal.install, self._name, inbox)
        told = words("span", "", "bench-quiet").props("role=status")
        self._action(f"Put it into {inbox.name}", install, lambda file: told.set_text(f"It is in {file}."))

    def _action(self, title: str, act: Callable[[], T], after: Callable[[T], object] = bool) -> None:
        async def pressed() -> None:
            try:
                after(await asyncio.to_thread(act))
            except MaskGateError as error:
                self._tell(str(error))
            await self.update(await asyncio.to_thread(self._bench.renewal.queue.status, self._name))

        words("button", title, "bench-button").props("type=button").on("click", pressed)

    def _lines(self) -> str:
        return "\n".join(self._bench.renewal.queue.of(self._name).log().splitlines()[-LOG_LINES:])


def _progress(status: JobStatus) -> str:
    """What a job does, how much of that is done, and when it is expected to end."""
    one = status.progress
    if status.state is JobState.QUEUED:
        return "It waits for the job before it."
    if one is None:
        return "It begins."
    what = one.title or "It goes on"
    share = "" if one.share is None else f", {one.share:.0%}"
    if one.ends_at is None:
        return f"{what}{share}"
    left = one.ends_at - time.time()
    if left <= 0:
        # What comes after the training, such as the gate, is not foreseen.
        return f"{what}{share}; it takes longer than expected"
    at = f"{datetime.fromtimestamp(one.ends_at):%H:%M}"
    return f"{what}{share}; the training ends at about {at}, in {_span(left)}"


def _span(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 90
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.1f} h"
    )


def _show_taken(report: dict[str, Any]) -> None:
    counts = ", ".join(f"{count} {spoken(label)}" for label, count in report["counts"].items())
    words("p", f"Taken: {counts}. The job below compares them with the data.").props("role=status")
    for sentence in report["left_out"][:MOST_NAMED]:
        problem(sentence)


def _show_result(name: str, result: dict[str, Any]) -> None:
    """What a step has told as JSON: counts of what was added or read, or the figures of a run."""
    counts = result.get("counts")
    if isinstance(counts, dict):
        data_table(
            f"results of {name}",
            ("pictures", "number"),
            [(what, str(count)) for what, count in counts.items()],
        )
    for reason, files in result.get("skipped_files", {}).items():
        words("p", f"Left out, {reason}: {', '.join(Path(file).name for file in files)}", "bench-quiet")
    for one in result.get("contradictions", ())[:MOST_NAMED]:
        problem(
            f"{Path(one['file']).name} is {spoken(one['label'])}, and resembles {one['like']}, "
            f"which is {spoken(one['like_label'])}"
        )
    if "macro_f1" in result:
        words("p", f"Macro-F1 {result['macro_f1']:.3f} on {result.get('faces', 0):.0f} test faces")


def _show_verdict(name: str, verdict: dict[str, Any]) -> None:
    passed = verdict["passed"]
    words("p", "The new model takes the old one's place." if passed else OLD_STAYS, "bench-state")
    data_table(
        f"verdict on {name}",
        ("figure", "verdict", "old", "new", "bound"),
        [
            (
                spoken(one["name"]),
                "held" if one["held"] else "FAILED",
                *map(_number, (one["old"]["value"], one["new"]["value"], one["bound"])),
            )
            for one in verdict["checks"]
        ],
    )
    if verdict.get("weaker"):
        words("p", f"Weaker in {', '.join(one['name'] for one in verdict['weaker'])}.", "bench-quiet")


def _handed_in(file: Path) -> HandedIn:
    return HandedIn(file, file.name)


def _folder(given: str | None) -> HandedIn:
    """The folder that was named.

    Raises:
        ConfigError: There is none.
    """
    folder = Path((given or "").strip()).expanduser()
    if not (given or "").strip() or not folder.is_dir():
        raise ConfigError(f"there is no folder {given or ''}; name one of this machine".replace("  ", " "))
    return _handed_in(folder)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
