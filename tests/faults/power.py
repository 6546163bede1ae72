"""Power cuts: a device's system calls are traced, and the spool is opened from what they may have left."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from edge.errors import SpoolError
from edge.messages import payloads
from edge.spool.records import sequence_of
from edge.spool.storage.opening import open_store
from edge.spool.storage.store import EventStore
from tests.faults.disk import Call, Disk, calls, said
from tests.support.builders import event, limits
from tests.support.paths import ROOT

WALL = 1_700_000_000.0
TRACED = (
    "openat,creat,pwrite64,pwritev,write,ftruncate,truncate,fallocate,fsync,fdatasync,sync_file_range,"
    "unlink,unlinkat,rename,renameat,renameat2,link,linkat"
)


@dataclass(frozen=True, slots=True)
class Promise:
    """What the device had said when the power went."""

    epoch: str = ""
    stored: int = 0


@dataclass(frozen=True, slots=True)
class Trace:
    """The calls of one device on the directory of its spool, and on standard output."""

    directory: Path
    calls: tuple[Call, ...]


def record(directory: Path, kind: str, seed: int, rounds: int, synchronous: str = "FULL") -> Trace:
    """Runs a device under strace.

    Skips the test where that is not installed or not allowed.
    """
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed; on Debian: apt-get install strace")
    file = directory.with_suffix(".trace")
    directory.mkdir()
    device = [
        "-m",
        "tests.faults.writer",
        str(directory / "spool.db"),
        kind,
        str(seed),
        str(rounds),
        synchronous,
    ]
    command = [strace, "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={TRACED}", "-o", str(file)]
    run = subprocess.run(
        [*command, sys.executable, *device], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "ptrace" in run.stderr and "not permitted" in run.stderr:
        pytest.skip("tracing system calls is not permitted here")
    assert run.returncode == 0, run.stderr
    here = str(directory).encode().hex()
    plain = "".join(f"\\x{here[i : i + 2]}" for i in range(0, len(here), 2))
    return Trace(directory, tuple(call for call in calls(file) if plain in call.arguments or said(call)))


def cuts(trace: Trace, images: int, seed: int) -> Iterator[tuple[Promise, Disk, Random]]:
    """The power goes at moments spread over the trace, each with chances of its own for the image."""
    chance = Random(seed)
    moments = Counter(chance.randint(0, len(trace.calls)) for _ in range(images))
    disk, promise = Disk(trace.directory), Promise()
    for moment in range(len(trace.calls) + 1):
        for _ in range(moments[moment]):
            yield promise, disk, Random(chance.random())
        if moment < len(trace.calls):
            call = trace.calls[moment]
            disk.play(call)
            promise = _heard(promise, said(call))


def _heard(before: Promise, line: str) -> Promise:
    match line.split():
        case ["open", epoch, last]:
            return Promise(epoch, int(last))
        case ["stored", number]:
            return Promise(before.epoch, int(number))
    return before


def judge(promise: Promise, disk: Disk, chance: Random, *, rescue: bool = False) -> str:
    """Opens the spool from an image; what is wrong with it, empty where the promise holds."""
    with scratch() as directory:
        disk.image(directory, chance)
        try:
            opened = open_store(directory / "spool.db", WALL, limits(max_events=10**6))
        except SpoolError as error:
            return f"does not open: {error}"
        try:
            if rescue:
                return _rescued(promise, opened.store)
            if opened.problem:
                return f"corrupt: {opened.problem}"
            return _compare(promise, opened.store)
        finally:
            opened.store.close(clean=False)


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory in memory where there is one: images need no disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory:
        yield Path(directory)


def _compare(promise: Promise, store: EventStore) -> str:
    if promise.epoch and store.run_info.epoch != promise.epoch:
        return "has another epoch"
    rows = dict(store.db.all("SELECT place, payload FROM event"))
    dropped, reserved = _announced(store, "spool_full"), _announced(store, "restart")
    if missing := set(range(1, promise.stored + 1)) - rows.keys() - dropped:
        return f"lost: {sorted(missing)[:5]}"
    if wrong := (dropped | reserved) & rows.keys():
        return f"announces as lost what it has: {sorted(wrong)[:5]}"
    if store.last_sequence < max([promise.stored, *rows], default=0):
        return "would give a number again"
    other = [position for position, payload in rows.items() if payload != _payload(position)]
    return f"holds what was not written: {other[:5]}" if other else ""


def _rescued(promise: Promise, store: EventStore) -> str:
    """Of the first epoch each number is there or announced, whether the page was harmed by then or not."""
    (oldest,) = store.db.one("SELECT name FROM epoch ORDER BY generation")
    if promise.epoch not in ("", oldest, store.run_info.epoch):
        return "has forgotten an epoch"
    rows = dict(store.db.all("SELECT place, payload FROM event"))
    lost = _announced(store, "damaged")
    if promise.epoch in ("", oldest) and (missing := set(range(1, promise.stored + 1)) - rows.keys() - lost):
        return f"lost: {sorted(missing)[:5]}"
    if wrong := lost & rows.keys():
        return f"announces as lost what it has: {sorted(wrong)[:5]}"
    other = [position for position, payload in rows.items() if payload != _payload(sequence_of(position))]
    return f"holds what was not written: {other[:5]}" if other else ""


def _announced(store: EventStore, reason: str) -> set[int]:
    gaps = store.db.all("SELECT first, last FROM gap WHERE reason = ?", (reason,))
    return {number for first, last in gaps for number in range(first, last + 1)}


_known: dict[int, bytes] = {}


def _payload(number: int) -> bytes:
    if number not in _known:
        _known[number] = payloads.encode(payloads.event_payload(event(number)))
    return _known[number]
