"""The socket for the process that sends."""

from __future__ import annotations

import socket
import stat

import pytest

from edge.errors import SpoolError
from edge.spool.control import link_server, server
from edge.spool.control.link_client import SpoolLink
from edge.spool.control.link_server import Changes
from edge.telemetry.minutes import MinuteQueue
from tests.support.spool_links import Joined


def said(joined: Joined, line: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(30)
        peer.connect(str(joined.path))
        peer.sendall(line)
        with peer.makefile("rb") as lines:
            return lines.readline()


def test_only_its_own_user_reaches_it(joined: Joined) -> None:
    """By its mode, and by who the kernel says is at the other end."""
    assert stat.S_IMODE(joined.path.stat().st_mode) == 0o600


def test_another_user_is_turned_away(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence."""
    monkeypatch.setattr(link_server, "peer_user", lambda _peer: 12345)
    link = SpoolLink(joined.path, MinuteQueue())
    with pytest.raises(SpoolError, match="only root and the daemon's own user"):
        link.newest()
    link.close()


@pytest.mark.parametrize(
    "line", [b"nonsense\n", b'{"call": "close", "arguments": []}\n', b"[" * 20_000 + b"\n"]
)
def test_nonsense_is_refused_and_harms_nobody(joined: Joined, line: bytes) -> None:
    """Neither the spool nor the next conversation."""
    assert said(joined, line).startswith(b"-")
    assert joined.link.newest() == 0


def test_a_conversation_holds_a_slot_while_it_lasts_only(joined: Joined) -> None:
    """Senders that come and go do not use the slots up."""
    for _ in range(3 * server.MOST_AT_ONCE):
        link = SpoolLink(joined.path, MinuteQueue())
        assert link.newest() == 0
        link.close()


def test_a_change_wakes_whoever_waits_for_another_count() -> None:
    """What has changed meanwhile is not waited for, and the end wakes everybody."""
    changes = Changes()
    changes.note()
    assert changes.wait(0, 60) == 1
    assert changes.wait(1, 0.0) == 1
    changes.end()
    assert changes.ended
    assert changes.wait(1, 60) == 2
