"""The spool of another process, as the sender sees it."""

from __future__ import annotations

import inspect
import threading
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import ConsumerMark
from edge.spool.control.link_client import SpoolLink
from edge.telemetry.minutes import MinuteQueue, MinuteStats, Quantiles
from edge.telemetry.records import Minute, SenderState
from edge.types import DeviceKey, FinishedPass, Lamp, PassNotice, State
from edge.uplink.ports import SpoolReader
from tests.support.builders import event, verdict
from tests.support.mosquitto import wait_until
from tests.support.spool_links import Joined
from tests.support.spools import WALL, fill

RED = State(Lamp.RED, False, "", "1.0", WALL)


def test_it_fits_the_senders_port(tmp_path: Path) -> None:
    """All that the sender asks of a spool, with the same names."""
    reader: SpoolReader = SpoolLink(tmp_path / "link.sock", MinuteQueue())
    asked = {name for name, _ in inspect.getmembers(SpoolReader) if not name.startswith("_")}
    assert asked <= set(dir(reader))


def test_everything_is_as_the_spool_itself_says(joined: Joined) -> None:
    """Events, gaps, marks, minutes, names and replays come through as they are."""
    spool, link = joined.spool, joined.link
    fill(spool, range(1, 6))
    assert link.unsent(-1, 3) == spool.unsent(-1, 3)
    assert link.newest() == spool.newest() == 5
    link.mark_sent((1, 2))
    link.give_up((3,))
    link.flush(10)
    assert [stored.position for stored in spool.unsent(-1, 10)] == [4, 5]
    (gap,) = link.unsent_gaps(10)
    assert (gap,) == spool.unsent_gaps(10)
    link.mark_gaps_sent((gap.position,))
    assert link.unsent_gaps(10) == ()
    mark = ConsumerMark("plant", spool.epoch, 2, WALL)
    link.set_mark(mark)
    assert link.marks() == (mark,) == spool.marks()
    sender = SenderState(False, "no route", 3, True)
    link.set_sender(sender)
    assert spool.sender() == sender
    spool.add_minute(Minute(0, frames=3))
    link.flush(10)
    # Rows of the events' own minute are there, too.
    assert link.minutes(0, 60) == spool.minutes(0, 60)
    assert link.origins() == spool.origins()
    assert link.replay(1, 5).again == 3
    wait_until(lambda: link.replays == 1)
    with pytest.raises(SpoolError, match="knows no epoch"):
        link.replay(1, 2, "elsewhere")


def test_passes_are_told_across(joined: Joined) -> None:
    """Begins and ends come through whole, each once."""
    origin = DeviceKey("site", "door")
    begun = PassNotice(origin, "e1", "e1-1-1", 1.0, WALL, True)
    ended = PassNotice(origin, "e1", "e1-1-1", 4.5, WALL, True, FinishedPass(1, 1.0, 4.5, WALL, verdict()))
    for notice in (begun, ended):
        joined.spool.note_pass(notice)
    assert [joined.link.next_notice() for _ in range(3)] == [begun, ended, None]


def test_state_problem_and_figures_follow_by_themselves(joined: Joined) -> None:
    """Whoever listens is called after each change; what is asked without waiting is up to date then."""
    changed = threading.Event()
    joined.link.on_change(lambda: changed.set() if joined.link.state() == RED else None)
    assert joined.link.state() is None
    joined.spool.set_state(RED)
    assert changed.wait(30)
    fill(joined.spool, range(1, 4))
    wait_until(lambda: joined.link.figures().unsent == 3)
    assert joined.link.problem == ""


def test_minutes_and_the_mute_cross_as_well(joined: Joined) -> None:
    """The one from the side that sees, the other to it."""
    took = Quantiles(1.5, None)
    minute = MinuteStats(60, 900, 59.5, 0.5, took, took, took)
    joined.watched.put(minute)
    found: list[MinuteStats | None] = []
    wait_until(lambda: found.append(joined.heard.pop()) or found[-1] is not None)
    assert found[-1] == minute
    joined.link.mute(600)
    assert joined.muted.seconds == [600]


def problem_of(link: SpoolLink) -> str:
    try:
        link.newest()
    except SpoolError as error:
        return str(error)
    return ""


def test_a_process_that_is_started_again_is_asked_again(joined: Joined) -> None:
    """What is asked in between is an error of one sentence; nothing else has to be done."""
    link = joined.link
    fill(joined.spool, range(1, 3))
    assert link.newest() == 2
    joined.server.close()
    wait_until(lambda: "is maskgate-vision running" in problem_of(link))
    joined.server = joined.serve()
    wait_until(lambda: link.connected)
    assert link.newest() == 2
    assert link.trouble == ""


def test_many_marks_are_as_many_calls_as_they_need(joined: Joined) -> None:
    """A line has a bound, and no acknowledgement is left out."""
    for number in range(1, 1_202):
        joined.spool.append(event(number))
    joined.spool.flush()
    joined.link.mark_sent(range(1, 1_202))
    joined.link.flush(10)
    assert joined.spool.depth() == 0


def test_nobody_there_is_told(tmp_path: Path) -> None:
    """With the socket and what to look at."""
    link = SpoolLink(tmp_path / "link.sock", MinuteQueue())
    with pytest.raises(SpoolError, match=r"link\.sock: No such file.*is maskgate-vision running"):
        link.newest()
    link.mute(5)
    link.close()
