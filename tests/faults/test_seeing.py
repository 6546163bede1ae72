"""Whatever becomes of broker, disk and spool, the side that sees does not wait for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edge.config import Config
from edge.daemon.factory import open_vision
from edge.spool import Spool
from edge.spool.storage.store import EventStore
from tests.faults.device import device
from tests.faults.results import note
from tests.faults.seeing import Fault, Watcher, in_turn
from tests.faults.test_disk_full import ballast, small_disk
from tests.support.builders import limits

SLOW_S = 1.0


@contextmanager
def slow_disk() -> Iterator[None]:
    """Every commit takes a second longer, in the spool's thread, as on a worn card."""
    write = EventStore.write

    def slowly(*arguments: Any) -> Any:
        time.sleep(SLOW_S)
        return write(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EventStore, "write", slowly)
        yield


def broker_away(stack: ExitStack, directory: Path) -> tuple[Spool, Fault]:
    return stack.enter_context(device(directory / "spool.db", 1)).spool, nullcontext


def disk_slow(stack: ExitStack, directory: Path) -> tuple[Spool, Fault]:
    return stack.enter_context(closing(Spool.open(directory / "spool.db", limits()))), slow_disk


def disk_full(stack: ExitStack, directory: Path) -> tuple[Spool, Fault]:
    disk = stack.enter_context(small_disk(directory / "disk"))
    bounds = limits(max_bytes=12 << 20)
    spool = stack.enter_context(closing(Spool.open(disk / "spool.db", bounds)))
    return spool, partial(ballast, disk)


def spool_full(stack: ExitStack, directory: Path) -> tuple[Spool, Fault]:
    spool = Spool.open(directory / "spool.db", limits(max_events=1))
    return stack.enter_context(closing(spool)), nullcontext


TROUBLES = {
    "broker away": broker_away,
    "disk slow": disk_slow,
    "disk full": disk_full,
    "spool full": spool_full,
}


def look_amid(trouble: str, directory: Path, blocks: int, seconds: float) -> tuple[Watcher, Watcher]:
    """Watches with and without a trouble, in turn."""
    with ExitStack() as stack:
        vision = open_vision(Config())
        spool, fault = TROUBLES[trouble](stack, directory)
        calm_spool = stack.enter_context(closing(Spool.open(directory / "calm.db", limits())))
        troubled, calm = Watcher(vision, spool), Watcher(vision, calm_spool)
        in_turn(troubled, calm, blocks, seconds, fault)
    return troubled, calm


@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_side_that_sees_goes_on(tmp_path: Path, trouble: str) -> None:
    """A second of each: frames and lamp go on all the while."""
    troubled, _ = look_amid(trouble, tmp_path, 1, 1.0)
    assert troubled.passes == len(troubled.times.lamps) > 0


@pytest.mark.faults
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_side_that_sees_does_not_wait(tmp_path: Path, trouble: str) -> None:
    """Four minutes: frames and lamp within 10 % of what they take in blocks without, measured in turn."""
    troubled, calm = look_amid(trouble, tmp_path, 48, 5.0)
    note(
        f"{trouble}: frames and lamp", 48, frame_p99_ms=troubled.times.frame_p99_ms,
        without_ms=calm.times.frame_p99_ms, lamp_mean_ms=troubled.times.lamp_mean_ms,
        lamp_without_ms=calm.times.lamp_mean_ms,
    )  # fmt: skip
    assert troubled.times.frame_p99_ms < 1.1 * calm.times.frame_p99_ms
    assert troubled.times.lamp_mean_ms < 1.1 * calm.times.lamp_mean_ms
