"""Sheets of faces, and what a click on a face opens: the face enlarged, and how it can be corrected."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial

from nicegui import ui

from edge.contract import LABELS, Label
from edge.errors import MaskGateError
from training.workbench.data_catalogue import DataCatalogue
from training.workbench.data_desk import DataDesk
from training.workbench.parts import facts, heading, number_of, problem, spoken, words

UNBROKEN = "\N{NO-BREAK SPACE}"
"""Keeps a number and its unit on one line."""
FaceHandler = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class FaceTile:
    """A face of a sheet, by its place in the data, and what stands below it."""

    place: int
    caption: str


def face_url(shown: DataCatalogue, place: int, *, eyes: bool, large: bool = False) -> str:
    """Where the picture of a face is; another one where the data is another."""
    switches = f"large={large}&eyes={eyes}".lower()
    return f"/api/faces/{place}?{switches}&of={shown.manifest.fingerprint[:12]}"


def tile_of(shown: DataCatalogue, place: int, caption: str = "") -> FaceTile:
    """A face with its label as corrected, and what was corrected."""
    record = shown.corrected[place].record
    mark = " · left out" if place in shown.excluded else " · relabelled" if place in shown.notes else ""
    told = caption or f"{spoken(record.label)}, {record.box.side:.0f}{UNBROKEN}px"
    return FaceTile(place, f"{told}{mark}")


def face_sheet(shown: DataCatalogue, tiles: Iterable[FaceTile], handler: FaceHandler, *, eyes: bool) -> None:
    """Faces side by side; a click on one calls the handler with its place."""
    with ui.element("div").classes("bench-sheet"):
        for tile in tiles:
            button = ui.element("button").classes("bench-tile").props("type=button")
            button.classes("bench-out" if tile.place in shown.excluded else "")
            with button.on("click", partial(handler, tile.place)):
                image = ui.element("img").props("loading=lazy width=112 height=112")
                image.props["src"] = face_url(shown, tile.place, eyes=eyes)
                image.props["alt"] = ""
                words("span", tile.caption)


class FaceDialog:
    """What a click on a face opens; one for each page."""

    def __init__(self, desk: DataDesk, changed: Callable[[], Awaitable[None]]) -> None:
        """`changed` is called when a face was corrected."""
        self._desk = desk
        self._changed = changed
        with ui.dialog().props('aria-label="A face" transition-duration=0') as self._dialog:
            # No other element of a dialog can be clicked on.
            self._card = ui.element("div").classes("bench-card bench-dialog")

    async def open(self, place: int, *, eyes: bool) -> None:
        """Shows a face of the data."""
        try:
            shown, sentence = await asyncio.to_thread(self._desk.catalogue), ""
        except MaskGateError as error:
            shown, sentence = None, str(error)
        # Somebody may have left the page meanwhile.
        if self._card.is_deleted:
            return
        self._card.clear()
        with self._card:
            if shown is None:
                problem(sentence)
            else:
                self._fill(shown, place, eyes=eyes)
        self._dialog.open()

    def _fill(self, shown: DataCatalogue, place: int, *, eyes: bool) -> None:
        heading(spoken(shown.corrected[place].record.label))
        with ui.element("div").classes("bench-row"):
            self._add_picture(shown, place, eyes=eyes)
            with ui.element("div").classes("bench-grow"):
                _add_facts(shown, place)
        self._add_buttons(shown, place)

    @staticmethod
    def _add_picture(shown: DataCatalogue, place: int, *, eyes: bool) -> None:
        image = ui.element("img").classes("bench-picture bench-large").props("width=480 height=480")
        image.props["src"] = face_url(shown, place, eyes=eyes, large=True)
        image.props["alt"] = f"a face, {spoken(shown.corrected[place].record.label)}"

    def _add_buttons(self, shown: DataCatalogue, place: int) -> None:
        kept, record = self._desk.corrections, shown.faces[place].record
        words(
            "p", "What does it show? The data itself is not changed, and you can take it back.", "bench-quiet"
        )
        with ui.element("div").classes("bench-row"):
            for label in LABELS:
                button = self._button(spoken(label), partial(kept.relabel, record, Label(label)))
                if label is shown.corrected[place].record.label and place not in shown.excluded:
                    button.props("aria-pressed=true")
        with ui.element("div").classes("bench-row"):
            reason = ui.input("Why it is left out, if you like").props("dense").classes("bench-select")
            self._button("Leave it out", lambda: kept.exclude(record, str(reason.value or "")))
            if place in shown.notes:
                self._button("Take the correction back", partial(kept.undo, record))
            words("button", "Close", "bench-button").props("type=button").on("click", self._dialog.close)

    def _button(self, title: str, correct: Callable[[], None]) -> ui.element:
        async def pressed() -> None:
            try:
                await asyncio.to_thread(correct)
            except MaskGateError as error:
                with self._card:
                    problem(str(error))
                return
            self._dialog.close()
            await self._changed()

        return words("button", title, "bench-button").props("type=button").on("click", pressed)


def _add_facts(shown: DataCatalogue, place: int) -> None:
    face, note = shown.faces[place], shown.notes.get(place)
    facts(
        {
            "Label in the data": spoken(face.record.label),
            "Corrected": "no" if note is None else f"left out: {note.flag}" if note.flag else "relabelled",
            "Source": face.record.source,
            "Part": face.part,
            "Size": f"{face.record.box.side:.0f} px",
            "Picture": face.record.image.name,
            "Like it": number_of(len(shown.groups[face.group]) - 1, "other face"),
        }
    )
