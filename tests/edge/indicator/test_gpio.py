"""Lamps and buzzer, on gpiozero's own mock pins."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin

from edge.config import LampConfig, LampPinsConfig
from edge.errors import IndicatorError, MissingExtraError
from edge.indicator import gpio, open_indicator
from edge.indicator.gpio import BuzzerMute, GpioIndicator
from edge.indicator.patterns import OF_THE_DEVICE, Rhythm
from edge.types import Lamp
from tests.support.pins import PINS, levels, wait_for


def history(pin: MockPin) -> list[bool]:
    return [bool(state.state) for state in pin.states]


@pytest.mark.parametrize("lamp", OF_THE_DEVICE)
def test_blindness_and_a_failing_disk_blink_amber(
    factory: MockFactory, make: Callable[..., GpioIndicator], lamp: Lamp
) -> None:
    """Amber goes on and off by itself until something else is shown; the others stay dark."""
    lamps = make(rhythms={lamp: (0.01, 0.01)})
    lamps.show(lamp)
    wait_for(lambda: len(factory.pin(27).states) > 6)
    lamps.show(Lamp.GREEN)
    assert history(factory.pin(27))[:6] == [False, True, False, True, False, True]
    assert history(factory.pin(17)) == [False]
    assert levels(factory) == (False, False, True)
    steps = len(factory.pin(27).states)
    time.sleep(0.05)
    assert len(factory.pin(27).states) == steps


def test_a_verdict_blinks_where_its_pattern_says_so(
    factory: MockFactory, make: Callable[..., GpioIndicator]
) -> None:
    """So that red and green can be told apart by time; both lamps of one state blink."""
    quick: Rhythm = (0.01, 0.01)
    lamps = make(rhythms={Lamp.RED_AMBER: quick})
    lamps.show(Lamp.RED_AMBER)
    wait_for(lambda: all(len(factory.pin(number).states) > 4 for number in (17, 27)))
    lamps.show(Lamp.RED)
    assert history(factory.pin(17))[:4] == history(factory.pin(27))[:4] == [False, True, False, True]
    assert levels(factory) == (True, False, False)


def test_the_buzzer_beeps_once_when_the_lamp_turns_red(
    factory: MockFactory, make: Callable[..., GpioIndicator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each turn to red is one short beep; no other state beeps, nor red after red."""
    monkeypatch.setattr(gpio, "BEEP_S", 0.01)
    lamps = make()
    for lamp in (Lamp.RED, Lamp.RED, Lamp.RED_AMBER, Lamp.AMBER, Lamp.GREEN):
        lamps.show(lamp)
    wait_for(lambda: len(factory.pin(5).states) == 3)
    time.sleep(0.05)
    assert history(factory.pin(5)) == [False, True, False]


def test_a_muted_buzzer_is_silent_for_a_while() -> None:
    """Silence lasts as long as was said last, and not longer."""
    now = [0.0]
    buzzer_mute = BuzzerMute(lambda: now[0])
    assert not buzzer_mute.lasts
    buzzer_mute.begin(60)
    now[0] = 59.0
    assert buzzer_mute.lasts
    now[0] = 60.0
    assert not buzzer_mute.lasts
    buzzer_mute.begin(60)
    buzzer_mute.begin(1)
    now[0] = 61.0
    assert not buzzer_mute.lasts


def test_a_muted_buzzer_leaves_the_lamps_alone(
    factory: MockFactory, make: Callable[..., GpioIndicator]
) -> None:
    """Red is lit and nothing beeps; afterwards it beeps again."""
    buzzer_mute = BuzzerMute()
    indicator = make(buzzer_mute=buzzer_mute)
    buzzer_mute.begin(3600)
    indicator.show(Lamp.RED)
    indicator.show(Lamp.OFF)
    assert history(factory.pin(5)) == [False]
    buzzer_mute.begin(0)
    indicator.show(Lamp.RED)
    wait_for(lambda: True in history(factory.pin(5)))


def test_a_buzzer_is_optional(make: Callable[..., GpioIndicator], factory: MockFactory) -> None:
    """Without a buzzer, red is just red."""
    make(LampPinsConfig()).show(Lamp.RED)
    assert levels(factory) == (True, False, False)


def test_all_lamps_are_lit_once_at_the_start(
    factory: MockFactory, make: Callable[..., GpioIndicator]
) -> None:
    """The lamp test lights all three, ends by itself, and stays silent."""
    lamps = make(tested=False)
    assert levels(factory) == (True, True, True)
    lamps.end_test()
    assert levels(factory) == (False, False, False)
    assert history(factory.pin(5)) == [False]


def test_what_is_shown_during_the_lamp_test_comes_after_it(
    factory: MockFactory, make: Callable[..., GpioIndicator]
) -> None:
    """The daemon need not wait for the lamp test, and does not cut it short."""
    lamps = make(tested=False)
    lamps.show(Lamp.RED)
    lamps.show(Lamp.GREEN)
    assert levels(factory) == (True, True, True)
    lamps.end_test()
    assert levels(factory) == (False, False, True)


def test_closing_switches_everything_off_and_gives_the_pins_back(
    factory: MockFactory, make: Callable[..., GpioIndicator]
) -> None:
    """After closing, even in the lamp test, all is dark and another program may have the pins."""
    lamps = make(tested=False)
    lamps.show(Lamp.BLIND)
    lamps.close()
    lamps.close()
    lamps.end_test()
    lamps.show(Lamp.RED)
    assert levels(factory) == (False, False, False)
    assert history(factory.pin(17)) == [False, True, False]
    make().show(Lamp.RED)
    assert levels(factory) == (True, False, False)


def test_lamps_that_are_lit_by_a_low_level(factory: MockFactory, make: Callable[..., GpioIndicator]) -> None:
    """With `active_high` false, as many relay boards want it, dark is high."""
    lamps = make(LampPinsConfig(active_high=False))
    lamps.show(Lamp.RED)
    assert levels(factory) == (False, True, True)
    lamps.close()
    assert levels(factory) == (True, True, True)


def test_a_pin_in_use_is_named_and_the_others_are_given_back(
    factory: MockFactory, make: Callable[..., GpioIndicator]
) -> None:
    """The error names key and pin; what was taken before it is free again."""
    holder = make(LampPinsConfig(red=22, amber=5, green=6))
    with pytest.raises(IndicatorError, match=r"lamp\.pins\.green: GPIO 22 cannot be used: .*in use"):
        make()
    holder.close()
    make()


def test_a_machine_without_pins_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no pin library works there is one sentence."""
    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "nosuch")
    with pytest.raises(IndicatorError, match=r"lamp\.pins\.red: GPIO 17 cannot be used: "):
        GpioIndicator(PINS)


def test_a_missing_gpiozero_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A configured lamp without the library says what to install."""
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(MissingExtraError, match=r"-r requirements/pi\.txt"):
        open_indicator(LampConfig(kind="gpio"))
