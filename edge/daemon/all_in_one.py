"""The daemon in one process."""

from __future__ import annotations

from edge.config import Config
from edge.daemon.daemon import Daemon
from edge.daemon.factory import make_live_view
from edge.daemon.models import ModelService
from edge.daemon.service import Service
from edge.daemon.spool_service import SpoolService
from edge.daemon.statistics import StatisticsService
from edge.daemon.uplink_service import UplinkService
from edge.daemon.vision_service import Controls, VisionService
from edge.indicator.gpio import BuzzerMute
from edge.pipeline.pipeline import CycleObserver
from edge.system.governor import Governor
from edge.system.local_time import LocalTime
from edge.telemetry.minutes import MinuteQueue


def all_in_one(config: Config, *observers: CycleObserver) -> Daemon:
    """The daemon of `maskgate run`: camera, lamp, spool and uplink in one process.

    The side that sees and the side that sends share the spool, the queue of minutes and the mute of
    the buzzer, nothing else: two processes would be two lists of these services.
    """
    minute_queue, buzzer_mute, governor = MinuteQueue(), BuzzerMute(), Governor()
    live_view = make_live_view(config)
    models, spool = ModelService(config), SpoolService(config, live_view)
    statistics = StatisticsService(spool, minute_queue, LocalTime(config.device.timezone), governor)
    controls = Controls(buzzer_mute, governor, live_view)
    vision = VisionService(config, models, spool, controls, (*observers, statistics))
    # What takes longest and fails most often comes first, so that nothing is half started. Statistics
    # come after the uplink: they stop before it, and it can still send the last minute.
    services: list[Service] = [models, spool, statistics, vision]
    if config.mqtt.enabled:
        services.insert(2, UplinkService(config, spool, minute_queue, buzzer_mute.begin))
    return Daemon(services, vision)
