"""What an installer tries: the camera, each lamp, the relay."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from gpiozero import Device as GpioDevice
from gpiozero.pins.mock import MockFactory

from edge.config import RelayConfig
from edge.contract import Cropper
from edge.diagnostics import acceptance
from edge.diagnostics.finding import Level
from edge.errors import SourceError
from edge.types import Blind, Box, Face, Frame, NotDue
from tests.support.devices import Patient
from tests.support.pins import levels, wait_for

FACES = (Face(Box(100, 60, 60, 80), 0.9), Face(Box(10, 10, 20, 20), 0.9))


class Shown:
    """A source of what it was given."""

    busy_s, given_up = 0.0, ""

    def __init__(self, *items: Frame | Blind | NotDue) -> None:
        self.items = items

    def __iter__(self) -> Iterator[Frame | Blind | NotDue]:
        return iter(self.items)

    def close(self) -> None:
        pass


class Finds:
    """A detector that finds the same faces in every second frame."""

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        return FACES if frame.index % 2 == 0 else ()


def frame(index: int) -> Frame:
    return Frame(index, np.zeros((240, 320, 3), np.uint8), monotonic=index / 10, wall=0.0)


def test_it_looks_for_as_long_as_it_was_told() -> None:
    """What comes before the first picture does not count; of each picture the largest face does."""
    source = Shown(Blind("it starts", 0.0, 0.0), NotDue(), *map(frame, range(100)))
    sight = acceptance.look(source, Finds(), Cropper(96), seconds=2.0)
    assert (sight.size, sight.frames, sight.seconds) == ((320, 240), 21, 2.0)
    assert [face.px for face in sight.faces] == [60] * 11


def test_a_camera_without_a_picture_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its reason, after some patience."""
    monkeypatch.setattr(acceptance, "PATIENCE_S", 0.0)
    blind = Blind("/dev/video0 is not there", 0.0, 0.0)
    with pytest.raises(SourceError, match="/dev/video0 is not there"):
        acceptance.look(Shown(blind, blind), Finds(), Cropper(96), seconds=1.0)


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    before, GpioDevice.pin_factory = GpioDevice.pin_factory, MockFactory()
    yield GpioDevice.pin_factory
    GpioDevice.pin_factory.reset()
    GpioDevice.pin_factory = before


def test_each_lamp_is_lit_while_it_is_asked_for(patient: Patient, factory: MockFactory) -> None:
    """One at a time; what is not as it should be is a fault that leads to the wiring."""
    lit = []

    def ask(question: str) -> bool:
        # All of them are lit for a moment when they are opened.
        wait_for(lambda: sum(levels(factory)) == 1)
        lit.append(levels(factory))
        return "amber" not in question

    config = patient.configured(lamp={"kind": "gpio"}).device.config
    findings = list(acceptance.lamps(config, ask))
    # Red, amber and green, at each question.
    assert lit == [(False, False, True), (False, True, False), (True, False, False)]
    assert [finding.level for finding in findings] == [Level.OK, Level.FAULT, Level.OK]
    assert "wiring" in findings[1].fix
    assert levels(factory) == (False, False, False)


def test_without_lamps_or_relay_nothing_is_asked(patient: Patient) -> None:
    def ask(question: str) -> bool:
        raise AssertionError(question)

    for check in (acceptance.lamps, acceptance.relay):
        (finding,) = check(patient.device.config, ask)
        assert finding.level is Level.SKIPPED


class Turnstile:
    """A relay that notes what was asked of it."""

    alive = True

    def __init__(self) -> None:
        self.calls: list[str] = []

    def begin(self) -> None:
        self.calls.append("begin")

    def renew(self) -> None:
        self.calls.append("renew")

    def release(self) -> None:
        self.calls.append("release")

    def close(self) -> None:
        self.calls.append("close")


@pytest.mark.parametrize("clear", [True, False, None])
def test_the_relay_moves_only_if_somebody_says_so(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, clear: bool | None
) -> None:
    """Once, for its pulse; it has let go before the next question."""
    turnstile = Turnstile()

    def opened(settings: RelayConfig) -> Turnstile:
        assert clear
        return turnstile

    monkeypatch.setattr(acceptance, "open_relay", opened)
    config = patient.configured(relay={"pin": 24, "pulse_s": 0.1}).device.config
    (finding,) = acceptance.relay(config, lambda question: clear)
    assert finding.level is (Level.OK if clear else Level.SKIPPED)
    assert turnstile.calls == (["begin", "renew", "close"] if clear else [])


def test_a_pin_that_cannot_be_used_is_a_fault(patient: Patient) -> None:
    """This machine has none."""
    (finding,) = acceptance.lamps(patient.configured(lamp={"kind": "gpio"}).device.config, lambda _: True)
    assert finding.level is Level.FAULT
