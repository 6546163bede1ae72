"""`maskgate events`, with a daemon that holds the spool and without one."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.messages import payloads
from edge.spool import ConsumerMark, Spool
from edge.spool.control import handlers, requests, server
from edge.spool.control.client import SpoolClient, ask_daemon
from edge.spool.control.requests import PageRequest, PurgeRequest, ReplayRequest, SpoolStats, StatsRequest
from edge.spool.control.server import ControlServer
from edge.spool.records import Replayed
from edge.spool.storage import files
from edge.spool.storage.sequences import SequenceReservations
from tests.edge.commands.test_commands import Run, one_sentence, run
from tests.edge.spool.test_spool import fill, other_database, sequences
from tests.support.builders import event, limits
from tests.support.mosquitto import wait_until

__all__ = ["run"]

WALL = 1_700_000_000.0
EVENTS = 30
HUGE = 10**22
"""More than SQLite can hold."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A spool with events 1 to 30, of which 1 to 10 were acknowledged; and a configuration beside it."""
    file = tmp_path / "spool.db"
    with closing(Spool.open(file, limits(), wall=lambda: WALL)) as spool:
        fill(spool, range(1, EVENTS + 1))
        spool.mark_sent(range(1, 11))
        spool.set_mark(ConsumerMark("team", spool.epoch, 8, WALL))
    (tmp_path / "config.toml").write_text(f'[spool]\npath = "{file}"\n')
    return file


@pytest.fixture(params=["daemon", "alone"])
def events(request: pytest.FixtureRequest, path: Path, run: Run) -> Iterator[Run]:
    """`maskgate events` on that spool, while a daemon holds it or not."""

    def call(*arguments: object) -> object:
        return run("events", *arguments, "--config", path.with_name("config.toml"))

    if request.param == "alone":
        yield call  # type: ignore[misc]
        return
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool, closing(ControlServer(spool)):
        yield call  # type: ignore[misc]


def payload(number: int) -> str:
    return payloads.encode(payloads.event_payload(event(number))).decode()


def test_tail_shows_the_latest(events: Run) -> None:
    """The last ones in order; as JSON they are the messages as they are sent."""
    found = events("tail", "-n", 3, "--json")
    assert found.out.splitlines() == [payload(number) for number in (28, 29, 30)]
    lines = events("tail", "-n", 25).out.splitlines()
    assert len(lines) == 25
    assert lines[0].split()[1:] == ["6", "e1-1-1", "revision", "0", "no_mask", "sent"]
    assert lines[-1].endswith("unsent")
    assert events("tail", "-n", 0).out == ""


def test_export_as_json_lines_is_what_is_sent(events: Run) -> None:
    """All of it, byte for byte, or a range."""
    everything = [payload(number) for number in range(1, EVENTS + 1)]
    assert events("export").out.splitlines() == everything
    assert events("export", "--from", 5, "--to", 7).out.splitlines() == everything[4:7]
    assert events("export", "--from", 29).out.splitlines() == everything[28:]
    assert events("export", "--from", 99).out == ""
    assert events("export", "--from", HUGE).out == ""
    assert events("export", "--from", 29, "--to", HUGE).out.splitlines() == everything[28:]


def test_export_as_csv_has_a_column_for_each_member(events: Run, tmp_path: Path) -> None:
    """To a file, written in one piece."""
    file = tmp_path / "out.csv"
    found = events("export", "--format", "csv", "--to", 12, "--output", file)
    assert found.out == f"12 events are in {file}\n"
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert [row["sequence"] for row in rows] == [str(number) for number in range(1, 13)]
    assert rows[0]["probabilities.without_mask"] == "0.96"
    assert set(rows[0]) > {"id", "verdict", "votes.with_mask", "clock_synced"}
    assert [file.name for file in tmp_path.glob("*out*")] == ["out.csv"]


def test_export_since_a_moment(events: Run) -> None:
    """The moment is in UTC, and is one of the events' own time."""
    assert len(events("export", "--since", "2023-11-14T22:13:20").out.splitlines()) == EVENTS
    assert events("export", "--since", "2023-11-14T22:13:21").out == ""
    one_sentence(events("export", "--since", "yesterday"), 2, "--since yesterday")


