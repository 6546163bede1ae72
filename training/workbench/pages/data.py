"""The data: what there is, what is odd about it, and sheets of its faces, which can be corrected."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from nicegui import ui

from edge.contract import LABELS
from edge.errors import MaskGateError
from training.data.manifest import SplitPart
from training.workbench.bench import Workbench
from training.workbench.data_catalogue import CountTable, DataCatalogue, FaceQuery, count, histograms
from training.workbench.frame import page_frame
from training.workbench.pages.charts import count_bars, data_table
from training.workbench.pages.faces import FaceDialog, FaceTile, face_sheet, tile_of
from training.workbench.parts import ChoiceList, facts, heading, hint, number_of, problem, spoken, words
from training.workbench.run_catalogue import runs_in, wrong_answers

PER_PAGE = 48
WATCH_S = 1.0
MOST_SETS = 8
"""So many sets of near-duplicates are shown; the others are counted."""
MOST_OF_SET = 10
MOST_NAMED = 50
COLOURS = dict(zip(LABELS, ("compliant", "no_mask", "mask_incorrect"), strict=True))
ANY = ""


def add(bench: Workbench) -> None:
    """Tells the library of the pages that there is this one."""

    @ui.page("/data")
    def data_page() -> None:
        with page_frame(bench, "/data"):
            DataPage(bench).build()


class DataPage:
    """One browser's page: what is chosen on it."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._shown: DataCatalogue | None = None
        self._page = 0
        self._worst: dict[str, list[FaceTile]] = {}

    def build(self) -> None:
        """Fills the page; what takes longer comes when it is there."""
        hint(
            "What models learn from. A click on a face enlarges it; there it gets another label, or is left "
            "out. What was corrected is learnt by the next training:",
            "Renew",
            "/renew",
        )
        self._messages = ui.element("div").props("aria-live=polite")
        self._overview()
        self._conflicts()
        self._corrections()
        with ui.element("section").classes("bench-card"):
            heading("Faces")
            self._add_choices()
            self._sheet()
        self._oddities()
        self._dialog = FaceDialog(self._bench.desk, self._load)
        ui.timer(0, self._load, once=True)
        ui.timer(WATCH_S, self._watch_measuring)

    def _add_choices(self) -> None:
        labels = {ANY: "Any label", **{label.value: spoken(label) for label in LABELS}}
        parts = {ANY: "Any part", **{part.value: part.value for part in SplitPart}}
        judged = [run.id for run in runs_in(self._bench.settings.runs) if run.answers]
        orders = {ANY: "As in the data", **{run: f"Worst answers of {run} first" for run in judged}}
        with ui.element("div").classes("bench-row"):
            self._label = ChoiceList("Label", labels, ANY, self._turn_back)
            self._part = ChoiceList("Part", parts, ANY, self._turn_back)
            self._slice = ChoiceList("Slice", {ANY: "All faces"}, ANY, self._turn_back)
            self._order = ChoiceList("Order", orders, ANY, self._on_order)
            self._pixelated = ui.switch("Pixelate eyes", value=True, on_change=self._turn_back)

    async def _load(self) -> None:
        try:
            self._shown = await asyncio.to_thread(self._bench.desk.catalogue)
            await asyncio.to_thread(self._bench.desk.measure)
        except MaskGateError as error:
            self._shown = None
            self._tell(str(error))
        # Somebody may have left the page meanwhile.
        if self._messages.is_deleted:
            return
        if self._shown is not None:
            self._slice.set_options({ANY: "All faces", **{name: name for name in self._shown.slices}})
        for part in (self._overview, self._conflicts, self._corrections, self._sheet, self._oddities):
            part.refresh()

    def _tell(self, sentence: str) -> None:
        self._messages.clear()
        with self._messages:
            problem(sentence)

    async def _watch_measuring(self) -> None:
        """Shows the light of the faces once it is measured."""
        shown = self._shown
        if shown is None or shown.measures is not None:
            return
        status = self._bench.desk.measuring()
        self._measuring.set_text(
            status.problem or (f"Measuring light: {status.share:.0%}" if status.share is not None else "")
        )
        if status.share is None and not status.problem:
            await self._load()

    @ui.refreshable_method
    def _overview(self) -> None:
        self._measuring = words("p", "", "bench-quiet").props("role=status")
        shown = self._shown
        if shown is None:
            return
        with ui.element("div").classes("bench-columns"):
            _add_facts(shown)
            _add_oddities(shown)
            _add_counts(count(shown))
            for name, bins in histograms(shown).items():
                with ui.element("section").classes("bench-card"):
                    heading(name)
                    count_bars([(span, number, "") for span, number in bins])

    async def _on_order(self) -> None:
        name = self._order.value
        if name and name not in self._worst and self._shown is not None:
            try:
                found = await asyncio.to_thread(wrong_answers, self._bench.settings.runs / name)
            except MaskGateError as error:
                self._tell(str(error))
                return
            places = [(self._shown.place(one.key), one.caption) for one in found]
            self._worst[name] = [FaceTile(place, caption) for place, caption in places if place is not None]
        self._turn_back()

    def _turn_back(self) -> None:
        self._page = 0
        self._sheet.refresh()

    def _turn(self, by: int) -> None:
        self._page += by
        self._sheet.refresh()

    def _tiles(self, shown: DataCatalogue) -> list[FaceTile]:
        """The faces that are chosen, in the order that is chosen."""
        chosen = shown.select(FaceQuery(self._label.value, self._part.value, self._slice.value))
        if not self._order.value:
            return [tile_of(shown, place) for place in chosen]
        among = set(chosen)
        worst = self._worst.get(self._order.value, [])
        return [tile_of(shown, tile.place, tile.caption) for tile in worst if tile.place in among]

    @ui.refreshable_method
    def _sheet(self) -> None:
        if self._shown is None:
            return
        tiles = self._tiles(self._shown)
        first = self._page * PER_PAGE
        here = tiles[first : first + PER_PAGE]
        words(
            "p",
            number_of(len(tiles), "face")
            if not here
            else f"{first + 1} to {first + len(here)} of {number_of(len(tiles), 'face')}",
        )
        face_sheet(self._shown, here, self._open, eyes=not self._pixelated.value)
        with ui.element("div").classes("bench-row"):
            if self._page:
                words("button", "Before", "bench-button").props("type=button").on(
                    "click", lambda: self._turn(-1)
                )
            if first + PER_PAGE < len(tiles):
                words("button", "Next", "bench-button").props("type=button").on(
                    "click", lambda: self._turn(1)
                )

    async def _open(self, place: int) -> None:
        await self._dialog.open(place, eyes=not self._pixelated.value)

    @ui.refreshable_method
    def _conflicts(self) -> None:
        """Above the faces: a wrong label is what whoever comes here looks for."""
        shown = self._shown
        if shown is None or not shown.conflicts:
            return
        with ui.element("section").classes("bench-card"):
            heading(f"Labels that contradict each other: {number_of(len(shown.conflicts), 'set')}")
            hint(
                "Faces that are nearly the same and carry several labels. One of them is wrong: click on it."
            )
            self._add_sets(shown, shown.conflicts)

    @ui.refreshable_method
    def _corrections(self) -> None:
        """Above the faces, too: who has corrected one sees that it is kept, and how to take it back."""
        shown = self._shown
        if shown is None or not shown.notes:
            return
        with ui.element("section").classes("bench-card"):
            heading(f"Corrected: {number_of(len(shown.notes), 'face')}")
            hint(
                "A click on a face can take its correction back. The next training learns them:",
                "Renew",
                "/renew",
            )
            tiles = [tile_of(shown, place) for place in list(shown.notes)[:PER_PAGE]]
            face_sheet(shown, tiles, self._open, eyes=not self._pixelated.value)
            if len(shown.notes) > PER_PAGE:
                words("p", f"and {len(shown.notes) - PER_PAGE} more", "bench-quiet")
            words(
                "p",
                f"They stand in {self._bench.desk.corrections.file}; the data itself is as it was.",
                "bench-quiet",
            )

    @ui.refreshable_method
    def _oddities(self) -> None:
        shown = self._shown
        if shown is None:
            return
        told = {at for members in shown.conflicts for at in members}
        sets = [members for members in shown.near_duplicates if told.isdisjoint(members)]
        with ui.element("section").classes("bench-card"):
            name = "Other near-duplicates" if told else "Near-duplicates"
            heading(f"{name}: {number_of(len(sets), 'set') if sets else 'none'}")
            if sets:
                hint("They stay in one part, so that no model is tested on what it has learnt.")
            self._add_sets(shown, sets)
        if shown.broken:
            with ui.element("section").classes("bench-card"):
                heading(f"Pictures that cannot be read: {len(shown.broken)}")
                for file in shown.broken[:MOST_NAMED]:
                    words("p", str(file))

    def _add_sets(self, shown: DataCatalogue, sets: Iterable[tuple[int, ...]]) -> None:
        for members in list(sets)[:MOST_SETS]:
            tiles = [tile_of(shown, place) for place in members[:MOST_OF_SET]]
            face_sheet(shown, tiles, self._open, eyes=not self._pixelated.value)
            if len(members) > MOST_OF_SET:
                words("p", f"and {len(members) - MOST_OF_SET} more like these", "bench-quiet")


