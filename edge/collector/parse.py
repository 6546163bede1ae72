"""From the bytes of a message to a record; whatever breaks the rules becomes a `Rejected`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from jsonschema_rs import Draft202012Validator, ValidationError
from pydantic_core import from_json

from edge.collector.records import (
    AvailabilityRecord,
    CameraRecord,
    EventRecord,
    GapRecord,
    Heartbeat,
    Record,
    Rejected,
)
from edge.messages.inbound import LARGEST_SEQUENCE
from edge.messages.payloads import SCHEMA_FILE
from edge.messages.topics import OFFLINE, ONLINE, PREFIX
from edge.types import NAME, DeviceKey

KINDS = ("event", "gap", "availability", "state", "stats")
"""Last levels of the topics that a collector wants."""

NEEDED_STATE = ("blind", "reason", "since")
LONGEST_NAME = 200
# RFC 8259, section 6: beyond it programs no longer agree on a whole number.
LARGEST_NUMBER = 2**53
DEEPEST = 16
"""Values within values; a message of a device has two."""

FIRST_YEAR, LAST_YEAR = 1900, 9900
AHEAD_S = 5.0
"""How far ahead of this machine's clock a device's clock may be and still be believed."""

_NAME = re.compile(NAME)
_Members = dict[str, Any]
ReadT = TypeVar("ReadT")


class _BadMessageError(ValueError):
    """The message breaks a rule; says which."""


class Parser:
    """Holds every message against the JSON Schema.

    Members that the schema does not know are let through: a device may be newer than its collector. Of a
    state only what is used must be there, of stats nothing: a device may be older.
    """

    def __init__(self, prefix: str = PREFIX) -> None:
        """`prefix`: with what the topics of the devices begin."""
        self._prefix = prefix
        definitions = _bounded(json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))["$defs"])
        self._validators = {
            kind: Draft202012Validator({**_tolerant(definitions[kind], needed), "$defs": definitions})
            for kind, needed in (("event", None), ("gap", None), ("state", NEEDED_STATE), ("stats", ()))
        }

    def read(self, topic: str, payload: bytes, received: float) -> Record | None:
        """The record of one message.

        Args:
            topic: Its topic.
            payload: Its bytes.
            received: Unix time now.

        Returns:
            None for an empty message, with which a retained one is taken back.
        """
        return _guarded(lambda: self._read(topic, payload, received), topic, payload, received)

    def exported(self, site: str, payload: bytes, received: float) -> EventRecord | Rejected:
        """The event of a line that a device exported; one of an older device does not say the site.

        Args:
            site: Where the device publishes; empty where the events say it.
            payload: The line.
            received: Unix time now.
        """
        return _guarded(lambda: self._exported(site, payload, received), "", payload, received)

    def _read(self, topic: str, payload: bytes, received: float) -> Record | None:
        place, kind = _address(topic, self._prefix)
        if kind == "availability":
            return _presence(place, payload, received)
        if kind in ("state", "stats") and not payload:
            return None
        return self._json(place, kind, payload, received)

    def _exported(self, site: str, payload: bytes, received: float) -> EventRecord:
        members = self._members("event", payload)
        own = members.get("site", "")
        if not (own or site):
            raise _BadMessageError(
                "it does not say its site; give what that device has as device.site with --site"
            )
        if own and site and own != site:
            raise _BadMessageError(
                f"it is of the site {own!r}, not {site!r}; leave --site away, the event says it"
            )
        return _event(_place(own or site, members["device"]), members, received)

    def _json(self, place: DeviceKey, kind: str, payload: bytes, received: float) -> Record:
        members = self._members(kind, payload)
        if kind == "stats":
            return Heartbeat(place, received)
        if kind == "state":
            return _sight(place, members, received)
        return _event(place, members, received) if kind == "event" else _gap(place, members, received)

    def _members(self, kind: str, payload: bytes) -> _Members:
        members: _Members = _load(payload)
        try:
            # The first error alone: each holds a copy of the message.
            self._validators[kind].validate(members)
        except ValidationError as error:
            _check_storable(members, DEEPEST)
            where = "/".join(map(str, error.instance_path))
            raise _BadMessageError(f"{where}: {error.message}" if where else error.message) from None
        return members


def _guarded(read: Callable[[], ReadT], topic: str, payload: bytes, received: float) -> ReadT | Rejected:
    """What `read` makes of a message: others choose its bytes, so that whatever goes wrong is its fault."""
    try:
        return read()
    except _BadMessageError as error:
        reason = str(error)
    except (KeyboardInterrupt, SystemExit):
        raise
    # A panic of native code is no `Exception`.
    except BaseException as error:
        reason = f"it cannot be read: {type(error).__name__}: {error}"
    return Rejected(topic, payload, reason, received)


def _bounded(schema: Any) -> Any:
    """A schema whose numbers are no larger than every program can hold."""
    if isinstance(schema, list):
        return [_bounded(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _bounded(value) for key, value in schema.items()}
    # A property may be called `type` as well.
    is_value = isinstance(schema.get("type"), str | list)
    return {"minimum": -LARGEST_NUMBER, "maximum": LARGEST_NUMBER, **inner} if is_value else inner


def _tolerant(definition: _Members, needed: tuple[str, ...] | None) -> _Members:
    known = {key: value for key, value in definition.items() if key != "additionalProperties"}
    return known if needed is None else {**known, "required": list(needed)}


def _address(topic: str, prefix: str) -> tuple[DeviceKey, str]:
    levels = topic.removeprefix(f"{prefix}/").split("/")
    if not topic.startswith(f"{prefix}/") or len(levels) != 3 or levels[2] not in KINDS:
        raise _BadMessageError(f"no device publishes to {topic!r}")
    return _place(levels[0], levels[1]), levels[2]


def _place(site: str, device: str) -> DeviceKey:
    for level in (site, device):
        if not _NAME.fullmatch(level) or len(level) > LONGEST_NAME:
            raise _BadMessageError(f"{level!r} is no name of a site or device")
    return DeviceKey(site, device)


def _load(payload: bytes) -> Any:
    """The JSON value, if it is one that a database can hold; how large its numbers are, the schema says."""
    # Without an escape no text holds a NUL or half a character, and without many brackets nothing is deep.
    if b"\\" not in payload and payload.count(b"{") + payload.count(b"[") <= DEEPEST:
        with suppress(ValueError):
            return from_json(payload, allow_inf_nan=False)
    return _load_carefully(payload)


def _load_carefully(payload: bytes) -> Any:
    """As `_load`, whatever the payload, and with a sentence on what is wrong with it; takes long."""
    try:
        # Python reads NaN and Infinity, which JSON does not have.
        value = json.loads(payload.decode(), parse_constant=_no_number)
        _check_storable(value, DEEPEST)
    except RecursionError:
        raise _BadMessageError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise _BadMessageError("it is not UTF-8") from None
    except UnicodeEncodeError:
        raise _BadMessageError("a text in it has half a character") from None
    # It is a ValueError as well, and has its sentence already.
    except _BadMessageError:
        raise
    except ValueError as error:
        raise _BadMessageError(f"it is not JSON: {error}") from None
    return value


def _no_number(word: str) -> None:
    raise _BadMessageError(f"{word} is not JSON")


def _check_storable(value: object, deepest: int) -> None:
    match value:
        case str():
            # Half a surrogate pair fails here, and not in the database.
            value.encode()
            # PostgreSQL has no NUL in a text.
            if "\0" in value:
                raise _BadMessageError("a text in it holds the character 0")
        # Before `int`, of which `bool` is a subclass.
        case bool():
            pass
        case int() | float():
            if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
                raise _BadMessageError("a number in it is too large")
        case list() | dict():
            if not deepest:
                raise _BadMessageError("it is nested too deeply")
            inner = (*value, *value.values()) if isinstance(value, dict) else value
            for item in inner:
                _check_storable(item, deepest - 1)


def _presence(place: DeviceKey, payload: bytes, received: float) -> AvailabilityRecord | None:
    if not payload:
        return None
    if payload not in (ONLINE, OFFLINE):
        raise _BadMessageError("availability is the bare word online or offline")
    return AvailabilityRecord(place, payload == ONLINE, received)


def _check_names(place: DeviceKey, members: _Members, expected_id: str) -> None:
    if members.get("site", place.site) != place.site:
        raise _BadMessageError(f"it names the site {members['site']!r} on the topic of {place.site!r}")
    if members["device"] != place.device:
        raise _BadMessageError(f"it names the device {members['device']!r} on the topic of {place.device!r}")
    if members["id"] != expected_id:
        raise _BadMessageError(f"its id is {members['id']!r}, its other members make {expected_id!r}")
    if any(len(members.get(key, "")) > LONGEST_NAME for key in ("epoch", "pass_id")):
        raise _BadMessageError(f"a name in it is longer than {LONGEST_NAME} characters")


def _check_sequence(sequence: float) -> None:
    if sequence > LARGEST_SEQUENCE:
        raise _BadMessageError(f"the sequence {sequence} lies beyond all that an `ack` can name")


def _event(place: DeviceKey, members: _Members, received: float) -> EventRecord:
    sequence = int(members["sequence"])
    _check_sequence(sequence)
    _check_names(place, members, f"{place.device}/{members['epoch']}/{sequence}")
    shares, votes = members["probabilities"], members["votes"]
    return EventRecord(
        id=members["id"],
        site=place.site,
        device=place.device,
        epoch=members["epoch"],
        sequence=sequence,
        pass_id=members["pass_id"],
        revision=int(members["revision"]),
        verdict=members["verdict"],
        with_mask=float(shares["with_mask"]),
        without_mask=float(shares["without_mask"]),
        mask_worn_incorrectly=float(shares["mask_worn_incorrectly"]),
        votes_with_mask=float(votes["with_mask"]),
        votes_without_mask=float(votes["without_mask"]),
        votes_mask_worn_incorrectly=float(votes["mask_worn_incorrectly"]),
        frames=int(members["frames"]),
        face_px=int(members["face_px"]),
        model_version=members["model_version"],
        wall_time=members["wall_time"],
        at=_unix(members["wall_time"]),
        monotonic_time=float(members["monotonic_time"]),
        clock_synced=members["clock_synced"],
        received=received,
        direction=members.get("direction"),
    )


def _gap(place: DeviceKey, members: _Members, received: float) -> GapRecord:
    _check_names(place, members, f"{place.device}/{members['epoch']}/gap/{int(members['number'])}")
    first, last = int(members["from"]), members["to"]
    _check_sequence(first if last is None else max(first, last))
    if last is not None and last < first:
        raise _BadMessageError(f"it ends with {last}, before it begins with {first}")
    return GapRecord(
        id=members["id"],
        site=place.site,
        device=place.device,
        epoch=members["epoch"],
        first=first,
        last=None if last is None else int(last),
        reason=members["reason"],
        wall_time=members["wall_time"],
        received=received,
    )


def _unix(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _BadMessageError(f"{text} is no time") from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise _BadMessageError(f"{text} lies outside the years that a report can show")
    return moment.timestamp()


def _sight(place: DeviceKey, members: _Members, received: float) -> CameraRecord:
    since = _unix(members["since"])
    # A device's clock is believed where it is not ahead of this machine's.
    since = since if since <= received + AHEAD_S else received
    return CameraRecord(place, members["blind"], members["reason"], since, received)
