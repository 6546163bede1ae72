"""Trying models: pictures, a video and a webcam, judged as a device would judge them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nicegui import ui
from nicegui.events import GenericEventArguments

from edge.contract import LABELS, answer_text
from edge.errors import MaskGateError
from edge.web.uploads import Upload
from training.workbench.bench import Workbench
from training.workbench.builtin import CLIP_VIDEO, clip_picture
from training.workbench.frame import page_frame
from training.workbench.looking import FaceView, LookOptions, ModelView, PictureView, look
from training.workbench.models import SHIPPED, TriedModel
from training.workbench.pages.playback import show_playbacks
from training.workbench.parts import ChoiceList, bars, facts, heading, hint, number_of, problem, spoken, words
from training.workbench.videos import VideoPlayback, WaitingVideo

HINT = (
    "See what a device would decide about a picture, a video or your webcam, and why. Nothing leaves this "
    "machine. Where it is wrong, add such pictures and train anew, on the page"
)
NOBODY = ""
"""In the place of a second model."""
MOST_SHOWN = 12
"""Pictures that stay on the page, the latest first."""
COLOURS = dict(zip(LABELS, ("compliant", "no_mask", "mask_incorrect"), strict=True))


def add(bench: Workbench) -> None:
    """Tells the library of the pages that there is this one."""

    @ui.page("/")
    def try_page() -> None:
        with page_frame(bench, "/"):
            TryPage(bench).build()


class TryPage:
    """One browser's page: what is chosen on it, and the pictures that were tried."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._results: list[ui.element] = []
        self._looking = 0

    def build(self) -> None:
        """Fills the page."""
        hint(HINT, "Renew", "/renew")
        with ui.element("section").classes("bench-card"):
            self._add_choices()
            self._add_ways_in()
        with ui.element("div"):
            self._state = words("p", "", "bench-quiet").props("role=status")
            self._messages = ui.element("div")
            self._live = ui.element("div")
        self._shown = ui.element("div").classes("bench-stack")
        ui.on("bench-begin", self._messages.clear)
        ui.on("bench-picture", self._on_picture)
        ui.on("bench-frame", self._on_frame)
        ui.on("bench-video", self._on_video)
        ui.on("bench-problem", self._on_problem)
        ui.add_body_html('<script type="module" src="/workbench/try.js"></script>')

    def _add_choices(self) -> None:
        names = {one.key: one.title for one in self._bench.models.choices()}
        with ui.element("div").classes("bench-row"):
            self._first = ChoiceList("Model", names, SHIPPED)
            self._second = ChoiceList("Compare it with", {NOBODY: "None", **names}, NOBODY)
            self._pixelated = ui.switch("Pixelate eyes", value=True)
            self._heat = ui.switch("Show where it looks", value=True)

    def _add_ways_in(self) -> None:
        """What `try.js` listens to: a place to drop files on, which opens a dialog too, and the webcam."""
        with ui.element("label").classes("bench-drop").props("id=drop for=files"):
            words("span", "Drop pictures or a video here, paste a picture, or choose files")
            ui.element("input").props('type=file id=files multiple accept="image/*,video/*"')
        with ui.element("div").classes("bench-row"):
            words("button", "Open the webcam", "bench-button").props("type=button id=webcam")
            for title, handler in (
                ("Try a picture of the built-in clip", self._on_clip_picture),
                ("Play the built-in clip", self._on_clip),
            ):
                words("button", title, "bench-button").props("type=button").on("click", handler)
            words("span", "", "bench-quiet").props("id=progress role=status")

    def _on_problem(self, event: GenericEventArguments) -> None:
        self._tell(str(event.args))

    def _tell(self, sentence: str) -> None:
        with self._messages:
            problem(sentence)

    async def _on_picture(self, event: GenericEventArguments) -> None:
        await self._show_picture(lambda: self._bench.pictures.take(str(event.args)))

    def _show_state(self, more: int) -> None:
        """Counts the pictures that are being looked at: to open a network takes seconds."""
        self._looking += more
        left = "a picture" if self._looking == 1 else f"{self._looking} pictures"
        self._state.set_text(f"Looking at {left} ..." if self._looking else "")

    async def _on_clip_picture(self) -> None:
        self._messages.clear()
        await self._show_picture(clip_picture)

    async def _show_picture(self, take: Callable[[], Upload]) -> None:
        self._show_state(1)
        try:
            found = await self._looked(take, heat=bool(self._heat.value))
        finally:
            self._show_state(-1)
        if found is not None:
            with self._new_card():
                show_picture(found)

    async def _on_frame(self, event: GenericEventArguments) -> None:
        """A frame of the webcam takes the place of the one before; the browser is told to send the next."""
        found = await self._looked(lambda: self._bench.pictures.take(str(event.args)), heat=False)
        self._live.clear()
        if found is not None:
            with self._live, ui.element("article").classes("bench-card"):
                show_picture(found)
        ui.run_javascript("window.benchNextFrame?.()" if found else "window.benchCloseWebcam?.()")

    async def _looked(self, take: Callable[[], Upload], *, heat: bool) -> PictureView | None:
        options = LookOptions(bool(self._pixelated.value), heat)
        try:
            upload = await asyncio.to_thread(take)
            models = await self._opened()
            return await asyncio.to_thread(look, upload, models, options)
        except MaskGateError as error:
            self._tell(str(error))
            return None

    async def _opened(self) -> list[TriedModel]:
        """The chosen models: one, or two."""
        keys = dict.fromkeys(key for key in (self._first.value, self._second.value) if key)
        return [await asyncio.to_thread(self._bench.models.open, key) for key in keys]

    async def _on_video(self, event: GenericEventArguments) -> None:
        try:
            with self._bench.videos.taken(str(event.args)) as video:
                await self._play(video)
        except MaskGateError as error:
            self._tell(str(error))

    async def _on_clip(self) -> None:
        self._messages.clear()
        await self._play(CLIP_VIDEO)

    async def _play(self, video: WaitingVideo) -> None:
        try:
            models = await self._opened()
        except MaskGateError as error:
            self._tell(str(error))
        else:
            await show_playbacks(self._new_card(), [VideoPlayback(video, model) for model in models])

    def _new_card(self) -> ui.element:
        """A place above the earlier results; the oldest goes."""
        with self._shown:
            card = ui.element("article").classes("bench-card")
        card.move(target_index=0)
        self._results.insert(0, card)
        for old in self._results[MOST_SHOWN:]:
            old.delete()
        del self._results[MOST_SHOWN:]
        return card


