"""What others may say to a device, held against the rules before anything is done about it. Pure.

The rules are those of `ack` and `command` in `schemas/mqtt.schema.json`, written by hand: a device has no
validator installed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Set
from dataclasses import dataclass

from edge.types import SEQUENCE_BITS, SHORT_NAME

LARGEST_ACK = 8_192
LARGEST_COMMAND = 1_024
MOST_MISSING = 100
LARGEST_NUMBER = (1 << SEQUENCE_BITS) - 2
"""No sequence is as large; one that is more would not fit into the spool."""

LONGEST_MUTE_S = 3_600

_CONSUMER = re.compile(SHORT_NAME)
_EPOCH = re.compile(r"[0-9A-Za-z]+(-[0-9A-Za-z]+)*", re.ASCII)


class InboundError(ValueError):
    """A message breaks a rule; says which."""


@dataclass(frozen=True, slots=True)
class Ack:
    """What a consumer has, and the ranges (first, last) that it asks for."""

    consumer: str
    epoch: str
    contiguous: int
    missing: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Mute:
    """The buzzer is to be silent for a while."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Resend:
    """Events of the present epoch are to be sent again."""

    first: int
    last: int


def parse_ack(payload: bytes) -> Ack:
    """Reads an `parse_ack`.

    Raises:
        InboundError: It breaks the schema or is too large.
    """
    members = _members(payload, LARGEST_ACK)
    _only(members, {"consumer", "epoch", "contiguous"}, {"missing"})
    missing = members.get("missing", [])
    if not isinstance(missing, list) or len(missing) > MOST_MISSING:
        raise InboundError(f"missing: at most {MOST_MISSING} ranges")
    return Ack(
        _text(members, "consumer", _CONSUMER),
        _text(members, "epoch", _EPOCH),
        _number(members["contiguous"], "contiguous", 0, LARGEST_NUMBER),
        tuple(_range(item) for item in missing),
    )


def parse_command(payload: bytes) -> Mute | Resend:
    """Reads a `parse_command`.

    Raises:
        InboundError: It breaks the schema or is too large.
    """
    members = _members(payload, LARGEST_COMMAND)
    match members.get("command"):
        case "mute":
            _only(members, {"command", "seconds"})
            return Mute(_number(members["seconds"], "seconds", 1, LONGEST_MUTE_S))
        case "replay":
            _only(members, {"command", "from", "to"})
            return Resend(*_range([members["from"], members["to"]]))
    raise InboundError("command: mute or replay")


def _members(payload: bytes, largest: int) -> dict[str, object]:
    if len(payload) > largest:
        raise InboundError(f"more than {largest} bytes")
    try:
        members = json.loads(payload.decode("utf-8"), object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        raise InboundError("no JSON object with each member once") from None
    if not isinstance(members, dict):
        raise InboundError("no JSON object")
    return members


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members


def _only(members: dict[str, object], needed: Set[str], allowed: Set[str] = frozenset()) -> None:
    if needed - set(members) or set(members) - needed - allowed:
        raise InboundError(f"the members are {', '.join(sorted(needed | allowed))}")


def _text(members: dict[str, object], name: str, pattern: re.Pattern[str]) -> str:
    value = members[name]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InboundError(f"{name}: not such a text")
    return value


def _number(value: object, name: str, lowest: int, highest: int) -> int:
    # JSON knows one kind of number: 3.0 is an integer, and true is none.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise InboundError(f"{name}: a whole number from {lowest} to {highest}")
    return value


def _range(item: object) -> tuple[int, int]:
    if not isinstance(item, list) or len(item) != 2:
        raise InboundError("a range is two numbers")
    first = _number(item[0], "a range", 1, LARGEST_NUMBER)
    last = _number(item[1], "a range", 1, LARGEST_NUMBER)
    if first > last:
        raise InboundError("a range goes upwards")
    return first, last