def test_an_export_that_fails_leaves_what_was_there(events: Run, tmp_path: Path) -> None:
    """A directory that is none is one sentence; a wrong epoch spares the file that exists."""
    one_sentence(events("export", "-o", tmp_path / "none" / "x"), 9, "cannot be written")
    file = tmp_path / "kept.jsonl"
    file.write_text("kept")
    one_sentence(events("export", "--epoch", "other", "-o", file), 2, "no epoch other")
    assert file.read_text() == "kept"


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_standard_output_on_a_full_disk_is_one_sentence(path: Path, kind: str, tmp_path: Path) -> None:
    """An export that is cut short does not pass for a whole one."""
    command = [sys.executable, "-m", "edge", "events", "export", "--format", kind, "--config"]
    with open("/dev/full", "w") as full:
        found = subprocess.run(
            [*command, str(path.with_name("config.toml"))],
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=tmp_path, check=False,
        )  # fmt: skip
    assert found.returncode == 9
    assert found.stderr == "maskgate: standard output cannot be written: No space left on device\n"


def test_replay_sends_again(events: Run, path: Path) -> None:
    """It says how many, and they are unsent then."""
    found = json.loads(events("replay", 6, 15, "--json").out)
    assert found == {"again": 5, "waiting": 5, "gone": 0}
    assert "5 events are sent again" in events("replay", 1, 5).out
    stats = json.loads(events("stats", "--json").out)
    assert (stats["unsent"], stats["gaps"]) == (EVENTS, 0)


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("replay", 31, 40), 5, "holds no event from 31 to 40"),
        (("replay", HUGE, HUGE + 1), 5, f"holds no event from {HUGE}"),
        (("replay", (1 << 40) + 1, (1 << 40) + 5), 5, "holds no event from"),
        (("replay", 1, 5, "--epoch", "other"), 5, "no epoch other"),
        (("replay", 9, 5), 2, "upwards"),
        (("export", "--from", 9, "--to", 5), 2, "upwards"),
    ],
)
def test_an_unknown_range_changes_nothing(
    events: Run, arguments: tuple[object, ...], code: int, word: str
) -> None:
    """It is one sentence."""
    before = json.loads(events("stats", "--json").out)
    one_sentence(events(*arguments), code, word)
    assert json.loads(events("stats", "--json").out) == before


def test_stats_tell_how_things_stand(events: Run) -> None:
    """As a table and as JSON."""
    found = json.loads(events("stats", "--json").out)
    assert (found["unsent"], found["stored"], found["dropped"], found["gaps_unsent"]) == (20, EVENTS, {}, 0)
    assert found["oldest_unsent"] == WALL + 0.25
    assert [mark["contiguous"] for mark in found["marks"]] == [8]
    assert found["epochs"][0]["last"] == EVENTS
    table = events("stats").out
    assert "consumer team" in table
    assert "problem        none" in table


def test_purge_deletes_what_is_old(events: Run) -> None:
    """Acknowledged events; unsent ones only where that is confirmed."""
    assert "0 acknowledged and 0" in events("purge", "--older-than", 100_000).out
    assert json.loads(events("purge", "--older-than", 1, "--json").out) == {"acknowledged": 10, "unsent": 0}
    found = events("purge", "--older-than", 1, "--unsent", "--yes")
    assert "0 acknowledged and 20 unsent" in found.out
    stats = json.loads(events("stats", "--json").out)
    assert (stats["stored"], stats["gaps_unsent"], stats["dropped"]) == (0, 1, {"expired": 20})


def test_unsent_events_are_not_purged_unasked(events: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does not say yes loses nothing."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    assert events("purge", "--older-than", 1, "--unsent").code == 130
    assert json.loads(events("stats", "--json").out)["stored"] == EVENTS


def test_without_a_spool_there_is_one_sentence(run: Run, tmp_path: Path) -> None:
    """A tool makes no spool."""
    file = tmp_path / "config.toml"
    file.write_text(f'[spool]\npath = "{tmp_path / "none.db"}"\n')
    one_sentence(run("events", "stats", "--config", file), 5, "there is no spool at")
    assert [entry.name for entry in tmp_path.iterdir() if "none" in entry.name] == []


def test_another_programs_database_is_left_alone(run: Run, tmp_path: Path) -> None:
    """Not a byte of it changes, and nothing is made beside it."""
    file = tmp_path / "other.db"
    other_database(file)
    before = file.read_bytes()
    config = tmp_path / "config.toml"
    config.write_text(f'[spool]\npath = "{file}"\n')
    one_sentence(run("events", "stats", "--config", config), 5, "is some other database")
    assert file.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir() if "other" in entry.name] == ["other.db"]


