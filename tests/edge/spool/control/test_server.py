"""The socket through which the tools ask a running daemon."""

from __future__ import annotations

import json
import shutil
import socket
import stat
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import Spool
from edge.spool.control import requests, server
from edge.spool.control.client import SpoolClient, ask_daemon
from edge.spool.control.handlers import Seeing
from edge.spool.control.requests import (
    LiveViewAnswer,
    PurgeRequest,
    ReplayRequest,
    SpoolStats,
    StatsRequest,
    SwitchViewRequest,
)
from edge.spool.control.server import ControlServer
from edge.spool.records import Replayed
from edge.spool.storage import files
from tests.support.builders import event, limits
from tests.support.live_views import ShownView
from tests.support.mosquitto import wait_until
from tests.support.spool_tools import EVENTS, WALL, path
from tests.support.spools import fill

__all__ = ["path"]


class TestControlServer:
    """The socket itself."""

    @pytest.fixture
    def spool(self, path: Path) -> Iterator[Spool]:
        with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool, closing(ControlServer(spool)):
            yield spool

    @pytest.mark.usefixtures("spool")
    def test_it_is_nobody_elses(self, path: Path) -> None:
        """Only this user and root can open it."""
        mode = path.with_name("spool.db.sock").stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600

    def test_others_are_sent_away(self, spool: Spool, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whoever is neither root nor this user, by the kernel's account, gets no answer."""
        monkeypatch.setattr(server, "peer_user", lambda _peer: 4_000_000)
        with pytest.raises(SpoolError, match="only root"):
            ask_daemon(path, StatsRequest(), SpoolStats)

    @pytest.mark.parametrize(
        "line",
        [
            b"", b"\n", b"{}\n", b"[1]\n", b"no json\n", b'{"ask":"erase"}\n', b'{"ask":"stats","more":1}\n',
            b'{"ask":"replay","first":"1","last":2}\n', b'{"ask":"purge","before":null}\n', b"x" * 100_000,
            b'{"ask":"page","limit":[]}\n', b"\xff\xfe\n", b'{"ask":"page","after":1%s}\n' % (b"0" * 22),
            b'{"ask":"replay","first":9,"last":5}\n',
            b'{"ask":"replay","first":1%s,"last":2%s}\n' % (b"0" * 22, b"0" * 22),
            b'{"ask":"replay","first":true,"last":2}\n', b'{"ask":"page","limit":-1}\n',
            b'{"ask":' + b"[" * 16_000 + b"\n", b'{"a":' * 3_000 + b"\n", b'{"ask":"stats"}x\n',
            b'{"ask":"purge","before":%s}\n' % (b"9" * 5_000),
        ],
    )  # fmt: skip
    def test_nonsense_is_answered_with_a_sentence(self, spool: Spool, path: Path, line: bytes) -> None:
        """It changes nothing, and the next question is answered."""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(20)
            with files.short_name(path.with_name("spool.db.sock")) as address:
                peer.connect(address)
            try:
                peer.sendall(line)
                peer.shutdown(socket.SHUT_WR)
                answer = peer.makefile("rb").readline()
            except ConnectionError:
                answer = b""
        if len(line) <= server.MOST_ASKED:
            assert set(json.loads(answer)) == {"error"}
        assert SpoolClient(path, limits()).stats().stored == EVENTS
        assert spool.depth() == 20

    def test_a_silent_tool_holds_up_nobody(
        self, spool: Spool, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is hung up on; meanwhile others are answered and events are stored."""
        monkeypatch.setattr(server, "PATIENCE_S", 0.2)
        with socket.socket(socket.AF_UNIX) as silent:
            silent.settimeout(20)
            with files.short_name(path.with_name("spool.db.sock")) as address:
                silent.connect(address)
            assert SpoolClient(path, limits()).stats().stored == EVENTS
            fill(spool, range(31, 32))
            assert silent.recv(1) == b""

    def test_patience_is_for_the_whole_request(
        self, spool: Spool, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A tool that sends a byte now and then is hung up on like a silent one."""
        monkeypatch.setattr(server, "PATIENCE_S", 0.3)
        with socket.socket(socket.AF_UNIX) as slow:
            slow.settimeout(20)
            with files.short_name(path.with_name("spool.db.sock")) as address:
                slow.connect(address)
            with pytest.raises(ConnectionError):
                _dribble(slow)

    def test_the_live_view_is_asked_over_it(self, tmp_path: Path) -> None:
        """A picture comes as bytes that are pixelated already; a spool without a camera has none."""
        file, shown = tmp_path / "spool.db", ShownView()
        with closing(Spool.open(file, limits())) as opened:
            client = SpoolClient(file, limits())
            with closing(ControlServer(opened, seeing=Seeing(shown))):
                assert client.view() == LiveViewAnswer(True, None, "", "the live view is off")
                assert client.switch_view(SwitchViewRequest(True, "me")) == LiveViewAnswer(True, shown.until)
                answer = client.view()
                assert answer is not None
                assert b64decode(answer.jpeg).startswith(b"\xff\xd8\xff")
                assert client.switch_view(SwitchViewRequest(False, "me")) == LiveViewAnswer(True, None)
            with closing(ControlServer(opened)), pytest.raises(SpoolError, match="no camera"):
                client.view()
        assert shown.said == ["on by me", "off by me"]

    def test_a_request_that_fails_in_an_unknown_way_is_answered_with_a_sentence(
        self, spool: Spool, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The log says where, and the next request is answered."""
        with monkeypatch.context() as patch:
            patch.setattr(requests, "parse_request", lambda _line: 1 // 0)
            with pytest.raises(SpoolError, match="the daemon cannot answer this: integer division"):
                ask_daemon(path, StatsRequest(), SpoolStats)
        assert "a request cannot be answered" in caplog.text
        assert ask_daemon(path, StatsRequest(), SpoolStats)

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            (b"", "ended before it had answered"),
            (b'{"answer": {"again"', "ended before it had answered"),
            (b'{"answer": {"again": 1}}\n', "of one version"),
            (b'{"answer": {}, "error": ""}\n', "of one version"),
            (b"[]\n", "of one version"),
        ],
    )
    def test_what_is_no_answer_is_one_sentence(self, tmp_path: Path, line: bytes, sentence: str) -> None:
        """A daemon that ends amid its answer, or one of another version."""
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(tmp_path / "spool.db.sock"))
            listener.listen()

            def reply() -> None:
                peer, _ = listener.accept()
                with peer:
                    peer.recv(1_000)
                    peer.sendall(line)

            thread = threading.Thread(target=reply)
            thread.start()
            with pytest.raises(SpoolError, match=sentence):
                ask_daemon(tmp_path / "spool.db", ReplayRequest(1, 2), Replayed)
            thread.join()

    def test_too_many_at_once_are_turned_away(self, spool: Spool, path: Path) -> None:
        """Their threads stay few; there is room again once somebody leaves."""
        crowd = [socket.socket(socket.AF_UNIX) for _ in range(server.MOST_AT_ONCE + 3)]
        try:
            with files.short_name(path.with_name("spool.db.sock")) as address:
                for peer in crowd:
                    peer.connect(address)
            wait_until(lambda: _threads() == server.MOST_AT_ONCE)
        finally:
            for peer in crowd:
                peer.close()
        wait_until(lambda: _threads() == 0)
        assert SpoolClient(path, limits()).stats().stored == EVENTS

    def test_a_dead_daemons_socket_is_no_hindrance(self, path: Path) -> None:
        """A socket file that nobody listens to is passed over by tools and replaced by the next daemon."""
        with (
            socket.socket(socket.AF_UNIX) as dead,
            files.short_name(path.with_name("spool.db.sock")) as address,
        ):
            dead.bind(address)
        assert SpoolClient(path, limits()).stats().stored == EVENTS
        with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool, closing(ControlServer(spool)):
            assert ask_daemon(path, StatsRequest(), SpoolStats)
        assert not path.with_name("spool.db.sock").exists()

    def test_it_comes_back_after_its_folder_was_deleted(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As soon as the spool has made it anew; no restart is needed, and nothing is left at the end."""
        monkeypatch.setattr(server, "POLL_S", 0.02)
        place = path.with_name("spool.db.sock")
        with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool:
            with closing(ControlServer(spool)):
                shutil.rmtree(path.parent)
                spool.append(event(1_000))
                spool.flush()
                deadline = time.monotonic() + 30
                while not place.exists() and time.monotonic() < deadline:
                    time.sleep(0.01)
                assert stat.S_IMODE(place.stat().st_mode) == 0o600
                for _ in range(3):
                    found = ask_daemon(path, StatsRequest(), SpoolStats)
                    assert found is not None
                    assert (found.stored, found.newest) == (EVENTS + 1, 1_000)
            assert not place.exists()

    def test_it_works_in_a_deep_directory(self, tmp_path: Path) -> None:
        """A path that is too long for a socket's name is no problem."""
        deep = tmp_path / ("d" * 120)
        with closing(Spool.open(deep / "spool.db", limits())) as spool, closing(ControlServer(spool)):
            assert SpoolClient(deep / "spool.db", limits()).purge(PurgeRequest(0.0)).acknowledged == 0


def _dribble(peer: socket.socket) -> None:
    for _ in range(2_000):
        peer.sendall(b" ")
        time.sleep(0.01)


def _threads() -> int:
    return sum(thread.name == "maskgate-control-request" for thread in threading.enumerate())
