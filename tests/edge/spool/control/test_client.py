"""The tools' side of the spool, with a daemon that holds it and without one."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import Spool
from edge.spool.control import client
from edge.spool.control.client import SpoolClient, ask_daemon
from edge.spool.control.requests import ReplayRequest, SpoolStats, StatsRequest
from edge.spool.storage.sequences import SequenceReservations
from tests.support.builders import limits
from tests.support.mosquitto import wait_until
from tests.support.spool_tools import EVENTS, WALL, path
from tests.support.spools import sequences

__all__ = ["path"]


def test_a_plain_user_is_told_who_may_look(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not that nobody answers: the folder of the service is its own."""

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(client, "_exchange", refuse)
    with pytest.raises(SpoolError, match=r"only root and the daemon's own user may look at .*; use sudo"):
        ask_daemon(path, StatsRequest(), SpoolStats)


def test_a_tool_does_not_count_as_a_run(path: Path) -> None:
    """It uses up no numbers and leaves no gap."""
    counter = SpoolClient(path, limits())
    counter.stats()
    counter.replay(ReplayRequest(1, 2))
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool:
        assert (spool.run, spool.last_sequence, spool.unsent_gaps(5)) == (2, EVENTS, ())
        assert sequences(spool)[:2] == [1, 2]


def test_only_one_holds_the_spool(path: Path) -> None:
    """While something else than a daemon holds it, a tool says so."""
    with (
        closing(SequenceReservations(path.with_name("spool.db.numbers"))),
        pytest.raises(SpoolError, match=r"spool\.db is in use by another process"),
    ):
        SpoolClient(path, limits()).stats()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act for another user")
def test_a_tool_of_root_locks_nobody_out(path: Path, tmp_path: Path) -> None:
    """A tool makes no file of its own; what the daemon makes belongs to the owner of the directory."""
    os.chown(tmp_path, 12_345, 12_345)
    numbers = path.with_name("spool.db.numbers")
    numbers.unlink()
    SpoolClient(path, limits()).stats()
    assert not numbers.exists()
    Spool.open(path, limits(), wall=lambda: WALL).close()
    assert numbers.stat().st_uid == 12_345


def test_the_daemon_answers(path: Path, tmp_path: Path) -> None:
    """While it runs the tools ask it, and its socket is gone when it has stopped."""
    config = path.with_name("config.toml")
    config.write_text(config.read_text() + '[camera]\nsource = "/dev/video99"\n[mqtt]\nenabled = false\n')
    command = [sys.executable, "-m", "edge", "run", "--config", str(config)]
    daemon = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: path.with_name("spool.db.sock").exists())
        assert ask_daemon(path, StatsRequest(), SpoolStats)
        assert SpoolClient(path, limits()).replay(ReplayRequest(11, 30)).waiting == 20
        overview = SpoolClient(path, limits()).overview()
        assert overview.current is not None
        assert (overview.spool.unsent, overview.spool.newest) == (20, EVENTS)
    finally:
        daemon.terminate()
        assert daemon.wait(30) == 0
    assert not path.with_name("spool.db.sock").exists()
    left = SpoolClient(path, limits()).overview()
    assert (left.current, left.spool.unsent, left.spool.newest) == (None, 20, EVENTS)
