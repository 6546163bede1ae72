"""Commissioning from the page: what is kept for the report."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from edge.config import Config
from edge.daemon.commissioning import Commissioning
from edge.diagnostics.finding import Finding, Level
from edge.errors import SpoolError
from edge.pipeline.pipeline import Cycle
from edge.spool import Spool
from edge.spool.control.client import SpoolClient
from edge.spool.control.handlers import Seeing
from edge.spool.control.server import ControlServer
from edge.spool.records import limits_of
from edge.tracking.register import PassUpdate
from edge.types import Frame, FrameAnalysis, Lamp, State
from edge.web import commission
from edge.web.commission import Commission
from edge.web.device import DeviceStatus, read_status
from edge.web.problems import ProblemError
from tests.support.builders import limits, observation
from tests.support.spools import fill

WIRED = {"lamp": {"kind": "gpio"}, "relay": {"pin": 24}, "device": {"site": "works", "name": "door"}}


def configured(path: Path, **sections: object) -> Config:
    return Config.model_validate({"spool": {"path": str(path / "spool.db")}, **sections})


@contextmanager
def device(config: Config) -> Iterator[tuple[Spool, Commissioning]]:
    """One that runs, as far as it is asked over its socket."""
    seeing = Commissioning(config)
    with (
        closing(Spool.open(Path(config.spool.path), limits())) as spool,
        closing(ControlServer(spool, seeing=Seeing(commission=seeing.answer))),
    ):
        yield spool, seeing


def begun(config: Config) -> Commission:
    return Commission(config, SpoolClient(Path(config.spool.path), limits_of(config.spool)))


def told(found: Commission, section: str) -> dict[str, Finding]:
    return {finding.check: finding for finding in found.sections(DeviceStatus())[section]}


def test_what_a_device_lacks_is_not_tried(tmp_path: Path) -> None:
    """Without lamps, relay and broker there is nothing to answer."""
    made = begun(configured(tmp_path, lamp={"kind": "none"}, mqtt={"enabled": False}))
    assert {finding.level for finding in told(made, "Lamp and relay").values()} == {Level.SKIPPED}
    assert told(made, "Broker")["test event"].text == "mqtt.enabled is false"


def test_an_answer_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    """Wiring was mended, and the lamp tried again; another commissioning begins with nothing."""
    made = begun(configured(tmp_path, **WIRED))
    made.answer("lamp red", good=False)
    assert told(made, "Lamp and relay")["lamp red"].level is Level.FAULT
    assert "lamp.pins" in told(made, "Lamp and relay")["lamp red"].fix
    made.answer("lamp red", good=True)
    assert told(made, "Lamp and relay")["lamp red"].level is Level.OK
    made.begin()
    assert told(made, "Lamp and relay") == {}


def test_what_the_camera_sees_is_kept_when_it_is_asked_for(tmp_path: Path) -> None:
    """Figures and advice are those of `maskgate commission`; a look in between is not in the report."""
    config = configured(tmp_path)
    made = begun(config)
    with device(config) as (_, seeing):
        assert made.look(keep=False)[0].level is Level.SKIPPED
        frame = Frame(0, np.full((240, 320, 3), 90, np.uint8), 0.0, wall=0.0)
        seen = FrameAnalysis((observation(px=30, sharpness=400),), 0.0, 0.0)
        seeing.observe(Cycle(frame, seen, PassUpdate(), 0.0), ())
        assert {finding.check for finding in made.look(keep=False)} > {"picture", "face", "distance"}
        assert told(made, "Camera") == {}
        made.look(keep=True)
    assert told(made, "Camera")["distance"].text.startswith("a face has 30 pixels")
    assert told(made, "Camera")["distance"].level is Level.WARNING


def test_the_relay_is_refused_before_the_device_is_asked(tmp_path: Path) -> None:
    """What the configuration does not allow is the installer's to change, and no fault of the device."""
    with pytest.raises(ProblemError, match=r"web\.relay_test"):
        begun(configured(tmp_path, **WIRED)).try_relay()


@contextmanager
def sender(spool: Spool) -> Iterator[None]:
    """Acknowledges what is unsent."""
    ended = threading.Event()

    def send() -> None:
        while not ended.wait(0.01):
            spool.mark_sent(stored.position for stored in spool.unsent(-1, 100))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("acknowledged", [True, False])
def test_the_newest_event_goes_to_the_broker_once_more(tmp_path: Path, acknowledged: bool) -> None:
    """Under its own id, whether it had been sent before or not; its acknowledgement is what counts."""
    config = configured(tmp_path)
    made = begun(config)
    with device(config) as (spool, _):
        fill(spool, range(1, 4))
        if acknowledged:
            spool.mark_sent(range(1, 4))
            spool.flush()
        with sender(spool):
            found = made.send_event()
        assert spool.last_sequence == 0
        assert spool.figures().stored == 3
    assert found.level is Level.OK
    assert found.text.startswith("event 3 was acknowledged by the broker after ")
    assert told(made, "Broker")["test event"] == found


@pytest.mark.parametrize(("events", "word"), [(0, "no event is stored yet"), (2, "was not acknowledged")])
def test_an_event_that_does_not_arrive_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events: int, word: str
) -> None:
    """With what to do."""
    monkeypatch.setattr(commission, "PATIENCE_S", 0.3)
    config = configured(tmp_path)
    made = begun(config)
    with device(config) as (spool, _):
        fill(spool, range(1, events + 1))
        found = made.send_event()
    assert found.level is Level.FAULT
    assert word in found.text
    assert found.fix


def test_without_a_daemon_nothing_is_measured_or_sent(tmp_path: Path) -> None:
    """Its file alone says nothing of camera or broker."""
    made = begun(configured(tmp_path))
    for step in (lambda: made.look(keep=True), made.send_event):
        with pytest.raises(SpoolError, match="does not run"):
            step()


def test_the_report_has_the_device_as_it_is_and_no_picture(tmp_path: Path) -> None:
    """Its problems are faults, with what to do."""
    config = configured(tmp_path, **WIRED)
    made = begun(config)
    made.answer("relay", good=True)
    with device(config) as (spool, _):
        spool.set_state(State(Lamp.OFF, False, "", "1.2.3", 5.0))
        status = read_status(SpoolClient(Path(config.spool.path), limits()))
    page, without = made.page(status), made.page(DeviceStatus(problem="the daemon does not run; start it"))
    assert "it watches, with the model 1.2.3" in page
    assert "works/door" in page
    assert "confirmed" in page
    assert "<img" not in page
    assert "to do: start it" in without