def _add_facts(shown: DataCatalogue) -> None:
    pictures = len({face.record.image for face in shown.faces})
    sources = sorted({face.record.source for face in shown.faces})
    with ui.element("section").classes("bench-card"):
        heading("What there is")
        facts(
            {
                "Faces": f"{len(shown.faces)} in {number_of(pictures, 'picture')}",
                "Sources": ", ".join(sources),
                "Groups": f"{len(shown.groups)}",
                "Corrected": f"{number_of(len(shown.notes), 'face')}, {len(shown.excluded)} of them left out",
            }
        )


def _add_oddities(shown: DataCatalogue) -> None:
    with ui.element("section").classes("bench-card"):
        heading("Worth a look")
        rows = [
            ("Sets of near-duplicates", len(shown.near_duplicates), ""),
            ("Sets with several labels", len(shown.conflicts), ""),
        ]
        # Known once all pictures were opened for their light.
        if shown.measures is not None:
            rows.append(("Broken pictures", len(shown.broken), ""))
        count_bars(rows)


def _add_counts(table: CountTable) -> None:
    names = [spoken(label) for label in table.labels]
    with ui.element("section").classes("bench-card"):
        heading("Labels")
        rows = zip(names, table.cells, table.labels, strict=True)
        count_bars([(name, sum(cells), COLOURS[label]) for name, cells, label in rows])
        parts = [[name, *map(str, cells)] for name, cells in zip(names, table.parts, strict=True)]
        data_table("faces by part", ["label", *(part.value for part in SplitPart)], parts)
    with ui.element("section").classes("bench-card"):
        heading("Sources")
        by_source = zip(table.sources, *table.cells, strict=True)
        count_bars([(source, sum(cells), "") for source, *cells in by_source])
        cells_of = [[name, *map(str, cells)] for name, cells in zip(names, table.cells, strict=True)]
        data_table("faces by source", ["label", *table.sources], cells_of)
