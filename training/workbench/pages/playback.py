"""A video on its way through the daemon's line, and what came of it: passes and lamp over time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nicegui import ui

from edge.errors import MaskGateError
from edge.replay.timeline import Timeline
from training.workbench.parts import heading, problem, spoken, words
from training.workbench.videos import VideoPlayback

REFRESH_S = 0.5


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasts, in seconds of a recording."""

    name: str
    begin_s: float
    end_s: float


async def show_playbacks(card: ui.element, playbacks: Sequence[VideoPlayback]) -> None:
    """Plays a video by each of its models at once, and shows side by side what comes of it."""
    with card:
        heading(playbacks[0].video.name)
        with ui.element("div").classes("bench-columns"):
            columns = [ui.element("section").classes("bench-model") for _ in playbacks]
    await asyncio.gather(*map(_show_playback, columns, playbacks))


async def _show_playback(card: ui.element, playback: VideoPlayback) -> None:
    """Plays a video in a thread, shows in the card how far it is, and in the end what came of it."""
    card.client.on_delete(playback.stop)
    with card:
        heading(playback.model.title, 3)
        state = words("p", "").props("role=status")
        stop = words("button", "Stop", "bench-button").props("type=button").on("click", playback.stop)
        timer = ui.timer(REFRESH_S, lambda: state.set_text(_progress(playback)))
    try:
        found, sentence = await asyncio.to_thread(playback.run), ""
    except MaskGateError as error:
        found, sentence = None, str(error)
    timer.cancel()
    stop.delete()
    state.delete()
    with card:
        if found is None:
            problem(sentence or "The video was stopped.")
        else:
            show_timeline(found)


def _progress(playback: VideoPlayback) -> str:
    if playback.length_s <= 0:
        return f"{playback.at_s:.0f} s played"
    return f"{min(playback.at_s / playback.length_s, 1):.0%} of {playback.length_s:.0f} s played"


def show_timeline(found: Timeline) -> None:
    """Rows of what the lamp showed and of each pass over time, and a table of the passes."""
    count = len(found.passes)
    passes = "no pass" if not count else "1 pass" if count == 1 else f"{count} passes"
    words("p", f"{passes} in {found.frames} frames, {found.end_s:.1f} s")
    rows = [("Lamp", lamp_spans(found))]
    rows += [
        (f"Pass {number}", [Span(one.outcomes[-1], one.first_s, one.last_s)])
        for number, one in enumerate(found.passes, 1)
    ]
    with ui.element("div").classes("bench-timeline").props("aria-hidden=true"):
        for name, spans in rows:
            words("span", name)
            with ui.element("div").classes("bench-track"):
                _add_spans(spans, max(found.end_s, 0.1))
        words("span", "")
        with ui.element("div").classes("bench-scale"):
            for share in (0, 0.5, 1):
                words("span", f"{share * found.end_s:.1f} s")
    if found.passes:
        _add_table(found)


def lamp_spans(found: Timeline) -> list[Span]:
    """What the lamp showed, from each change to the next."""
    ends = [*(one.at_s for one in found.lamps[1:]), found.end_s]
    return [
        Span(one.lamp, one.at_s, end)
        for one, end in zip(found.lamps, ends, strict=False)
        if one.lamp != "off"
    ]


def _add_spans(spans: Iterable[Span], length_s: float) -> None:
    for span in spans:
        place = f"left:{span.begin_s / length_s:.2%};width:{(span.end_s - span.begin_s) / length_s:.2%}"
        block = words("div", spoken(span.name), f"bench-span {span.name}").style(place)
        block.props["title"] = f"{spoken(span.name)}, {span.begin_s:.1f} s to {span.end_s:.1f} s"


def _add_table(found: Timeline) -> None:
    with ui.element("table").classes("bench-table"):
        with ui.element("thead"), ui.element("tr"):
            for name in ("Pass", "Verdict", "Decided", "Last seen"):
                words("th", name).props("scope=col")
        with ui.element("tbody"):
            for number, one in enumerate(found.passes, 1):
                with ui.element("tr"):
                    words("td", str(number))
                    words("td", ", then ".join(spoken(outcome) for outcome in one.outcomes))
                    words("td", ", ".join(f"{at:.1f} s" for at in one.decided_s))
                    words("td", f"{one.last_s:.1f} s")
