"""Messages to a device, held against the rules before anything is done about them. Pure.

The rules are those of `ack` and `command` in `schemas/mqtt.schema.json`, and that ranges go upwards.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from edge.types import SEQUENCE_BITS, SHORT_NAME

MAX_ACK_BYTES = 8_192
MAX_COMMAND_BYTES = 1_024
MAX_MISSING = 100
# One below the mask, so that one more is still a sequence.
LARGEST_SEQUENCE = (1 << SEQUENCE_BITS) - 2
"""No sequence is as large; one that is more would not fit into the spool."""

MAX_MUTE_S = 3_600
_MAX_REASON = 120
"""Characters of a sentence on a message that is refused; whoever sent it chose some of them."""


class InboundError(ValueError):
    """A message breaks a rule; says which."""


def _whole(value: object) -> object:
    """JSON knows one kind of number, so that 3.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _ascending(pair: tuple[int, int]) -> tuple[int, int]:
    if pair[0] > pair[1]:
        raise PydanticCustomError("descending_range", "a range goes upwards")
    return pair


_Sequence = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=LARGEST_SEQUENCE)]
_Range = Annotated[tuple[_Sequence, _Sequence], AfterValidator(_ascending)]


class _InboundMessage(BaseModel):
    # A member that is misspelt makes a bad message, not one that asks for less.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Ack(_InboundMessage):
    """What a consumer has, and the ranges (first, last) that it asks for."""

    consumer: Annotated[str, Field(pattern=f"^{SHORT_NAME}$")]
    epoch: Annotated[str, Field(pattern=r"^[0-9A-Za-z]+(-[0-9A-Za-z]+)*$")]
    contiguous: Annotated[int, BeforeValidator(_whole), Field(ge=0, le=LARGEST_SEQUENCE)]
    missing: Annotated[tuple[_Range, ...], Field(max_length=MAX_MISSING)] = ()


class MuteCommand(_InboundMessage):
    """The buzzer is to be silent for a while; for 0 seconds: no longer."""

    command: Literal["mute"]
    seconds: Annotated[int, BeforeValidator(_whole), Field(ge=0, le=MAX_MUTE_S)]


class ReplayCommand(_InboundMessage):
    """Events of the present epoch are to be sent again."""

    command: Literal["replay"]
    first: Annotated[_Sequence, Field(alias="from")]
    last: Annotated[_Sequence, Field(alias="to")]

    @model_validator(mode="after")
    def _goes_upwards(self) -> ReplayCommand:
        _ascending((self.first, self.last))
        return self


Command = MuteCommand | ReplayCommand
_ACK = TypeAdapter(Ack)
_COMMAND: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="command")])
MessageT = TypeVar("MessageT")


def parse_ack(payload: bytes) -> Ack:
    """Reads the payload of an `ack`.

    Raises:
        InboundError: It breaks the schema or is too large.
    """
    return _parse(_ACK, payload, MAX_ACK_BYTES)


def parse_command(payload: bytes) -> Command:
    """Reads the payload of a `command`.

    Raises:
        InboundError: It breaks the schema or is too large.
    """
    return _parse(_COMMAND, payload, MAX_COMMAND_BYTES)


def _parse(adapter: TypeAdapter[MessageT], payload: bytes, max_bytes: int) -> MessageT:
    # Before it is parsed, since others choose how much that is.
    if len(payload) > max_bytes:
        raise InboundError(f"more than {max_bytes} bytes")
    try:
        message = adapter.validate_json(payload)
        # Pydantic takes the last of members with one name. By now the nesting is known to be flat enough.
        json.loads(payload.decode(), object_pairs_hook=_once_each)
    except ValidationError as error:
        raise InboundError(_reason(error)) from None
    # Others choose these bytes: whatever they bring about is a bad message, and never more than that.
    except Exception as error:
        raise InboundError(str(error)[:_MAX_REASON]) from None
    return message


def _once_each(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise InboundError("a member is given twice")


def _reason(error: ValidationError) -> str:
    """The first thing that is wrong, on one line whatever the names of members are."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    text = f"{where}: {first['msg']}" if where else first["msg"]
    return text.encode("unicode_escape").decode()[:_MAX_REASON]
