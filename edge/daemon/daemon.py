"""The daemon: services that start in order, are checked once a cycle, and stop in reverse order."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from edge.config import Config
from edge.daemon.life import LifeSigns
from edge.daemon.models import ModelService
from edge.daemon.service import Loop, Problem, Service
from edge.daemon.spool_service import SpoolService
from edge.daemon.statistics import StatisticsService
from edge.daemon.uplink_service import UplinkService
from edge.daemon.vision_service import VisionService
from edge.indicator.gpio import BuzzerMute
from edge.pipeline.pipeline import CycleObserver
from edge.system.systemd import notify
from edge.uplink.status import MinuteQueue


class Daemon:
    """Runs services around a loop. `stop` and `reload` may be called by signal handlers and threads."""

    def __init__(self, services: Sequence[Service], loop: Loop) -> None:
        self._services = services
        self._loop = loop
        self._stopping = threading.Event()
        self._reloading = threading.Event()

    def examine(self, *, connect: bool = False) -> Iterator[Problem]:
        """What would keep `run` from its first frame, in the order in which it would come up.

        Args:
            connect: Whether camera, lamps and broker are opened too. Else no device and no connection is;
                nothing is written either way.
        """
        for service in self._services:
            problems = list(service.examine())
            yield from problems
            if connect and not problems:
                yield from service.connect()

    def run(self) -> None:
        """Starts the services, and stops them when the loop ends, is stopped, or fails.

        Raises:
            MaskGateError: A service cannot start, or ended unexpectedly.
        """
        with ExitStack() as started:
            for service in self._services:
                service.start()
                # After `start`, which opens all or nothing: one that failed has nothing to stop.
                started.callback(service.stop)
            # Called before the services stop: callbacks run in reverse.
            started.callback(notify, "STOPPING=1")
            life = LifeSigns(self._services)
            self._run_loop(life)
            self._drain(life)

    def stop(self) -> None:
        """Has the loop end after its cycle."""
        self._stopping.set()

    def reload(self) -> None:
        """Has the loop take up what was changed on disk, after its cycle."""
        self._reloading.set()

    def _run_loop(self, life: LifeSigns) -> None:
        for _ in self._loop.cycles(self._stopping):
            for service in self._services:
                service.check()
            if self._reloading.is_set():
                # Before the work, so that a signal that comes meanwhile is not lost.
                self._reloading.clear()
                self._loop.reload()
            life.turn()

    def _drain(self, life: LifeSigns) -> None:
        for service in self._services:
            # Whoever stops the daemon does not wait for it.
            if self._stopping.is_set():
                return
            for _ in service.drain():
                life.turn()
                if self._stopping.is_set():
                    return


def all_in_one(config: Config, *observers: CycleObserver) -> Daemon:
    """The daemon of `maskgate run`: camera, lamp, spool and uplink in one process.

    The side that sees and the side that sends share the spool, the queue of minutes and the mute of
    the buzzer, nothing else: two processes would be two lists of these services.
    """
    minute_queue, buzzer_mute = MinuteQueue(), BuzzerMute()
    models, spool = ModelService(config), SpoolService(config)
    statistics = StatisticsService(spool, minute_queue)
    vision = VisionService(config, models, spool, buzzer_mute, (*observers, statistics))
    # What takes longest and fails most often comes first, so that nothing is half started. Statistics
    # come after the uplink: they stop before it, and it can still send the last minute.
    services: list[Service] = [models, spool, statistics, vision]
    if config.mqtt.enabled:
        services.insert(2, UplinkService(config, spool, minute_queue, buzzer_mute.begin))
    return Daemon(services, vision)
