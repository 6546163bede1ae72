"""What the tools can ask of a spool, what comes back, and how both are written: a line of JSON each.

`{"ask": "page", "limit": 10}` is answered with `{"answer": {...}}` or `{"error": "sentence"}`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from edge.errors import SpoolError
from edge.spool.records import ConsumerMark, Purged, Replayed
from edge.telemetry.minutes import MinuteStats
from edge.telemetry.records import Minute, SenderState
from edge.types import Lamp, Reason, Sight, State

MOST_ROWS = 500
"""Events in one answer, so that no export keeps the spool's thread from storing events."""

MOST_BY = 200
"""Characters that say who switches the live view."""

_EXACT = ConfigDict(strict=True, extra="forbid")
_A = TypeVar("_A")
_adapters: dict[type[Any], TypeAdapter[Any]] = {}


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Asks for events in order.

    Attributes:
        after: The position after which they begin.
        upto: The last position.
        limit: How many.
        newest: The last ones instead of the first.
    """

    __pydantic_config__ = _EXACT
    after: int = -1
    upto: int = (1 << 63) - 1
    limit: Annotated[int, Field(ge=0)] = MOST_ROWS
    newest: bool = False
    ask: Literal["page"] = "page"


@dataclass(frozen=True, slots=True)
class StatsRequest:
    """Asks what the spool holds."""

    __pydantic_config__ = _EXACT
    ask: Literal["stats"] = "stats"


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """Asks to send events again, by their sequences; of the present epoch where none is named."""

    __pydantic_config__ = _EXACT
    first: Annotated[int, Field(ge=0)]
    last: Annotated[int, Field(ge=0)]
    epoch: str | None = None
    ask: Literal["replay"] = "replay"


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """Asks to delete events that were decided before a Unix time; `unsent` ones too, or not."""

    __pydantic_config__ = _EXACT
    before: float
    unsent: bool = False
    ask: Literal["purge"] = "purge"


@dataclass(frozen=True, slots=True)
class MinutesRequest:
    """Asks for the minutes that begin from one Unix time to another, both included."""

    __pydantic_config__ = _EXACT
    first: int
    last: int
    ask: Literal["minutes"] = "minutes"


@dataclass(frozen=True, slots=True)
class StateRequest:
    """Asks what the device shows right now."""

    __pydantic_config__ = _EXACT
    ask: Literal["state"] = "state"


@dataclass(frozen=True, slots=True)
class OverviewRequest:
    """Asks for `Overview`: all that a page shows, at once."""

    __pydantic_config__ = _EXACT
    ask: Literal["overview"] = "overview"


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """Asks for a picture of the live view."""

    __pydantic_config__ = _EXACT
    ask: Literal["view"] = "view"


@dataclass(frozen=True, slots=True)
class SwitchViewRequest:
    """Asks to switch the live view on or off; `by`: who wants that, for the log."""

    __pydantic_config__ = _EXACT
    on: bool
    by: Annotated[str, Field(max_length=MOST_BY)]
    ask: Literal["switch_view"] = "switch_view"


@dataclass(frozen=True, slots=True)
class SightRequest:
    """Asks what the camera has seen within the last seconds; measuring begins with the first question."""

    __pydantic_config__ = _EXACT
    ask: Literal["sight"] = "sight"


@dataclass(frozen=True, slots=True)
class LampRequest:
    """Asks to show something on the lamp for some seconds, whoever is at the door."""

    __pydantic_config__ = _EXACT
    lamp: Lamp
    ask: Literal["lamp"] = "lamp"


@dataclass(frozen=True, slots=True)
class RelayRequest:
    """Asks to energise the relay for one pulse, whoever is at the door."""

    __pydantic_config__ = _EXACT
    ask: Literal["relay"] = "relay"


FileRequest = PageRequest | StatsRequest | ReplayRequest | PurgeRequest | MinutesRequest
"""What the file answers, also where no daemon runs."""

LiveViewRequest = ViewRequest | SwitchViewRequest
"""What only the process that sees can answer."""

CommissionRequest = SightRequest | LampRequest | RelayRequest
"""What an installer asks of it."""

Request = FileRequest | StateRequest | OverviewRequest | LiveViewRequest | CommissionRequest


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event in the spool: its message, the Unix times of its decision and of its acknowledgement."""

    position: int
    epoch: str
    payload: str
    wall: float
    sent_at: float | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, in order of their positions."""

    events: tuple[StoredEvent, ...]


@dataclass(frozen=True, slots=True)
class EpochInfo:
    """An epoch of the file: its events have the positions `generation << 40 | sequence`.

    `site` and `device` are whose they are; None where nobody wrote it down.
    """

    name: str
    generation: int
    last: int
    site: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class SpoolStats:
    """What the spool holds. Times are Unix times; `waiting` events are not on disk yet.

    `newest` is the position of the newest event that is; -1 where there is none.
    """

    epochs: tuple[EpochInfo, ...]
    unsent: int
    waiting: int
    stored: int
    bytes: int
    max_events: int
    max_bytes: int
    dropped: dict[Reason, int]
    gaps: int
    gaps_unsent: int
    oldest_unsent: float | None
    marks: tuple[ConsumerMark, ...]
    problem: str
    newest: int = -1


@dataclass(frozen=True, slots=True)
class Minutes:
    """Minutes in which anything was counted, in order of time."""

    minutes: tuple[Minute, ...]


@dataclass(frozen=True, slots=True)
class CurrentState:
    """What the device shows right now.

    Attributes:
        state: None before the first frame, and where no daemon runs.
        recent: The present minute as it went until some seconds ago; None before there is one.
        sender: How the sending goes; None where nothing is sent, or the sender is silent.
    """

    state: State | None
    recent: MinuteStats | None = None
    sender: SenderState | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """What a device shows and what its spool holds; `current` is None where no daemon runs."""

    current: CurrentState | None
    spool: SpoolStats


@dataclass(frozen=True, slots=True)
class LiveViewAnswer:
    """How the live view stands.

    Attributes:
        allowed: Whether the configuration allows it.
        until: Unix time at which it ends; None while it is off.
        jpeg: The picture that was asked for, in Base64. It comes from the process that sees, and has eyes and
            foreheads pixelated. Empty where none was asked for.
        problem: Why there is none; empty where there is.
    """

    allowed: bool
    until: float | None
    jpeg: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SightAnswer:
    """What the camera has seen; None where measuring has just begun, or there is no picture."""

    sight: Sight | None


@dataclass(frozen=True, slots=True)
class Started:
    """It is done, and lasts for so many seconds."""

    seconds: float


Answer = (
    Page
    | SpoolStats
    | Replayed
    | Purged
    | Minutes
    | CurrentState
    | Overview
    | LiveViewAnswer
    | SightAnswer
    | Started
)


@dataclass(frozen=True, slots=True)
class _Answered:
    __pydantic_config__ = _EXACT
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Refused:
    __pydantic_config__ = _EXACT
    error: str


def encode_request(request: Request) -> bytes:
    """A request as a line."""
    return _line(asdict(request))


def encode_answer(answer: Answer) -> bytes:
    """An answer as a line."""
    # Not `asdict`, which takes three times as long, while the loop that sees waits for the interpreter.
    return _line({"answer": _adapter_of(type(answer)).dump_python(answer)})


def encode_error(sentence: str) -> bytes:
    """The line that says why there is no answer."""
    return _line({"error": sentence})


def parse_request(line: bytes) -> Request:
    """The request in a line.

    Raises:
        SpoolError: It holds none.
    """
    try:
        return _requests().validate_json(line)
    except ValidationError as error:
        raise SpoolError(
            f"this is no request that the daemon knows ({_first(error)}); "
            "tool and daemon must be of one version"
        ) from None


def parse_reply(line: bytes, kind: type[_A]) -> _A:
    """The answer in a line.

    Args:
        line: What came back.
        kind: The class of the answer.

    Raises:
        SpoolError: The request was refused, or the line is no answer of this kind.
    """
    try:
        reply = _replies().validate_json(line)
        if isinstance(reply, _Answered):
            answer: _A = _adapter_of(kind).validate_python(reply.answer)
            return answer
    except ValidationError as error:
        raise SpoolError(
            f"its answer cannot be read ({_first(error)}); tool and daemon must be of one version"
        ) from None
    raise SpoolError(reply.error)


# Made when they are first used: the daemon does not wait for them at its start.
@cache
def _requests() -> TypeAdapter[Request]:
    return TypeAdapter(Annotated[Request, Field(discriminator="ask")])


@cache
def _replies() -> TypeAdapter[_Answered | _Refused]:
    return TypeAdapter(_Answered | _Refused)


def _adapter_of(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def _first(error: ValidationError) -> str:
    """What is wrong, and with which member."""
    found = error.errors(include_url=False, include_input=False)[0]
    member = ".".join(map(str, found["loc"]))
    return f"{member}: {found['msg']}" if member else found["msg"]


def _line(message: dict[str, Any]) -> bytes:
    # A path or a name may hold bytes that are no text.
    return json.dumps(message, ensure_ascii=False).encode(errors="replace") + b"\n"
