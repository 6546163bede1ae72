"""Under which name the sequences of each epoch were given: an epoch is of one site and one device.

What was decided under a name is delivered under it. So another name in the configuration begins another
epoch, and the earlier ones keep theirs.
"""

from __future__ import annotations

import json
import re

from edge.spool.records import GENERATION_BITS
from edge.spool.storage import schema
from edge.spool.storage.database import SpoolDatabase, Value
from edge.types import NAME, DeviceKey


def origin_of(site: Value, device: Value) -> DeviceKey | None:
    """The name in two columns; None where there is none that a topic can have."""
    for level in (site, device):
        if not (isinstance(level, str) and re.fullmatch(NAME, level)):
            return None
    return DeviceKey(str(site), str(device))


def begin(db: SpoolDatabase, generation: int, origin: DeviceKey, wall: float) -> None:
    """Begins an epoch under a name; within a transaction."""
    known = {name for (name,) in db.all("SELECT name FROM epoch")}
    name = schema.new_epoch(wall)
    while name in known:
        name = schema.new_epoch(wall)
    db.execute(
        "INSERT INTO epoch VALUES (?, ?, 0, 0, 0, ?, ?)", (generation, name, origin.site, origin.device)
    )


def adopt(db: SpoolDatabase, present: DeviceKey) -> None:
    """Names the epochs of an older format, within a transaction: their events say the device, if no site."""
    for (generation,) in db.all("SELECT generation FROM epoch WHERE site IS NULL OR device IS NULL"):
        origin = _decided(db, generation, present)
        db.execute(
            "UPDATE epoch SET site = ?, device = ? WHERE generation = ?",
            (origin.site, origin.device, generation),
        )


def origins(db: SpoolDatabase) -> dict[int, DeviceKey | None]:
    """The name of each generation.

    Raises:
        SpoolError: The file cannot be read.
    """
    rows = db.all("SELECT generation, site, device FROM epoch")
    return {generation: origin_of(site, device) for generation, site, device in rows}


def kept(db: SpoolDatabase) -> tuple[DeviceKey, ...]:
    """The names of which there are events or gaps.

    Raises:
        SpoolError: The file cannot be read.
    """
    rows = db.all(
        "SELECT DISTINCT site, device FROM epoch WHERE name IN (SELECT epoch FROM gap) "
        "OR EXISTS (SELECT 1 FROM event WHERE place BETWEEN generation << ?1 AND (generation + 1 << ?1) - 1)",
        (GENERATION_BITS,),
    )
    found = (origin_of(site, device) for site, device in rows)
    return tuple(origin for origin in found if origin is not None)


def _decided(db: SpoolDatabase, generation: int, present: DeviceKey) -> DeviceKey:
    """Under which name the newest event of a generation was decided; the present one where there is none."""
    rows = db.all(
        "SELECT payload FROM event WHERE place BETWEEN ? AND ? ORDER BY place DESC LIMIT 1",
        (generation << GENERATION_BITS, (generation + 1 << GENERATION_BITS) - 1),
    )
    try:
        members = json.loads(rows[0][0]) if rows else {}
        found = origin_of(members.get("site", present.site), members.get("device", present.device))
    except (ValueError, AttributeError):
        found = None
    return found or present
