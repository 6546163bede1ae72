"""The lamp on the console."""

from __future__ import annotations

import io

from edge.indicator.console import ConsoleIndicator
from edge.types import Lamp


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_console_writes_one_plain_line_per_change() -> None:
    """Without a terminal there is no colour; closing says that the lamp is off."""
    stream = io.StringIO()
    lamps = ConsoleIndicator(stream)
    for lamp in (Lamp.GREEN, Lamp.RED_AMBER, Lamp.BLIND):
        lamps.show(lamp)
    lamps.close()
    assert stream.getvalue().splitlines() == [
        "lamp: green",
        "lamp: red and amber",
        "lamp: blind",
        "lamp: off",
    ]


def test_a_terminal_gets_the_lamps_drawn() -> None:
    """Three dots, the lit ones coloured; what is off already is not said again at the end."""
    stream = Terminal()
    lamps = ConsoleIndicator(stream)
    lamps.show(Lamp.RED)
    lamps.show(Lamp.OFF)
    lamps.close()
    assert stream.getvalue() == "lamp: \033[31m●\033[0m○○ red\nlamp: ○○○ off\n"


def test_a_terminal_shows_what_blinks() -> None:
    """By the terminal's own blinking, as the configuration says."""
    stream = Terminal()
    ConsoleIndicator(stream, {Lamp.GREEN}).show(Lamp.GREEN)
    assert stream.getvalue() == "lamp: ○○\033[32;5m●\033[0m green\n"
