"""What the process that sends can ask of the one that holds the spool, and how both are written.

One connection carries many calls, each a line of JSON: `{"call": "unsent", "arguments": [-1, 100]}`. The
reply is a line too: `+` and the answer as JSON, or `-` and a sentence as JSON. The call `watch` has no
end: a `Snapshot` comes after each change, and at least once a second.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from edge.errors import SpoolError
from edge.messages.payloads import Stored
from edge.spool.records import ConsumerMark, Replayed
from edge.telemetry.minutes import MinuteStats
from edge.telemetry.records import Minute, SenderState, SpoolUsage
from edge.types import DeviceKey, Gap, PassNotice, State

WATCH = "watch"
MUTE = "mute"
MOST_POSITIONS = 500
"""Events that are marked by one call."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How the spool is, and what there is to send besides events.

    Attributes:
        state: What the device shows; None before the first.
        problem: What is wrong with the spool; empty while all is well.
        replays: How often events became unsent again.
        figures: How full it is.
        minutes: Minutes that ended since the last snapshot of any connection.
    """

    state: State | None
    problem: str
    replays: int
    figures: SpoolUsage
    minutes: tuple[MinuteStats, ...]


@dataclass(frozen=True, slots=True)
class CallShape:
    """The types of a call's arguments, as one tuple, and of its answer."""

    arguments: Any
    answer: Any


CALLS = {
    "newest": CallShape(tuple[()], int),
    "unsent": CallShape(tuple[int, int], tuple[Stored, ...]),
    "mark_sent": CallShape(tuple[tuple[int, ...]], NoneType),
    "give_up": CallShape(tuple[tuple[int, ...]], NoneType),
    "unsent_gaps": CallShape(tuple[int], tuple[Gap, ...]),
    "mark_gaps_sent": CallShape(tuple[tuple[int, ...]], NoneType),
    "next_notice": CallShape(tuple[()], PassNotice | None),
    "minutes": CallShape(tuple[int, int], tuple[Minute, ...]),
    "origins": CallShape(tuple[()], tuple[DeviceKey, ...]),
    "marks": CallShape(tuple[()], tuple[ConsumerMark, ...]),
    "set_mark": CallShape(tuple[ConsumerMark], NoneType),
    "set_sender": CallShape(tuple[SenderState], NoneType),
    "replay": CallShape(tuple[int, int, str | None, float | None], Replayed),
    "flush": CallShape(tuple[float], NoneType),
    MUTE: CallShape(tuple[float], NoneType),
    WATCH: CallShape(tuple[()], Snapshot),
}
"""All that can be called; most are methods of the spool."""


@dataclass(frozen=True, slots=True)
class _Call:
    call: str
    arguments: list[Any]


def encode_call(name: str, *arguments: object) -> bytes:
    """A call as a line."""
    given = _adapter(name, "arguments").dump_python(arguments, mode="json")
    return json.dumps({"call": name, "arguments": given}).encode() + b"\n"


def parse_call(line: bytes) -> tuple[str, tuple[Any, ...]]:
    """The name and the arguments of a call.

    Raises:
        SpoolError: It is none that is known.
    """
    try:
        call = _calls().validate_json(line)
        return call.call, _adapter(call.call, "arguments").validate_python(call.arguments)
    except (ValidationError, KeyError):
        raise SpoolError(
            "this is no call that the spool knows; both processes must be of one version"
        ) from None


def encode_answer(name: str, answer: object) -> bytes:
    """An answer as a line."""
    return b"+" + _adapter(name, "answer").dump_json(answer) + b"\n"


def encode_refusal(sentence: str) -> bytes:
    """The line that says why there is no answer."""
    return b"-" + json.dumps(sentence).encode() + b"\n"


def parse_reply(name: str, line: bytes) -> Any:
    """The answer in a line.

    Raises:
        SpoolError: The call was refused, or the line is no answer to it.
    """
    try:
        if line.startswith(b"+"):
            return _adapter(name, "answer").validate_json(line[1:])
        sentence = json.loads(line[1:])
    except (ValidationError, ValueError):
        raise SpoolError(
            "the answer of the spool cannot be read; both processes must be of one version"
        ) from None
    raise SpoolError(str(sentence))


@cache
def _calls() -> TypeAdapter[_Call]:
    return TypeAdapter(_Call)


@cache
def _adapter(name: str, part: str) -> TypeAdapter[Any]:
    return TypeAdapter(getattr(CALLS[name], part))