def show_picture(view: PictureView) -> None:
    """A picture as each model sees it, side by side."""
    heading(f"{view.name} · {view.width} x {view.height}")
    with ui.element("div").classes("bench-columns"):
        for model in view.models:
            with ui.element("section").classes("bench-model"):
                _show_model(view, model)


def _show_model(view: PictureView, model: ModelView) -> None:
    heading(model.title, 3)
    count = number_of(len(model.faces), "face") if model.faces else "no face"
    _picture(model.picture, f"{view.name} with {count}")
    if model.uncounted:
        words("p", f"{model.uncounted} more are too uncertain to be faces that count.", "bench-quiet")
    if not model.faces:
        words("p", "No face was found.")
    for number, face in enumerate(model.faces, 1):
        _show_face(number, face, model)


def _show_face(number: int, face: FaceView, model: ModelView) -> None:
    seen = face.still.observation
    heading(f"Face {number}: {spoken(answer_text(seen.answer))}", 4)
    with ui.element("div").classes("bench-face"):
        _picture(face.crop, f"face {number}")
        if face.heat:
            _picture(face.heat, f"what decides about face {number}: {model.heat_kind}")
        with ui.element("div").classes("bench-grow"):
            rows = zip(LABELS, seen.probabilities, model.thresholds, strict=True)
            bars(
                (spoken(label), share, threshold or None, COLOURS[label]) for label, share, threshold in rows
            )
            if any(threshold > 0 for threshold in model.thresholds):
                words("p", "From the line in its bar on, a label is the answer.", "bench-quiet")
    if face.heat:
        words("p", f"{model.heat_kind}: bright is what speaks for the answer.", "bench-quiet")
    elif face.no_heat:
        words("p", face.no_heat, "bench-quiet")
    _show_decision(face)


def _show_decision(face: FaceView) -> None:
    still, seen = face.still, face.still.observation
    words(
        "p",
        f"Somebody who stood like this at the door would get the verdict {spoken(still.verdict)} "
        f"after {still.after_s:.1f} s.",
    )
    for reason in still.reasons:
        words("p", reason)
    facts(
        {
            "Size": f"{seen.face.box.side:.0f} px",
            "Sharpness": f"{seen.sharpness:.0f}",
            "Sure to be a face": f"{seen.face.score:.1%}",
            "Weight of such a frame": f"{still.quality:.0%}",
        }
    )


def _picture(source: str, words_for_it: str) -> None:
    image = ui.element("img").classes("bench-picture")
    image.props["src"], image.props["alt"] = source, words_for_it
