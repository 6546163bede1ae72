"""A spool that is not as it was left: it starts all the same, tells, and never sends what was not written."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.spool.storage import schema
from edge.types import Reason
from tests.support.damaged_spools import (
    EVENTS,
    empty,
    epoch_of,
    noise,
    original,
    overwrite,
    page_of,
    path,
    payloads,
    remove,
    reopen,
    truncate,
    unmark,
    zero,
)
from tests.support.spools import fill

__all__ = ["path"]


@pytest.mark.parametrize("harm", [truncate, empty, zero, remove, unmark, noise])
def test_a_damaged_file_is_replaced(
    path: Path, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    """It starts with a new epoch, says so, and announces every number that it cannot send any more."""
    before = epoch_of(path)
    harm(path)
    with closing(reopen(path)) as spool:
        assert spool.epoch != before
        assert (spool.run, spool.last_sequence) == (1, 0)
        assert "damaged" in spool.problem
        found = payloads(spool)
        there = {json.loads(payload)["sequence"] for payload in found}
        assert found == [original(number) for number in sorted(there)]
        gaps = spool.unsent_gaps(100)
        assert {(gap.epoch, gap.reason) for gap in gaps} <= {(before, Reason.DAMAGED)}
        assert bool(gaps) == (harm is not unmark)
        lost = {number for gap in gaps for number in range(gap.first, (gap.last or 0) + 1)}
        assert lost | there >= set(range(21, EVENTS + 1))
        assert not lost & there
        fill(spool, range(1, 3))
        assert len(payloads(spool)) == len(found) + 2
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    with closing(reopen(path)) as again:
        assert (again.run, again.problem, again.last_sequence) == (2, "", 2)


def test_a_page_of_rubbish_costs_the_events_on_it(path: Path) -> None:
    """All others are recovered under their old ids, in front of new ones."""
    before = epoch_of(path)
    overwrite(path, page_of(path, 42), b"\x5a" * 4096)
    with closing(reopen(path)) as spool:
        found = payloads(spool)
        assert EVENTS - 20 - 12 <= len(found) < EVENTS - 20
        fill(spool, range(1, 4))
        assert payloads(spool) == [*found, original(1), original(2), original(3)]
        kept = spool.unsent(0, 1000)
        spool.mark_sent(stored.position for stored in kept)
        assert spool.replay(1, EVENTS, epoch=before).again == len(found)
        assert spool.depth() == len(found)


def test_a_power_cut_during_a_recovery_is_repaired_by_the_next_start(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that had moved the file aside, and no more, is taken up again by the next."""
    overwrite(path, page_of(path, 42), b"\x5a" * 4096)

    def cut(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(schema, "create", cut)
        with pytest.raises(KeyboardInterrupt):
            reopen(path)
    assert list(path.parent.glob("*damaged*"))
    with closing(reopen(path)) as spool:
        assert len(payloads(spool)) >= EVENTS - 20 - 12
        assert spool.unsent_gaps(9)