def test_a_damaged_spool_is_left_to_the_daemon(path: Path, run: Run) -> None:
    """A tool repairs nothing and moves nothing."""
    path.write_bytes(b"\x55" * 10_000)
    found = run("events", "stats", "--config", path.with_name("config.toml"))
    one_sentence(found, 5, "damaged", "the daemon moves it aside")
    assert path.read_bytes() == b"\x55" * 10_000


@pytest.mark.parametrize(
    "arguments",
    [
        ("tail", "-n", EVENTS),
        ("export", "-o", "kept"),
        ("export", "--format", "csv", "-o", "kept"),
        ("stats",),
        ("replay", 1, 20),
        ("purge", "--older-than", 1),
    ],
)
@pytest.mark.parametrize("change", [b"no_mesk", b'no"mask', b"no\xffask"])
def test_a_changed_event_is_neither_shown_nor_touched(
    path: Path, run: Run, arguments: tuple[object, ...], change: bytes
) -> None:
    """It may look well or not: it is one sentence, and file and export are what they were."""
    content = path.read_bytes()
    path.write_bytes(content.replace(b':"no_mask"', b':"%s"' % change, 1))
    before, kept = path.read_bytes(), path.with_name("kept")
    kept.write_text("kept")
    given = [kept if word == "kept" else word for word in arguments]
    found = run("events", *given, "--config", path.with_name("config.toml"))
    one_sentence(found, 5, "damaged", "the daemon moves it aside")
    assert path.read_bytes() == before != content
    assert kept.read_text() == "kept"


def test_a_tool_does_not_count_as_a_run(path: Path) -> None:
    """It uses up no numbers and leaves no gap."""
    counter = SpoolClient(path, limits())
    counter.stats()
    counter.replay(ReplayRequest(1, 2))
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool:
        assert (spool.run, spool.last_sequence, spool.unsent_gaps(5)) == (2, EVENTS, ())
        assert sequences(spool)[:2] == [1, 2]


def test_following_goes_on(path: Path, tmp_path: Path) -> None:
    """New events come out as they are stored, until it is interrupted."""
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool, closing(ControlServer(spool)):
        command = [sys.executable, "-m", "edge", "events", "tail", "-n", "1", "-f", "--json", "--config"]
        tool = subprocess.Popen(
            [*command, str(path.with_name("config.toml"))], stdout=subprocess.PIPE, text=True, cwd=tmp_path
        )
        try:
            assert tool.stdout is not None
            assert tool.stdout.readline() == payload(30) + "\n"
            fill(spool, range(31, 34))
            assert [tool.stdout.readline() for _ in range(3)] == [payload(n) + "\n" for n in (31, 32, 33)]
        finally:
            tool.terminate()
            tool.communicate()


def test_only_one_holds_the_spool(path: Path) -> None:
    """While something else than a daemon holds it, a tool says so."""
    with (
        closing(SequenceReservations(path.with_name("spool.db.numbers"))),
        pytest.raises(SpoolError, match=r"spool\.db is in use by another process"),
    ):
        SpoolClient(path, limits()).stats()


def test_an_export_lets_events_pass(path: Path) -> None:
    """Between any two pages the spool's thread stores what was appended meanwhile."""
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool, closing(ControlServer(spool)):
        rows = SpoolClient(path, limits()).pages(PageRequest(limit=10))
        assert next(rows).position == 1
        fill(spool, range(31, 36))
        assert [kept.position for kept in rows] == list(range(2, 36))


def test_a_page_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is asked for, one answer holds so many events and no more."""
    monkeypatch.setattr(handlers, "MOST_ROWS", 7)
    counter = SpoolClient(path, limits())
    assert len(counter.page(PageRequest(limit=10_000))) == 7
    assert len(list(counter.pages(PageRequest(limit=10_000)))) == EVENTS


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
    finally:
        daemon.terminate()
        assert daemon.wait(30) == 0
    assert not path.with_name("spool.db.sock").exists()
    assert SpoolClient(path, limits()).stats().unsent == 20
