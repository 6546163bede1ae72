"""The device in the words of the API."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.spool.control.requests import CurrentState, SpoolStats
from edge.system.health import Health
from edge.telemetry.minutes import MinuteStats, Quantiles
from edge.telemetry.records import SenderState
from edge.types import Lamp, Recovery, State, ViewProblem
from edge.web.device import DeviceStatus
from edge.web.device_report import BrokerLink, obstacles_of, report_of
from edge.web.rendering import languages

STATE = State(Lamp.OFF, False, "", "1.2.3", 5.0)
SENDER = SenderState(True, "", 0, False)
NONE = Quantiles(None, None)
MINUTE = MinuteStats(60, 300, 30.0, 2.5, Quantiles(3.0, 4.0), NONE, Quantiles(40.0, 60.0))
SPOOL = SpoolStats((), 0, 0, 0, 0, 100, 1 << 20, {}, 0, 0, None, (), "", 7)
WELL = DeviceStatus(True, CurrentState(STATE, MINUTE, SENDER), Health(51.0, False), SPOOL, "")


def shown(state: State) -> DeviceStatus:
    return replace(WELL, current=replace(WELL.current, state=state))


def sending(sender: SenderState | None) -> DeviceStatus:
    return replace(WELL, current=replace(WELL.current, sender=sender))


def test_a_device_that_is_well() -> None:
    """Figures of the minute, the broker and the machine; no problem."""
    report = report_of(WELL, sends=True)
    assert (report.fps, report.latency_ms, report.blind_s) == (10.0, Quantiles(40.0, 60.0), 2.5)
    assert (report.broker, report.temperature_c, report.problems) == (BrokerLink.CONNECTED, 51.0, [])


def test_a_device_that_nobody_can_ask() -> None:
    """All that is unknown is told as such, and the sentence is the only problem."""
    report = report_of(DeviceStatus(problem="there is no spool"), sends=True)
    assert (report.running, report.lamp, report.fps) == (False, None, None)
    assert (report.broker, report.problems) == (BrokerLink.UNKNOWN, ["there is no spool"])


def test_before_the_first_frame_a_device_is_not_ready() -> None:
    """A daemon that has judged nothing yet does not watch."""
    waiting = replace(WELL, current=CurrentState(None))
    assert list(map(str, obstacles_of(waiting))) == ["the daemon has judged no frame yet; wait a moment"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (shown(replace(STATE, blind=True, reason="no answer")), "the camera gives no picture: no answer"),
        (shown(replace(STATE, view=ViewProblem.COVERED)), "uncover or clean it"),
        (shown(replace(STATE, blind=True, recovery=Recovery.RECREATE)), "unplug the camera"),
        (replace(WELL, problem="the daemon does not run"), "the daemon does not run"),
    ],
)
def test_what_keeps_it_from_watching(status: DeviceStatus, words: str) -> None:
    """Each obstacle is one sentence, told by health and page alike."""
    (obstacle,) = obstacles_of(status)
    sentence = str(obstacle)
    assert words in sentence
    assert report_of(status, sends=True).problems == [sentence]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (shown(replace(STATE, model_problem="the bundle is damaged")), "the bundle is damaged"),
        (sending(replace(SENDER, connected=False, problem="no route")), "events are not sent: no route"),
        (sending(replace(SENDER, no_subscribers=3)), "start the collector"),
        (replace(WELL, spool=replace(SPOOL, problem="the disk is full")), "the disk is full"),
        (replace(WELL, spool=replace(SPOOL, unsent=95)), "the spool is nearly full"),
        (replace(WELL, health=Health(84.0, False)), "add a heat sink"),
        (replace(WELL, health=Health(60.0, True)), "slowed down"),
    ],
)
def test_what_somebody_has_to_look_after(status: DeviceStatus, words: str) -> None:
    """The device watches all the same: health, which is open to all, tells nothing of it."""
    (sentence,) = report_of(status, sends=True).problems
    assert words in sentence
    assert obstacles_of(status) == []


def test_how_it_stands_with_its_broker() -> None:
    """Connected, not, switched off, or nothing heard of the sender."""
    senders = (SENDER, replace(SENDER, connected=False), None)
    links = [report_of(sending(sender), sends=True).broker for sender in senders]
    assert links == [BrokerLink.CONNECTED, BrokerLink.DISCONNECTED, BrokerLink.UNKNOWN]
    assert report_of(sending(None), sends=False).broker is BrokerLink.OFF
    assert report_of(sending(replace(SENDER, muted=True)), sends=True).muted


def test_every_view_and_every_step_has_its_words() -> None:
    """Whatever the device tells, the page says what to do, in each language."""
    views = {f"problem_view_{view}" for view in ViewProblem if view}
    steps = {f"problem_blind_{step}" for step in Recovery if step}
    for texts in languages().values():
        assert views | steps <= texts.keys()
        assert all("{detail}" in texts[step] for step in steps)
