"""What an installer tries on a device that runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from edge.config import Config
from edge.daemon.commissioning import ASKED_S, LAMP_S, Commissioning, relay_refusal
from edge.daemon.spool_service import SpoolService
from edge.errors import SpoolError
from edge.pipeline.pipeline import Cycle
from edge.spool.control.client import SpoolClient
from edge.spool.control.requests import LampRequest, RelayRequest, SightRequest, Started
from edge.spool.records import limits_of
from edge.tracking.register import PassUpdate
from edge.types import Blind, Face, Frame, FrameAnalysis, Lamp, Observation, Sight
from tests.support.builders import face, observation


@dataclass
class Bench:
    """A device whose clock is set by hand."""

    commissioning: Commissioning
    now: float = 100.0
    lamps: list[Lamp] = field(default_factory=list)
    relay: list[str] = field(default_factory=list)

    def turn(self, *seen: Observation, standing: tuple[Face, ...] = (), looked: bool = True) -> None:
        """One cycle."""
        frame = Frame(0, np.full((240, 320, 3), 90, np.uint8), self.now, wall=0.0)
        analysis = FrameAnalysis(seen, 0.0, 0.0, standing=standing) if looked else None
        self.commissioning.observe(Cycle(frame, analysis, PassUpdate(), 0.0), ())

    def sight(self) -> Sight | None:
        found = self.commissioning.answer(SightRequest())
        assert not isinstance(found, Started)
        return found.sight


class Lights:
    """Notes what is shown."""

    def __init__(self, lamps: list[Lamp]) -> None:
        self._lamps = lamps

    def show(self, lamp: Lamp) -> None:
        self._lamps.append(lamp)

    def close(self) -> None:
        self._lamps.append(Lamp.OFF)


class Turnstile:
    """Notes what is asked of it."""

    alive = True

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls

    def begin(self) -> None:
        self._calls.append("begin")

    def renew(self) -> None:
        self._calls.append("renew")

    def release(self) -> None:
        self._calls.append("release")

    def close(self) -> None:
        self._calls.append("close")


WITH_RELAY = Config.model_validate({"relay": {"pin": 24, "pulse_s": 3.0}, "web": {"relay_test": True}})


@pytest.fixture
def bench() -> Bench:
    made = Bench(Commissioning(WITH_RELAY, lambda: made.now))
    return made


def test_what_the_camera_sees_is_measured_for_whoever_asks(bench: Bench) -> None:
    """Nothing before the first question; then the largest face of each frame, of the last ten seconds."""
    bench.turn(observation(px=80))
    assert bench.sight() is None
    bench.now += 1
    bench.turn(observation(px=40), observation(px=80))
    bench.now += 1
    bench.turn()
    sight = bench.sight()
    assert sight is not None
    assert (sight.frames, sight.looked_at, [found.px for found in sight.faces]) == (2, 2, [80])
    bench.now += ASKED_S
    bench.turn(observation())
    assert bench.sight() is None, "whoever asked is gone"


def test_a_frame_in_which_nobody_was_judged_says_nothing_of_faces(bench: Bench) -> None:
    """A verdict that stands is judged less often, and not every frame is looked at."""
    bench.sight()
    bench.turn(observation())
    bench.turn(standing=(face(),))
    bench.turn(looked=False)
    sight = bench.sight()
    assert sight is not None
    assert (sight.frames, sight.looked_at, len(sight.faces)) == (3, 1, 1)


def test_a_lamp_is_shown_for_some_seconds_and_then_what_the_device_wants(bench: Bench) -> None:
    """A verdict that comes meanwhile is shown afterwards."""
    lamp = bench.commissioning.indicator(Lights(bench.lamps))
    lamp.show(Lamp.RED)
    assert bench.commissioning.answer(LampRequest(Lamp.GREEN)) == Started(LAMP_S)
    bench.turn()
    lamp.show(Lamp.AMBER)
    bench.turn()
    assert bench.lamps == [Lamp.RED, Lamp.GREEN]
    bench.now += LAMP_S
    bench.turn()
    assert bench.lamps == [Lamp.RED, Lamp.GREEN, Lamp.AMBER]
    lamp.show(Lamp.OFF)
    assert bench.lamps[-1] is Lamp.OFF


def test_the_relay_is_energised_for_one_pulse(bench: Bench) -> None:
    """What lets it go after each cycle does not end it; a camera without pictures keeps it no longer."""
    relay = bench.commissioning.relay(Turnstile(bench.relay))
    relay.release()
    assert bench.commissioning.answer(RelayRequest()) == Started(3.0)
    bench.turn()
    relay.release()
    bench.turn()
    assert bench.relay == ["release", "begin", "renew"]
    bench.now += 3
    blind = Blind("gone", bench.now, 0.0)
    bench.commissioning.observe(Cycle(blind, None, PassUpdate(), 0.0), ())
    relay.release()
    relay.begin()
    assert bench.relay[3:] == ["release", "release", "begin"]


@pytest.mark.parametrize(
    ("sections", "word"),
    [
        ({"web": {"relay_test": True}}, "no relay is configured"),
        ({"relay": {"pin": 24}}, "web.relay_test"),
    ],
)
def test_the_relay_moves_only_where_the_configuration_allows_it(
    sections: dict[str, object], word: str
) -> None:
    """Whoever takes over the pages cannot open a door."""
    config = Config.model_validate(sections)
    assert word in relay_refusal(config)
    with pytest.raises(SpoolError, match=word):
        Commissioning(config).answer(RelayRequest())
    assert relay_refusal(WITH_RELAY) == ""


def test_it_is_asked_over_the_socket_of_the_tools(tmp_path: Path) -> None:
    """By root and the daemon's own user, as for all else."""
    config = WITH_RELAY.model_copy(
        update={"spool": WITH_RELAY.spool.model_copy(update={"path": str(tmp_path / "spool.db")})}
    )
    client = SpoolClient(tmp_path / "spool.db", limits_of(config.spool))
    with pytest.raises(SpoolError, match="does not run"):
        client.sight()
    service = SpoolService(config)
    service.start()
    try:
        bench = Bench(service.commissioning)
        assert client.sight() is None
        bench.turn(observation(px=80))
        sight = client.sight()
        assert sight is not None
        assert sight.faces[0].px == 80
        assert (client.try_lamp(Lamp.RED), client.try_relay()) == (LAMP_S, 3.0)
    finally:
        service.stop()
