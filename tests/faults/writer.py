"""A device that fills a spool, run as a process of its own; says on standard output what is committed.

Usage: writer.py PATH KIND SEED ROUNDS SYNCHRONOUS

Kinds: `marks` acknowledges, replays and gives up events; `bounds` has room for some events only;
`rescue` finds a page overwritten after its first life; `for-ever` goes on until it is killed.
Lines: `open EPOCH LAST` once the spool is open, `stored N` once every event to N is committed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import Random

from edge.spool import ConsumerMark, Spool
from edge.spool.storage import database
from edge.telemetry.records import Minute
from tests.support.builders import event, limits

LIVES = 3
WALL = 1_700_000_000.0


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def live(path: Path, kind: str, chance: Random, rounds: int) -> Spool:
    bounds = limits(max_events=40) if kind == "bounds" else limits(max_events=10**6)
    spool = Spool.open(path, bounds, wall=lambda: WALL)
    number = spool.last_sequence
    say(f"open {spool.epoch} {number}")
    for cycle in range(rounds):
        for number in range(number + 1, number + 1 + chance.randint(1, 8)):  # noqa: B020
            spool.append(event(number))
        if kind == "marks":
            spool.mark_sent(chance.randint(1, number) for _ in range(4))
            spool.set_mark(ConsumerMark("team", spool.epoch, number, WALL + cycle))
            spool.add_minute(Minute(60 * cycle, frames=1))
            if chance.random() < 0.2:
                spool.give_up([chance.randint(1, number)])
                spool.replay(1, chance.randint(1, number))
        spool.flush()
        say(f"stored {number}")
    return spool


def harm(path: Path) -> None:
    """Overwrites a page that holds events, durably."""
    position = path.read_bytes().index(b"door/e1/20") // 4096 * 4096
    handle = os.open(path, os.O_RDWR)
    os.pwrite(handle, b"\x5a" * 4096, position)
    os.fsync(handle)
    os.close(handle)


def main(path: Path, kind: str, seed: int, rounds: int, synchronous: str) -> None:
    database.SYNCHRONOUS = synchronous
    # Often, so that checkpoints are among what is interrupted.
    database.CHECKPOINT_PAGES = 30
    chance = Random(seed)
    for life in range(LIVES):
        spool = live(path, kind, chance, 10**9 if kind == "for-ever" else rounds)
        if life < LIVES - 1:
            spool.close()
        if kind == "rescue" and life == 0:
            harm(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
    os._exit(0)
