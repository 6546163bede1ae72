"""The screen of `maskgate demo`: lamp, speed, people and messages within 80 columns and 24 lines."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.text import Text

from edge.indicator.patterns import LIT
from edge.pipeline.events import latest_by_pass
from edge.pipeline.lamp_policy import LampPolicy
from edge.pipeline.pipeline import Cycle
from edge.types import Blind, Event, Lamp, Outcome

WIDTH = 79
PEOPLE = 5
MESSAGES = 6
SPARKS = "▁▂▃▄▅▆▇█"
SPARKED = 36
"""Of so many frames the latency is drawn."""

DOTS = ("red", "yellow", "green")
COLOURS = {
    Outcome.COMPLIANT: "green",
    Outcome.NO_MASK: "red",
    Outcome.MASK_INCORRECT: "yellow",
    Outcome.UNSURE: "magenta",
}


@dataclass(frozen=True, slots=True)
class DemoMessage:
    """What a subscriber got: the topic below the device's own, and the payload."""

    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class DemoTimes:
    """Seconds of each frame, by stage."""

    detect: list[float]
    classify: list[float]
    total: list[float]

    def medians_ms(self) -> dict[str, float]:
        """Median milliseconds of each stage; none where there was no frame."""
        stages = {"detect": self.detect, "classify": self.classify, "total": self.total}
        return {name: round(median(times) * 1000, 2) for name, times in stages.items() if times}


class DemoRecord:
    """What the demo has seen so far. The pipeline's thread and the subscriber's write, another one draws."""

    def __init__(self, hold_s: float) -> None:
        """`hold_s`: for how long the lamp shows a verdict."""
        self.events: list[Event] = []
        self.times = DemoTimes([], [], [])
        self.messages: list[DemoMessage] = []
        self.lamp = Lamp.OFF
        self.clip_s = 0.0
        self._policy = LampPolicy(hold_s)
        self._lock = threading.Lock()

    def observe(self, cycle: Cycle, events: tuple[Event, ...]) -> None:
        """Keeps events, times and the lamp."""
        blind, now = isinstance(cycle.moment, Blind), cycle.moment.monotonic
        with self._lock:
            self.events += events
            self.clip_s = now
            self.lamp = self._policy.update(cycle.present, blind, now)
            if cycle.analysis is not None:
                self.times.detect.append(cycle.analysis.detect_s)
                self.times.classify.append(cycle.analysis.classify_s)
                self.times.total.append(cycle.total_s)

    def receive(self, message: DemoMessage) -> None:
        """Keeps a message."""
        with self._lock:
            self.messages.append(message)

    def end(self) -> None:
        """The daemon has ended, and left the lamp dark."""
        with self._lock:
            self.lamp = Lamp.OFF

    def drawn(self) -> Text:
        """The screen as it is now."""
        with self._lock:
            lines = [
                *_state(self.lamp, self.clip_s, self.times.total),
                Text(),
                *_people(self.events),
                Text(),
                *_messages(self.messages),
            ]
        for line in lines:
            line.truncate(WIDTH, overflow="ellipsis")
        return Text("\n").join(lines)


def _state(lamp: Lamp, clip_s: float, total_s: Sequence[float]) -> list[Text]:
    dots = Text()
    for colour, on in zip(DOTS, LIT[lamp], strict=True):
        dots.append("● " if on else "○ ", colour if on else "dim")
    words = Text(lamp.replace("_", " and ").ljust(14))
    speed = f"{median(total_s) * 1000:.1f} ms a frame  {_sparks(total_s[-SPARKED:])}" if total_s else ""
    return [
        _titled("Lamp", dots.append_text(words).append(f"{clip_s:6.1f} s, {len(total_s)} frames")),
        _titled("Latency", Text(speed)),
    ]


def _sparks(values: Sequence[float]) -> str:
    most = max(values)
    return "".join(SPARKS[min(int(value / most * len(SPARKS)), len(SPARKS) - 1)] for value in values)


def _people(events: Sequence[Event]) -> list[Text]:
    """The last people, with their verdicts in order; the number of lines is always the same."""
    lines = [_titled("People", Text(f"{'pass':<6}{'decided':>9}{'face':>9}   verdict", "dim"))]
    for pass_id, last in list(latest_by_pass(events).items())[-PEOPLE:]:
        own = [event.verdict for event in events if event.pass_id == pass_id]
        line = Text(f"{last.verdict.number:<6}{own[0].monotonic:7.1f} s{last.verdict.face_px:6d} px   ")
        for number, verdict in enumerate(own):
            line.append(" -> " if number else "")
            line.append(verdict.outcome.value, COLOURS[verdict.outcome])
        lines.append(_titled("", line))
    return lines + [Text()] * (1 + PEOPLE - len(lines))


def _messages(messages: Sequence[DemoMessage]) -> list[Text]:
    """The last messages, shortened; the number of lines is always the same."""
    lines = [_titled("Messages", Text(f"{'topic':<15}payload", "dim"))]
    lines += [_titled("", Text(f"{one.topic:<15}{_gist(one)}")) for one in messages[-MESSAGES:]]
    return lines + [Text()] * (1 + MESSAGES - len(lines))


GIST = {
    "event": ("verdict", "revision", "face_px"),
    "state": ("lamp", "people", "blind"),
}
"""Of a long payload, the members that a person looks for."""


def _gist(message: DemoMessage) -> str:
    """A payload with the members that matter most, or as much of it as there is room for."""
    members = GIST.get(message.topic)
    if members is None:
        return message.payload
    payload = json.loads(message.payload)
    shown = {name: payload[name] for name in members if name in payload}
    return f"{json.dumps(shown)[:-1]}, ...}}"


def _titled(title: str, line: Text) -> Text:
    return Text(f"{title:<10}", "bold").append_text(line)
